/* SPDX-License-Identifier: MIT */
#include "importer/memos/witnesses.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "importer/find/load.h"
#include "lib/distribution.h"
#include "lib/timestamp.h"

/* A name, in the dictionary of a module or class; all owned. */
struct witness {
	PyObject *space, *name, *value;
	PyObject *code; /* of the function that the value is, or is made of; NULL if it is none */
	bool is_file;   /* the value is the name of a file; these come first */
};

/* --- objects in words, as trial_run.py has them */

/* The function or other object that a method or property is made of. New reference, or NULL. */
static PyObject *unwrap(PyObject *object)
{
	if (Py_IS_TYPE(object, &PyClassMethod_Type) || Py_IS_TYPE(object, &PyStaticMethod_Type))
		return PyObject_GetAttrString(object, "__func__");
	if (Py_IS_TYPE(object, &PyProperty_Type))
		return PyObject_GetAttrString(object, "fget");
	return Py_NewRef(object);
}

static PyObject *describe_type(char kind, PyTypeObject *type)
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

static PyObject *describe_module(PyObject *module)
{
	PyObject *const name = PyModule_GetNameObject(module);
	PyObject *const text = name == NULL ? NULL : PyUnicode_FromFormat("m:%U", name);

	Py_XDECREF(name);
	return text;
}

/* A function that the importer stands in for is of a derived type. */
static bool is_function(PyObject *object)
{
	return PyObject_TypeCheck(object, &PyFunction_Type);
}

/* A file, by its name. */
static PyObject *describe_file(PyObject *name)
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

static PyObject *describe(PyObject *object)
{
	if (is_function(object)) {
		const PyCodeObject *const code = (PyCodeObject *)PyFunction_GET_CODE(object);
		return PyUnicode_FromFormat("f:%U:%d", code->co_filename, code->co_firstlineno);
	}
	if (PyCFunction_CheckExact(object)) {
		const PyCFunctionObject *const function = (PyCFunctionObject *)object;
		if (function->m_module != NULL && PyUnicode_Check(function->m_module))
			return PyUnicode_FromFormat("b:%U.%s", function->m_module,
						    function->m_ml->ml_name);
	}
	if (PyModule_CheckExact(object))
		return describe_module(object);
	if (PyType_Check(object))
		return describe_type('t', (PyTypeObject *)object);
	if (PyLong_CheckExact(object) || PyUnicode_CheckExact(object))
		return PyUnicode_FromFormat("r:%R", object);
	return describe_type('o', Py_TYPE(object));
}

static bool is_file(const char *label)
{
	return strncmp(label, "x:", 2) == 0;
}

/* Sets *code, a new reference or NULL. */
static bool has_label(PyObject *value, const char *label, PyObject **code)
{
	PyObject *const object = unwrap(value);
	PyObject *const own = object == NULL   ? NULL
			      : is_file(label) ? describe_file(object)
					       : describe(object);
	const char *const text = own == NULL ? NULL : PyUnicode_AsUTF8(own);
	const bool same = text != NULL && strcmp(text, label) == 0;

	*code = same && is_function(object) ? Py_NewRef(PyFunction_GET_CODE(object)) : NULL;
	Py_XDECREF(own);
	Py_XDECREF(object);
	PyErr_Clear();
	return same;
}

/* --- finding them */

/* The dictionary of a module or a class; borrowed, or NULL. */
static PyObject *space_of(PyObject *object)
{
	if (PyModule_CheckExact(object))
		return PyModule_GetDict(object);
	return PyType_Check(object) &&
			       PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE)
		       ? ((PyTypeObject *)object)->tp_dict
		       : NULL;
}

/* Find the last name of a path such as "Class.method"; *value is borrowed. */
static bool find(struct witness *witness, PyObject *module, const char *path)
{
	PyObject *object = module;

	for (const char *end; object != NULL; path = end + 1) {
		end = strchrnul(path, '.');
		witness->space = space_of(object);
		if (witness->space == NULL)
			return false;
		Py_XSETREF(witness->name, PyUnicode_FromStringAndSize(path, end - path));
		if (witness->name == NULL)
			return false;
		PyUnicode_InternInPlace(&witness->name);
		object = PyDict_GetItemWithError(witness->space, witness->name);
		if (*end == '\0')
			break;
	}
	witness->value = object;
	return object != NULL;
}

/* Whether one of those that were looked at is the file of this module. */
static bool has_file(const struct witnesses *witnesses, PyObject *module)
{
	for (size_t i = 0; i < witnesses->count && witnesses->items[i].is_file; i++)
		if (witnesses->items[i].space == PyModule_GetDict(module))
			return true;
	return false;
}

/* A function's code is what it was if its file is, or if it is part of the interpreter. */
static bool is_of_known_file(const struct witnesses *witnesses, PyObject *module, const char *name,
			     const char *label)
{
	static const char frozen[] = "f:<frozen ";

	return strncmp(label, "f:", 2) != 0 || strncmp(label, frozen, sizeof(frozen) - 1) == 0 ||
	       has_file(witnesses, module) || load_is_unchanged(module, name);
}

/* `parts` are the texts of a witness. False, perhaps with an exception set. */
static bool look(const struct witnesses *witnesses, struct witness *witness,
		 const char *const *parts)
{
	PyObject *const module = PyDict_GetItemString(PyImport_GetModuleDict(), parts[0]);

	*witness = (struct witness){.is_file = is_file(parts[2])};
	if (module == NULL || !PyModule_CheckExact(module) || !find(witness, module, parts[1]) ||
	    !is_of_known_file(witnesses, module, parts[0], parts[2]) ||
	    !has_label(witness->value, parts[2], &witness->code)) {
		Py_XDECREF(witness->name);
		return false;
	}
	Py_INCREF(witness->space);
	Py_INCREF(witness->value);
	return true;
}

static size_t count_of(const struct pyb_bytes *value)
{
	size_t count = 0;

	for (size_t i = 0; i < value->size; i++)
		count += value->data[i] == '\0';
	return count / PYB_WITNESS_PARTS;
}

bool witnesses_begin(struct witnesses *witnesses, const struct pyb_bytes *value)
{
	const char *text = (const char *)value->data;
	size_t count;

	*witnesses = (struct witnesses){0};
	if (pyb_witnesses_check(value, NULL) != PYB_OK)
		return false;
	count = count_of(value);
	witnesses->items = calloc(count + 1, sizeof(*witnesses->items));
	if (witnesses->items == NULL)
		return false;
	for (; witnesses->count < count; witnesses->count++) {
		const char *parts[PYB_WITNESS_PARTS];
		for (int i = 0; i < PYB_WITNESS_PARTS; i++, text += strlen(text) + 1)
			parts[i] = text;
		if (!look(witnesses, &witnesses->items[witnesses->count], parts))
			break;
	}
	PyErr_Clear();
	if (witnesses->count == count)
		return true;
	witnesses_end(witnesses);
	return false;
}

/* --- looking again */

static bool has_code(PyObject *value, PyObject *code)
{
	PyObject *const object = unwrap(value);
	const bool same =
		object != NULL && is_function(object) && PyFunction_GET_CODE(object) == code;

	Py_XDECREF(object);
	return same;
}

bool witnesses_hold(const struct witnesses *witnesses)
{
	bool hold = true;

	for (size_t i = 0; i < witnesses->count && hold; i++) {
		const struct witness *const witness = &witnesses->items[i];
		hold = PyDict_GetItemWithError(witness->space, witness->name) == witness->value &&
		       (witness->code == NULL || has_code(witness->value, witness->code));
	}
	PyErr_Clear();
	return hold;
}

void witnesses_end(struct witnesses *witnesses)
{
	const struct witnesses ended = *witnesses;

	*witnesses = (struct witnesses){0};
	for (size_t i = 0; i < ended.count; i++) {
		Py_XDECREF(ended.items[i].space);
		Py_XDECREF(ended.items[i].name);
		Py_XDECREF(ended.items[i].value);
		Py_XDECREF(ended.items[i].code);
	}
	free(ended.items);
}
