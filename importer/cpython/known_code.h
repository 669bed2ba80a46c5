/* SPDX-License-Identifier: MIT */
/* Functions in Python whose source was read. */
#ifndef IMPORTER_CPYTHON_KNOWN_CODE_H
#define IMPORTER_CPYTHON_KNOWN_CODE_H

#include "importer/cpython/compat.h"

/* As each was read, in the releases that known_code.c names. */
enum known_code {
	KNOWN_NONE,
	/* Lib/weakref.py, _weakrefset.py: WeakValueDictionary's and WeakKeyDictionary's remove(), WeakSet's */
	KNOWN_WEAK_VALUE_REMOVE,
	KNOWN_WEAK_KEY_REMOVE,
	KNOWN_WEAK_SET_REMOVE,
	KNOWN_WEAK_SET_ITER,
	/* Lib/logging/__init__.py: _removeHandlerRef(), _acquireLock(), _releaseLock() */
	KNOWN_LOGGING_REMOVE,
	KNOWN_LOGGING_ACQUIRE,
	KNOWN_LOGGING_RELEASE,
	/* Lib/http/client.py: HTTPResponse's close() and flush() */
	KNOWN_RESPONSE_CLOSE,
	KNOWN_RESPONSE_FLUSH,
	/* Lib/socket.py: socket's __repr__(), family and type; _intenum_converter() */
	KNOWN_SOCKET_REPR,
	KNOWN_SOCKET_FAMILY,
	KNOWN_SOCKET_TYPE,
	KNOWN_SOCKET_CONVERTER,
	/* asgiref 3.6, asgiref/local.py: Local.__del__() */
	KNOWN_LOCAL_DEL,
	/* ansible 2.14, utils/display.py: what _synchronize_textiowrapper() makes of a method */
	KNOWN_ANSIBLE_LOCKING,
	/* colorama 0.4, ansitowin32.py: StreamWrapper's __getattr__() and closed */
	KNOWN_COLORAMA_GETATTR,
	KNOWN_COLORAMA_CLOSED,
};

/*
 * Whether the object is a function that has these globals, and its code is this one: told by all that executing
 * it depends on, for a program can have other code under the same names. False if globals is NULL, or
 * if a global variable stands for a built-in function that it may call. Sets no exception.
 */
bool known_code_is(PyObject *function, PyObject *globals, enum known_code which);

/* To be called before others, when code may have gone since the last call. */
void known_code_start(void);

#endif
