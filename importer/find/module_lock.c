/* SPDX-License-Identifier: MIT */
#include "importer/find/module_lock.h"

#include "importer/cpython/frames.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"

/* What importlib takes for a lock here: it has a method to take it, and one to give it back. */
static PyObject *new_lock(PyObject *name)
{
	if (!COMPAT_LOCKS_PARENTS)
		return PyObject_CallOneArg(stock_importlib.get_module_lock, name);
	const Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1);
	if (dot == -2)
		return NULL;
	return PyObject_CallOneArg(
		dot < 0 ? stock_importlib.lock_manager : stock_importlib.chain_lock_manager, name);
}

/* A manager's methods are called from under importlib's frame, which others see while this one waits. */
static PyObject *call(PyObject *lock, PyObject *managers_method, PyObject *locks_method)
{
	if (!COMPAT_LOCKS_PARENTS)
		return PyObject_CallMethodNoArgs(lock, locks_method);
	PyObject *const method = PyObject_GetAttr(lock, managers_method);
	PyObject *const result = method == NULL ? NULL : frames_call(SITE_LOCK, method, NULL, 0);
	Py_XDECREF(method);
	return result;
}

PyObject *module_lock_acquire(PyObject *name)
{
	PyObject *lock = new_lock(name);
	PyObject *const result =
		lock == NULL ? NULL : call(lock, identifiers.enter, identifiers.acquire);

	if (result == NULL)
		Py_CLEAR(lock);
	Py_XDECREF(result);
	return lock;
}

int module_lock_release(PyObject *lock)
{
	const struct compat_exception raised = compat_take_exception();
	PyObject *const result = call(lock, identifiers.leave, identifiers.release);
	const bool failed = result == NULL;

	Py_XDECREF(result);
	if (raised.value != NULL || raised.type != NULL) {
		PyErr_Clear();
		compat_restore_exception(raised);
	}
	return failed ? -1 : 0;
}
