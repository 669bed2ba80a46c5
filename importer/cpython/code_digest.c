/* SPDX-License-Identifier: MIT */
#include "importer/cpython/code_digest.h"

enum { DEPTH_MAX = 8 }; /* of constants in constants */

struct digest {
	uint64_t value;
	unsigned int depth;
};

static void add(struct digest *digest, const void *data, size_t size)
{
	const unsigned char *const bytes = data;

	for (size_t i = 0; i < size; i++)
		digest->value = (digest->value ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static void add_number(struct digest *digest, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned char byte = (unsigned char)(number >> (8 * i));
		add(digest, &byte, 1);
	}
}

static void add_sized(struct digest *digest, char tag, const char *data, Py_ssize_t size)
{
	add(digest, &tag, 1);
	add_number(digest, (uint64_t)size, sizeof(uint32_t));
	add(digest, data, (size_t)size);
}

static bool add_object(struct digest *digest, PyObject *object);

static bool add_tuple(struct digest *digest, PyObject *tuple)
{
	add(digest, "t", 1);
	add_number(digest, (uint64_t)PyTuple_GET_SIZE(tuple), sizeof(uint32_t));
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++)
		if (!add_object(digest, PyTuple_GET_ITEM(tuple, i)))
			return false;
	return true;
}

static bool add_text(struct digest *digest, PyObject *text)
{
	Py_ssize_t size;
	const char *const data = PyUnicode_AsUTF8AndSize(text, &size);

	if (data != NULL)
		add_sized(digest, 's', data, size);
	return data != NULL;
}

static bool add_integer(struct digest *digest, PyObject *integer)
{
	int overflow;
	const long long value = PyLong_AsLongLongAndOverflow(integer, &overflow);

	add(digest, "i", 1);
	add_number(digest, (uint64_t)value, sizeof(value));
	return overflow == 0;
}

/* Steals the reference, which may be NULL. */
static bool add_new(struct digest *digest, PyObject *object)
{
	const bool is_added = object != NULL && add_object(digest, object);

	Py_XDECREF(object);
	return is_added;
}

static bool add_code(struct digest *digest, PyCodeObject *code)
{
	const int numbers[] = {code->co_argcount, code->co_posonlyargcount, code->co_kwonlyargcount,
			       code->co_flags};

	add(digest, "c", 1);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		add_number(digest, (uint64_t)numbers[i], sizeof(uint32_t));
	return add_new(digest, PyCode_GetCode(code)) &&
	       add_object(digest, code->co_exceptiontable) && add_object(digest, code->co_names) &&
	       add_new(digest, PyCode_GetVarnames(code)) &&
	       add_new(digest, PyCode_GetCellvars(code)) &&
	       add_new(digest, PyCode_GetFreevars(code)) && add_object(digest, code->co_consts);
}

static bool add_container(struct digest *digest, PyObject *object)
{
	bool is_added = false;

	if (digest->depth++ < DEPTH_MAX && PyTuple_CheckExact(object))
		is_added = add_tuple(digest, object);
	else if (digest->depth <= DEPTH_MAX && PyCode_Check(object))
		is_added = add_code(digest, (PyCodeObject *)object);
	digest->depth--;
	return is_added;
}

static bool add_object(struct digest *digest, PyObject *object)
{
	if (object == Py_None || object == Py_True || object == Py_False) {
		add(digest, object == Py_None ? "N" : object == Py_True ? "T" : "F", 1);
		return true;
	}
	if (PyUnicode_CheckExact(object))
		return add_text(digest, object);
	if (PyLong_CheckExact(object))
		return add_integer(digest, object);
	if (!PyBytes_CheckExact(object))
		return add_container(digest, object);
	add_sized(digest, 'b', PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object));
	return true;
}

uint64_t code_digest(PyCodeObject *code)
{
	const struct compat_exception taken = compat_take_exception();
	struct digest digest = {.value = UINT64_C(0xcbf29ce484222325)};
	const bool is_whole = add_object(&digest, (PyObject *)code);

	PyErr_Clear();
	compat_restore_exception(taken);
	return is_whole ? digest.value : 0;
}
