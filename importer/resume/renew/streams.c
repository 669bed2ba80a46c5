/* SPDX-License-Identifier: MIT */
/*
 * sys.stdin, sys.stdout and sys.stderr, which are as the files are that the process was started with: a
 * terminal or not, seekable or not, with blocks of some size. The objects stay, for a module may have kept them (as the
 * default of an argument, say), and are initialized again. What is below, a buffer and a file, is let go of if nobody
 * keeps it, and made as the interpreter makes it (Python/pylifecycle.c: create_stdio()).
 */
#include "importer/cpython/alike.h"
#include "importer/cpython/configuration.h"
#include "importer/resume/renew.h"

#include <unistd.h>

struct stream {
	const char *name, *stock_name, *file_name;
	const char *open_mode, *mode;
};

/* By their descriptors. */
static const struct stream streams[] = {
	{"stdin", "__stdin__", "<stdin>", "rb", "r"},
	{"stdout", "__stdout__", "<stdout>", "wb", "w"},
	{"stderr", "__stderr__", "<stderr>", "wb", "w"},
};

enum { STREAMS = sizeof(streams) / sizeof(streams[0]), BELOW = 2 };

/* The objects, without anything in them; and the attributes that they have. */
static struct {
	PyObject *object, *attributes;
} kept[STREAMS];

/* Of module `_io`, which each start has; not each imports `io` (3.14). Kept for ever. */
static PyObject *open_function, *text_class;

/* --- in two starts whose memory is compared */

static bool is_compared;

static PyObject *truth(bool is_so)
{
	return is_so ? Py_True : Py_False;
}

/* Whether lines are written as they end, and each text at once. */
static void configure(PyObject *stream, bool is_by_line, bool is_at_once)
{
	PyObject *const method = PyObject_GetAttrString(stream, "reconfigure");
	PyObject *const none = PyTuple_New(0);
	PyObject *const words = Py_BuildValue("{sOsO}", "line_buffering", truth(is_by_line),
					      "write_through", truth(is_at_once));
	PyObject *result = NULL;

	if (method != NULL && none != NULL && words != NULL)
		result = PyObject_Call(method, none, words);
	Py_XDECREF(method);
	Py_XDECREF(none);
	Py_XDECREF(words);
	Py_XDECREF(result);
	PyErr_Clear();
}

static void configure_all(bool is_second)
{
	for (size_t i = 0; i < STREAMS; i++) {
		PyObject *const stream = PySys_GetObject(streams[i].name);
		if (stream != NULL)
			configure(stream, (i == STDERR_FILENO) != is_second, is_second);
	}
}

static void vary(enum command_kind kind, bool is_second)
{
	(void)kind;
	is_compared = true;
	configure_all(is_second);
}

/* --- before a snapshot is made */

static bool find_functions(void)
{
	PyObject *const module = PyImport_ImportModule("_io");

	open_function = module == NULL ? NULL : PyObject_GetAttrString(module, "open");
	text_class = module == NULL ? NULL : PyObject_GetAttrString(module, "TextIOWrapper");
	Py_XDECREF(module);
	return open_function != NULL && text_class != NULL;
}

static PyObject *arguments_of(PyObject *binary, int descriptor, int is_terminal)
{
	const PyConfig *const configuration = configuration_of_interpreter();
	const bool is_buffered = configuration->buffered_stdio != 0;
	const bool is_by_line = is_buffered && (is_terminal != 0 || descriptor == STDERR_FILENO);
	const wchar_t *const errors =
		descriptor == STDERR_FILENO ? L"backslashreplace" : configuration->stdio_errors;

	return Py_BuildValue("(OuusOO)", binary, configuration->stdio_encoding, errors, "\n",
			     is_by_line ? Py_True : Py_False, is_buffered ? Py_False : Py_True);
}

/*
 * Whether a stream is as the interpreter makes it, also in what no attribute tells: reconfigure(newline="") changes how it
 * reads. A fresh one is made for it, of the same file.
 */
static bool is_as_made(PyObject *stream, int descriptor)
{
	PyObject *const binary = PyObject_GetAttrString(stream, "buffer");
	PyObject *const arguments =
		binary == NULL ? NULL : arguments_of(binary, descriptor, isatty(descriptor));
	PyObject *const fresh =
		arguments == NULL ? NULL : PyObject_CallObject(text_class, arguments);
	PyObject *const attributes = fresh == NULL ? NULL : PyObject_GenericGetDict(fresh, NULL);
	const bool are_alike = attributes != NULL && objects_are_alike(stream, fresh);
	/* Else it would close the file when it goes. */
	PyObject *const detached =
		fresh == NULL ? NULL : PyObject_CallMethod(fresh, "detach", NULL);

	Py_XDECREF(detached);
	Py_XDECREF(attributes);
	Py_XDECREF(fresh);
	Py_XDECREF(arguments);
	Py_XDECREF(binary);
	return are_alike;
}

/* Weak references to what is below a stream: a buffer and a file, or the file alone. */
static bool watch_below(PyObject *stream, PyObject *references[BELOW])
{
	PyObject *const first = PyObject_GetAttrString(stream, "buffer");
	PyObject *const second = first == NULL || PyObject_HasAttrString(first, "raw") == 0
					 ? NULL
					 : PyObject_GetAttrString(first, "raw");

	references[0] = first == NULL ? NULL : PyWeakref_NewRef(first, NULL);
	references[1] = second == NULL ? NULL : PyWeakref_NewRef(second, NULL);
	Py_XDECREF(first);
	Py_XDECREF(second);
	return !PyErr_Occurred();
}

static bool are_gone(PyObject *references[BELOW])
{
	bool are_all = true;

	for (size_t i = 0; i < BELOW && references[i] != NULL; i++) {
		PyObject *const object = PyObject_CallNoArgs(references[i]);
		are_all = are_all && object == Py_None;
		Py_XDECREF(object);
		Py_DECREF(references[i]);
	}
	return are_all;
}

/*
 * Take all out of a stream, as the garbage collector would; what is used then says that it is not initialized.
 * Returns whether nobody else has what was in it.
 */
static bool empty(size_t number)
{
	PyObject *const object = kept[number].object;
	PyObject *references[BELOW] = {NULL};

	if (!watch_below(object, references)) {
		are_gone(references);
		return false;
	}
	kept[number].attributes = PyObject_GenericGetDict(object, NULL);
	Py_TYPE(object)->tp_clear(object);
	return are_gone(references) && kept[number].attributes != NULL &&
	       Py_REFCNT(kept[number].attributes) == 1;
}

static bool keep(size_t number)
{
	PyObject *const object = PySys_GetObject(streams[number].name);

	if (object == NULL || object != PySys_GetObject(streams[number].stock_name) ||
	    !Py_IS_TYPE(object, (PyTypeObject *)text_class) ||
	    (!is_compared && !is_as_made(object, (int)number)))
		return false;
	kept[number].object = Py_NewRef(object);
	return empty(number);
}

static const char *prepare(void)
{
	bool are_free = find_functions();

	/* What site has made of them is for the trial: each start makes them as Python does. */
	if (is_compared)
		configure_all(false);
	for (size_t i = 0; i < STREAMS && are_free; i++)
		are_free = keep(i);
	PyErr_Clear();
	return are_free ? NULL
			: "the start replaces or changes sys.stdin, sys.stdout or sys.stderr, or "
			  "keeps what is below it";
}

/* --- in a new process */

/* What is below the text: a buffer, or the file itself where nothing is to be buffered. */
static PyObject *open_binary(int descriptor, bool is_buffered)
{
	return PyObject_CallFunction(open_function, "isiOOOO", descriptor,
				     streams[descriptor].open_mode, is_buffered ? -1 : 0, Py_None,
				     Py_None, Py_None, Py_False);
}

/* Name the file, and tell whether it is a terminal; -1 with an exception set if that fails. */
static int name_file(PyObject *binary, int descriptor, bool is_buffered)
{
	PyObject *const file =
		is_buffered ? PyObject_GetAttrString(binary, "raw") : Py_NewRef(binary);
	PyObject *const name = PyUnicode_FromString(streams[descriptor].file_name);
	PyObject *answer = NULL;
	int is_terminal = -1;

	if (file != NULL && name != NULL && PyObject_SetAttrString(file, "name", name) == 0)
		answer = PyObject_CallMethod(file, "isatty", NULL);
	if (answer != NULL)
		is_terminal = PyObject_IsTrue(answer);
	Py_XDECREF(answer);
	Py_XDECREF(name);
	Py_XDECREF(file);
	return is_terminal;
}

/* What the interpreter gives it first, and then what else it had. */
static bool give_attributes(PyObject *stream, int descriptor)
{
	PyObject *const mode = PyUnicode_FromString(streams[descriptor].mode);
	bool is_done = mode != NULL && PyObject_SetAttrString(stream, "mode", mode) == 0;
	PyObject *const attributes = is_done ? PyObject_GenericGetDict(stream, NULL) : NULL;

	is_done = attributes != NULL && PyDict_Update(attributes, kept[descriptor].attributes) == 0;
	Py_XDECREF(attributes);
	Py_XDECREF(mode);
	return is_done;
}

static bool wrap(PyObject *binary, int descriptor, int is_terminal)
{
	PyObject *const stream = kept[descriptor].object;
	PyObject *const arguments = arguments_of(binary, descriptor, is_terminal);
	const bool is_done = arguments != NULL &&
			     Py_TYPE(stream)->tp_init(stream, arguments, NULL) == 0 &&
			     give_attributes(stream, descriptor);

	Py_XDECREF(arguments);
	return is_done;
}

static bool fill(int descriptor)
{
	const PyConfig *const configuration = configuration_of_interpreter();
	/* Standard input always has a buffer: text is read by its method read1(). */
	const bool is_buffered = descriptor == STDIN_FILENO || configuration->buffered_stdio != 0;
	PyObject *const binary = open_binary(descriptor, is_buffered);
	const int is_terminal = binary == NULL ? -1 : name_file(binary, descriptor, is_buffered);
	const bool is_done = is_terminal >= 0 && wrap(binary, descriptor, is_terminal);

	Py_XDECREF(binary);
	Py_CLEAR(kept[descriptor].object);
	Py_CLEAR(kept[descriptor].attributes);
	return is_done;
}

static bool renew(const struct renew_from *from)
{
	bool is_done = true;

	(void)from;
	for (int descriptor = 0; descriptor < STREAMS && is_done; descriptor++)
		is_done = fill(descriptor);
	Py_CLEAR(open_function);
	Py_CLEAR(text_class);
	return is_done;
}

const struct renewal renew_streams = {"standard streams", prepare, renew, vary};
