/* SPDX-License-Identifier: MIT */
/* What the parts of a start that are made new are found by. */
#include "importer/resume/renew.h"

bool renew_find(const char *module, const char *name, PyObject **attribute)
{
	PyObject *const key = PyUnicode_FromString(module);
	PyObject *const imported = key == NULL ? NULL : PyImport_GetModule(key);

	*attribute = imported == NULL ? NULL : PyObject_GetAttrString(imported, name);
	PyErr_Clear();
	Py_XDECREF(key);
	Py_XDECREF(imported);
	return imported == NULL || *attribute != NULL;
}
