/* SPDX-License-Identifier: MIT */
/* From a recorded run to the text of a manifest. */
#ifndef BUNDLER_RECORD_COMPOSE_H
#define BUNDLER_RECORD_COMPOSE_H

#include "bundler/record/runlog.h"
#include "lib/buffer.h"
#include "manifest/manifest.h"

struct compose_input {
	const struct runlog *log;
	const struct program *program;
	char *const *command;          /* what was recorded, NULL-terminated */
	const struct manifest *base;   /* what the run is added to, or NULL */
	const char *base_text;         /* its text, NUL-terminated, or NULL */
	const char *file;              /* where the manifest will be */
	const char *default_python;    /* the interpreter that needs no mention */
	const char *python_path;       /* PYTHONPATH of the run, or NULL */
	struct manifest_list sys_path; /* of the interpreter by itself, without PYTHONPATH */
	int seconds;                   /* that the interpreter may be silent; 0: for ever */
};

struct compose_counts {
	size_t startup, modules, absent; /* names under these keys of the manifest */
	size_t extensions, skipped;      /* in this run */
	size_t python_path;              /* folders under `paths` that PYTHONPATH has */
};

/* Write the manifest into `text`. Errors: PYB_ERR_MEMORY, and those of resolve(). */
enum pyb_status compose_manifest(const struct compose_input *input, struct pyb_buffer *text,
				 struct compose_counts *counts, struct pyb_error *error);

#endif
