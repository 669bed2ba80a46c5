/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include <string.h>

static bool is_list(const PyGC_Head *list)
{
	const PyGC_Head *const next = internals_gc_next(list);
	const PyGC_Head *const last = internals_gc_last(list);

	return next != NULL && last != NULL && internals_gc_last(next) == list &&
	       internals_gc_next(last) == list;
}

/* Whether an object that the collector begins to watch goes to the youngest generation's end. */
static bool takes_new_objects(const internals_gc *gc)
{
	PyObject *const probe = PyList_New(0);

	if (probe == NULL) {
		PyErr_Clear();
		return false;
	}
	const PyGC_Head *const head = (PyGC_Head *)probe - 1;
	const bool taken = internals_gc_last(&gc->generations[0].head) == head &&
			   internals_gc_next(head) == &gc->generations[0].head;
	Py_DECREF(probe);
	return taken;
}

internals_gc *internals_find_gc(void)
{
	internals_gc *const gc = &PyInterpreterState_Get()->gc;

	if (!COMPAT_KNOWN_GC || gc->generation0 != &gc->generations[0].head ||
	    !takes_new_objects(gc) || !is_list(&gc->generations[1].head) ||
	    !is_list(&gc->generations[2].head) || !is_list(&gc->permanent_generation.head) ||
	    (gc->enabled & ~1) != 0)
		return NULL;
	return gc;
}

void internals_gc_merge(PyGC_Head *from, PyGC_Head *to)
{
	PyGC_Head *const first = internals_gc_next(from);
	PyGC_Head *const last = internals_gc_last(from);
	PyGC_Head *const end = internals_gc_last(to);

	if (first == from)
		return;
	end->_gc_next = (uintptr_t)first;
	first->_gc_prev = (first->_gc_prev & ~_PyGC_PREV_MASK) | (uintptr_t)end;
	last->_gc_next = (uintptr_t)to;
	to->_gc_prev = (uintptr_t)last;
	from->_gc_next = from->_gc_prev = (uintptr_t)from;
}

#ifdef COMPAT_STATIC_TYPES
/* Whether the state of one that is known is where the headers have it. */
static bool static_types_are_as_known(PyInterpreterState *in, size_t count)
{
	const size_t number = (size_t)PyLong_Type.tp_subclasses;
	PyObject *const dict = PyType_GetDict(&PyLong_Type);
	const bool same = number >= 1 && number <= count &&
			  COMPAT_STATIC_TYPES(in)[number - 1].type == &PyLong_Type &&
			  COMPAT_STATIC_TYPES(in)[number - 1].tp_dict == dict;

	Py_XDECREF(dict);
	return same;
}
#endif

void internals_keep_static_types(void)
{
#ifdef COMPAT_STATIC_TYPES
	PyInterpreterState *const in = PyInterpreterState_Get();
	const size_t count = sizeof(COMPAT_STATIC_TYPES(in)) / sizeof(*COMPAT_STATIC_TYPES(in));

	if (static_types_are_as_known(in, count))
		for (size_t i = 0; i < count; i++)
			Py_XINCREF(COMPAT_STATIC_TYPES(in)[i].tp_dict);
#endif
}

PyMethodDef *internals_builtin_methods(const char *name)
{
	const struct _inittab *entry = PyImport_Inittab;

	while (entry->name != NULL && strcmp(entry->name, name) != 0)
		entry++;
	PyObject *const definition = entry->initfunc == NULL ? NULL : entry->initfunc();
	if (definition == NULL || !Py_IS_TYPE(definition, &PyModuleDef_Type)) {
		PyErr_Clear();
		return NULL;
	}
	return ((PyModuleDef *)definition)->m_methods;
}

bool internals_is_audited(void)
{
	return PyInterpreterState_Get()->audit_hooks != NULL;
}

/* NULL: it is not as the headers say. */
static const _PyRuntimeState *find_runtime(void)
{
	const _PyRuntimeState *const runtime =
		&_PyRuntime; /* weak, as all that compat.h declares */

	return runtime != NULL && runtime->interpreters.main == PyInterpreterState_Main() ? runtime
											  : NULL;
}

bool internals_is_audited_in_c(void)
{
	const _PyRuntimeState *const runtime = find_runtime();

	return runtime == NULL || COMPAT_AUDIT_HOOKS_IN_C(runtime) != NULL;
}

bool internals_has_exit_functions(void)
{
	const _PyRuntimeState *const runtime = find_runtime();

	return runtime == NULL || COMPAT_EXIT_FUNCTIONS(runtime) != 0;
}

void internals_say_gone(void)
{
#if COMPAT_KNOWN_FINALIZATION
	_PyRuntimeState *const runtime = find_runtime() == NULL ? NULL : &_PyRuntime;

	if (runtime == NULL)
		return;
	PyEval_SaveThread();
	PyThread_tss_delete(COMPAT_THREAD_KEY(runtime));
	runtime->gilstate.check_enabled = 0;
	runtime->gilstate.autoInterpreterState = NULL;
	runtime->interpreters.head = runtime->interpreters.main = NULL;
#endif
}

bool internals_has_callbacks_of_tools(void)
{
#if COMPAT_FREED_TOOLS_GO_ON
	const PyInterpreterState *const in = PyInterpreterState_Get();

	for (size_t tool = 0; tool < COMPAT_MONITORING_TOOLS; tool++)
		for (size_t event = 0; event < _PY_MONITORING_EVENTS; event++)
			if (in->monitoring_callables[tool][event] != NULL)
				return true;
#endif
	return false;
}

const PyConfig *internals_configuration(void)
{
	return _Py_GetConfig();
}

bool internals_evaluate_as_usual(void)
{
	return _PyInterpreterState_GetEvalFrameFunc(PyInterpreterState_Get()) ==
	       _PyEval_EvalFrameDefault;
}

bool internals_has_code_extras(void)
{
	return PyInterpreterState_Get()->co_extra_user_count != 0;
}

#if COMPAT_HAS_WATCHERS
/* All of them are arrays of pointers to functions, which have one size. */
static bool are_all(const void *functions, size_t size,
		    bool (*accept)(uintptr_t function, const void *data), const void *data)
{
	for (size_t at = 0; at < size; at += sizeof(uintptr_t)) {
		uintptr_t function;
		memcpy(&function, (const char *)functions + at, sizeof(function));
		if (function != 0 && !accept(function, data))
			return false;
	}
	return true;
}
#endif

bool internals_watchers_are(bool (*accept)(uintptr_t function, const void *data), const void *data)
{
#if COMPAT_HAS_REF_TRACER
	void *unused;
	const PyRefTracer tracer = PyRefTracer_GetTracer(&unused);

	/* Module tracemalloc has one. */
	if (tracer != NULL && !accept((uintptr_t)tracer, data))
		return false;
#endif
#if COMPAT_HAS_WATCHERS
	const PyInterpreterState *const in = PyInterpreterState_Get();

	return are_all(in->dict_state.watchers, sizeof(in->dict_state.watchers), accept, data) &&
	       are_all(in->type_watchers, sizeof(in->type_watchers), accept, data) &&
	       are_all(in->func_watchers, sizeof(in->func_watchers), accept, data) &&
	       are_all(in->code_watchers, sizeof(in->code_watchers), accept, data);
#else
	(void)accept;
	(void)data;
	return true;
#endif
}

void internals_dynload_folder(char folder[INTERNALS_FOLDER_SIZE])
{
	const PyConfig *const config = _Py_GetConfig();
	PyObject *const prefix = PyUnicode_FromWideChar(config->base_exec_prefix, -1);
	PyObject *const library = PyUnicode_FromWideChar(config->platlibdir, -1);
	PyObject *const text =
		prefix == NULL || library == NULL
			? NULL
			: PyUnicode_FromFormat("%U/%U/python%d.%d/lib-dynload", prefix, library,
					       PY_MAJOR_VERSION, PY_MINOR_VERSION);
	PyObject *const bytes = text == NULL ? NULL : PyUnicode_EncodeFSDefault(text);

	*folder = '\0';
	if (bytes != NULL && PyBytes_GET_SIZE(bytes) < INTERNALS_FOLDER_SIZE)
		memcpy(folder, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes) + 1);
	PyErr_Clear();
	Py_XDECREF(bytes);
	Py_XDECREF(text);
	Py_XDECREF(library);
	Py_XDECREF(prefix);
}

bool internals_replace(PyMethodDef *methods, const char *name, int flags, PyCFunction ours,
		       PyCFunction *stock)
{
	for (; methods != NULL && methods->ml_name != NULL; methods++)
		if (strcmp(methods->ml_name, name) == 0 && methods->ml_flags == flags) {
			*stock = methods->ml_meth;
			if (ours != NULL)
				methods->ml_meth = ours;
			return true;
		}
	return false;
}
