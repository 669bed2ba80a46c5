/* SPDX-License-Identifier: MIT */
/* Reads of variables by code in C. */
#ifndef IMPORTER_VARIABLES_READS_H
#define IMPORTER_VARIABLES_READS_H

/*
 * Record from here on what getenv(3) and secure_getenv(3) are asked for. `environment` is the list of
 * variables until the C library has its own. Returns NULL, or in English why that is not possible.
 */
const char *reads_begin(char **environment);

/* The interpreter can import modules now: it is no longer finding out where it is. */
void reads_are_late(void);

/* Record which libraries use the C library's list of variables by itself, and what is in it. */
void reads_end(void);

#endif
