/* SPDX-License-Identifier: MIT */
/* The locks that importlib holds while a module is imported, so that each is executed once. */
#ifndef IMPORTER_FIND_MODULE_LOCK_H
#define IMPORTER_FIND_MODULE_LOCK_H

#include "importer/cpython/compat.h"

/*
 * Take the module's lock; where COMPAT_LOCKS_PARENTS, those of its parents that are not complete, too, in
 * importlib's order. Returns what module_lock_release() wants, or NULL with an exception set.
 */
PyObject *module_lock_acquire(PyObject *name);

/*
 * Give back what was taken; `lock` stays the caller's. An exception that is set stays so. Returns 0, or -1
 * if it fails, with an exception set.
 */
int module_lock_release(PyObject *lock);

#endif
