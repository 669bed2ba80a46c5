/* SPDX-License-Identifier: MIT */
/* The manifest's `bootstrap`: a function that runs before the program does. */
#ifndef IMPORTER_BOOTSTRAP_H
#define IMPORTER_BOOTSTRAP_H

/*
 * If the mapped bundle has a bootstrap function, arrange for it to run when the interpreter is
 * initialized and about to run the program. Before Py_Initialize(). Returns 0, or -1.
 */
int bootstrap_prepare(void);

/* Run the bootstrap function now. Returns 0, or -1 with an exception set. Needs the GIL. */
int bootstrap_run(void);

#endif
