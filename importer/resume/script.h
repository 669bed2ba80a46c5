/* SPDX-License-Identifier: MIT */
/* The script that a snapshot is for: what it has imported first, and its path. */
#ifndef IMPORTER_RESUME_SCRIPT_H
#define IMPORTER_RESUME_SCRIPT_H

#include <stdint.h>

#include "importer/resume/command_line.h"
#include "lib/snapshot_format.h"

/*
 * Its imports are about to be executed. In its folder they ask for names one by one, so that others may come to that
 * folder without a change of what they have found. Needs the GIL, as all of this but script_describe().
 */
void script_begin(const char *path);

/* They have been; what has come to sys.modules is noted. */
void script_end(void);

/*
 * Add the names of its modules to a snapshot that has none yet. Returns false without memory, or if they are too
 * many. The strings stay for as long as the process does.
 */
bool script_describe(struct snapshot *snapshot);

/* How many modules it has imported; 0 also if there is no script. */
uint32_t script_module_count(void);

/*
 * The script is started by this command line now. Spelled otherwise, it is found under another path, and the one that
 * the snapshot was made with is none that anybody has asked the path hooks for.
 */
void script_resume(const struct command_line *line);

#endif
