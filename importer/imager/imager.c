/* SPDX-License-Identifier: MIT */
/*
 * The extension module pystart_imager, which pybundle has the target interpreter import: it lays
 * out the code of modules as an image.
 */
#include <string.h>

#include "importer/cpython/struct_abi.h"
#include "importer/imager/builder.h"

static int append_buffer(struct pyb_buffer *buffer, const struct pyb_buffer *more)
{
	return append(buffer, more->data, more->size);
}

static void builder_release(struct builder *builder)
{
	struct pyb_buffer *const buffers[] = {
		&builder->hot,        &builder->cold,        &builder->modules,
		&builder->groups,     &builder->statics,     &builder->interned,
		&builder->frozensets, &builder->relocations, &builder->code_sizes};

	group_release(&builder->group);
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		pyb_buffer_release(buffers[i]);
	Py_XDECREF(builder->shared_strings);
	Py_XDECREF(builder->shared_constants);
}

/* Entries without code; group_end() fills the others in. */
static int prepare_modules(struct builder *builder, Py_ssize_t count)
{
	const struct pyb_image_module none = {.group = PYB_NONE};
	const uint64_t no_size = 0;

	for (Py_ssize_t i = 0; i < count; i++)
		if (append(&builder->modules, &none, sizeof(none)) != 0 ||
		    append(&builder->code_sizes, &no_size, sizeof(no_size)) != 0)
			return -1;
	return 0;
}

/* --- the modules, given as (marshalled code or None, whether it is of group 0) */

static PyObject *load_code(PyObject *stream)
{
	char *data;
	Py_ssize_t size;

	if (PyBytes_AsStringAndSize(stream, &data, &size) != 0)
		return NULL;
	PyObject *const code = PyMarshal_ReadObjectFromString(data, size);
	if (code != NULL && !PyCode_Check(code)) {
		PyErr_SetString(PyExc_TypeError, "a stream does not hold code");
		Py_DECREF(code);
		return NULL;
	}
	return code;
}

/* Returns 1 and both parts as borrowed references, 0 if it has no code, or -1. */
static int take_item(PyObject *item, PyObject **stream, int *is_startup)
{
	PyObject *startup;

	if (!PyArg_ParseTuple(item, "OO", stream, &startup))
		return -1;
	*is_startup = PyObject_IsTrue(startup);
	return *is_startup < 0 ? -1 : *stream != Py_None;
}

/* The codes of all startup modules, by their numbers; all others are None. */
static PyObject *load_startup(PyObject *modules)
{
	const Py_ssize_t count = PyList_GET_SIZE(modules);
	PyObject *const codes = PyList_New(count);

	for (Py_ssize_t i = 0; codes != NULL && i < count; i++) {
		PyObject *stream;
		int is_startup;
		const int has_code = take_item(PyList_GET_ITEM(modules, i), &stream, &is_startup);
		PyObject *const code = has_code == 1 && is_startup ? load_code(stream)
				       : has_code >= 0             ? Py_NewRef(Py_None)
								   : NULL;
		if (code == NULL) {
			Py_DECREF(codes);
			return NULL;
		}
		PyList_SET_ITEM(codes, i, code);
	}
	return codes;
}

static int lay_out_group(struct builder *builder, PyObject *codes, uint32_t first_number)
{
	const Py_ssize_t count = PyList_GET_SIZE(codes);

	if (group_begin(builder) != 0)
		return -1;
	for (Py_ssize_t i = 0; i < count; i++)
		if (lay_out_interned(builder, PyList_GET_ITEM(codes, i)) != 0)
			return -1;
	for (Py_ssize_t i = 0; i < count; i++)
		if (PyList_GET_ITEM(codes, i) != Py_None &&
		    lay_out_module(builder, PyList_GET_ITEM(codes, i),
				   first_number + (uint32_t)i) != 0)
			return -1;
	return group_end(builder);
}

static int lay_out_startup(struct builder *builder, PyObject *modules)
{
	PyObject *const codes = load_startup(modules);
	const int result = codes == NULL ? -1 : lay_out_group(builder, codes, 0);

	Py_XDECREF(codes);
	return result;
}

static int lay_out_other(struct builder *builder, PyObject *item, uint32_t number)
{
	PyObject *stream;
	int is_startup;
	const int has_code = take_item(item, &stream, &is_startup);

	if (has_code < 0)
		return -1;
	if (has_code == 0 || is_startup)
		return 0;
	PyObject *const codes = PyList_New(1);
	PyObject *const code = codes == NULL ? NULL : load_code(stream);
	if (code == NULL) {
		Py_XDECREF(codes);
		return -1;
	}
	PyList_SET_ITEM(codes, 0, code);
	const int result = lay_out_group(builder, codes, number);
	Py_DECREF(codes);
	return result;
}

static int lay_out_all(struct builder *builder, PyObject *modules)
{
	const Py_ssize_t count = PyList_GET_SIZE(modules);

	if (prepare_modules(builder, count) != 0 || lay_out_startup(builder, modules) != 0)
		return -1;
	for (Py_ssize_t i = 0; i < count; i++)
		if (lay_out_other(builder, PyList_GET_ITEM(modules, i), (uint32_t)i) != 0)
			return -1;
	return 0;
}

/* --- the result */

static PyObject *bytes_of(const struct pyb_buffer *buffer)
{
	return PyBytes_FromStringAndSize((const char *)buffer->data, (Py_ssize_t)buffer->size);
}

static PyObject *image_section(const struct builder *builder)
{
	const struct pyb_image image = {
		.struct_abi = image_struct_abi(),
		.base = PYB_IMAGE_BASE,
		.hot_span = builder->hot_span,
		.type_anchor = (uintptr_t)&PyType_Type - builder->interpreter.shift,
		.module_count = count_of(&builder->modules, sizeof(struct pyb_image_module)),
		.group_count = count_of(&builder->groups, sizeof(struct pyb_image_group)),
		.static_count = count_of(&builder->statics, sizeof(struct pyb_image_static)),
		.interned_count = count_of(&builder->interned, sizeof(struct pyb_image_interned)),
		.frozenset_count =
			count_of(&builder->frozensets, sizeof(struct pyb_image_frozenset)),
	};
	struct pyb_buffer section = {0};
	PyObject *bytes = NULL;

	if (append(&section, &image, sizeof(image)) == 0 &&
	    append_buffer(&section, &builder->modules) == 0 &&
	    append_buffer(&section, &builder->groups) == 0 &&
	    append_buffer(&section, &builder->frozensets) == 0 &&
	    append_buffer(&section, &builder->statics) == 0 &&
	    append_buffer(&section, &builder->interned) == 0)
		bytes = bytes_of(&section);
	pyb_buffer_release(&section);
	return bytes;
}

static PyObject *result_of(const struct builder *builder)
{
	PyObject *const image = image_section(builder);
	PyObject *const relocations = bytes_of(&builder->relocations);
	PyObject *const hot = bytes_of(&builder->hot);
	PyObject *const cold = bytes_of(&builder->cold);
	PyObject *const code_sizes = bytes_of(&builder->code_sizes);
	PyObject *result = NULL;

	if (image != NULL && relocations != NULL && hot != NULL && cold != NULL &&
	    code_sizes != NULL)
		result = PyTuple_Pack(5, image, relocations, hot, cold, code_sizes);
	Py_XDECREF(image);
	Py_XDECREF(relocations);
	Py_XDECREF(hot);
	Py_XDECREF(cold);
	Py_XDECREF(code_sizes);
	return result;
}

static PyObject *lay_out(PyObject *self, PyObject *args)
{
	struct builder builder = {0};
	PyObject *modules, *result = NULL;

	(void)self;
	if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &modules, &PySet_Type, &builder.early))
		return NULL;
	if ((size_t)PyList_GET_SIZE(modules) >= PYB_NONE) {
		PyErr_SetString(PyExc_OverflowError, "too many modules");
		return NULL;
	}
	if (interpreter_find(&builder.interpreter) == 0 && lay_out_all(&builder, modules) == 0)
		result = result_of(&builder);
	builder_release(&builder);
	return result;
}

static PyMethodDef methods[] = {
	{"lay_out", lay_out, METH_VARARGS,
	 PyDoc_STR(
		 "lay_out(modules, early)\n--\n\n"
		 "The image of the modules, a list of (marshalled code or None, is_startup), as\n"
		 "the contents of the sections IMAGE, RELOCATIONS, HOT and COLD, and the sizes of the\n"
		 "code objects in 8 bytes each. The code has lists in place of frozensets. What\n"
		 "refers to one of the names in the set `early` is laid out close together.")},
	{NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "pystart_imager",
	.m_size = 0,
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit_pystart_imager(void)
{
	if (!image_version_is_supported()) {
		PyErr_Format(PyExc_NotImplementedError,
			     "ready-made code is not made for CPython %d.%d yet", PY_MAJOR_VERSION,
			     PY_MINOR_VERSION);
		return NULL;
	}
	if (!image_is_supported()) {
		PyErr_SetString(
			PyExc_ImportError,
			"images are not made for this release of Python; install pystart anew for it");
		return NULL;
	}
	return PyModule_Create(&definition);
}
