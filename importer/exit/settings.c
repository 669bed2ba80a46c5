/* SPDX-License-Identifier: MIT */
#include "importer/exit/look.h"

#include "importer/cpython/importlib.h"
#include "importer/cpython/plain_dict.h"
#include "importer/exit/lookup.h"

#if COMPAT_KNOWN_FINALIZATION

static bool has_elements(PyObject *list)
{
	return list != NULL && PyList_GET_SIZE(list) != 0;
}

/* The list of filters that this module has; borrowed. NULL if there is nothing of the kind. */
static PyObject *find_filters(const char *module)
{
	PyObject *const dict = streams_module_dict(module);
	PyObject *const filters = dict == NULL ? NULL : lookup(dict, "filters");

	return filters != NULL && PyList_CheckExact(filters) ? filters : NULL;
}

enum effect {
	EFFECT_NONE, /* for the filters behind it to decide */
	EFFECT_HIDES,
	EFFECT_SHOWS,
};

/*
 * What a filter does to a ResourceWarning. One that is about some messages, modules or lines only may
 * or may not apply: if it hides, it shows nothing in any case.
 */
static enum effect effect_of(PyObject *filter)
{
	PyObject *action, *category, *line;
	bool hides, is_for_all;
	int overflow;

	if (!PyTuple_CheckExact(filter) || PyTuple_GET_SIZE(filter) != 5)
		return EFFECT_SHOWS;
	action = PyTuple_GET_ITEM(filter, 0);
	category = PyTuple_GET_ITEM(filter, 2);
	line = PyTuple_GET_ITEM(filter, 4);
	if (PyType_Check(category) &&
	    !PyType_IsSubtype((PyTypeObject *)PyExc_ResourceWarning, (PyTypeObject *)category))
		return EFFECT_NONE;
	hides = PyUnicode_Check(action) && PyUnicode_CompareWithASCIIString(action, "ignore") == 0;
	is_for_all = PyType_Check(category) && PyTuple_GET_ITEM(filter, 1) == Py_None &&
		     PyTuple_GET_ITEM(filter, 3) == Py_None && PyLong_CheckExact(line) &&
		     PyLong_AsLongAndOverflow(line, &overflow) == 0 && overflow == 0;
	if (!hides)
		return EFFECT_SHOWS;
	return is_for_all ? EFFECT_HIDES : EFFECT_NONE;
}

static bool shows_resource_warnings(const char *module)
{
	PyObject *const filters = find_filters(module);
	enum effect effect = EFFECT_NONE;

	if (filters == NULL)
		return true;
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(filters) && effect == EFFECT_NONE; i++)
		effect = effect_of(PyList_GET_ITEM(filters, i));
	return effect != EFFECT_HIDES;
}

/*
 * From 3.14 on, -X context_aware_warnings, warnings.catch_warnings() puts filters into a variable of the
 * context. Those that are still there come before the lists. What is in them is not looked at.
 */
static bool has_filters_of_context(void)
{
	PyObject *const warnings = streams_module_dict("_warnings");
	PyObject *const variable = warnings == NULL ? NULL : lookup(warnings, "_warnings_context");
	PyObject *value = NULL;

	if (variable == NULL || !PyContextVar_CheckExact(variable))
		return false;
	const bool is_set = PyContextVar_Get(variable, NULL, &value) != 0 || value != NULL;
	PyErr_Clear();
	Py_XDECREF(value);
	return is_set;
}

/* Whether other code than Python's own is called each time that memory is freed. */
static bool has_foreign_allocator(const struct look *look)
{
	static const PyMemAllocatorDomain domains[] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM,
						       PYMEM_DOMAIN_OBJ};

	for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++) {
		PyMemAllocatorEx allocator;
		PyMem_GetAllocator(domains[i], &allocator);
		if (!libraries_know(&look->libraries, (uintptr_t)allocator.free))
			return true;
	}
	return false;
}

/* Whether the interpreter or this importer has the function. */
static bool is_of_no_other(uintptr_t function, const void *data)
{
	const struct libraries *const libraries = data;

	return shared_object_holds(&libraries->interpreter, function) ||
	       shared_object_holds(&libraries->importer, function);
}

static bool has_other_threads(void)
{
	PyInterpreterState *const interpreter = PyInterpreterState_Get();

	return interpreter != PyInterpreterState_Head() ||
	       PyInterpreterState_Next(interpreter) != NULL ||
	       PyThreadState_Next(PyInterpreterState_ThreadHead(interpreter)) != NULL;
}

/* Those in which finalization itself looks for names, and whose values are kept. */
static bool have_names_only(void)
{
	static const char *const modules[] = {"sys", "builtins"};
	PyObject *const all = PyImport_GetModuleDict();

	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		PyObject *const module = lookup(all, modules[i]);
		if (module == NULL || !PyModule_CheckExact(module) ||
		    !plain_dict_is(PyModule_GetDict(module)))
			return false;
	}
	return true;
}

enum observable look_at_interpreter(struct look *look, const internals_gc *gc)
{
	const PyConfig *const config = internals_configuration();

	if (config->verbose || config->dev_mode || config->malloc_stats || config->dump_refs ||
	    config->show_ref_count || importlib_is_observed(&stock_importlib))
		return OBSERVABLE_SETTINGS;
	if (!have_names_only())
		return look_tell(look, OBSERVABLE_SETTINGS, "names");
	if (has_other_threads())
		return OBSERVABLE_THREADS;
	if (gc->debug != 0 || has_elements(gc->callbacks) || has_elements(gc->garbage))
		return OBSERVABLE_COLLECTOR;
	if (PySys_GetObject("unraisablehook") != PySys_GetObject("__unraisablehook__"))
		return look_tell(look, OBSERVABLE_HOOKS, "sys.unraisablehook");
	if (has_foreign_allocator(look))
		return look_tell(look, OBSERVABLE_HOOKS, "allocator");
	if (!internals_watchers_are(is_of_no_other, &look->libraries))
		return look_tell(look, OBSERVABLE_HOOKS, "watchers");
	if (!internals_evaluate_as_usual())
		return look_tell(look, OBSERVABLE_HOOKS, "evaluation of frames");
	if (internals_has_code_extras())
		return look_tell(look, OBSERVABLE_HOOKS, "code objects");
	/* Those of _warnings hold once module warnings is gone. They are one list, as a rule. */
	look->shows_warnings = has_filters_of_context() || shows_resource_warnings("_warnings") ||
			       (lookup(PyImport_GetModuleDict(), "warnings") != NULL &&
				shows_resource_warnings("warnings"));
	return OBSERVABLE_NOTHING;
}

#endif
