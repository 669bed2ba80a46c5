/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/generators.h"

#if COMPAT_KNOWN_FINALIZATION

#if COMPAT_YIELD_TELLS_DEPTH || COMPAT_RESUME_TELLS_DEPTH
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <internal/pycore_code.h>
#if COMPAT_RESUME_TELLS_DEPTH
#include <internal/pycore_opcode_utils.h>
#endif
#if COMPAT_FRAME_IN_GENERATOR
#include <internal/pycore_interpframe_structs.h>
#endif
#pragma GCC diagnostic pop
#include <opcode.h>

/* What is given to throw() for closing goes through the handlers of the frame that waits at `yield`. */
static const _PyInterpreterFrame *frame_of(const PyGenObject *generator)
{
	return (const _PyInterpreterFrame *)&generator->gi_iframe;
}

bool generators_are_as_known(void)
{
	return PyGen_Type.tp_weaklistoffset == (Py_ssize_t)offsetof(PyGenObject, gi_weakreflist) &&
	       PyGen_Type.tp_basicsize == (Py_ssize_t)(offsetof(PyGenObject, gi_iframe) +
						       offsetof(_PyInterpreterFrame, localsplus));
}
#else
bool generators_are_as_known(void)
{
	return PyGen_Type.tp_weaklistoffset == (Py_ssize_t)offsetof(PyGenObject, gi_weakreflist);
}
#endif

/*
 * Whether no handler of the program's is around the `yield` at which the generator waits. From 3.12 on
 * each has one handler, which makes another error of StopIteration and lets all else pass: gen_close()
 * knows by an argument of the bytecode that it is the only one.
 */
static bool is_outside_of_handlers(const PyGenObject *generator)
{
#if COMPAT_YIELD_TELLS_DEPTH
	const _Py_CODEUNIT *const last = frame_of(generator)->prev_instr;

	return last->op.code == YIELD_VALUE && last->op.arg == 1;
#elif COMPAT_RESUME_TELLS_DEPTH
	const _Py_CODEUNIT *const next = frame_of(generator)->instr_ptr;

	return (next->op.code == RESUME || next->op.code == RESUME_CHECK) &&
	       (next->op.arg & RESUME_OPARG_DEPTH1_MASK) != 0;
#else
	return PyBytes_GET_SIZE(generator->gi_code->co_exceptiontable) == 0;
#endif
}

static bool waits_for_none(PyObject *generator)
{
	PyObject *const other = PyObject_GetAttrString(generator, "gi_yieldfrom");

	PyErr_Clear();
	Py_XDECREF(other);
	return other == Py_None;
}

bool generators_close_silently(PyObject *generator)
{
	const PyGenObject *const fields = (PyGenObject *)generator;

	if (fields->gi_frame_state >= FRAME_COMPLETED)
		return true;
	return Py_IS_TYPE(generator, &PyGen_Type) &&
	       (fields->gi_frame_state == FRAME_CREATED ||
		(fields->gi_frame_state == FRAME_SUSPENDED && is_outside_of_handlers(fields) &&
		 waits_for_none(generator)));
}

#endif
