/* SPDX-License-Identifier: MIT */
/*
 * What modules of the standard library keep of the process that they are imported in: the seed of module random's
 * own generator, the time from which logging counts, the key of multiprocessing.
 */
#include "importer/cpython/compat.h"
#include "importer/resume/renew.h"

/* Until they are not needed; NULL: not imported. */
static PyObject *generator; /* random._inst */
static PyObject *logging,
	*clock_now; /* the module, and a function that tells what its _startTime is */
static PyObject *process_settings; /* multiprocessing.process._current_process._config */
static PyObject *key_class;        /* of the key in them */
static PyObject *process_module;   /* multiprocessing.process */

enum { STATE_WORDS = 624 };

static const char key_name[] = "authkey", start_name[] = "_startTime",
		  folder_name[] = "ORIGINAL_DIR";

/* --- random */

/* What an object of _random.Random has (Modules/_randommodule.c): RandomObject. */
struct generator {
	PyObject_HEAD int next; /* the word that is given out next */
	uint32_t words[STATE_WORDS];
};

/*
 * Whether nobody has drawn a number: all that was seeded is still to be given out. A look from Python would leave
 * numbers in memory that was given back.
 */
static bool is_fresh(PyObject *object)
{
	const PyTypeObject *const base = Py_TYPE(object)->tp_base;
	PyObject *const next = PyObject_GetAttrString(object, "gauss_next");
	const bool is_known = base != NULL && strcmp(base->tp_name, "_random.Random") == 0 &&
			      base->tp_basicsize == sizeof(struct generator);
	const bool is_all =
		is_known && ((const struct generator *)(const void *)object)->next == STATE_WORDS;

	Py_XDECREF(next);
	return is_all && next == Py_None;
}

/* Its seed is to be in no snapshot. */
static bool forget_seed(void)
{
	PyObject *const result = PyObject_CallMethod(generator, "seed", "i", 0);

	Py_XDECREF(result);
	return result != NULL;
}

static const char *prepare_random(void)
{
	if (!renew_find("random", "_inst", &generator))
		return "module random is not as Python makes it";
	if (generator == NULL)
		return NULL;
	const bool is_done = is_fresh(generator) && forget_seed();
	PyErr_Clear();
	return is_done ? NULL : "random numbers are drawn from module random when it is imported";
}

/* As Random.__init__() does. */
static bool renew_random(void)
{
	if (generator == NULL)
		return true;
	PyObject *const result = PyObject_CallMethod(generator, "seed", NULL);
	Py_XDECREF(result);
	Py_CLEAR(generator);
	return result != NULL;
}

/* --- logging */

static const char *prepare_logging(void)
{
	static const char strange[] = "module logging is not as Python makes it";
	PyObject *start;

	if (!renew_find("logging", start_name, &start))
		return strange;
	if (start == NULL)
		return NULL;
	const bool is_float = PyFloat_CheckExact(start);
	const char *const function = is_float ? "time" : "time_ns";
	/* The module's, and ours: floats that are given back are kept as they are. */
	if (is_float && Py_REFCNT(start) == 2)
		((PyFloatObject *)start)->ob_fval = 0;
	Py_DECREF(start);
	logging = PyImport_ImportModule("logging");
	if (logging == NULL || !renew_find("time", function, &clock_now) || clock_now == NULL ||
	    PyObject_SetAttrString(logging, start_name, Py_None) != 0) {
		PyErr_Clear();
		return strange;
	}
	return NULL;
}

static bool renew_logging(void)
{
	if (logging == NULL)
		return true;
	PyObject *const now = PyObject_CallNoArgs(clock_now);
	const bool is_done = now != NULL && PyObject_SetAttrString(logging, start_name, now) == 0;
	Py_XDECREF(now);
	Py_CLEAR(logging);
	Py_CLEAR(clock_now);
	return is_done;
}

/* --- multiprocessing */

static bool find_key(PyObject *process)
{
	process_settings = PyObject_GetAttrString(process, "_config");
	if (process_settings == NULL || !PyDict_CheckExact(process_settings))
		return false;
	PyObject *const key = PyDict_GetItemString(process_settings, key_name);
	/* Nobody else has it. */
	if (key == NULL || Py_REFCNT(key) != 1)
		return false;
	key_class = Py_NewRef((PyObject *)Py_TYPE(key));
	return PyDict_SetItemString(process_settings, key_name, Py_None) == 0;
}

static const char *prepare_multiprocessing(void)
{
	PyObject *process;

	if (!renew_find("multiprocessing.process", "_current_process", &process))
		return "module multiprocessing.process is not as Python makes it";
	if (process == NULL)
		return NULL;
	process_module = PyImport_ImportModule("multiprocessing.process");
	const bool is_done = find_key(process) && process_module != NULL &&
			     PyObject_SetAttrString(process_module, folder_name, Py_None) == 0;
	PyErr_Clear();
	Py_DECREF(process);
	return is_done ? NULL : "multiprocessing.current_process() is not as Python makes it";
}

/* As the module's body does. */
static bool renew_folder(void)
{
	PyObject *find;

	if (!renew_find("posix", "getcwd", &find) || find == NULL)
		return false;
	PyObject *folder = PyObject_CallNoArgs(find);
	if (folder == NULL && PyErr_ExceptionMatches(PyExc_OSError)) {
		PyErr_Clear();
		folder = Py_NewRef(Py_None);
	}
	const bool is_done =
		folder != NULL && PyObject_SetAttrString(process_module, folder_name, folder) == 0;
	Py_DECREF(find);
	Py_XDECREF(folder);
	Py_CLEAR(process_module);
	return is_done;
}

static bool renew_key(void)
{
	PyObject *draw;

	if (!renew_find("posix", "urandom", &draw) || draw == NULL)
		return false;
	PyObject *const bytes = PyObject_CallFunction(draw, "i", 32);
	PyObject *const key = bytes == NULL ? NULL : PyObject_CallOneArg(key_class, bytes);
	const bool is_done =
		key != NULL && PyDict_SetItemString(process_settings, key_name, key) == 0;
	Py_DECREF(draw);
	Py_XDECREF(bytes);
	Py_XDECREF(key);
	Py_CLEAR(process_settings);
	Py_CLEAR(key_class);
	return is_done;
}

static bool renew_multiprocessing(void)
{
	return process_settings == NULL || (renew_key() && renew_folder());
}

/* --- all */

static const char *prepare(void)
{
	const char *reason = prepare_random();

	if (reason == NULL)
		reason = prepare_logging();
	return reason == NULL ? prepare_multiprocessing() : reason;
}

static bool renew(const struct renew_from *from)
{
	(void)from;
	return renew_random() && renew_logging() && renew_multiprocessing();
}

const struct renewal renew_modules = {"modules of the standard library", prepare, renew, NULL};
