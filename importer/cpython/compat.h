/* SPDX-License-Identifier: MIT */
/*
 * Everything that depends on the version of CPython. All tests of PY_VERSION_HEX are here.
 * VERSIONS.md lists what the importer relies on beyond the documented API, and how it is checked.
 */
#ifndef IMPORTER_CPYTHON_COMPAT_H
#define IMPORTER_CPYTHON_COMPAT_H

/*
 * Weak, for the importer can get into a program that is no interpreter: one that starts the
 * interpreter, say, or that looks into others. It is to do nothing there, and not to keep the program
 * from starting because its symbols are not to be found.
 */
#define PyAPI_FUNC(TYPE) extern __attribute__((weak)) TYPE
#define PyAPI_DATA(TYPE) extern __attribute__((weak)) TYPE

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <marshal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if PY_VERSION_HEX < 0x030b0000
#error "the importer needs CPython 3.11 or newer"
#endif
#ifdef Py_GIL_DISABLED
#error "the importer does not know free-threaded builds"
#endif

/* Versions whose importlib was compared with what the importer does in its place. */
#define COMPAT_KNOWN_IMPORTLIB (PY_VERSION_HEX < 0x030e0000)

/* Versions whose site.addsitedir() takes nothing but *.pth from os.listdir(). */
#define COMPAT_KNOWN_SITE (PY_VERSION_HEX < 0x030e0000)

/* PyFunction_SetVectorcall(), which the interpreter heeds. */
#define COMPAT_HAS_SET_VECTORCALL (PY_VERSION_HEX >= 0x030c0000)

/* PyTypeObject.tp_subclasses is a dictionary: the type's address to a weak reference. */
#define COMPAT_LISTS_SUBCLASSES (PY_VERSION_HEX < 0x030c0000)

/* Versions whose collector has the structure that internals.c looks for. */
#define COMPAT_KNOWN_GC (PY_VERSION_HEX < 0x030e0000)

/* Versions whose Py_FinalizeEx() was compared with what exit.c and observable.c assume of it. */
#define COMPAT_KNOWN_FINALIZATION (PY_VERSION_HEX < 0x030c0000)

/* Versions whose re and whose exec(), eval() and compile() were looked at. */
#define COMPAT_KNOWN_COMPILING (PY_VERSION_HEX < 0x030e0000)

/* compile() gives code the very file name that it got; later versions intern it. */
#define COMPAT_CODE_KEEPS_FILE_NAME (PY_VERSION_HEX < 0x030d0000)

/* Tools that sys.monitoring has, if it is there. */
#define COMPAT_MONITORING_TOOLS 6

/* Bytecode: opcode.h of these versions has what bytecode.c needs. */
#define COMPAT_KNOWN_BYTECODE (PY_VERSION_HEX < 0x030e0000)
#define COMPAT_HAS_PRECALL (PY_VERSION_HEX < 0x030c0000)
#define COMPAT_CALL_CACHES (PY_VERSION_HEX < 0x030c0000 ? 4 : 3)
#define COMPAT_LOAD_ATTR_SHIFT (PY_VERSION_HEX < 0x030c0000 ? 0 : 1)
#define COMPAT_NULL_BEHIND_CALLABLE (PY_VERSION_HEX >= 0x030d0000)
#if PY_VERSION_HEX >= 0x030c0000
#define COMPAT_CODE_NEW PyUnstable_Code_NewWithPosOnlyArgs
#else
#define COMPAT_CODE_NEW PyCode_NewWithPosOnlyArgs
#endif

/*
 * The image (importer/image/, importer/imager/) lays out, of this version,
 *  - Include/cpython/code.h: PyCodeObject,
 *  - Include/cpython/unicodeobject.h: PyASCIIObject, PyCompactUnicodeObject (compact strings only),
 *  - Include/cpython/tupleobject.h, bytesobject.h, longintrepr.h, floatobject.h, complexobject.h,
 *  - Include/internal/pycore_gc.h: PyGC_Head, two words before a tuple.
 * COMPAT_IMAGE_REVISION changes with what the builder makes of them.
 */
#define COMPAT_IMAGE_SUPPORTED (PY_VERSION_HEX < 0x030e0000)
#define COMPAT_IMAGE_REVISION 2

/*
 * Versions of code objects, counted from 1 on, by which specialized calls know functions. 3.13 does
 * not specialize calls of functions whose code has none; 3.12 numbers these functions by another
 * count, and so can take one for another. Images have a range of versions for themselves. 3.13 skips
 * it if told so; where the count is out of reach, the range is what comes last of the 2^32.
 */
#define COMPAT_HAS_CODE_VERSIONS (PY_VERSION_HEX >= 0x030c0000)
#define COMPAT_SKIPS_CODE_VERSIONS (PY_VERSION_HEX >= 0x030d0000)
#define COMPAT_IMAGE_VERSIONS_START (COMPAT_SKIPS_CODE_VERSIONS ? 0x01000000u : 0xff000000u)
#define COMPAT_IMAGE_VERSIONS_END (COMPAT_SKIPS_CODE_VERSIONS ? 0x02000000u : 0xffffffffu)

/* References that never run out. From 3.12 on such objects are immortal (PEP 683) ... */
#if PY_VERSION_HEX >= 0x030c0000
#define COMPAT_IMAGE_REFCNT ((Py_ssize_t)_Py_IMMORTAL_REFCNT)
#else
#define COMPAT_IMAGE_REFCNT ((Py_ssize_t)1 << 30)
#endif
/* ... but for strings, which PyUnicode_InternInPlace() treats as it does any others. */
#define COMPAT_IMAGE_STRING_REFCNT ((Py_ssize_t)1 << 30)

/* What lies between fields is what was in the memory before: zero it from `end` to the next pointer. */
static inline void compat_clear_gap(void *object, size_t end)
{
	memset((char *)object + end, 0, -end % sizeof(void *));
}

/* Take away what belongs to the process in which the string was made. */
static inline void compat_reset_text(PyObject *text, bool is_ascii)
{
	PyASCIIObject *const ascii = (PyASCIIObject *)text;
	const unsigned int kind = ascii->state.kind;

	compat_clear_gap(text, offsetof(PyASCIIObject, state) + sizeof(ascii->state));
	memset(&ascii->state, 0, sizeof(ascii->state)); /* its unused bits too */
	ascii->state.kind = kind & 7;
	ascii->state.compact = 1;
	ascii->state.ascii = is_ascii;
	ascii->hash = -1;
#if PY_VERSION_HEX < 0x030c0000
	ascii->state.ready = 1;
	ascii->wstr = NULL;
#endif
	if (!is_ascii) {
		PyCompactUnicodeObject *const compact = (PyCompactUnicodeObject *)text;
		compact->utf8 = NULL;
		compact->utf8_length = 0;
#if PY_VERSION_HEX < 0x030c0000
		/* Its type may be a number here, so no macro of Python that would look at it. */
		compact->wstr_length = ascii->state.kind == sizeof(wchar_t) ? ascii->length : 0;
#endif
	}
}

/*
 * Where a compact string has a pointer to its own characters, for these are wide characters of C;
 * 0 if it has none. Up to Python 3.11 each such string has one.
 */
static inline size_t compat_wide_pointer(PyObject *text)
{
#if PY_VERSION_HEX < 0x030c0000
	return PyUnicode_KIND(text) == sizeof(wchar_t) ? offsetof(PyASCIIObject, wstr) : 0;
#else
	(void)text;
	return 0;
#endif
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
/* The same for bytes ... */
static inline void compat_reset_bytes(PyObject *bytes)
{
	((PyBytesObject *)bytes)->ob_shash = -1;
}
#pragma GCC diagnostic pop

/* ... and for code that was never executed. */
static inline void compat_reset_code(PyCodeObject *code, uint32_t version)
{
	compat_clear_gap(code, offsetof(PyCodeObject, _co_firsttraceable) + sizeof(int));
	code->co_weakreflist = NULL;
	code->co_extra = NULL;
#if PY_VERSION_HEX >= 0x030c0000
	code->co_version = version;
	code->_co_cached = NULL;
	code->_co_instrumentation_version = 0;
	code->_co_monitoring = NULL;
#else
	(void)version;
	code->_co_code = NULL;
	code->_co_linearray = NULL;
	code->_co_linearray_entry_size = 0;
#endif
#if PY_VERSION_HEX >= 0x030d0000
	code->co_executors = NULL;
#endif
}

/* A number that changes when an attribute of the type, or of one of its bases, is set. */
static inline unsigned int compat_type_version(const PyTypeObject *type)
{
	return type->tp_version_tag;
}

/* A number that changes when the dictionary does, or 0 if there is none. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static inline uint64_t compat_dict_version(PyObject *dict)
{
#if PY_VERSION_HEX < 0x030e0000
	return ((PyDictObject *)dict)->ma_version_tag;
#else
	(void)dict;
	return 0;
#endif
}
#pragma GCC diagnostic pop

/* Whether sys.settrace() or sys.setprofile() is in force in this thread. */
static inline bool compat_is_traced(void)
{
	const PyThreadState *const thread = PyThreadState_Get();
	return thread->c_tracefunc != NULL || thread->c_profilefunc != NULL;
}

/* The exception that is set, taken out of the thread state while other Python code runs. */
struct compat_exception {
	PyObject *type, *value, *traceback; /* owned; all NULL if none was set */
};

#if PY_VERSION_HEX >= 0x030c0000
static inline struct compat_exception compat_take_exception(void)
{
	return (struct compat_exception){.value = PyErr_GetRaisedException()};
}

static inline void compat_restore_exception(struct compat_exception taken)
{
	PyErr_SetRaisedException(taken.value);
}
#else
static inline struct compat_exception compat_take_exception(void)
{
	struct compat_exception taken;
	PyErr_Fetch(&taken.type, &taken.value, &taken.traceback);
	return taken;
}

static inline void compat_restore_exception(struct compat_exception taken)
{
	PyErr_Restore(taken.type, taken.value, taken.traceback);
}
#endif

#endif
