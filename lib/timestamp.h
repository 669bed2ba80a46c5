/* SPDX-License-Identifier: MIT */
/* Modification times as a bundle records them. Pure; thread-safe. */
#ifndef PYB_TIMESTAMP_H
#define PYB_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds since 1970. A time that does not fit gives INT64_MAX or INT64_MIN. */
int64_t pyb_timestamp(const struct timespec *time);

/*
 * Whether a file time is the recorded one, as far as both have a fraction of a second: archives and
 * container layers keep whole seconds only.
 */
bool pyb_timestamp_matches(int64_t recorded, const struct timespec *found);

#endif
