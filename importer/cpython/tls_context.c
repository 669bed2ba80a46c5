/* SPDX-License-Identifier: MIT */
#include "importer/cpython/tls_context.h"

PyTypeObject *tls_context_type(PyTypeObject *type)
{
	while (type != NULL && (!PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE) ||
				strcmp(type->tp_name, "_ssl._SSLContext") != 0))
		type = type->tp_base;
	return type;
}

/*
 * What the type itself, which no program can change, has under the name, whatever a derived class makes of it; a
 * new reference, or NULL.
 */
static PyObject *read_attribute(PyObject *context, PyTypeObject *type, const char *name)
{
	PyObject *const descriptor = compat_dict_find(type->tp_dict, name);
	PyObject *const value =
		descriptor == NULL || !Py_IS_TYPE(descriptor, &PyGetSetDescr_Type)
			? NULL
			: Py_TYPE(descriptor)->tp_descr_get(descriptor, context, (PyObject *)type);

	PyErr_Clear();
	return value;
}

#if COMPAT_HIDES_PSK_CALLBACKS
/*
 * They are the last two fields of PySSLContext (Modules/_ssl.c), before a mutex from 3.13.6 on; the one before
 * them is the module's state.
 */
static bool visit_callbacks(PyObject *context, PyTypeObject *type, visitproc visit, void *data)
{
	enum { CALLBACKS = 2 };
	const size_t behind = COMPAT_WORDS_BEHIND_PSK_CALLBACKS;
	const size_t words = (size_t)type->tp_basicsize / sizeof(PyObject *);
	PyObject *const *const fields = (PyObject *const *)context;

	if (compat_dict_find(type->tp_dict, "set_psk_client_callback") == NULL)
		return true;
	if (words < CALLBACKS + behind + 1)
		return false;
	PyObject *const *const callbacks = fields + words - behind - CALLBACKS;
	const void *const state = PyType_GetModuleState(type);
	PyErr_Clear();
	if (state == NULL || state != callbacks[-1])
		return false;
	for (size_t i = 0; i < CALLBACKS; i++)
		if (callbacks[i] != NULL && visit(callbacks[i], data) != 0)
			return false;
	return true;
}
#else
static bool visit_callbacks(PyObject *context, PyTypeObject *type, visitproc visit, void *data)
{
	(void)context;
	(void)type;
	(void)visit;
	(void)data;
	return true;
}
#endif

bool tls_context_visit(PyObject *context, visitproc visit, void *data)
{
	PyTypeObject *const type = tls_context_type(Py_TYPE(context));
	PyObject *const file =
		type == NULL ? NULL : read_attribute(context, type, "keylog_filename");
	const bool is_visited = file != NULL && visit(file, data) == 0;

	/* The context refers to it. */
	Py_XDECREF(file);
	return is_visited && visit_callbacks(context, type, visit, data);
}
