/* SPDX-License-Identifier: MIT */
/*
 * CPython 3.12: what the importer has to know of this branch. Included by compat.h alone, which says what
 * the constants mean; VERSIONS.md says how they are found out.
 */
#ifndef IMPORTER_CPYTHON_V3_12_H
#define IMPORTER_CPYTHON_V3_12_H

#define COMPAT_KNOWN_IMPORTLIB 1
#define COMPAT_KNOWN_SITE 1
#define COMPAT_KNOWN_METADATA 1
#define COMPAT_UNMARSHALS_FROZEN 0
#define COMPAT_KNOWN_GC 1
#define COMPAT_KNOWN_FINALIZATION 1
#define COMPAT_KNOWN_COMPILING 1
#define COMPAT_KNOWN_BYTECODE 1
#define COMPAT_IMAGE_SUPPORTED 1

#define COMPAT_HAS_SET_VECTORCALL 1
#define COMPAT_STATIC_TYPES(INTERPRETER) ((INTERPRETER)->types.builtins)
#define COMPAT_HAS_DICT_VERSIONS 1
#define COMPAT_ATEXIT_HAS_LIST 0
#define COMPAT_KEEPS_GC_STATS 0
#define COMPAT_COPIES_META_PATH 0
#define COMPAT_WAITS_FOR_PARENT 0
#define COMPAT_LOCKS_PARENTS 0
#define COMPAT_IMPORTLIB_AUDITS 0
#define COMPAT_NOTES_LAZY_MODULES 0
#define COMPAT_SETS_DUNDER_CACHED 1
#define COMPAT_ATEXIT_HAS_C_FUNCTIONS 1
#define COMPAT_HAS_WATCHERS 1
#define COMPAT_HAS_REF_TRACER 0
#define COMPAT_FREED_TOOLS_GO_ON 1
#define COMPAT_IO_HAS_STATIC_TYPES 0
#define COMPAT_TELLS_ERRORS_OF_CLOSING 0
#define COMPAT_HIDES_PSK_CALLBACKS 0
#define COMPAT_MAIN_INTERPRETER_CAN_GO 0
#define COMPAT_AUDIT_HOOKS_IN_C(runtime) ((runtime)->audit_hooks.head)
#define COMPAT_EXIT_FUNCTIONS(runtime) ((runtime)->atexit.ncallbacks)
#define COMPAT_THREAD_KEY(runtime) (&(runtime)->autoTSSkey)
#define COMPAT_HAS_RAISED_EXCEPTION 1
#define COMPAT_REFERRERS_IN_ARRAY 0
#define COMPAT_CODE_KEEPS_FILE_NAME 1
#define COMPAT_COUNTS_STATIC_REFERENCES 0
#define COMPAT_KNOWS_STACK_BOUNDS 0
#define COMPAT_CACHES_STACK_CHUNK 0
#define COMPAT_CODE_HAS_IMMORTAL_NAMES 0
#define COMPAT_FREES_IMMORTAL_STRINGS 0
#define COMPAT_HAS_WIDE_STRINGS 0

#define COMPAT_HAS_PRECALL 0
#define COMPAT_CALL_CACHES 3
#define COMPAT_RESUME_CACHES 0
#define COMPAT_COUNTS_BEFORE_SPECIALIZING 1
#define COMPAT_LOAD_ATTR_SHIFT 1
#define COMPAT_NULL_BEHIND_CALLABLE 0
#define COMPAT_YIELD_TELLS_DEPTH 1
#define COMPAT_FRAME_IN_GENERATOR 0
#define COMPAT_RESUME_TELLS_DEPTH 0
#define COMPAT_CODE_NEW PyUnstable_Code_NewWithPosOnlyArgs

#define COMPAT_HAS_CODE_VERSIONS 1
#define COMPAT_SKIPS_CODE_VERSIONS 0
#define COMPAT_IMAGE_VERSIONS_START 0xff000000u
#define COMPAT_IMAGE_VERSIONS_END 0xffffffffu

/* Fields of code that its execution fills in, and the number by which specialized calls know it. */
static inline void compat_reset_code_caches(PyCodeObject *code, uint32_t version)
{
	code->co_version = version;
	code->_co_cached = NULL;
	code->_co_instrumentation_version = 0;
	code->_co_monitoring = NULL;
}

#endif
