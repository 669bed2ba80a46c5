/* SPDX-License-Identifier: MIT */
#include "importer/cpython/bytecode.h"

#include <opcode.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	UNIT_SIZE = 2, /* an instruction: opcode and argument */
	TRAMPOLINE_UNITS_MAX = 32,
	LOCATION_UNITS = 8, /* instructions that one entry of the line table covers at most */
	LOCATION_NO_COLUMNS = 13,
};

/* --- which line? */

/* From 3.12 on LOAD_ATTR loads methods, too. */
static bool loads_attribute(int opcode, uint32_t argument, uint32_t name)
{
#ifdef LOAD_METHOD
	if (opcode == LOAD_METHOD)
		return argument == name;
#endif
	return opcode == LOAD_ATTR && argument >> COMPAT_LOAD_ATTR_SHIFT == name;
}

/* Newer versions have instructions that load two, or that do without a reference. */
static bool loads_local(int opcode, uint32_t argument, uint32_t name)
{
	switch (opcode) {
#ifdef LOAD_FAST_BORROW
	case LOAD_FAST_BORROW:
#endif
	case LOAD_FAST:
		return argument == name;
#ifdef LOAD_FAST_BORROW_LOAD_FAST_BORROW
	case LOAD_FAST_BORROW_LOAD_FAST_BORROW:
#endif
#ifdef LOAD_FAST_LOAD_FAST
	case LOAD_FAST_LOAD_FAST:
		return argument >> 4 == name || (argument & 15) == name;
#endif
	default:
		return false;
	}
}

static bool loads(enum load load, int opcode, uint32_t argument, uint32_t name)
{
	switch (load) {
	case LOADS_GLOBAL:
		return opcode == LOAD_GLOBAL && argument >> 1 == name;
	case LOADS_ATTRIBUTE:
		return loads_attribute(opcode, argument, name);
	case LOADS_LOCAL:
		return loads_local(opcode, argument, name);
	}
	return false;
}

/* The index of the name in a tuple of names, or -1. */
static Py_ssize_t index_of(PyObject *names, const char *name)
{
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
		if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), name) == 0)
			return i;
	return -1;
}

static int scan(PyCodeObject *code, PyObject *bytes, enum load load, uint32_t name,
		enum occurrence which)
{
	const uint8_t *const units = (const uint8_t *)PyBytes_AS_STRING(bytes);
	uint32_t argument = 0;
	int last = code->co_firstlineno;

	for (Py_ssize_t at = 0; at + 1 < PyBytes_GET_SIZE(bytes); at += UNIT_SIZE) {
		argument = argument << 8 | units[at + 1];
		if (units[at] == EXTENDED_ARG)
			continue;
		if (loads(load, units[at], argument, name)) {
			const int line = PyCode_Addr2Line(code, (int)at);
			if (which == THE_FIRST)
				return line;
			if (line > last)
				last = line;
		}
		argument = 0;
	}
	return last;
}

int bytecode_find_line(PyCodeObject *code, enum load load, const char *name, enum occurrence which)
{
	PyObject *const names =
		load == LOADS_LOCAL ? PyCode_GetVarnames(code) : Py_NewRef(code->co_names);
	PyObject *const bytes = names == NULL ? NULL : PyCode_GetCode(code);
	int line = -1;

	if (bytes != NULL) {
		const Py_ssize_t index = index_of(names, name);
		line = index < 0 ? code->co_firstlineno
				 : scan(code, bytes, load, (uint32_t)index, which);
	}
	Py_XDECREF(names);
	Py_XDECREF(bytes);
	return line;
}

/* --- trampolines */

struct units {
	uint8_t bytes[TRAMPOLINE_UNITS_MAX * UNIT_SIZE];
	int count;
};

static void emit(struct units *units, int opcode, int argument)
{
	uint8_t *const unit = &units->bytes[(size_t)units->count * UNIT_SIZE];

	unit[0] = (uint8_t)opcode;
	unit[1] = (uint8_t)argument;
	units->count++;
}

static void emit_caches(struct units *units, int count)
{
	for (int i = 0; i < count; i++)
		emit(units, CACHE, 0);
}

/* co_consts is (None, callee) or (None,), the arguments are the locals. */
static void assemble(struct units *units, bool has_callee, int count)
{
	emit(units, RESUME, 0);
	emit_caches(units, COMPAT_RESUME_CACHES);
	if (!COMPAT_NULL_BEHIND_CALLABLE)
		emit(units, PUSH_NULL, 0);
	emit(units, has_callee ? LOAD_CONST : LOAD_FAST, has_callee ? 1 : 0);
	if (COMPAT_NULL_BEHIND_CALLABLE)
		emit(units, PUSH_NULL, 0);
	for (int i = has_callee ? 0 : 1; i < count; i++)
		emit(units, LOAD_FAST, i);
	count -= has_callee ? 0 : 1;
#if COMPAT_HAS_PRECALL
	emit(units, PRECALL, count);
	emit_caches(units, 1);
#endif
	emit(units, CALL, count);
	emit_caches(units, COMPAT_CALL_CACHES);
	emit(units, RETURN_VALUE, 0);
}

/* The line table: see Objects/locations.md in CPython. Entries without columns. */
static PyObject *new_line_table(int unit_count, int line_delta)
{
	uint8_t table[TRAMPOLINE_UNITS_MAX * 8];
	Py_ssize_t size = 0;
	uint32_t rest =
		line_delta < 0 ? ((uint32_t)-line_delta << 1) | 1 : (uint32_t)line_delta << 1;

	for (int left = unit_count; left > 0; left -= LOCATION_UNITS) {
		const int covered = left < LOCATION_UNITS ? left : LOCATION_UNITS;
		table[size++] = (uint8_t)(0x80 | LOCATION_NO_COLUMNS << 3 | (covered - 1));
		for (; rest >= 64; rest >>= 6)
			table[size++] = (uint8_t)(0x40 | (rest & 63));
		table[size++] = (uint8_t)rest;
		rest = 0;
	}
	return PyBytes_FromStringAndSize((const char *)table, size);
}

/* What the code object is made of; owned. */
struct parts {
	PyObject *code, *consts, *locals, *lines, *nothing, *no_exceptions;
};

static int make_parts(struct parts *parts, PyCodeObject *model, int line, PyObject *callee,
		      int count)
{
	struct units units = {.count = 0};
	PyObject *const all = Py_BuildValue("(ssss)", "f", "a", "b", "c");

	assemble(&units, callee != NULL, count);
	*parts = (struct parts){
		.code = PyBytes_FromStringAndSize((const char *)units.bytes,
						  (Py_ssize_t)units.count * UNIT_SIZE),
		.consts = callee == NULL ? PyTuple_Pack(1, Py_None)
					 : PyTuple_Pack(2, Py_None, callee),
		.locals = all == NULL ? NULL : PyTuple_GetSlice(all, 0, count),
		.lines = new_line_table(units.count, line - model->co_firstlineno),
		.nothing = PyTuple_New(0),
		.no_exceptions = PyBytes_FromStringAndSize(NULL, 0),
	};
	Py_XDECREF(all);
	return parts->code == NULL || parts->consts == NULL || parts->locals == NULL ||
			       parts->lines == NULL || parts->nothing == NULL ||
			       parts->no_exceptions == NULL
		       ? -1
		       : 0;
}

static void release_parts(struct parts *parts)
{
	Py_XDECREF(parts->code);
	Py_XDECREF(parts->consts);
	Py_XDECREF(parts->locals);
	Py_XDECREF(parts->lines);
	Py_XDECREF(parts->nothing);
	Py_XDECREF(parts->no_exceptions);
}

PyObject *bytecode_new_trampoline(PyCodeObject *model, int line, PyObject *callee, int count)
{
	struct parts parts;
	PyCodeObject *trampoline = NULL;

	if (make_parts(&parts, model, line, callee, count) == 0)
		trampoline = COMPAT_CODE_NEW(
			count, 0, 0, count, count + 2, CO_OPTIMIZED | CO_NEWLOCALS, parts.code,
			parts.consts, parts.nothing, parts.locals, parts.nothing, parts.nothing,
			model->co_filename, model->co_name, model->co_qualname,
			model->co_firstlineno, parts.lines, parts.no_exceptions);
	release_parts(&parts);
	return (PyObject *)trampoline;
}

/* --- how often until it is specialized? */

/*
 * Up to 3.11 code is specialized when it has run eight times. From 3.12 on the first cache entry of an
 * instruction counts down in its upper 12 bits (Include/internal/pycore_code.h, pycore_backoff.h).
 */
#if COMPAT_COUNTS_BEFORE_SPECIALIZING
void bytecode_hold_call(PyFrameObject *frame)
{
	enum { COUNT_BITS = 0xfff0 };
	PyCodeObject *const code = PyFrame_GetCode(frame);
	const int at = PyFrame_GetLasti(frame); /* in bytes */
	char *const instruction = code->co_code_adaptive + at;
	uint16_t counter;

	if (at >= 0 && at + UNIT_SIZE < Py_SIZE(code) * UNIT_SIZE &&
	    (uint8_t)*instruction == CALL) {
		memcpy(&counter, instruction + UNIT_SIZE, sizeof(counter));
		counter |= COUNT_BITS;
		memcpy(instruction + UNIT_SIZE, &counter, sizeof(counter));
	}
	Py_DECREF(code);
}
#else
void bytecode_hold_call(PyFrameObject *frame)
{
	(void)frame;
}
#endif
