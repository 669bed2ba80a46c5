/* SPDX-License-Identifier: MIT */
/* Finding out what a command line would have Python do. */
#ifndef BUNDLER_RECORD_PROGRAM_H
#define BUNDLER_RECORD_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

enum program_mode {
	PROGRAM_SCRIPT, /* a file, a folder or an archive with a __main__ */
	PROGRAM_MODULE, /* -m */
	PROGRAM_CODE,   /* -c */
	PROGRAM_INPUT,  /* - */
};

struct program {
	char *python;   /* the interpreter, as posix_spawnp() takes it */
	bool takes_any; /* SCRIPT: its `#!` line has env look for python or python3 */
	char **flags;   /* options for it, NULL-terminated */
	size_t flag_count;
	size_t line_flag_count; /* of these, from the script's `#!` line: they come first */
	enum program_mode mode;
	char *target;           /* path of the script, name of the module, or code */
	char *folder;           /* SCRIPT: where its real file is; else "" */
	char *entry;            /* for the manifest; NULL if there is none */
	bool is_source;         /* SCRIPT: one file with source, no folder and no archive */
	char *const *arguments; /* behind the target, NULL-terminated; the caller's */
};

/* Which interpreter is meant. */
struct program_pythons {
	const char *given; /* whatever the program says; NULL if none is */
	const char *any;   /* where the program takes any that env finds as python3; NULL: that */
	const char *otherwise; /* where it names none */
};

/*
 * Understand `command`, a NULL-terminated array: a script by path or on PATH, `-m MODULE`, `-c
 * CODE` or an interpreter with such arguments. The interpreter is the one that `pythons` gives, else the
 * one that the script's `#!` line or the command names.
 * *program is the caller's to release, whatever is returned.
 * Errors: PYB_ERR_INVALID if that is no Python program; PYB_ERR_IO; PYB_ERR_MEMORY.
 */
enum pyb_status program_find(struct program *program, char *const *command,
			     const struct program_pythons *pythons, struct pyb_error *error);

void program_release(struct program *program);

#endif
