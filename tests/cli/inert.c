/* SPDX-License-Identifier: MIT */
/* Stands in for the importer where what the launcher hands over is to stay as it is. */
extern int tests_inert;
int tests_inert = 1;
