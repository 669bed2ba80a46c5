/* SPDX-License-Identifier: MIT */
/*
 * The environment: that of the C library, and the dictionary that is posix.environ and lies below
 * os.environ (Modules/posixmodule.c: convertenviron(); Lib/os.py). A start changes it in one way only: it
 * sets LC_CTYPE where the locale is C (PEP 538).
 */
#include "importer/cpython/compat.h"
#include "importer/resume/environment_before.h"
#include "importer/resume/renew.h"

#include <stdlib.h>
#include <unistd.h>

static const char coerced_name[] = "LC_CTYPE";

static struct {
	const struct initial_stack *stack; /* of the process that the snapshot is made of */
	size_t count;                      /* variables that it began with */
	char *coerced;                     /* what LC_CTYPE was set to; NULL: it was not */
	PyObject *variables;               /* the dictionary */
} kept;

static size_t count_variables(char *const *environment)
{
	size_t count = 0;

	while (environment != NULL && environment[count] != NULL)
		count++;
	return count;
}

void environment_note_before(const struct initial_stack *stack)
{
	kept.stack = stack;
	kept.count = count_variables(environ);
}

/* --- before a snapshot is made */

/* One that is set again is a string of its own, behind those that the kernel gave. */
static bool is_as_it_was(const char *variable)
{
	for (char **original = kept.stack->environment; *original != NULL; original++)
		if (*original == variable)
			return true;
	return false;
}

static bool note_coercion(const char *variable)
{
	const size_t size = strlen(coerced_name);

	if (kept.coerced != NULL || strncmp(variable, coerced_name, size) != 0 ||
	    variable[size] != '=')
		return false;
	kept.coerced = strdup(variable + size + 1);
	return kept.coerced != NULL;
}

static const char *look_at_changes(void)
{
	size_t same = 0;

	for (char **variable = environ; *variable != NULL; variable++)
		if (is_as_it_was(*variable))
			same++;
		else if (!note_coercion(*variable))
			return "the start changes the environment";
	return same == kept.count ? NULL : "the start takes variables out of the environment";
}

static const char *take_dictionary(void)
{
	PyObject *environment;
	const bool are_found = renew_find("os", "environ", &environment) &&
			       renew_find("posix", "environ", &kept.variables);
	PyObject *const data =
		environment == NULL ? NULL : PyObject_GetAttrString(environment, "_data");
	const bool is_known = are_found && kept.variables != NULL && kept.variables == data &&
			      PyDict_CheckExact(kept.variables);

	PyErr_Clear();
	Py_XDECREF(environment);
	Py_XDECREF(data);
	if (!is_known)
		return "os.environ is not as Python makes it";
	PyDict_Clear(kept.variables);
	return NULL;
}

static const char *prepare(void)
{
	const char *const reason = look_at_changes();

	return reason != NULL ? reason : take_dictionary();
}

/* --- in a new process */

/* Of two that have the same name the first counts, as for getenv(3). */
static bool add(const char *variable)
{
	const char *const sign = strchr(variable, '=');

	if (sign == NULL)
		return true;
	PyObject *const name = PyBytes_FromStringAndSize(variable, sign - variable);
	PyObject *const value = name == NULL ? NULL : PyBytes_FromString(sign + 1);
	const bool is_added =
		value != NULL && PyDict_SetDefault(kept.variables, name, value) != NULL;

	Py_XDECREF(name);
	Py_XDECREF(value);
	return is_added;
}

static bool renew(const struct renew_from *from)
{
	environ = from->stack->environment;
	if (kept.coerced != NULL && setenv(coerced_name, kept.coerced, 1) != 0) {
		PyErr_NoMemory();
		return false;
	}
	for (char **variable = environ; *variable != NULL; variable++)
		if (!add(*variable))
			return false;
	Py_CLEAR(kept.variables);
	return true;
}

const struct renewal renew_environment = {"environment", prepare, renew, NULL};
