/* SPDX-License-Identifier: MIT */
/* Laying out strings: each once, however many objects point to it. */
#include "importer/imager/lay_out.h"

int remember(PyObject *memo, PyObject *key, location placed)
{
	PyObject *const value = PyLong_FromUnsignedLongLong(placed);
	const int result = value == NULL ? -1 : PyDict_SetItem(memo, key, value);

	Py_XDECREF(value);
	return result;
}

int recall(PyObject *memo, PyObject *key, location *placed)
{
	PyObject *const value = memo == NULL ? NULL : PyDict_GetItemWithError(memo, key);

	*placed = LOCATION_NONE;
	if (value != NULL)
		*placed = PyLong_AsUnsignedLongLong(value);
	return PyErr_Occurred() ? -1 : 0;
}

static int lay_out_new_string(struct builder *builder, PyObject *text, PyObject *key,
			      enum region region, location *placed)
{
	const size_t head =
		PyUnicode_IS_ASCII(text) ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
	const size_t size =
		head + ((size_t)PyUnicode_GET_LENGTH(text) + 1) * (size_t)PyUnicode_KIND(text);
	const size_t wide = compat_wide_pointer(text);

	if (copy(builder, text, region, 0, size, placed) != 0)
		return -1;
	compat_reset_text(bytes_at(builder, *placed), PyUnicode_IS_ASCII(text));
	if (wide != 0 && point_inside(builder, *placed + wide, *placed + head, false) != 0)
		return -1;
	return remember(builder->group.strings, key, *placed);
}

/* Append an element to a list of the group, once. */
static int note(struct builder *builder, location placed, struct pyb_buffer *list,
		const void *element, size_t size)
{
	struct group *const group = &builder->group;
	PyObject *const key = PyLong_FromUnsignedLongLong(placed);
	const int is_listed = key == NULL ? -1 : PySet_Contains(group->listed, key);
	int result = is_listed < 0 ? -1 : 0;

	if (is_listed == 0) {
		result = PySet_Add(group->listed, key);
		if (result == 0)
			result = append(list, element, size);
	}
	Py_XDECREF(key);
	return result;
}

/* Each group has its own list of strings to be interned, even for those that lie in group 0. */
static int note_interned(struct builder *builder, location placed)
{
	return note(builder, placed, &builder->group.interned, &placed, sizeof(placed));
}

static int lay_out_string_once(struct builder *builder, PyObject *text, enum region region,
			       location *placed)
{
	if (!PyUnicode_IS_COMPACT(text)) {
		PyErr_SetString(PyExc_TypeError, "a string is not compact");
		return -1;
	}
	PyObject *const key = key_of(builder, text);
	int result = -1;
	if (key == NULL)
		return -1;
	if (recall(builder->group.strings, key, placed) == 0 &&
	    (*placed != LOCATION_NONE || recall(builder->shared_strings, key, placed) == 0))
		result = *placed != LOCATION_NONE
				 ? 0
				 : lay_out_new_string(builder, text, key, region, placed);
	Py_DECREF(key);
	return result;
}

int lay_out_string(struct builder *builder, PyObject *text, enum region region, location *placed)
{
	if (lay_out_string_once(builder, text, region, placed) != 0)
		return -1;
	return PyUnicode_CHECK_INTERNED(text) ? note_interned(builder, *placed) : 0;
}

int lay_out_static(struct builder *builder, PyObject *text)
{
	struct static_string fixed = {.address = (uintptr_t)text - builder->interpreter.shift};

	if (lay_out_string_once(builder, text, REGION_HOT, &fixed.copy) != 0)
		return -1;
	return note(builder, fixed.copy, &builder->group.statics, &fixed, sizeof(fixed));
}
