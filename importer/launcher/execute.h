/* SPDX-License-Identifier: MIT */
/* The last step: the interpreter takes the launcher's place. */
#ifndef IMPORTER_LAUNCHER_EXECUTE_H
#define IMPORTER_LAUNCHER_EXECUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "importer/launcher/entry_point.h"
#include "importer/launcher/hand_over.h"
#include "importer/launcher/options.h"
#include "importer/launcher/surroundings.h"

struct execution {
	const char *interpreter; /* path, and argv[0] */
	const struct surroundings *surroundings;
	const struct options *options; /* where the interpreter's options end */
	const struct entry *entry;     /* count 0: without an entry point */
	const struct handoff *handoff; /* NULL: start the interpreter as it is */
	bool talkative;                /* tell when another interpreter has to be started */
};

/* Number of slots that the arguments need, with the final NULL. */
size_t execute_argument_slots(const struct execution *execution);

/*
 * Write the interpreter's arguments to `argv`: its options, the entry point if there is one (in
 * place of the argument that named the bundle), and what is left.
 */
void execute_build_arguments(const struct execution *execution, char **argv);

/*
 * Start the interpreter. Where that fails with a handoff it is tried without, and where the
 * interpreter does not exist, with the default one. Returns the exit status if all fails, after a
 * message.
 */
int execute(const struct execution *execution);

#endif
