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
	PyObject *tzset; /* the module's function; NULL if it was not imported; kept for ever */
} kept;

static const char *prepare(void)
{
	PyObject *const name = PyUnicode_FromString("time");
	PyObject *const module = name == NULL ? NULL : PyImport_GetModule(name);

	kept.year = time(NULL) / YEAR;
	kept.tzset = module == NULL ? NULL : PyObject_GetAttrString(module, "tzset");
	PyErr_Clear();
	Py_XDECREF(name);
	Py_XDECREF(module);
	return module != NULL && kept.tzset == NULL ? "time.tzset() is not as Python makes it"
						    : NULL;
}

static bool renew(const struct renew_from *from)
{
	(void)from;
	if (kept.tzset == NULL || time(NULL) / YEAR == kept.year)
		return true;
	PyObject *const result = PyObject_CallNoArgs(kept.tzset);
	Py_XDECREF(result);
	return result != NULL;
}

const struct renewal renew_clock = {"time zone", prepare, renew};
