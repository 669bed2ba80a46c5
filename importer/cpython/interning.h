/* SPDX-License-Identifier: MIT */
/*
 * Interning the strings of code, as unmarshalling does it. From 3.13 on it makes them immortal, which
 * PyUnicode_InternInPlace() no longer does: sys.getrefcount() does not count their references.
 */
#ifndef IMPORTER_CPYTHON_INTERNING_H
#define IMPORTER_CPYTHON_INTERNING_H

#include "importer/cpython/compat.h"

#if COMPAT_CODE_HAS_IMMORTAL_NAMES
/* Include/internal/pycore_unicodeobject.h; exported. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-*): CPython's */
PyAPI_FUNC(void) _PyUnicode_InternImmortal(PyInterpreterState *interpreter, PyObject **string);
#endif

/* As PyUnicode_InternInPlace(). */
static inline void interning_of_code(PyObject **string)
{
#if COMPAT_CODE_HAS_IMMORTAL_NAMES
	if (_PyUnicode_InternImmortal != NULL) {
		_PyUnicode_InternImmortal(PyInterpreterState_Get(), string);
		return;
	}
#endif
	PyUnicode_InternInPlace(string);
}

#endif
