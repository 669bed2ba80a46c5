/* SPDX-License-Identifier: MIT */
/* Putting a function of ours in the place of a library's, for all that call it, the library itself included. */
#ifndef IMPORTER_VARIABLES_DETOUR_H
#define IMPORTER_VARIABLES_DETOUR_H

/*
 * Make the code of `function` lead to `target` for good. The process must have one thread. Returns NULL, or
 * in English why it cannot be done; then nothing has changed.
 */
const char *detour(void *function, const void *target);

#endif
