/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/atexit_state.h"
#include "importer/cpython/dict_version.h"
#include "importer/cpython/generators.h"
#include "importer/cpython/plain_dict.h"
#include "importer/cpython/probe.h"

/* The structures of a branch stay as they are from its first release on; between branches they move. */
static bool is_of_branch(void)
{
	return Py_Version >> 16 == COMPAT_BRANCH;
}

static bool attribute_is(PyObject *object, const char *name, PyObject *expected)
{
	PyObject *const value = PyObject_GetAttrString(object, name);
	const bool same = value != NULL && value == expected;

	Py_XDECREF(value);
	return same;
}

static bool first_line_is(PyObject *code, int line)
{
	PyObject *const value = PyObject_GetAttrString(code, "co_firstlineno");
	const bool same = value != NULL && PyLong_AsLong(value) == line;

	Py_XDECREF(value);
	return same;
}

/* PyCodeObject: fields from its beginning to its end, read by their offsets and by their names. */
static bool code_is_as_known(void)
{
	enum { LINE = 12345 };
	PyCodeObject *const code = PyCode_NewEmpty("probe.py", "probe", LINE);
	PyObject *const object = (PyObject *)code;
	const bool same =
		code != NULL && code->co_firstlineno == LINE && first_line_is(object, LINE) &&
		attribute_is(object, "co_filename", code->co_filename) &&
		attribute_is(object, "co_name", code->co_name) &&
		attribute_is(object, "co_qualname", code->co_qualname) &&
		attribute_is(object, "co_consts", code->co_consts) &&
		attribute_is(object, "co_names", code->co_names) &&
		attribute_is(object, "co_exceptiontable", code->co_exceptiontable) &&
		PyCode_Type.tp_weaklistoffset ==
			(Py_ssize_t)offsetof(PyCodeObject, co_weakreflist) &&
		PyCode_Type.tp_basicsize == (Py_ssize_t)offsetof(PyCodeObject, co_code_adaptive);

	Py_XDECREF(object);
	return same;
}

/* The number of a dictionary changes when it does. */
static bool dict_is_as_known(void)
{
	PyObject *const dict = PyDict_New();
	const uint64_t before = dict == NULL ? 0 : dict_version(dict);
	const bool same = dict != NULL && PyDict_SetItem(dict, Py_None, Py_None) == 0 &&
			  dict_version(dict) != before;

	Py_XDECREF(dict);
	return same;
}

/*
 * PyTypeObject.tp_version_tag, which is not 0 once an attribute was looked for, and another for each type.
 * A type of our own to change would be seen in __subclasses__().
 */
static bool types_are_as_known(void)
{
	PyObject *const number = PyObject_GetAttrString((PyObject *)&PyLong_Type, "real");
	PyObject *const text = PyObject_GetAttrString((PyObject *)&PyUnicode_Type, "join");
	const unsigned int version = compat_type_version(&PyLong_Type);
	const bool same =
		number != NULL && text != NULL && version != 0 &&
		compat_type_version(&PyUnicode_Type) != 0 &&
		compat_type_version(&PyUnicode_Type) != version &&
		PyType_Type.tp_basicsize == (Py_ssize_t)sizeof(PyHeapTypeObject) &&
		PyType_Type.tp_weaklistoffset == (Py_ssize_t)offsetof(PyTypeObject, tp_weaklist);

	Py_XDECREF(number);
	Py_XDECREF(text);
	return same;
}

/* PyFunctionObject.vectorcall, its last field but one, and what lies behind the code and the defaults. */
static bool functions_are_as_known(void)
{
	return PyFunction_Type.tp_vectorcall_offset ==
		       (Py_ssize_t)offsetof(PyFunctionObject, vectorcall) &&
	       PyFunction_Type.tp_dictoffset == (Py_ssize_t)offsetof(PyFunctionObject, func_dict) &&
	       PyFunction_Type.tp_weaklistoffset ==
		       (Py_ssize_t)offsetof(PyFunctionObject, func_weakreflist);
}

/* PyInterpreterState: that its end is where the headers have it is told by what lies before it. */
static bool interpreter_is_as_known(void)
{
	const PyInterpreterState *const interpreter = PyInterpreterState_Get();

	return interpreter->builtins != NULL && interpreter->builtins == PyEval_GetBuiltins() &&
	       PyInterpreterState_GetID(PyInterpreterState_Get()) == interpreter->id &&
	       (interpreter->audit_hooks == NULL || PyList_CheckExact(interpreter->audit_hooks));
}

/*
 * PyInterpreterState.monitoring_callables, which lies just before the names of the tools: if the last one is nobody's,
 * it gets a name for a moment.
 */
static bool tools_are_as_known(void)
{
#if COMPAT_FREED_TOOLS_GO_ON
	static const int last = COMPAT_MONITORING_TOOLS - 1;
	PyObject *const monitoring = PySys_GetObject("monitoring");
	PyObject *const *const name = &PyInterpreterState_Get()->monitoring_tool_names[last];
	PyObject *const taken =
		monitoring == NULL ? NULL : PyObject_CallMethod(monitoring, "get_tool", "i", last);
	PyObject *const ours = PyUnicode_FromString("pystart");
	bool same = taken != NULL && ours != NULL &&
		    (taken != Py_None ? *name == taken : *name == NULL);

	if (same && taken == Py_None) {
		Py_XDECREF(PyObject_CallMethod(monitoring, "use_tool_id", "iO", last, ours));
		same = *name == ours;
		Py_XDECREF(PyObject_CallMethod(monitoring, "free_tool_id", "i", last));
	}
	Py_XDECREF(ours);
	Py_XDECREF(taken);
	return same;
#else
	return true;
#endif
}

const char *probe_find_fault(void)
{
	const char *fault = NULL;

	if (!COMPAT_KNOWN_IMPORTLIB)
		fault = "the importlib of this version of Python is not known";
	else if (!is_of_branch())
		fault = "it was compiled for another version of Python";
	else if (!code_is_as_known())
		fault = "code objects are not laid out as expected";
	else if (!dict_is_as_known())
		fault = "dictionaries are not laid out as expected";
	else if (!types_are_as_known())
		fault = "types are not laid out as expected";
	else if (!functions_are_as_known())
		fault = "functions are not laid out as expected";
	else if (!interpreter_is_as_known())
		fault = "the interpreter's state is not laid out as expected";
	else if (!tools_are_as_known())
		fault = "the tools of sys.monitoring are not laid out as expected";
	PyErr_Clear();
	return fault;
}

/* --- what single features need besides */

/* PyCFunctionObject.m_ml, .m_self and .vectorcall. */
static const char *find_builtins_fault(void)
{
	PyObject *const builtins = PyEval_GetBuiltins();
	PyObject *const length = builtins == NULL ? NULL : compat_dict_find(builtins, "len");
	const bool same =
		PyCFunction_Type.tp_vectorcall_offset ==
			(Py_ssize_t)offsetof(PyCFunctionObject, vectorcall) &&
		length != NULL && PyCFunction_CheckExact(length) &&
		((PyCFunctionObject *)length)->m_ml->ml_meth == PyCFunction_GetFunction(length) &&
		((PyCFunctionObject *)length)->m_self == PyCFunction_GetSelf(length);

	return same ? NULL : "built-in functions are not laid out as expected";
}

/*
 * The importer was compiled with the headers of one release. Another release of the branch has the same
 * structures, as far as the probes can tell, but what was compared with sources may have changed in it.
 */
static const char *find_release_fault(void)
{
	return Py_Version == PY_VERSION_HEX ? NULL
					    : "it was compiled for Python " PY_VERSION
					      ", and this is another release";
}

static const char *find_collector_fault(void)
{
	const char *const fault = find_release_fault();

	if (fault == NULL && internals_find_gc() == NULL)
		return "the collector is not laid out as expected";
	return fault;
}

static const char unknown[] = "it is not known how this version of Python does it";

static const char *find_compiling_fault(void)
{
	const char *const fault = find_builtins_fault();

	return fault == NULL && !COMPAT_KNOWN_COMPILING ? unknown : fault;
}

static const char *find_regex_fault(void)
{
	return COMPAT_KNOWN_COMPILING ? NULL : unknown;
}

static const char *find_metadata_fault(void)
{
	const char *const fault = find_builtins_fault();

	return fault == NULL && !COMPAT_KNOWN_METADATA ? unknown : fault;
}

static const char *find_site_fault(void)
{
	const char *const fault = COMPAT_KNOWN_SITE ? find_release_fault() : unknown;

	return fault != NULL ? fault : find_builtins_fault();
}

/* PyGenObject and PyWeakReference, which the exit scan reads. */
static bool small_objects_are_as_known(void)
{
	return generators_are_as_known() &&
	       _PyWeakref_RefType.tp_basicsize == (Py_ssize_t)sizeof(PyWeakReference);
}

static const char *find_exit_fault(void)
{
	const char *fault;

	if (!COMPAT_KNOWN_FINALIZATION)
		return unknown;
	fault = find_collector_fault();
	if (fault == NULL)
		fault = find_builtins_fault();
	if (fault == NULL && !plain_dicts_are_as_known())
		fault = "dictionaries are not laid out as expected";
	if (fault == NULL && !small_objects_are_as_known())
		fault = "generators or weak references are not laid out as expected";
	if (fault == NULL && !atexit_state_is_as_known())
		fault = "the state of module atexit is not laid out as expected";
	return fault;
}

const struct probe_feature probe_features[PROBE_FEATURE_COUNT] = {
	{PYB_POLICY_DEFER_GC, "deferral of garbage collection", find_collector_fault},
	{PYB_POLICY_QUICK_EXIT, "quick exit", find_exit_fault},
	{PYB_POLICY_REGEXES, "patterns compiled before", find_regex_fault},
	{PYB_POLICY_GENERATED, "sources compiled before", find_compiling_fault},
	{PYB_POLICY_SITE, "the .pth files of the bundle", find_site_fault},
	{PYB_POLICY_METADATA, "the metadata of distributions", find_metadata_fault},
	{PYB_POLICY_FROZEN, "the bundle's code of frozen modules", find_builtins_fault},
};
