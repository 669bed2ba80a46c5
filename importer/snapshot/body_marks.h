/* SPDX-License-Identifier: MIT */
/*
 * Telling the one who traces a process that a snapshot is made of whose body is executed (lib/trace_mark.h): of a
 * few modules of the standard library it is known what they ask for, and that it does no harm.
 */
#ifndef IMPORTER_SNAPSHOT_BODY_MARKS_H
#define IMPORTER_SNAPSHOT_BODY_MARKS_H

#include <stddef.h>

/*
 * The body of a module is about to be executed, from a file at this path; `library` is the folder of the standard
 * library. Returns what body_marks_end() is to be given when it has ended: that of the one in which it is imported.
 */
unsigned body_marks_begin(const char *module, const char *path, const char *library);
void body_marks_end(unsigned before);

#endif
