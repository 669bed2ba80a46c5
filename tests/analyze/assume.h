/* SPDX-License-Identifier: MIT */
/*
 * Included before every source by `make analyze`, and by nothing else: what analyzers, who see one
 * file at a time, need to know of functions in other files.
 */
#ifndef ANALYZE_ASSUME_H
#define ANALYZE_ASSUME_H

#include "lib/error.h"

static inline enum pyb_status assume_status(enum pyb_status returned, enum pyb_status status)
{
	(void)returned;
	return status;
}

/* These return the status that they are given, so their callers do stop. */
#define pyb_error_set(error, status, ...) \
	assume_status(pyb_error_set(error, status, __VA_ARGS__), status)
#define pyb_error_set_at(error, status, offset, ...) \
	assume_status(pyb_error_set_at(error, status, offset, __VA_ARGS__), status)

#endif
