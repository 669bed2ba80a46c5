/* SPDX-License-Identifier: MIT */
#include "importer/cpython/intercept.h"

#include "importer/cpython/hidden.h"
#include "importer/cpython/importlib.h"

#if COMPAT_HAS_SET_VECTORCALL

static int redirect(PyObject *function, vectorcallfunc ours)
{
	PyFunction_SetVectorcall((PyFunctionObject *)function, ours);
	return 0;
}

static void give_back(PyObject *function, vectorcallfunc stock)
{
	PyFunction_SetVectorcall((PyFunctionObject *)function, stock);
}

#else

/*
 * The interpreter runs the code of objects of type `function` by itself, without a look at what
 * they are to be called by. It does not do so with those of a derived type.
 */
static PyTypeObject intercepted_type = {
	.ob_base = {PyObject_HEAD_INIT(NULL) 0},
	.tp_name = "function",
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
		    Py_TPFLAGS_METHOD_DESCRIPTOR,
};

/* Pickling and copying take functions by their names, if they know that it is one by its type. */
static PyObject *reduce(PyObject *function, PyObject *protocol)
{
	(void)protocol;
	return Py_NewRef(((PyFunctionObject *)function)->func_qualname);
}

static PyMethodDef intercepted_methods[] = {
	{"__reduce_ex__", reduce, METH_O, NULL},
	{0},
};

/* What isinstance() and most programs take for the type of an object. */
static PyObject *get_class(PyObject *function, void *unused)
{
	(void)function;
	(void)unused;
	return Py_NewRef(&PyFunction_Type);
}

/* As ever, it cannot be set, with the message that programs know. */
static int set_class(PyObject *function, PyObject *value, void *unused)
{
	PyObject *const descriptor = compat_dict_find(PyBaseObject_Type.tp_dict, "__class__");

	(void)unused;
	if (descriptor == NULL) {
		PyErr_NoMemory();
		return -1;
	}
	return Py_TYPE(descriptor)->tp_descr_set(descriptor, function, value);
}

static PyGetSetDef intercepted_attributes[] = {
	{"__class__", get_class, set_class, NULL, NULL},
	{0},
};

static int prepare_type(void)
{
	if ((intercepted_type.tp_flags & Py_TPFLAGS_READY) != 0)
		return 0;
	intercepted_type.tp_base = &PyFunction_Type;
	intercepted_type.tp_methods = intercepted_methods;
	intercepted_type.tp_getset = intercepted_attributes;
	intercepted_type.tp_call = PyFunction_Type.tp_call;
	intercepted_type.tp_traverse = PyFunction_Type.tp_traverse;
	intercepted_type.tp_clear = PyFunction_Type.tp_clear;
	intercepted_type.tp_vectorcall_offset = PyFunction_Type.tp_vectorcall_offset;
	if (hidden_type_ready(&intercepted_type) != 0 ||
	    PyDict_DelItemString(intercepted_type.tp_dict, "__doc__") != 0)
		return -1;
	/* The type's own __doc__ would hide that of the functions. */
	PyType_Modified(&intercepted_type);
	return 0;
}

static int redirect(PyObject *function, vectorcallfunc ours)
{
	if (prepare_type() != 0)
		return -1;
	Py_SET_TYPE(function, &intercepted_type);
	((PyFunctionObject *)function)->vectorcall = ours;
	return 0;
}

static void give_back(PyObject *function, vectorcallfunc stock)
{
	((PyFunctionObject *)function)->vectorcall = stock;
	Py_SET_TYPE(function, &PyFunction_Type);
}

#endif

int intercept(struct intercepted *intercepted, PyObject *function, vectorcallfunc ours)
{
	if (!PyFunction_Check(function)) {
		PyErr_SetString(PyExc_TypeError, "importlib has something else than a function");
		return -1;
	}
	*intercepted = (struct intercepted){
		.function = Py_NewRef(function),
		.code = Py_NewRef(PyFunction_GET_CODE(function)),
		.stock = ((PyFunctionObject *)function)->vectorcall,
	};
	return redirect(function, ours);
}

void intercept_end(struct intercepted *intercepted)
{
	give_back(intercepted->function, intercepted->stock);
	Py_CLEAR(intercepted->function);
	Py_CLEAR(intercepted->code);
}

bool intercept_applies(const struct intercepted *intercepted)
{
	return PyFunction_GET_CODE(intercepted->function) == intercepted->code &&
	       !importlib_is_observed(&stock_importlib);
}

PyObject *intercept_pass(const struct intercepted *intercepted, PyObject *const *arguments,
			 size_t count, PyObject *keywords)
{
	return intercepted->stock(intercepted->function, arguments, count, keywords);
}
