/* SPDX-License-Identifier: MIT */
#include "importer/find/foreign_stats.h"

#include <stdio.h>
#include <string.h>

#include "importer/session.h"

/* Count under this name, as long as there is room for new ones. */
static void count(const char *text)
{
	struct foreign *const foreign = session.stats.foreign;

	for (int i = 0; i < FOREIGN_COUNT; i++) {
		if (foreign[i].count == 0)
			snprintf(foreign[i].text, sizeof(foreign[i].text), "%s", text);
		else if (strncmp(foreign[i].text, text, sizeof(foreign[i].text) - 1) != 0)
			continue;
		foreign[i].count++;
		return;
	}
}

/*
 * "module.QualName" of a class or function, or of the object's class, for an object may answer in
 * another's name. A new reference or NULL.
 */
static PyObject *name_of(PyObject *object)
{
	PyObject *const named = PyType_Check(object) || PyFunction_Check(object)
					? object
					: (PyObject *)Py_TYPE(object);
	PyObject *const name = PyObject_GetAttrString(named, "__qualname__");
	PyObject *const module = PyObject_GetAttrString(named, "__module__");
	PyObject *const text =
		name == NULL || module == NULL ? NULL : PyUnicode_FromFormat("%S.%S", module, name);

	Py_XDECREF(name);
	Py_XDECREF(module);
	return text;
}

void foreign_note(const char *role, PyObject *finder)
{
	char line[FOREIGN_TEXT_SIZE];

	if (!session.print_stats)
		return;
	PyObject *const name = name_of(finder);
	const char *const text = name == NULL ? NULL : PyUnicode_AsUTF8(name);
	snprintf(line, sizeof(line), "%s %s", role, text == NULL ? "without a name" : text);
	PyErr_Clear();
	Py_XDECREF(name);
	count(line);
}

void foreign_note_change(const char *what)
{
	char line[FOREIGN_TEXT_SIZE];

	snprintf(line, sizeof(line), "%s was changed", what);
	count(line);
}
