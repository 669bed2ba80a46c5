/* SPDX-License-Identifier: MIT */
/*
 * How the bundler gets a snapshot of the importer: it starts the launcher with the bundle that it has just
 * made and, in the environment, SNAPSHOT_VARIABLE=PAGES:TABLES, the decimal numbers of two descriptors of
 * empty files that are open for writing. The importer takes the variable out, lets the interpreter come
 * to the moment before it would run a program, and raises TRACE_MARK_END (trace_mark.h). Then it writes
 * section PAGES to the one file and section SNAPSHOT, without guards, to the other, and ends the process
 * with one of the statuses below.
 *
 * On any status but SNAPSHOT_MADE the second file holds a text that says why, without a newline.
 */
#ifndef PYB_SNAPSHOT_HANDOFF_H
#define PYB_SNAPSHOT_HANDOFF_H

#define SNAPSHOT_VARIABLE "PYSTART_SNAPSHOT"

/*
 * At the end of the variable: two such snapshots are to be compared, and nobody goes on with them. Memory that
 * is given back, and such as is given out, is filled with the same bytes in both. What the importer makes new in
 * each process is something else in the second while site runs (importer/resume/renew.h).
 */
#define SNAPSHOT_COMPARED ":compared"
#define SNAPSHOT_VARIED ":varied"

/* What a start says under PYSTART_VERBOSE of the snapshot of its bundle; the second is followed by why. */
#define SNAPSHOT_USED "the start goes on with its snapshot"
#define SNAPSHOT_MISSED "its snapshot is not used: "

enum snapshot_exit_status {
	SNAPSHOT_MADE = 0,
	SNAPSHOT_REFUSED = 3, /* this interpreter's start is none that can be kept */
	SNAPSHOT_AGAIN = 4,   /* a new process may succeed */
};

#endif
