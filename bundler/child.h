/* SPDX-License-Identifier: MIT */
/* Starting interpreters. */
#ifndef BUNDLER_CHILD_H
#define BUNDLER_CHILD_H

#include <stdio.h>
#include <sys/types.h>

#include "lib/error.h"

/* An interpreter that runs the collector. */
struct child {
	pid_t pid;
	int request;  /* we write here */
	FILE *answer; /* and read here */
};

/*
 * Start `python` with the collector script, compiling for the -O level `optimize`. Variables of the
 * environment that would change what it finds or compiles are left out. Its standard input is
 * empty, its standard output goes nowhere, its standard error is ours.
 */
enum pyb_status child_start_collector(struct child *child, const char *python, int optimize,
				      struct pyb_error *error);

/* Write all of it; a child that stops reading is no error, for its answer will tell. */
enum pyb_status child_send(struct child *child, const void *data, size_t size,
			   struct pyb_error *error);

/*
 * Close the descriptors and wait for it. *wait_status is as waitpid() gives it. Errors: PYB_ERR_IO.
 */
enum pyb_status child_finish(struct child *child, int *wait_status, struct pyb_error *error);

/*
 * Run a program as a shell would: our standard streams and environment, default signals; while it
 * runs, interrupts from the terminal are its business, and a request to terminate is passed on.
 */
enum pyb_status child_run(char *const argv[], int *wait_status, struct pyb_error *error);

#endif
