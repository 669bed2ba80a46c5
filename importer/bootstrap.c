/* SPDX-License-Identifier: MIT */
/*
 * Python announces what it is about to run with an audit event (PEP 578; Modules/main.c
 * pymain_run_python): cpython.run_command, .run_file, .run_module, .run_stdin, .run_interactivehook.
 * That is the one moment after initialization and before the program that public API can see.
 */
#include "importer/bootstrap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/session.h"
#include "lib/header.h"

static const char *bootstrap_text(void)
{
	const struct pyb_header *const header = used_bundle.reader.header;
	return pyb_header_string(header, header->bootstrap);
}

/* Follow the dotted attribute names in `names`, which is changed. Steals `object`. */
static PyObject *follow(PyObject *object, char *names)
{
	char *rest = NULL;

	for (const char *name = strtok_r(names, ".", &rest); object != NULL && name != NULL;
	     name = strtok_r(NULL, ".", &rest)) {
		PyObject *const attribute = PyObject_GetAttrString(object, name);
		Py_DECREF(object);
		object = attribute;
	}
	return object;
}

static int call(char *module, char *function)
{
	PyObject *const imported = PyImport_ImportModule(module);
	PyObject *const callable = imported == NULL ? NULL : follow(imported, function);
	PyObject *const result = callable == NULL ? NULL : PyObject_CallNoArgs(callable);

	Py_XDECREF(callable);
	Py_XDECREF(result);
	return result == NULL ? -1 : 0;
}

/* Say below the traceback where the function was asked for (PEP 678). */
static void add_note(const char *text)
{
	struct compat_exception raised = compat_take_exception();
	PyObject *const note = PyUnicode_FromFormat("This is the bootstrap function %s of %s.",
						    text, used_bundle.path);
	PyObject *result = NULL;

	if (raised.type != NULL)
		PyErr_NormalizeException(&raised.type, &raised.value, &raised.traceback);
	if (note != NULL && raised.value != NULL)
		result = PyObject_CallMethod(raised.value, "add_note", "O", note);
	Py_XDECREF(note);
	Py_XDECREF(result);
	PyErr_Clear();
	compat_restore_exception(raised);
}

int bootstrap_run(void)
{
	const char *const text = bootstrap_text();
	int result = -1;

	if (text == NULL)
		return 0;
	char *const copy = strdup(text);
	char *const colon = copy == NULL ? NULL : strchr(copy, ':');
	if (copy == NULL) {
		PyErr_NoMemory();
	} else if (colon == NULL) {
		PyErr_Format(PyExc_ImportError, "bootstrap '%s' is not MODULE:FUNCTION", text);
	} else {
		*colon = '\0';
		result = call(copy, colon + 1);
	}
	if (result != 0)
		add_note(text);
	free(copy);
	return result;
}

static int on_audit_event(const char *event, PyObject *arguments, void *data)
{
	bool *const done = data;

	(void)arguments;
	if (*done || strncmp(event, "cpython.run_", strlen("cpython.run_")) != 0)
		return 0;
	*done = true;
	return session.phase == PHASE_READY ? bootstrap_run() : 0;
}

int bootstrap_prepare(void)
{
	static bool done;

	return bootstrap_text() == NULL ? 0 : PySys_AddAuditHook(on_audit_event, &done);
}
