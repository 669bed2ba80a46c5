/* SPDX-License-Identifier: MIT */
/*
 * The time zone: what module `time` says of it depends on the year in which it was imported
 * (Modules/timemodule.c: init_timezone()). TZ and the file of the zone are for the guards.
 */
#include "importer/cpython/compat.h"
#include "importer/resume/renew.h"

#include <time.h>

/* As init_timezone() counts them. */
#define YEAR ((time_t)((365 * 24 + 6) * 3600))

static struct {
	time_t year;
	PyObject *
		tzset; /* the module's function, until it is not needed; NULL: it was not imported */
} kept;

static const char *prepare(void)
{
	kept.year = time(NULL) / YEAR;
	return renew_find("time", "tzset", &kept.tzset) ? NULL
							: "time.tzset() is not as Python makes it";
}

static bool renew(const struct renew_from *from)
{
	(void)from;
	if (kept.tzset != NULL && time(NULL) / YEAR != kept.year) {
		PyObject *const result = PyObject_CallNoArgs(kept.tzset);
		if (result == NULL)
			return false;
		Py_DECREF(result);
	}
	Py_CLEAR(kept.tzset);
	return true;
}

const struct renewal renew_clock = {"time zone", prepare, renew, NULL};
