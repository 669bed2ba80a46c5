/* SPDX-License-Identifier: MIT */
/* Finding out what a command line would have Python do. */
#ifndef BUNDLER_RECORD_PROGRAM_H
#define BUNDLER_RECORD_PROGRAM_H

#include <stddef.h>

#include "lib/error.h"

enum program_mode {
	PROGRAM_SCRIPT, /* a file, a folder or an archive with a __main__ */
	PROGRAM_MODULE, /* -m */
	PROGRAM_CODE,   /* -c */
	PROGRAM_INPUT,  /* - */
};

struct program {
	char *python; /* the interpreter, as posix_spawnp() takes it */
	char **flags; /* options for it, NULL-terminated */
	size_t flag_count;
	size_t line_flag_count; /* of these, from the script's `#!` line: they come first */
	enum program_mode mode;
	char *target;           /* path of the script, name of the module, or code */
	char *folder;           /* SCRIPT: where its real file is; else "" */
	char *entry;            /* for the manifest; NULL if there is none */
	char *const *arguments; /* behind the target, NULL-terminated; the caller's */
};

/*
 * Understand `command`, a NULL-terminated array: a script by path or on PATH, `-m MODULE`, `-c
 * CODE` or an interpreter with such arguments. `python` is the interpreter if it is not NULL; else
 * the script's `#!` line or the command tells, or it is `fallback`.
 * *program is the caller's to release, whatever is returned.
 * Errors: PYB_ERR_INVALID if that is no Python program; PYB_ERR_IO; PYB_ERR_MEMORY.
 */
enum pyb_status program_find(struct program *program, char *const *command, const char *python,
			     const char *fallback, struct pyb_error *error);

void program_release(struct program *program);

#endif
