/* SPDX-License-Identifier: MIT */
/* What the two halves of child.h share: child.c and child_start.c. */
#ifndef BUNDLER_PROCESS_CHILD_PARTS_H
#define BUNDLER_PROCESS_CHILD_PARTS_H

#include "bundler/process/child.h"

/* The function with which `answer` reads, as fopencookie(3) has it; `cookie` is the child. */
ssize_t child_read(void *cookie, char *buffer, size_t size);

/* Close those that are open. */
void child_close_both(const int descriptors[2]);

#endif
