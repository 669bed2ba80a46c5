/* SPDX-License-Identifier: MIT */
/*
 * Which environment variables a start of an interpreter reads. To read one takes no system call, so it
 * is not among the facts of facts.h.
 *
 * They are found in a run of their own, of which nothing is kept, for what records them is in the process:
 * an object that is preloaded (bundler/snapshot/inside/) puts itself in the place of getenv(3) in the C
 * library's own code, so that reads from inside the C library are seen, too, and a dictionary that records
 * in the place of posix.environ, which is what os.environ is made of. The run ends where the interpreter
 * would run its program. A tracer outside could stop at getenv(3) as well, but not tell which of its
 * items a dictionary is asked for.
 *
 * So each variable that can change the course of a start is known by its name: a start that is told the
 * same of all of them reads no other. What does not take getenv(3) is known by families of names. A run
 * in which all variables are read at once, or any is changed, is none that memory can be kept of; neither
 * is one in which a function of `time` is called whose clock the interpreter's own locks ask, too.
 *
 * Files that the start reads may be others a moment later. So variables are to be found *after* the
 * snapshot was made: a file that was changed in between has then another status than the snapshot's
 * guards say.
 */
#ifndef BUNDLER_SNAPSHOT_VARIABLES_H
#define BUNDLER_SNAPSHOT_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

struct pyb_fingerprint;

enum variable_kind {
	VARIABLE_VALUE,  /* it had this value */
	VARIABLE_ABSENT, /* it was not set */
	VARIABLE_FAMILY, /* none that begins with this name was set, but for those of VARIABLE_VALUE */
};

struct variable {
	enum variable_kind kind;
	char *name;   /* owned */
	char *value;  /* owned; NULL unless it is VARIABLE_VALUE */
	char *reader; /* owned; who read it first: a file and a line, or a library; English */
};

/* Start with `struct variables variables = {0}`. */
struct variables {
	struct variable *list; /* owned; sorted by name, then kind; each pair is there once */
	size_t count;
};

struct variables_request {
	const char *python;       /* the interpreter, as argument 0 will name it */
	const char *program;      /* a script, up to the end of its first imports; NULL: none */
	char *const *environment; /* what a start gets, and a snapshot is made with */
	const char *recorder;     /* path of the object: variables_find_recorder() */
	unsigned int optimize;    /* the level that it is started with */
	int seconds;              /* how long the start may take; 0: for ever */
};

/*
 * Find the object that belongs to this interpreter, as own_object_find() does. *path, which the caller frees, is NULL
 * if it is not installed.
 */
enum pyb_status variables_find_recorder(const struct pyb_fingerprint *fingerprint, char **path,
					struct pyb_error *error);

/*
 * Start the interpreter as a snapshot would be, and find the variables. On failure *variables is empty.
 * Errors: PYB_ERR_UNSUPPORTED: memory of such a start cannot be kept, and the text says who has done
 * what, or that it cannot be known; PYB_ERR_MEMORY, PYB_ERR_IO.
 */
enum pyb_status variables_find(const struct variables_request *request, struct variables *variables,
			       struct pyb_error *error);

/* Whether it matters if a variable of this name is set, and to what. */
bool variables_have(const struct variables *variables, const char *name);

/* Free all; the variables are as at the start. */
void variables_release(struct variables *variables);

#endif
