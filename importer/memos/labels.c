/* SPDX-License-Identifier: MIT */
#include "importer/memos/labels.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/source_hash.h"
#include "lib/timestamp.h"

bool label_is_function(PyObject *object)
{
	return PyObject_TypeCheck(object, &PyFunction_Type);
}

PyObject *label_unwrap(PyObject *object)
{
	if (Py_IS_TYPE(object, &PyClassMethod_Type) || Py_IS_TYPE(object, &PyStaticMethod_Type))
		return PyObject_GetAttrString(object, "__func__");
	if (Py_IS_TYPE(object, &PyProperty_Type))
		return PyObject_GetAttrString(object, "fget");
	return Py_NewRef(object);
}

/* --- words */

static PyObject *spell(PyObject *value);

/* Takes the reference over, which may be NULL, to a tuple of what the words are about. */
static PyObject *spell_parts(PyObject *parts)
{
	PyObject *const text = parts == NULL ? NULL : spell(parts);

	Py_XDECREF(parts);
	return text;
}

/* The attributes of these names, with NULL behind them, in a tuple. */
static PyObject *attributes(PyObject *object, const char *const *names)
{
	PyObject *const list = PyList_New(0);
	PyObject *tuple = NULL;
	int result = list == NULL ? -1 : 0;

	for (; *names != NULL && result == 0; names++) {
		PyObject *const value = PyObject_GetAttrString(object, *names);
		result = value == NULL ? -1 : PyList_Append(list, value);
		Py_XDECREF(value);
	}
	if (result == 0)
		tuple = PyList_AsTuple(list);
	Py_XDECREF(list);
	return tuple;
}

/* What makes a difference when it is executed. */
static PyObject *spell_code(PyObject *code)
{
	static const char *const names[] = {
		"co_code",     "co_consts",          "co_names",          "co_varnames",
		"co_cellvars", "co_freevars",        "co_exceptiontable", "co_flags",
		"co_argcount", "co_posonlyargcount", "co_kwonlyargcount", NULL,
	};

	return spell_parts(attributes(code, names));
}

static PyObject *spell_pattern(PyObject *pattern)
{
	static const char *const names[] = {"pattern", "flags", NULL};
	PyObject *const parts = spell_parts(attributes(pattern, names));
	PyObject *const text = parts == NULL ? NULL : PyUnicode_FromFormat("p%U", parts);

	Py_XDECREF(parts);
	return text;
}

static PyObject *spell_type(char kind, PyTypeObject *type)
{
	PyObject *const module = PyObject_GetAttrString((PyObject *)type, "__module__");
	PyObject *const name = PyObject_GetAttrString((PyObject *)type, "__qualname__");
	PyObject *text = NULL;

	if (module != NULL && name != NULL)
		text = PyUnicode_FromFormat("%c:%S.%S", kind, module, name);
	Py_XDECREF(module);
	Py_XDECREF(name);
	return text;
}

static PyObject *spell_module(PyObject *module)
{
	PyObject *const name = PyModule_GetNameObject(module);
	PyObject *const text = name == NULL ? NULL : PyUnicode_FromFormat("m:%U", name);

	Py_XDECREF(name);
	return text;
}

/* A function of a module by its name, and the method of an object with that. */
static PyObject *spell_builtin(PyObject *object)
{
	const PyCFunctionObject *const function = (PyCFunctionObject *)object;
	const char *const name = function->m_ml->ml_name;

	if (function->m_module != NULL && PyUnicode_Check(function->m_module))
		return PyUnicode_FromFormat("b:%U.%s", function->m_module, name);
	if (function->m_self == NULL)
		return PyUnicode_FromFormat("b:%s", name);
	PyObject *const self = spell(function->m_self);
	PyObject *const text = self == NULL ? NULL : PyUnicode_FromFormat("b:%s:%U", name, self);
	Py_XDECREF(self);
	return text;
}

static PyObject *spell_function(PyObject *function)
{
	const PyCodeObject *const code = (PyCodeObject *)PyFunction_GET_CODE(function);

	return PyUnicode_FromFormat("f:%U:%d", code->co_filename, code->co_firstlineno);
}

static PyObject *join(const char *begin, PyObject *texts, const char *end)
{
	PyObject *const comma = PyUnicode_FromString(",");
	PyObject *const joined = comma == NULL ? NULL : PyUnicode_Join(comma, texts);
	PyObject *const text =
		joined == NULL ? NULL : PyUnicode_FromFormat("%s%U%s", begin, joined, end);

	Py_XDECREF(comma);
	Py_XDECREF(joined);
	return text;
}

/* Takes the reference over, which may be NULL. What has no order is sorted by its words. */
static PyObject *spell_items(PyObject *items, bool has_order)
{
	PyObject *const list = items == NULL ? NULL : PySequence_List(items);
	PyObject *text = NULL;
	int result = list == NULL ? -1 : 0;

	Py_XDECREF(items);
	for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(list); i++) {
		PyObject *const word = spell(PyList_GET_ITEM(list, i));
		result = word == NULL ? -1 : PyList_SetItem(list, i, word);
	}
	if (result == 0 && !has_order)
		result = PyList_Sort(list);
	if (result == 0)
		text = has_order ? join("(", list, ")") : join("{", list, "}");
	Py_XDECREF(list);
	return text;
}

/* Immutable, and all of it is in what ascii() gives. */
static bool is_plain(PyObject *value)
{
	return value == Py_None || value == Py_Ellipsis || PyBool_Check(value) ||
	       PyLong_CheckExact(value) || PyFloat_CheckExact(value) ||
	       PyComplex_CheckExact(value) || PyUnicode_CheckExact(value) ||
	       PyBytes_CheckExact(value) || Py_IS_TYPE(value, &PySlice_Type);
}

static bool is_pattern(PyObject *value)
{
	return strcmp(Py_TYPE(value)->tp_name, "re.Pattern") == 0;
}

static PyObject *spell_cell(PyObject *cell)
{
	PyObject *const value = PyCell_GET(cell);

	return value == NULL ? PyUnicode_FromString(LABEL_ABSENT) : spell(value);
}

static PyObject *spell_composed(PyObject *value)
{
	if (PyTuple_CheckExact(value))
		return spell_items(Py_NewRef(value), true);
	if (PyFrozenSet_CheckExact(value))
		return spell_items(Py_NewRef(value), false);
	if (PyDict_CheckExact(value))
		return spell_items(PyDict_Items(value), false);
	if (PyCode_Check(value))
		return spell_code(value);
	if (PyCell_Check(value))
		return spell_cell(value);
	if (is_pattern(value))
		return spell_pattern(value);
	if (PyCFunction_CheckExact(value))
		return spell_builtin(value);
	return spell_type('o', Py_TYPE(value));
}

static PyObject *spell(PyObject *value)
{
	if (is_plain(value))
		return PyObject_ASCII(value);
	if (label_is_function(value))
		return spell_function(value);
	if (PyModule_CheckExact(value))
		return spell_module(value);
	if (PyType_Check(value))
		return spell_type('t', (PyTypeObject *)value);
	if (Py_EnterRecursiveCall(" in the words of an object") != 0)
		return NULL;
	PyObject *const text = spell_composed(value);
	Py_LeaveRecursiveCall();
	return text;
}

/* --- labels */

/* A digest of the words for the parts behind `front`, unless it is NULL. Takes both references over. */
static PyObject *with_digest(PyObject *front, PyObject *parts)
{
	PyObject *const words = spell_parts(parts);
	PyObject *label = NULL;
	Py_ssize_t size;
	const char *const text = words == NULL ? NULL : PyUnicode_AsUTF8AndSize(words, &size);

	if (text != NULL && front != NULL)
		label = PyUnicode_FromFormat(
			"%U:%llu", front,
			(unsigned long long)pyb_source_hash(0, text, (size_t)size));
	Py_XDECREF(words);
	Py_XDECREF(front);
	return label;
}

static PyObject *none_for(PyObject *value)
{
	return value == NULL ? Py_None : value;
}

/* All that makes a difference when it is called, but for what names in its code refer to. */
static PyObject *label_of_function(PyObject *object)
{
	return with_digest(spell_function(object),
			   PyTuple_Pack(4, PyFunction_GET_CODE(object),
					none_for(PyFunction_GET_DEFAULTS(object)),
					none_for(PyFunction_GET_KW_DEFAULTS(object)),
					none_for(PyFunction_GET_CLOSURE(object))));
}

static bool is_heap_type(PyObject *object)
{
	return PyType_Check(object) &&
	       PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE);
}

static PyObject *label_of_class(PyTypeObject *class)
{
	return with_digest(spell_type('t', class),
			   PyTuple_Pack(2, Py_TYPE(class), none_for(class->tp_mro)));
}

enum { DICT_MAX = 16 };

/* A small dictionary of names, which is no cache. */
static bool is_table(PyObject *object)
{
	PyObject *key;
	Py_ssize_t at = 0;

	if (!PyDict_CheckExact(object) || PyDict_GET_SIZE(object) > DICT_MAX)
		return false;
	while (PyDict_Next(object, &at, &key, NULL))
		if (!PyUnicode_CheckExact(key))
			return false;
	return true;
}

/* What has words that can be long. */
static bool is_composed(PyObject *object)
{
	return PyTuple_CheckExact(object) || PyFrozenSet_CheckExact(object) || is_pattern(object) ||
	       is_table(object);
}

/* A file, by its name. */
static PyObject *label_of_file(PyObject *name)
{
	const char *const path = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
	struct stat status;

	if (path == NULL || !PyUnicode_IS_ASCII(name) || stat(path, &status) != 0)
		return NULL;
	return PyUnicode_FromFormat("x:%llu:%lld:%lld:%llu:%U", (unsigned long long)status.st_ino,
				    (long long)pyb_timestamp(&status.st_mtim),
				    (long long)pyb_timestamp(&status.st_ctim),
				    (unsigned long long)status.st_size, name);
}

static PyObject *label_of(PyObject *object)
{
	if (label_is_function(object))
		return label_of_function(object);
	if (is_heap_type(object))
		return label_of_class((PyTypeObject *)object);
	if (is_composed(object))
		return with_digest(PyUnicode_FromString("w"), PyTuple_Pack(1, object));
	return PyDict_CheckExact(object) ? spell_type('o', Py_TYPE(object)) : spell(object);
}

bool label_is_file(const char *label)
{
	return strncmp(label, "x:", 2) == 0;
}

bool label_fits(PyObject *object, const char *label)
{
	PyObject *const own = label_is_file(label) ? label_of_file(object) : label_of(object);
	const char *const text = own == NULL ? NULL : PyUnicode_AsUTF8(own);
	const bool same = text != NULL && strcmp(text, label) == 0;

	Py_XDECREF(own);
	PyErr_Clear();
	return same;
}

bool label_can_change(PyObject *object)
{
	return label_is_function(object) || is_heap_type(object) || PyDict_CheckExact(object);
}
