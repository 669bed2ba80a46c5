/* SPDX-License-Identifier: MIT */
/*
 * The one thread: its number, in the interpreter and in module `threading`, and the bounds of its stack; and how
 * large the stacks of others will be.
 */
#include "importer/cpython/thread_state.h"
#include "importer/resume/renew.h"
#include "importer/resume/thread_stack.h"

static PyObject
	*main_thread; /* threading's object, until it is not needed; NULL: it was not imported */

/*
 * It is to be in no snapshot, unless somebody else keeps it: an int that is given back stays as it is, for the next one
 * (3.14).
 */
static bool forget_number(void)
{
	PyObject *const number = PyObject_GetAttrString(main_thread, "_native_id");
	const bool is_known = number != NULL && PyLong_CheckExact(number);

	if (is_known && Py_REFCNT(number) == 2)
		memset((char *)number + PyLong_Type.tp_basicsize, 0,
		       (size_t)PyLong_Type.tp_itemsize);
	Py_XDECREF(number);
	const bool is_forgotten =
		is_known && PyObject_SetAttrString(main_thread, "_native_id", Py_None) == 0;
	PyErr_Clear();
	return is_forgotten;
}

static const char *prepare(void)
{
	if (!renew_find("threading", "_main_thread", &main_thread))
		return "module threading is not as Python makes it";
	if (!thread_state_is_known())
		return "this interpreter is of another release than the headers that pystart was built "
		       "with";
	return main_thread == NULL || forget_number()
		       ? NULL
		       : "threading.main_thread() is not as Python makes it";
}

static bool renew(const struct renew_from *from)
{
	if (!thread_stack_set(from->thread_stack)) {
		PyErr_NoMemory();
		return false;
	}
	thread_state_renew();
	if (main_thread == NULL)
		return true;
	PyObject *const result = PyObject_CallMethod(main_thread, "_set_native_id", NULL);
	Py_XDECREF(result);
	Py_CLEAR(main_thread);
	return result != NULL;
}

const struct renewal renew_thread = {"thread", prepare, renew, NULL};
