/* SPDX-License-Identifier: MIT */
/*
 * sys.stdin, sys.stdout and sys.stderr, which are as the files are that the process was started with: a
 * terminal or not, seekable or not, with blocks of some size. The old ones are let go of, if nobody keeps
 * them, and made again as the interpreter makes them (Python/pylifecycle.c: create_stdio()).
 */
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

enum { STREAMS = sizeof(streams) / sizeof(streams[0]), LAYERS = 3 };

/* Of module `_io`, which each start has; not each imports `io` (3.14). Kept for ever. */
static PyObject *open_function, *text_class;

/* --- before a snapshot is made */

static bool find_functions(void)
{
	PyObject *const module = PyImport_ImportModule("_io");

	open_function = module == NULL ? NULL : PyObject_GetAttrString(module, "open");
	text_class = module == NULL ? NULL : PyObject_GetAttrString(module, "TextIOWrapper");
	Py_XDECREF(module);
	return open_function != NULL && text_class != NULL;
}

/* The attribute of a layer that is the one below; NULL: it is the file. What is not buffered has two. */
static const char *name_below(PyObject *layer, size_t number)
{
	static const char *const names[LAYERS] = {"buffer", "raw"};

	return number == 1 && PyObject_HasAttrString(layer, "raw") == 0 ? NULL : names[number];
}

/* Weak references to a stream, its buffer and its file; their number, 0 with an exception set. */
static size_t watch(PyObject *stream, PyObject *references[LAYERS])
{
	PyObject *layer = Py_NewRef(stream);
	size_t count = 0;

	while (layer != NULL) {
		const char *const below = name_below(layer, count);
		references[count++] = PyWeakref_NewRef(layer, NULL);
		PyObject *const next = below == NULL ? NULL : PyObject_GetAttrString(layer, below);
		Py_DECREF(layer);
		layer = next;
	}
	return PyErr_Occurred() ? 0 : count;
}

static bool are_gone(PyObject *references[LAYERS])
{
	bool are_all = true;

	for (size_t i = 0; i < LAYERS && references[i] != NULL; i++) {
		PyObject *const object = PyObject_CallNoArgs(references[i]);
		are_all = are_all && object == Py_None;
		Py_XDECREF(object);
		Py_DECREF(references[i]);
	}
	return are_all;
}

/* Let go of a stream. Returns whether nobody else had it, or a part of it. */
static bool let_go(const struct stream *stream)
{
	PyObject *const object = PySys_GetObject(stream->name);
	PyObject *references[LAYERS] = {NULL};
	const bool is_known = object != NULL && object == PySys_GetObject(stream->stock_name) &&
			      Py_IS_TYPE(object, (PyTypeObject *)text_class) &&
			      watch(object, references) != 0;
	const bool is_let_go = is_known && PySys_SetObject(stream->name, Py_None) == 0 &&
			       PySys_SetObject(stream->stock_name, Py_None) == 0;

	return are_gone(references) && is_let_go;
}

static const char *prepare(void)
{
	bool are_free = find_functions();

	for (size_t i = 0; i < STREAMS && are_free; i++)
		are_free = let_go(&streams[i]);
	PyErr_Clear();
	return are_free ? NULL : "the start replaces or keeps sys.stdin, sys.stdout or sys.stderr";
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

static PyObject *wrap(PyObject *binary, int descriptor, int is_terminal)
{
	const PyConfig *const configuration = configuration_of_interpreter();
	const bool is_buffered = configuration->buffered_stdio != 0;
	const bool is_by_line = is_buffered && (is_terminal != 0 || descriptor == STDERR_FILENO);
	const wchar_t *const errors =
		descriptor == STDERR_FILENO ? L"backslashreplace" : configuration->stdio_errors;
	PyObject *const mode = PyUnicode_FromString(streams[descriptor].mode);
	PyObject *stream = mode == NULL
				   ? NULL
				   : PyObject_CallFunction(text_class, "OuusOO", binary,
							   configuration->stdio_encoding, errors,
							   "\n", is_by_line ? Py_True : Py_False,
							   is_buffered ? Py_False : Py_True);

	if (stream != NULL && PyObject_SetAttrString(stream, "mode", mode) != 0)
		Py_CLEAR(stream);
	Py_XDECREF(mode);
	return stream;
}

static PyObject *make(int descriptor)
{
	const PyConfig *const configuration = configuration_of_interpreter();
	/* Standard input always has a buffer: text is read by its method read1(). */
	const bool is_buffered = descriptor == STDIN_FILENO || configuration->buffered_stdio != 0;
	PyObject *const binary = open_binary(descriptor, is_buffered);
	const int is_terminal = binary == NULL ? -1 : name_file(binary, descriptor, is_buffered);
	PyObject *const stream = is_terminal < 0 ? NULL : wrap(binary, descriptor, is_terminal);

	Py_XDECREF(binary);
	return stream;
}

static bool renew(const struct renew_from *from)
{
	bool is_done = true;

	(void)from;
	for (int descriptor = 0; descriptor < STREAMS && is_done; descriptor++) {
		PyObject *const stream = make(descriptor);
		is_done = stream != NULL &&
			  PySys_SetObject(streams[descriptor].stock_name, stream) == 0 &&
			  PySys_SetObject(streams[descriptor].name, stream) == 0;
		Py_XDECREF(stream);
	}
	Py_CLEAR(open_function);
	Py_CLEAR(text_class);
	return is_done;
}

const struct renewal renew_streams = {"standard streams", prepare, renew};
