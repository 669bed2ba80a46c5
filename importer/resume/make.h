/* SPDX-License-Identifier: MIT */
/*
 * Making a snapshot of a start, when the bundler asks for it (lib/snapshot_handoff.h): the interpreter is
 * initialized in the place of main(), as main() would, and then the process writes itself.
 */
#ifndef IMPORTER_RESUME_MAKE_H
#define IMPORTER_RESUME_MAKE_H

#include <stdbool.h>

/*
 * Whether the environment asks for a snapshot. If it does, session.makes_snapshot is set until somebody goes
 * on with it, the variable is taken out, and main() will be another one; for the constructor, before anything is allocated. A process that cannot make one ends,
 * having told why.
 */
bool make_if_asked(char **argv);

/* Module `site` is about to be imported: all that comes before it is the interpreter's own doing. */
void make_note_site(void);

#endif
