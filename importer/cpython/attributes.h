/* SPDX-License-Identifier: MIT */
/* What reading an attribute would give, found out without running any code of the program's. */
#ifndef IMPORTER_CPYTHON_ATTRIBUTES_H
#define IMPORTER_CPYTHON_ATTRIBUTES_H

#include "importer/cpython/compat.h"

enum attribute {
	ATTRIBUTE_UNKNOWN,  /* reading it may run code */
	ATTRIBUTE_MISSING,  /* reading it raises AttributeError */
	ATTRIBUTE_VALUE,    /* an object that the object or its class refers to */
	ATTRIBUTE_METHOD,   /* a Python function of the class, which would be bound to the object */
	ATTRIBUTE_FUNCTION, /* a Python function of the class, which would not: a static method */
	ATTRIBUTE_PROPERTY, /* what this Python function would return if called with the object */
};

/*
 * Look for the attribute of an instance. *value gets a borrowed reference, NULL if it is missing or
 * not known. A dictionary that others refer to as well is not read, for they may change it. Sets no
 * exception. Needs the GIL.
 */
enum attribute attributes_find(PyObject *object, PyObject *name, PyObject **value);

/* The same for an attribute that the object itself has, if it is of a class that reads it as `object` does. */
enum attribute attributes_find_own(PyObject *object, PyObject *name, PyObject **value);

/* Whether setting an attribute runs no code, because the class does it as `object` does. */
bool attributes_are_set_plainly(PyTypeObject *type);

#endif
