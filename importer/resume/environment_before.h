/* SPDX-License-Identifier: MIT */
/* Whether a start that a snapshot is to be made of changes the environment. */
#ifndef IMPORTER_RESUME_ENVIRONMENT_BEFORE_H
#define IMPORTER_RESUME_ENVIRONMENT_BEFORE_H

#include "importer/snapshot/initial_stack.h"

/* The environment is as the interpreter is to find it, and the stack as the kernel made it. Before it starts. */
void environment_note_before(const struct initial_stack *stack);

#endif
