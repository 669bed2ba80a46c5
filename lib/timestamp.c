/* SPDX-License-Identifier: MIT */
#include "lib/timestamp.h"

enum { NANOSECONDS = 1000000000 };

int64_t pyb_timestamp(const struct timespec *time)
{
	int64_t result;

	if (__builtin_mul_overflow((int64_t)time->tv_sec, (int64_t)NANOSECONDS, &result) ||
	    __builtin_add_overflow(result, (int64_t)time->tv_nsec, &result))
		return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return result;
}

/* Rounded down, before 1970 too, as the seconds of a timespec are. */
static int64_t whole_seconds(int64_t timestamp)
{
	return timestamp / NANOSECONDS - (timestamp % NANOSECONDS < 0);
}

bool pyb_timestamp_matches(int64_t recorded, const struct timespec *found)
{
	const bool recorded_is_whole = recorded % NANOSECONDS == 0;

	if (pyb_timestamp(found) == recorded)
		return true;
	return whole_seconds(recorded) == found->tv_sec &&
	       (recorded_is_whole || found->tv_nsec == 0);
}
