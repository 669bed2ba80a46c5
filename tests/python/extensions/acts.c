/* SPDX-License-Identifier: MIT */
/*
 * An extension module whose objects say so when they are destroyed: when their memory is freed, or,
 * with FINALIZER, in a finalizer as Python knows it.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdio.h>

static void say(void)
{
	puts("destroyed");
	fflush(stdout);
}

#ifdef FINALIZER

static void finalize(PyObject *self)
{
	(void)self;
	say();
}

static void deallocate(PyObject *self)
{
	PyTypeObject *const type = Py_TYPE(self);

	if (PyObject_CallFinalizerFromDealloc(self) < 0)
		return;
	PyObject_GC_UnTrack(self);
	type->tp_free(self);
	Py_DECREF(type);
}

static int traverse(PyObject *self, visitproc visit, void *data)
{
	return visit((PyObject *)Py_TYPE(self), data);
}

static PyType_Slot slots[] = {{Py_tp_dealloc, deallocate},
			      {Py_tp_finalize, finalize},
			      {Py_tp_traverse, traverse},
			      {0, NULL}};
#define FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC)

#else

static void deallocate(PyObject *self)
{
	PyTypeObject *const type = Py_TYPE(self);

	say();
	type->tp_free(self);
	Py_DECREF(type);
}

static PyType_Slot slots[] = {{Py_tp_dealloc, deallocate}, {0, NULL}};
#define FLAGS Py_TPFLAGS_DEFAULT

#endif

static PyType_Spec specification = {
	.name = "acts.Acts",
	.basicsize = sizeof(PyObject),
	.flags = FLAGS,
	.slots = slots,
};

static int execute(PyObject *module)
{
	PyObject *const type = PyType_FromSpec(&specification);
	const int result = type == NULL ? -1 : PyModule_AddObjectRef(module, "Acts", type);

	Py_XDECREF(type);
	return result;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "acts",
	.m_slots = module_slots,
};

PyMODINIT_FUNC PyInit_acts(void)
{
	return PyModuleDef_Init(&definition);
}
