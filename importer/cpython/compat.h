/* SPDX-License-Identifier: MIT */
/*
 * Everything that depends on the version of CPython: the header of each version has what differs, this
 * one what is common, and the only tests of PY_VERSION_HEX.
 * VERSIONS.md lists what the importer relies on beyond the documented API, and how it is checked.
 */
#ifndef IMPORTER_CPYTHON_COMPAT_H
#define IMPORTER_CPYTHON_COMPAT_H

/*
 * Weak, for the importer can get into a program that is no interpreter: one that starts the
 * interpreter, say, or that looks into others. It is to do nothing there, and not to keep the program
 * from starting because its symbols are not to be found.
 */
#define PyAPI_FUNC(TYPE) __attribute__((weak)) TYPE
#define PyAPI_DATA(TYPE) extern __attribute__((weak)) TYPE

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <marshal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef Py_GIL_DISABLED
#error "the importer does not know free-threaded builds"
#endif

/* configure has refused all others. */
#if PY_VERSION_HEX < 0x030b0000
#error "the importer needs CPython 3.11 or newer"
#elif PY_VERSION_HEX < 0x030c0000
#include "importer/cpython/v3_11.h"
#elif PY_VERSION_HEX < 0x030d0000
#include "importer/cpython/v3_12.h"
#elif PY_VERSION_HEX < 0x030e0000
#include "importer/cpython/v3_13.h"
#elif PY_VERSION_HEX < 0x030f0000
#include "importer/cpython/v3_14.h"
#elif PY_VERSION_HEX < 0x03100000
#include "importer/cpython/v3_15.h"
#else
#error "this version of CPython is not known yet: importer/cpython/VERSIONS.md"
#endif

/* The branch that this is compiled for, 0x30b for 3.11. */
#define COMPAT_BRANCH ((unsigned int)(PY_VERSION_HEX >> 16))

/*
 * What each version's header says. 1: it is so, 0: it is not, or this was not compared with the sources,
 * and the importer does without.
 *
 * KNOWN_IMPORTLIB       importlib does what the importer does in its place
 * KNOWN_SITE            site.addsitedir() takes nothing but *.pth from os.listdir()
 * KNOWN_METADATA        functions can be stood in for and given back while a module is imported
 * UNMARSHALS_FROZEN     _imp.get_frozen_object() unmarshals code in the way that frozen.c knows; 0 too where
 *                       the interpreter has it as objects
 * KNOWN_GC              the collector has the structure that internals.c looks for
 * KNOWN_FINALIZATION    Py_FinalizeEx() does what the exit scan assumes of it
 * KNOWN_COMPILING       re, exec(), eval() and compile() do what memos/ assume of them
 * KNOWN_BYTECODE        opcode.h has what bytecode.c needs
 * IMAGE_SUPPORTED       see below
 *
 * HAS_SET_VECTORCALL    PyFunction_SetVectorcall(), which the interpreter heeds
 * STATIC_TYPES()        what an interpreter has for each static type of Python's; not defined: the type has it
 * FRAME_IN_GENERATOR    PyGenObject, with the frame as a structure, is defined by internal headers
 * ATEXIT_HAS_LIST       PyInterpreterState.atexit.callbacks is a Python list
 * ATEXIT_HAS_C_FUNCTIONS it has functions of C code besides: PyUnstable_AtExit()
 * HAS_WATCHERS          C code can be told when dictionaries, types, functions and code change or go
 * HAS_REF_TRACER        and whatever object does: PyRefTracer_SetTracer()
 * FREED_TOOLS_GO_ON     a tool of sys.monitoring that was freed is called as before
 * IO_HAS_STATIC_TYPES   those of module _io are; later ones are made at its start, and immutable
 * TELLS_ERRORS_OF_CLOSING iobase_finalize() does, out of development mode too
 * HIDES_PSK_CALLBACKS   a context of module _ssl has them and does not show them to the collector; there are
 *                       WORDS_BEHIND_PSK_CALLBACKS
 * MAIN_INTERPRETER_CAN_GO finalization can do without _PyRuntime.interpreters.main
 * AUDIT_HOOKS_IN_C()    what _PyRuntime has of them; and EXIT_FUNCTIONS(): of how many of Py_AtExit()
 * THREAD_KEY()          by which C code finds the state of its thread
 * HAS_DICT_VERSIONS     dictionaries keep a number that changes when they do
 * KEEPS_GC_STATS        the collector's counters of its last runs are in a ring, the newest at its index
 * COPIES_META_PATH      _find_spec() walks a copy of sys.meta_path
 * WAITS_FOR_PARENT      _find_and_load_unlocked() imports a parent that is not complete once more
 * LOCKS_PARENTS         an import takes the locks of those of its parents that are not complete, too
 * IMPORTLIB_AUDITS      the audit event "import" is raised by _find_and_load_unlocked(), not by its caller in C
 * NOTES_LAZY_MODULES    _find_and_load_unlocked() ends with _imp._set_lazy_attributes()
 * SETS_DUNDER_CACHED    modules have __cached__, and making them computes their spec's `cached`
 * HAS_RAISED_EXCEPTION  the exception that is set is one object: PyErr_GetRaisedException()
 * REFERRERS_IN_ARRAY    gc.get_referrers() gets its arguments in an array
 * CODE_KEEPS_FILE_NAME  compile() gives code the very file name that it got; later versions intern it
 * COUNTS_STATIC_REFERENCES static objects count them like others; later ones are immortal (PEP 683)
 * KNOWS_STACK_BOUNDS    a thread state keeps the bounds of its thread's stack
 * CACHES_STACK_CHUNK    a thread state keeps the last chunk of its frames' stack that it gave up, from 3.14.4 on
 * CODE_HAS_IMMORTAL_NAMES unmarshalling makes the strings immortal that it interns: interning.h
 * FREES_IMMORTAL_STRINGS at its end the interpreter frees interned strings, whatever their references
 * HAS_WIDE_STRINGS      strings have a pointer to wide characters of C
 *
 * Bytecode: HAS_PRECALL, CALL_CACHES and RESUME_CACHES (cache entries of these), COUNTS_BEFORE_SPECIALIZING (in the
 * first of CALL), LOAD_ATTR_SHIFT (of the name's index), NULL_BEHIND_CALLABLE; CODE_NEW is the function
 * that makes code. A generator that waits tells how many handlers are around it by the argument of its
 * YIELD_VALUE (YIELD_TELLS_DEPTH), or of RESUME (RESUME_TELLS_DEPTH); before, it has none of its own accord.
 *
 * HAS_CODE_VERSIONS     code objects are numbered from 1 on, and specialized calls know functions by it.
 *                       3.13 does not specialize calls of functions whose code has no number; 3.12 numbers
 *                       these functions by another count, and so can take one for another.
 * SKIPS_CODE_VERSIONS   the count can be told to leave out the range that images have for themselves,
 *                       IMAGE_VERSIONS_START to _END; else this is what comes last of the 2^32
 */

/* Tools that sys.monitoring has, if it is there. */
#define COMPAT_MONITORING_TOOLS 6

/*
 * The image (importer/image/, importer/imager/) lays out, of this version,
 *  - Include/cpython/code.h: PyCodeObject,
 *  - Include/cpython/unicodeobject.h: PyASCIIObject, PyCompactUnicodeObject (compact strings only),
 *  - Include/cpython/tupleobject.h, bytesobject.h, longintrepr.h, floatobject.h, complexobject.h,
 *  - Include/internal/pycore_gc.h: PyGC_Head, two words before a tuple.
 * COMPAT_IMAGE_REVISION changes with what the builder makes of them.
 */
#define COMPAT_IMAGE_REVISION 2

/*
 * References that never run out. More of them would make objects immortal (PEP 683, from 3.12 on), which
 * programs can tell: sys.getrefcount() does not count, and constants are loaded by another instruction.
 */
#define COMPAT_IMAGE_REFCNT (1 << 30)

/* Nor flags of an immortal object, which 3.14 keeps in the same word. */
static inline void compat_set_many_references(PyObject *object)
{
	const int64_t references = COMPAT_IMAGE_REFCNT;

	_Static_assert(offsetof(PyObject, ob_type) == sizeof(references), "the first word");
	memcpy(object, &references, sizeof(references));
}

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
#if COMPAT_FREES_IMMORTAL_STRINGS
	ascii->state.statically_allocated =
		1; /* not to be freed: it is no block of the allocator's */
#endif
#if COMPAT_HAS_WIDE_STRINGS
	ascii->state.ready = 1;
	ascii->wstr = NULL;
#endif
	if (!is_ascii) {
		PyCompactUnicodeObject *const compact = (PyCompactUnicodeObject *)text;
		compact->utf8 = NULL;
		compact->utf8_length = 0;
#if COMPAT_HAS_WIDE_STRINGS
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
#if COMPAT_HAS_WIDE_STRINGS
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
	compat_reset_code_caches(code, version);
}

/* A number that changes when an attribute of the type, or of one of its bases, is set. */
static inline unsigned int compat_type_version(const PyTypeObject *type)
{
	return type->tp_version_tag;
}

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

#if COMPAT_HAS_RAISED_EXCEPTION
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

/*
 * PyDict_GetItemString() that says nothing if it fails, and leaves an exception that is set: from 3.13 on
 * that one prints what kept it from looking, as a lack of memory or a name that is not UTF-8
 * (Objects/dictobject.c). Borrowed; NULL if there is no such item, or it cannot be told.
 */
static inline PyObject *compat_dict_find(PyObject *dict, const char *name)
{
	const struct compat_exception taken = compat_take_exception();
	PyObject *const key = PyUnicode_FromString(name);
	PyObject *const found = key == NULL ? NULL : PyDict_GetItemWithError(dict, key);

	Py_XDECREF(key);
	PyErr_Clear();
	compat_restore_exception(taken);
	return found;
}

#endif
