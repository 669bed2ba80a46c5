/* SPDX-License-Identifier: MIT */
/* Running the user's program. */
#ifndef BUNDLER_PROCESS_FOREGROUND_H
#define BUNDLER_PROCESS_FOREGROUND_H

#include "lib/error.h"

/*
 * Run a program as a shell would: our standard streams and environment, default signals; while it
 * runs, interrupts from the terminal are its business, and a request to terminate is passed on.
 * *wait_status is as waitpid() gives it. Errors: PYB_ERR_IO.
 */
enum pyb_status foreground_run(char *const argv[], int *wait_status, struct pyb_error *error);

#endif
