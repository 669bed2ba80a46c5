/* SPDX-License-Identifier: MIT */
/* Time for the statistics. */
#ifndef IMPORTER_CLOCK_H
#define IMPORTER_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "importer/session.h"

/*
 * Nanoseconds of the monotonic clock; always 0 in a start that a snapshot is made of, for a start that asks
 * for the time is none that can be kept.
 */
static inline uint64_t clock_ns(void)
{
	struct timespec now;

	if (session.makes_snapshot)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
