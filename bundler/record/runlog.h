/* SPDX-License-Identifier: MIT */
/* What a recorded run of a program imported. */
#ifndef BUNDLER_RECORD_RUNLOG_H
#define BUNDLER_RECORD_RUNLOG_H

#include <stdbool.h>

#include "bundler/record/program.h"
#include "lib/error.h"
#include "lib/format.h"

struct run_module {
	const char *name, *origin;
	const char *folder; /* entry of the search path that it was found in */
	enum pyb_module_kind kind;
	bool is_used;  /* its code ran; else it was found, and its import put off */
	bool is_aside; /* the folder was not on the search path: a finder of its own knew it */
};

struct run_skip {
	const char *name, *reason;
};

/* Strings live as long as the log. */
struct runlog {
	const char *executable; /* sys.executable; "" if the interpreter did not come that far */
	uint32_t optimize;
	struct run_module
		*modules; /* in the order in which their code began to run, unused ones last */
	struct run_skip *skips;
	const char **absent;  /* not found when they were searched for */
	const char **present; /* of these, found later in another way */
	const char **path;    /* sys.path as it was last seen */
	uint32_t module_count, skip_count, absent_count, present_count, path_count;
	bool is_complete; /* the program ended in an orderly way */
	bool is_cut;      /* notes are lost: the program may have imported more than is here */
	void **payloads;
	uint32_t payload_count;
};

/*
 * Run the program under the recorder and read what it noted. *wait_status is as waitpid() gives it.
 * If notes are lost, that is told on standard error. *log is the caller's to release, whatever is returned.
 * Errors: PYB_ERR_IO if the interpreter cannot be started; PYB_ERR_DAMAGED, PYB_ERR_MEMORY.
 */
enum pyb_status runlog_record(struct runlog *log, const struct program *program, int *wait_status,
			      struct pyb_error *error);

/* Whether the module, or a package that it is in, was searched for and not found by any means. */
bool runlog_is_missing(const struct runlog *log, const char *module);

void runlog_release(struct runlog *log);

#endif
