/* SPDX-License-Identifier: MIT */
/* The extension module `pystart`: for programs that are not started by the launcher. */
#include "importer/pystart.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "importer/bootstrap.h"
#include "importer/bundle/mapping.h"
#include "importer/features.h"
#include "importer/handoff/without.h"
#include "importer/hooks.h"
#include "importer/memory/pages.h"
#include "importer/message.h"
#include "importer/policy.h"
#include "importer/process.h"
#include "importer/session.h"

static bool is_main_interpreter(void)
{
	return PyInterpreterState_Get() == PyInterpreterState_Main();
}

static enum pyb_status use_bundle(const char *path, unsigned int without, struct pyb_error *error)
{
	enum pyb_status status;
	int descriptor;

	if (!is_main_interpreter())
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "only the main interpreter can use a bundle");
	if (session.phase != PHASE_DETACHED)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "a bundle is in use in this process already");
	status = bundle_open(&used_bundle, path, &descriptor, error);
	if (status != PYB_OK)
		return status;
	policy_init(used_bundle.reader.header, without);
	if (policy_is_on(PYB_POLICY_HUGE_PAGES) &&
	    pages_are_plentiful(bundle_huge_size(&used_bundle)))
		bundle_want_huge(&used_bundle);
	if (policy_is_on(PYB_POLICY_CHECK_COLD))
		bundle_want_checksums(&used_bundle);
	bundle_load(&used_bundle);
	close(descriptor);
	if (hooks_install() != 0) {
		PyErr_Clear();
		bundle_release(&used_bundle);
		return pyb_error_set(error, PYB_ERR_MISMATCH, "importlib is not as expected");
	}
	return PYB_OK;
}

enum pyb_status pystart_install(const char *path, struct pyb_error *error)
{
	return use_bundle(path, 0, error);
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

static bool is_on(const char *variable)
{
	const char *const value = secure_getenv(variable);
	return value != NULL && *value != '\0' && strcmp(value, "0") != 0;
}

/* Which policies PYSTART_WITHOUT switches off. */
static unsigned int read_without(void)
{
	const char *list = secure_getenv(WITHOUT_VARIABLE);
	struct without without;
	unsigned int policies = 0;
	char words[WITHOUT_WORDS_SIZE];

	without_list_words(words);
	while (list != NULL && without_next(&list, &without)) {
		policies |= without.policy;
		if (without.policy == 0)
			message_verbose(WITHOUT_VARIABLE ": '%.*s' is none of %s",
					(int)without.size, without.word, words);
	}
	return policies;
}

/*
 * What the launcher would have handed over. Under -E and -I the environment is not asked. Returns
 * the policies that are not wanted.
 */
static unsigned int read_settings(void)
{
	unsigned int without = 0;
	PyObject *const flags = PySys_GetObject("flags");
	PyObject *const ignore =
		flags == NULL ? NULL : PyObject_GetAttrString(flags, "ignore_environment");

	if (ignore != NULL && PyObject_IsTrue(ignore) == 0) {
		session.verbose = is_on("PYSTART_VERBOSE");
		session.print_stats = is_on("PYSTART_STATS");
		without = read_without();
	}
	Py_XDECREF(ignore);
	PyErr_Clear();
	return without;
}

static int install_first(const char *path)
{
	struct pyb_error error = {0};
	const unsigned int without = read_settings();

	process_begin(-1);
	const enum pyb_status status = use_bundle(path, without, &error);

	if (status != PYB_OK) {
		PyErr_Format(exception_for(status), "%s: %s", path, error.text);
		return -1;
	}
	message_verbose("taking %s (named by install())", path);
	return bootstrap_run();
}

/* A program that says install() runs under the launcher too, with the bundle that is there. */
static PyObject *install(PyObject *module, PyObject *argument)
{
	PyObject *path;
	int result = 0;

	(void)module;
	if (!is_main_interpreter()) {
		PyErr_SetString(PyExc_ImportError, "only the main interpreter can use a bundle");
		return NULL;
	}
	if (!PyUnicode_FSConverter(argument, &path))
		return NULL;
	if (session.phase == PHASE_DETACHED)
		result = install_first(PyBytes_AS_STRING(path));
	else
		message_verbose("not taking %s (install() comes after another bundle)",
				PyBytes_AS_STRING(path));
	Py_DECREF(path);
	return result == 0 ? Py_NewRef(Py_None) : NULL;
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
			       session.stats.fallthroughs[i]) != 0) {
			Py_DECREF(dict);
			return NULL;
		}
	return dict;
}

static int add_numbers(PyObject *dict, const struct stats *stats)
{
	const struct {
		const char *name;
		uint64_t number;
	} numbers[] = {
		{"modules", stats->modules},
		{"extensions", stats->extensions},
		{"absent", stats->absent},
		{"specs", stats->specs},
		{"codes", stats->codes},
		{"code_bytes", stats->code_bytes},
		{"regexes", stats->regexes},
		{"generated", stats->generated},
		{"folders_listed", stats->folders_listed},
		{"frozen", stats->frozen},
		{"deferrals", stats->deferrals},
		{"site_folders", stats->site_folders},
		{"distributions", stats->distributions},
		{"map_ns", used_bundle.map_ns},
		{"startup_ns", stats->startup_ns},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (add_number(dict, numbers[i].name, numbers[i].number) != 0)
			return -1;
	return 0;
}

static int fill_stats(PyObject *dict)
{
	PyObject *const fallthroughs = new_fallthroughs();
	const bool in_use = used_bundle.path != NULL && session.phase != PHASE_REFUSED;
	PyObject *const path =
		in_use ? PyUnicode_DecodeFSDefault(used_bundle.path) : Py_NewRef(Py_None);
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
	return add_numbers(dict, &session.stats);
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

static PyObject *state(PyObject *module, PyObject *unused)
{
	char text[1024];

	(void)module;
	(void)unused;
	features_describe(text, sizeof(text));
	return PyUnicode_FromString(text);
}

static PyMethodDef methods[] = {
	{"install", install, METH_O,
	 PyDoc_STR("install(path)\n--\n\n"
		   "Serve the modules of the bundle at path from now on, and run its bootstrap\n"
		   "function. Does nothing if a bundle is in use already, as under the launcher;\n"
		   "stats()['bundle'] tells which. Raises ImportError in a subinterpreter.")},
	{"stats", stats, METH_NOARGS,
	 PyDoc_STR("stats()\n--\n\nWhat was served and what was left to importlib, as a dict.")},
	{"state", state, METH_NOARGS,
	 PyDoc_STR("state()\n--\n\n"
		   "Which Python this is, whether this module was built for it, and what it does\n"
		   "without, as a line of text.")},
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
