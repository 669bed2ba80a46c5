/* SPDX-License-Identifier: MIT */
#include "importer/memos/witnesses.h"

#include <stdlib.h>
#include <string.h>

#include "importer/find/load.h"
#include "importer/memos/labels.h"
#include "lib/distribution.h"

/* A name, in the dictionary of a module or class. */
struct witness {
	PyObject *space, *name; /* owned */
	PyObject *value;        /* owned; NULL: there is to be no such name */
	PyObject *changing;     /* what the value is, or is made of, if that can change; owned */
	PyObject *code;         /* of a simple function that this is, else NULL; owned */
	PyObject *defaults;     /* of such a function, or NULL; owned */
	const char *label;      /* in the bundle */
	bool is_file;           /* the value is the name of a file; these come first */
};

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

/*
 * Find the last name of a path such as "Class.method"; space and value are borrowed, the value is NULL if
 * there is no such name. False, perhaps with an exception set, if one in front of it is missing.
 */
static bool find(struct witness *witness, PyObject *module, const char *path)
{
	PyObject *object = module;

	for (const char *end;; path = end + 1) {
		end = strchrnul(path, '.');
		witness->space = object == NULL ? NULL : space_of(object);
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
	return !PyErr_Occurred();
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

/* A function of which only the code and the tuple of defaults can be replaced, unnoticed by a look at them. */
static bool is_simple(PyObject *object)
{
	return label_is_function(object) && PyFunction_GET_KW_DEFAULTS(object) == NULL &&
	       PyFunction_GET_CLOSURE(object) == NULL;
}

/* What is to be looked at again. Takes the reference over. */
static void remember(struct witness *witness, PyObject *object)
{
	if (!label_can_change(object)) {
		Py_DECREF(object);
		return;
	}
	witness->changing = object;
	if (is_simple(object)) {
		witness->code = Py_NewRef(PyFunction_GET_CODE(object));
		witness->defaults = Py_XNewRef(PyFunction_GET_DEFAULTS(object));
	}
}

static bool has_label(struct witness *witness)
{
	PyObject *const object = witness->value == NULL ? NULL : label_unwrap(witness->value);

	if (object == NULL)
		return witness->value == NULL && strcmp(witness->label, LABEL_ABSENT) == 0;
	if (!label_fits(object, witness->label)) {
		Py_DECREF(object);
		return false;
	}
	remember(witness, object);
	return true;
}

/* `parts` are the texts of a witness. False, perhaps with an exception set. */
static bool look(const struct witnesses *witnesses, struct witness *witness,
		 const char *const *parts)
{
	PyObject *const module = compat_dict_find(PyImport_GetModuleDict(), parts[0]);

	*witness = (struct witness){.label = parts[2], .is_file = label_is_file(parts[2])};
	if (module == NULL || !PyModule_CheckExact(module) || !find(witness, module, parts[1]) ||
	    !is_of_known_file(witnesses, module, parts[0], parts[2]) || !has_label(witness)) {
		Py_XDECREF(witness->name);
		return false;
	}
	Py_INCREF(witness->space);
	Py_XINCREF(witness->value);
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

/* That the value is the same does not say that it was not changed. */
static bool is_as_it_was(const struct witness *witness)
{
	PyObject *object;
	bool same;

	if (witness->changing == NULL)
		return true;
	object = label_unwrap(witness->value);
	if (object == witness->changing && witness->code != NULL)
		same = is_simple(object) && PyFunction_GET_CODE(object) == witness->code &&
		       PyFunction_GET_DEFAULTS(object) == witness->defaults;
	else
		same = object == witness->changing && label_fits(object, witness->label);
	Py_XDECREF(object);
	return same;
}

bool witnesses_hold(const struct witnesses *witnesses)
{
	bool hold = true;

	for (size_t i = 0; i < witnesses->count && hold; i++) {
		const struct witness *const witness = &witnesses->items[i];
		hold = PyDict_GetItemWithError(witness->space, witness->name) == witness->value &&
		       !PyErr_Occurred() && is_as_it_was(witness);
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
		Py_XDECREF(ended.items[i].changing);
		Py_XDECREF(ended.items[i].code);
		Py_XDECREF(ended.items[i].defaults);
	}
	free(ended.items);
}
