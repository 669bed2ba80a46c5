/* SPDX-License-Identifier: MIT */
#include "importer/cpython/alike.h"

#include <string.h>

enum { REFERENCES_MAX = 32 };

struct references {
	PyObject *to[REFERENCES_MAX]; /* borrowed, in the order in which they are visited */
	size_t count;
	bool are_too_many;
};

static int visit(PyObject *object, void *context)
{
	struct references *const references = context;

	references->are_too_many = references->count == REFERENCES_MAX;
	if (!references->are_too_many)
		references->to[references->count++] = object;
	return references->are_too_many;
}

static bool are_interchangeable(PyObject *one, PyObject *other)
{
	if (one == other)
		return true;
	if (!Py_IS_TYPE(other, Py_TYPE(one)))
		return false;
	return !PyUnicode_CheckExact(one) || PyUnicode_Compare(one, other) == 0;
}

static bool find_references(PyObject *object, struct references *references)
{
	*references = (struct references){.count = 0};
	Py_TYPE(object)->tp_traverse(object, visit, references);
	return !references->are_too_many;
}

/* Whether both have a reference in this place, and to what could be the other's. */
static bool refer_alike(const struct references *ones, const struct references *others,
			const PyObject *one, const PyObject *other)
{
	for (size_t i = 0; i < ones->count; i++)
		if (ones->to[i] == one && others->to[i] == other)
			return are_interchangeable(ones->to[i], others->to[i]);
	return false;
}

bool objects_are_alike(PyObject *one, PyObject *other)
{
	const PyTypeObject *const type = Py_TYPE(one);
	struct references ones, others;

	if (!Py_IS_TYPE(other, Py_TYPE(one)) || type->tp_itemsize != 0 ||
	    type->tp_traverse == NULL || !find_references(one, &ones) ||
	    !find_references(other, &others) || ones.count != others.count)
		return false;
	for (Py_ssize_t at = sizeof(PyObject); at < type->tp_basicsize;
	     at += (Py_ssize_t)sizeof(void *)) {
		const PyObject *word, *other_word;
		memcpy(&word, (const char *)one + at, sizeof(word));
		memcpy(&other_word, (const char *)other + at, sizeof(other_word));
		if (word != other_word && at != type->tp_weaklistoffset &&
		    !refer_alike(&ones, &others, word, other_word))
			return false;
	}
	return true;
}
