/* SPDX-License-Identifier: MIT */
#include "importer/cpython/first_code.h"

#include <errno.h>
#include <fcntl.h>
#include <opcode.h>
#include <unistd.h>

enum {
	UNIT_SIZE = 2, /* an instruction: opcode and argument */
	SCRIPT_MAX = 1 << 20,
	ARGUMENT_MAX = 255, /* of one instruction */
};

/* --- the script */

static PyObject *read_all(int descriptor, const char *script)
{
	PyObject *const source = PyBytes_FromStringAndSize(NULL, SCRIPT_MAX);
	Py_ssize_t size = 0;
	ssize_t got = 1;

	if (source == NULL)
		return NULL;
	char *const text = PyBytes_AS_STRING(source);
	while (got > 0 && size < SCRIPT_MAX) {
		got = TEMP_FAILURE_RETRY(
			read(descriptor, text + size, (size_t)(SCRIPT_MAX - size)));
		size += got > 0 ? got : 0;
	}
	if (got == 0) {
		PyObject *const all = PyBytes_FromStringAndSize(text, size);
		Py_DECREF(source);
		return all;
	}
	if (got < 0)
		PyErr_SetFromErrnoWithFilename(PyExc_OSError, script);
	else
		PyErr_Format(PyExc_ValueError, "%s is too large for a script", script);
	Py_DECREF(source);
	return NULL;
}

static PyObject *read_script(const char *script)
{
	const int descriptor = open(script, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return PyErr_SetFromErrnoWithFilename(PyExc_OSError, script);
	PyObject *const source = read_all(descriptor, script);
	close(descriptor);
	return source;
}

static PyObject *compile_script(const char *script, PyObject *file)
{
	PyObject *const source = read_script(script);
	PyObject *code = NULL;

	if (source == NULL)
		return NULL;
	if (memchr(PyBytes_AS_STRING(source), '\0', (size_t)PyBytes_GET_SIZE(source)) != NULL)
		PyErr_Format(PyExc_ValueError, "%s is no script", script);
	else
		code = Py_CompileStringObject(PyBytes_AS_STRING(source), file, Py_file_input, NULL,
					      -1);
	Py_DECREF(source);
	return code;
}

/* --- where it ends to do nothing but import */

/* What an instruction does to the number of values on the stack; one that is not known ends the search. */
static bool is_known(int opcode, int *effect)
{
	switch (opcode) {
	case RESUME:
	case NOP:
	case EXTENDED_ARG:
		*effect = 0;
		return true;
#ifdef LOAD_SMALL_INT
	case LOAD_SMALL_INT:
#endif
	case LOAD_CONST:
	case IMPORT_FROM:
		*effect = 1;
		return true;
	case IMPORT_NAME: /* of two values one becomes */
	case STORE_NAME:
	case POP_TOP:
		*effect = -1;
		return true;
	default:
		return false;
	}
}

/* The bytes of the code that are to be executed: up to the end of the last import. 0: there is none. */
static Py_ssize_t find_end(PyObject *bytes)
{
	const uint8_t *const units = (const uint8_t *)PyBytes_AS_STRING(bytes);
	Py_ssize_t end = 0;
	int depth = 0, effect = 0;
	bool has_imported = false;

	for (Py_ssize_t at = 0; at + 1 < PyBytes_GET_SIZE(bytes); at += UNIT_SIZE) {
		if (!is_known(units[at], &effect))
			break;
		depth += effect;
		has_imported = has_imported || units[at] == IMPORT_NAME;
		/* Between two statements nothing is on the stack. */
		if (depth == 0 && has_imported && effect < 0) {
			end = at + UNIT_SIZE;
			has_imported = false;
		}
	}
	return end;
}

/* --- the code */

static PyObject *with_ending(PyObject *bytes, Py_ssize_t end, Py_ssize_t constant)
{
	const uint8_t ending[] = {LOAD_CONST, (uint8_t)constant, RETURN_VALUE, 0};
	PyObject *const all = PyBytes_FromStringAndSize(NULL, end + (Py_ssize_t)sizeof(ending));

	if (all == NULL)
		return NULL;
	memcpy(PyBytes_AS_STRING(all), PyBytes_AS_STRING(bytes), (size_t)end);
	memcpy(PyBytes_AS_STRING(all) + end, ending, sizeof(ending));
	return all;
}

/* The constants, and None behind them. */
static PyObject *with_none(PyObject *constants)
{
	PyObject *const none = PyTuple_Pack(1, Py_None);
	PyObject *const all = none == NULL ? NULL : PySequence_Concat(constants, none);

	Py_XDECREF(none);
	return all;
}

/* Where an exception is caught does not count: with one there is no snapshot. */
static PyObject *replace(PyObject *code, PyObject *bytes, PyObject *constants)
{
	PyObject *const function = PyObject_GetAttrString(code, "replace");
	PyObject *const arguments = PyTuple_New(0);
	PyObject *const keywords = Py_BuildValue("{sOsOsy#}", "co_code", bytes, "co_consts",
						 constants, "co_exceptiontable", "", (Py_ssize_t)0);
	PyObject *const replaced = function == NULL || arguments == NULL || keywords == NULL
					   ? NULL
					   : PyObject_Call(function, arguments, keywords);

	Py_XDECREF(function);
	Py_XDECREF(arguments);
	Py_XDECREF(keywords);
	return replaced;
}

static PyObject *cut(PyCodeObject *code, PyObject *bytes, Py_ssize_t end)
{
	const Py_ssize_t count = PyTuple_GET_SIZE(code->co_consts);

	if (end == 0 || count > ARGUMENT_MAX) {
		PyErr_SetString(PyExc_ValueError, "the script does not begin with imports");
		return NULL;
	}
	PyObject *const shortened = with_ending(bytes, end, count);
	PyObject *const constants = with_none(code->co_consts);
	PyObject *const result = shortened == NULL || constants == NULL
					 ? NULL
					 : replace((PyObject *)code, shortened, constants);

	Py_XDECREF(shortened);
	Py_XDECREF(constants);
	return result;
}

PyObject *first_code_of(const char *script, PyObject *file)
{
	PyObject *const code = compile_script(script, file);
	PyObject *const bytes = code == NULL ? NULL : PyCode_GetCode((PyCodeObject *)code);
	PyObject *const first =
		bytes == NULL ? NULL : cut((PyCodeObject *)code, bytes, find_end(bytes));

	Py_XDECREF(bytes);
	Py_XDECREF(code);
	return first;
}

/* --- what it takes from modules */

/* Whether the module has the name by itself, so that no code of it is executed to find it. */
static bool has_name(PyObject *module, PyObject *name)
{
	PyObject *const found = PyImport_GetModule(module);
	const bool has = found != NULL && PyModule_CheckExact(found) &&
			 PyDict_Contains(PyModule_GetDict(found), name) == 1;

	Py_XDECREF(found);
	return has;
}

bool first_code_is_repeatable(PyObject *code, PyObject **module, PyObject **name)
{
	PyObject *const bytes = PyCode_GetCode((PyCodeObject *)code);
	PyObject *const names = ((PyCodeObject *)code)->co_names;
	const Py_ssize_t size = bytes == NULL ? 0 : PyBytes_GET_SIZE(bytes);
	const uint8_t *const units = bytes == NULL ? NULL : (uint8_t *)PyBytes_AS_STRING(bytes);
	bool is_repeatable = bytes != NULL;
	Py_ssize_t argument = 0;

	*module = *name = NULL;
	for (Py_ssize_t at = 0; at + 1 < size && is_repeatable; at += UNIT_SIZE) {
		argument = argument << 8 | units[at + 1];
		if (units[at] == EXTENDED_ARG)
			continue;
		if (units[at] == IMPORT_NAME)
			*module = PyTuple_GetItem(names, argument);
		if (units[at] == IMPORT_FROM) {
			*name = PyTuple_GetItem(names, argument);
			is_repeatable =
				*name != NULL && *module != NULL && has_name(*module, *name);
		}
		argument = 0;
	}
	Py_XDECREF(bytes);
	PyErr_Clear();
	return is_repeatable;
}
