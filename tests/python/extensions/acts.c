/* SPDX-License-Identifier: MIT */
/*
 * An extension module, linked with nothing but the C library, whose objects append a line to the file
 * "acts.txt" when they are destroyed: types of each sort, capsules, buffers that are given back, and,
 * with MODULE_ACTS, the module itself.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fcntl.h>
#include <unistd.h>

static void act(const char *what)
{
	const int file = open("acts.txt", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (file >= 0 && (write(file, what, strlen(what)) < 0 || write(file, "\n", 1) < 0))
		abort();
	close(file);
}

/* The names of two types may be those of a known module's. */
#ifndef STATIC_NAME
#define STATIC_NAME "acts.Static"
#endif
#ifndef HEAP_NAME
#define HEAP_NAME "acts.HeapGC"
#endif

/* --- types */

struct holder {
	PyObject_HEAD PyObject *held;
};

static void deallocate(PyObject *self)
{
	PyTypeObject *const type = Py_TYPE(self);
	const int is_heap = PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE);

	act(type->tp_name);
	if (PyType_IS_GC(type))
		PyObject_GC_UnTrack(self);
	Py_CLEAR(((struct holder *)self)->held);
	type->tp_free(self);
	if (is_heap)
		Py_DECREF(type);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(((struct holder *)self)->held);
	if (PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_HEAPTYPE))
		Py_VISIT(Py_TYPE(self));
	return 0;
}

static int clear(PyObject *self)
{
	Py_CLEAR(((struct holder *)self)->held);
	return 0;
}

static PyTypeObject static_type = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = STATIC_NAME,
	.tp_basicsize = sizeof(struct holder),
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
	.tp_new = PyType_GenericNew,
	.tp_dealloc = deallocate,
};

/* One that can be called, and is the name of a file. */
static PyObject *answer_call(PyObject *self, PyObject *arguments, PyObject *keywords)
{
	(void)self;
	(void)arguments;
	(void)keywords;
	return Py_NewRef(Py_None);
}

static PyObject *get_path(PyObject *self, PyObject *unused)
{
	(void)self;
	(void)unused;
	return PyUnicode_FromString("keys");
}

static PyMethodDef called_methods[] = {{"__fspath__", get_path, METH_NOARGS, NULL},
				       {NULL, NULL, 0, NULL}};

static PyTypeObject called_type = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "acts.Called",
	.tp_basicsize = sizeof(struct holder),
	.tp_flags = Py_TPFLAGS_DEFAULT,
	.tp_new = PyType_GenericNew,
	.tp_dealloc = deallocate,
	.tp_call = answer_call,
	.tp_methods = called_methods,
};

/* Named like a type of the standard library that is known to do nothing. */
static PyTypeObject namesake_type = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "datetime.timedelta",
	.tp_basicsize = sizeof(struct holder),
	.tp_flags = Py_TPFLAGS_DEFAULT,
	.tp_new = PyType_GenericNew,
	.tp_dealloc = deallocate,
};

static PyTypeObject static_gc_type = {
	PyVarObject_HEAD_INIT(NULL, 0).tp_name = "acts.StaticGC",
	.tp_basicsize = sizeof(struct holder),
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
	.tp_new = PyType_GenericNew,
	.tp_dealloc = deallocate,
	.tp_traverse = traverse,
	.tp_clear = clear,
	.tp_free = PyObject_GC_Del,
};

static PyType_Slot heap_slots[] = {{Py_tp_dealloc, deallocate}, {0, NULL}};
static PyType_Spec heap_spec = {"acts.Heap", sizeof(struct holder), 0,
				Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, heap_slots};

static PyType_Slot heap_gc_slots[] = {
	{Py_tp_dealloc, deallocate}, {Py_tp_traverse, traverse}, {Py_tp_clear, clear}, {0, NULL}};
static PyType_Spec heap_gc_spec = {HEAP_NAME, sizeof(struct holder), 0,
				   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
				   heap_gc_slots};

/* A type that the interpreter destroys, and that acts when its buffer is given back. */
static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
	return PyBuffer_FillInfo(view, self, "x", 1, 1, flags);
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
	(void)self;
	(void)view;
	act("buffer");
}

static PyType_Slot lender_slots[] = {
	{Py_bf_getbuffer, get_buffer}, {Py_bf_releasebuffer, release_buffer}, {0, NULL}};
static PyType_Spec lender_spec = {"acts.Lender", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT,
				  lender_slots};

/* One that does nothing of its own. */
static PyType_Slot plain_slots[] = {{0, NULL}};
static PyType_Spec plain_spec = {"acts.Plain", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT,
				 plain_slots};

static PyType_Slot finalized_slots[3];
static PyType_Spec finalized_spec = {"acts.Finalized", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT,
				     finalized_slots};

static void finalize(PyObject *self)
{
	(void)self;
	act("finalize");
}

static void deallocate_finalized(PyObject *self)
{
	PyTypeObject *const type = Py_TYPE(self);

	if (PyObject_CallFinalizerFromDealloc(self) < 0)
		return;
	type->tp_free(self);
	Py_DECREF(type);
}

/* --- functions */

static void destroy_capsule(PyObject *capsule)
{
	(void)capsule;
	act("capsule");
}

static PyObject *make_capsule(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	return PyCapsule_New(&static_type, "acts", destroy_capsule);
}

static PyMethodDef functions[] = {{"capsule", make_capsule, METH_NOARGS, NULL},
				  {NULL, NULL, 0, NULL}};

static int add_type(PyObject *module, PyType_Spec *spec)
{
	PyObject *const type = PyType_FromSpec(spec);
	const int result = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);

	Py_XDECREF(type);
	return result;
}

static int execute(PyObject *module)
{
	finalized_slots[0] = (PyType_Slot){Py_tp_dealloc, deallocate_finalized};
	finalized_slots[1] = (PyType_Slot){Py_tp_finalize, finalize};
	return PyModule_AddType(module, &static_type) < 0 ||
			       PyModule_AddType(module, &namesake_type) < 0 ||
			       PyModule_AddType(module, &called_type) < 0 ||
			       PyModule_AddType(module, &static_gc_type) < 0 ||
			       add_type(module, &heap_spec) < 0 ||
			       add_type(module, &heap_gc_spec) < 0 ||
			       add_type(module, &lender_spec) < 0 ||
			       add_type(module, &plain_spec) < 0
#ifdef FINALIZER
			       || add_type(module, &finalized_spec) < 0
#endif
		       ? -1
		       : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, execute}, {0, NULL}};

#ifdef MODULE_ACTS
static void free_module(void *module)
{
	(void)module;
	act("module");
}
#endif

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT, .m_name = "acts", .m_methods = functions, .m_slots = module_slots,
#ifdef MODULE_ACTS
	.m_free = free_module,
#endif
};

PyMODINIT_FUNC PyInit_acts(void)
{
	(void)finalized_spec;
	return PyModuleDef_Init(&definition);
}
