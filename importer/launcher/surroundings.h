/* SPDX-License-Identifier: MIT */
/* What the kernel hands over at the start, and what the user's environment says. */
#ifndef IMPORTER_LAUNCHER_SURROUNDINGS_H
#define IMPORTER_LAUNCHER_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct surroundings {
	char **argv; /* ends with NULL */
	char **envp; /* ends with NULL */
	size_t argument_count;
	size_t environment_count;
	const char *execfn; /* the path by which the program was started, NULL if unknown */
	uint32_t user;      /* effective user id */
	bool secure;        /* set-user-ID or the like: the environment is not to be trusted */
};

/* What the variables of the environment say; NULL for one that is not set or empty. */
struct settings {
	const char *bundle;  /* PYSTART_BUNDLE */
	const char *preload; /* LD_PRELOAD, the one that counts */
	const char *without; /* PYSTART_WITHOUT */
	bool verbose;        /* PYSTART_VERBOSE */
	bool stats;          /* PYSTART_STATS */
};

/* Take the arguments, the environment and the auxiliary vector from the initial stack. */
void surroundings_read(struct surroundings *surroundings, uintptr_t *stack);

/* The settings; without those of our own variables if `ignore_ours`. */
void settings_read(struct settings *settings, char *const *envp, bool ignore_ours);

#endif
