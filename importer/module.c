/* SPDX-License-Identifier: MIT */
/* The extension module `pystart`: for programs that are not started by the launcher. */
#include "importer/pystart.h"

#include "importer/bootstrap.h"
#include "importer/hooks.h"
#include "importer/state.h"

enum pyb_status pystart_install(const char *path, struct pyb_error *error)
{
	enum pyb_status status;

	if (importer.phase != PHASE_DETACHED)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "a bundle is in use in this process already");
	status = bundle_open(&importer.bundle, path, error);
	if (status != PYB_OK)
		return status;
	if (hooks_install() != 0) {
		PyErr_Clear();
		bundle_release(&importer.bundle);
		return pyb_error_set(error, PYB_ERR_MISMATCH, "importlib is not as expected");
	}
	return PYB_OK;
}

static PyObject *exception_for(enum pyb_status status)
{
	switch (status) {
	case PYB_ERR_IO:
		return PyExc_OSError;
	case PYB_ERR_MEMORY:
		return PyExc_MemoryError;
	default:
		return PyExc_ImportError;
	}
}

static PyObject *install(PyObject *module, PyObject *argument)
{
	struct pyb_error error = {0};
	PyObject *path;

	(void)module;
	if (!PyUnicode_FSConverter(argument, &path))
		return NULL;
	const enum pyb_status status = pystart_install(PyBytes_AS_STRING(path), &error);
	if (status != PYB_OK)
		PyErr_Format(exception_for(status), "%s: %s", PyBytes_AS_STRING(path), error.text);
	Py_DECREF(path);
	if (status != PYB_OK || bootstrap_run() != 0)
		return NULL;
	Py_RETURN_NONE;
}

static int add_number(PyObject *dict, const char *key, uint64_t number)
{
	PyObject *const value = PyLong_FromUnsignedLongLong(number);
	const int result = value == NULL ? -1 : PyDict_SetItemString(dict, key, value);

	Py_XDECREF(value);
	return result;
}

static PyObject *new_fallthroughs(void)
{
	PyObject *const dict = PyDict_New();

	for (int i = 0; dict != NULL && i < FALLTHROUGH_COUNT; i++)
		if (add_number(dict, stats_fallthrough_name((enum fallthrough)i),
			       importer.stats.fallthroughs[i]) != 0) {
			Py_DECREF(dict);
			return NULL;
		}
	return dict;
}

static int fill_stats(PyObject *dict)
{
	const struct stats *const stats = &importer.stats;
	PyObject *const fallthroughs = new_fallthroughs();
	PyObject *const path = importer.bundle.path == NULL
				       ? Py_NewRef(Py_None)
				       : PyUnicode_DecodeFSDefault(importer.bundle.path);
	int result = -1;

	if (fallthroughs != NULL && path != NULL)
		result = PyDict_SetItemString(dict, "bundle", path) != 0 ||
					 PyDict_SetItemString(dict, "fallthroughs", fallthroughs) !=
						 0
				 ? -1
				 : 0;
	Py_XDECREF(fallthroughs);
	Py_XDECREF(path);
	if (result != 0)
		return -1;
	return add_number(dict, "modules", stats->modules) != 0 ||
			       add_number(dict, "extensions", stats->extensions) != 0 ||
			       add_number(dict, "absent", stats->absent) != 0 ||
			       add_number(dict, "specs", stats->specs) != 0 ||
			       add_number(dict, "codes", stats->codes) != 0 ||
			       add_number(dict, "code_bytes", stats->code_bytes) != 0 ||
			       add_number(dict, "folders_listed", stats->folders_listed) != 0 ||
			       add_number(dict, "map_ns", importer.bundle.map_ns) != 0 ||
			       add_number(dict, "startup_ns", stats->startup_ns) != 0
		       ? -1
		       : 0;
}

static PyObject *stats(PyObject *module, PyObject *unused)
{
	PyObject *dict = PyDict_New();

	(void)module;
	(void)unused;
	if (dict != NULL && fill_stats(dict) != 0)
		Py_CLEAR(dict);
	return dict;
}

static PyMethodDef methods[] = {
	{"install", install, METH_O,
	 PyDoc_STR("install(path)\n--\n\nServe the modules of the bundle at path from now on.")},
	{"stats", stats, METH_NOARGS,
	 PyDoc_STR("stats()\n--\n\nWhat was served and what was left to importlib, as a dict.")},
	{NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "pystart",
	.m_doc = PyDoc_STR("Start Python programs fast: serve their modules from a bundle."),
	.m_size = -1,
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit_pystart(void)
{
	return PyModule_Create(&definition);
}
