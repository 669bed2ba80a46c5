/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/atexit_state.h"
#include "importer/cpython/hidden.h"

static const struct atexit_state *find_state(void)
{
	return &PyInterpreterState_Get()->atexit;
}

#if COMPAT_ATEXIT_HAS_LIST

/* The newest function comes first; of each there are the function itself, its arguments and keywords. */
static PyObject *find_first(void)
{
	PyObject *const list = find_state()->callbacks;
	const Py_ssize_t size =
		list == NULL || !PyList_CheckExact(list) ? 0 : PyList_GET_SIZE(list);
	PyObject *const first = size == 0 ? NULL : PyList_GET_ITEM(list, size - 1);

	return first != NULL && PyTuple_CheckExact(first) && PyTuple_GET_SIZE(first) == 3 ? first
											  : NULL;
}

bool atexit_state_is_as_known(void)
{
	return find_state()->callbacks != NULL && PyList_CheckExact(find_state()->callbacks);
}

bool atexit_state_begins_with(const PyObject *function)
{
	PyObject *const first = find_first();

	return first != NULL && PyTuple_GET_ITEM(first, 0) == function;
}

void atexit_state_hide_first(void)
{
	hidden_object(find_first());
}

PyObject *atexit_state_take_first(const PyObject *function)
{
	PyObject *const list = find_state()->callbacks;
	PyObject *const first = atexit_state_begins_with(function) ? Py_NewRef(find_first()) : NULL;

	if (first != NULL &&
	    PyList_SetSlice(list, PyList_GET_SIZE(list) - 1, PyList_GET_SIZE(list), NULL) != 0) {
		PyErr_Clear();
		Py_DECREF(first);
		return NULL;
	}
	return first;
}

bool atexit_state_put_first(PyObject *first)
{
	const bool is_there = PyList_Append(find_state()->callbacks, first) == 0;

	if (!is_there)
		PyErr_Clear();
	return is_there;
}

#else

bool atexit_state_is_as_known(void)
{
	const struct atexit_state *const state = find_state();

	return state->callbacks != NULL && state->callback_len > 0 && state->ncallbacks >= 0 &&
	       state->ncallbacks <= state->callback_len;
}

bool atexit_state_begins_with(const PyObject *function)
{
	const struct atexit_state *const state = find_state();

	return state->ncallbacks >= 1 && state->callbacks[0] != NULL &&
	       state->callbacks[0]->func == function;
}

void atexit_state_hide_first(void)
{
}

#endif

bool atexit_state_has_functions_in_c(void)
{
#if COMPAT_ATEXIT_HAS_C_FUNCTIONS
	return find_state()->ll_callbacks != NULL;
#else
	return false;
#endif
}
