/* SPDX-License-Identifier: MIT */
#include "importer/cpython/dry_run.h"

#include "importer/cpython/attributes.h"
#include "importer/cpython/plain_dict.h"

#if COMPAT_KNOWN_BYTECODE

#include <opcode.h>

enum {
	UNIT_SIZE = 2, /* an instruction: opcode and argument */
	STACK_MAX = 16,
	LOCALS_MAX = 8,
	CALLS_MAX = 4,
};

/* Objects are borrowed: nothing is destroyed meanwhile. NULL is what a call has beside its function. */
struct frame {
	PyFunctionObject *function;
	PyObject *stack[STACK_MAX];
	PyObject *locals[LOCALS_MAX];
	int height;
	PyObject *result; /* set by the instruction that returns */
	const uint8_t *next, *end;
	struct calls *calls;
};

/* What the functions have in common that call each other. */
struct calls {
	unsigned int depth;
	bool use_builtins, handle_errors;
};

static PyObject *call(struct calls *calls, PyObject *function, PyObject *const *arguments,
		      int count);

/* --- the stack */

static bool push(struct frame *frame, PyObject *object)
{
	if (frame->height == STACK_MAX)
		return false;
	frame->stack[frame->height++] = object;
	return true;
}

static PyObject *pop(struct frame *frame)
{
	return frame->height == 0 ? NULL : frame->stack[--frame->height];
}

static bool push_call(struct frame *frame, PyObject *callable)
{
	return push(frame, COMPAT_NULL_BEHIND_CALLABLE ? callable : NULL) &&
	       push(frame, COMPAT_NULL_BEHIND_CALLABLE ? NULL : callable);
}

/* --- what objects are */

/* Whether the object is true: 1 or 0, or -1 if that may change, or runs code. */
static int truth(PyObject *object)
{
	PyTypeObject *const type = object == NULL ? NULL : Py_TYPE(object);
	static PyTypeObject *const constant[] = {&PyLong_Type, &PyUnicode_Type, &PyBytes_Type,
						 &PyFloat_Type, &PyTuple_Type};

	if (type == NULL)
		return -1;
	if (object == Py_True || object == Py_False || object == Py_None)
		return object == Py_True;
	for (size_t i = 0; i < sizeof(constant) / sizeof(*constant); i++)
		if (type == constant[i])
			return PyObject_IsTrue(object);
	if ((type->tp_as_number != NULL && type->tp_as_number->nb_bool != NULL) ||
	    (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL) ||
	    (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL))
		return -1;
	return 1;
}

static PyObject *boolean(bool value)
{
	return value ? Py_True : Py_False;
}

/* The attribute's value; NULL if it is a method, missing or not known, which *found tells. */
static PyObject *read_attribute(const struct frame *frame, PyObject *object, PyObject *name,
				enum attribute *found)
{
	PyObject *value;

	*found = object == NULL ? ATTRIBUTE_UNKNOWN : attributes_find(object, name, &value);
	if (*found == ATTRIBUTE_VALUE)
		return value;
	return *found == ATTRIBUTE_PROPERTY ? call(frame->calls, value, &object, 1) : NULL;
}

/* --- instructions */

static PyObject *name_at(const struct frame *frame, uint32_t index)
{
	PyObject *const names = ((PyCodeObject *)frame->function->func_code)->co_names;

	return index < (size_t)PyTuple_GET_SIZE(names) ? PyTuple_GET_ITEM(names, index) : NULL;
}

static bool load_local(struct frame *frame, uint32_t index)
{
	return index < LOCALS_MAX && frame->locals[index] != NULL &&
	       push(frame, frame->locals[index]);
}

static bool load_constant(struct frame *frame, uint32_t index)
{
	PyObject *const constants = ((PyCodeObject *)frame->function->func_code)->co_consts;

	return index < (size_t)PyTuple_GET_SIZE(constants) &&
	       push(frame, PyTuple_GET_ITEM(constants, index));
}

static bool load_attribute(struct frame *frame, uint32_t index)
{
	PyObject *const name = name_at(frame, index), *const object = pop(frame);
	enum attribute found;
	PyObject *const value = name == NULL ? NULL : read_attribute(frame, object, name, &found);

	return value != NULL && push(frame, value);
}

/* Of a method the function and the object are pushed, of a static method the function alone, to be called. */
static bool load_method(struct frame *frame, uint32_t index)
{
	PyObject *const name = name_at(frame, index), *const object = pop(frame);
	PyObject *function = NULL;
	const enum attribute found = name == NULL || object == NULL
					     ? ATTRIBUTE_UNKNOWN
					     : attributes_find(object, name, &function);

	if (found == ATTRIBUTE_FUNCTION)
		return push_call(frame, function);
	return found == ATTRIBUTE_METHOD && push(frame, function) && push(frame, object);
}

/*
 * The built-in functions hasattr() and getattr(), which finalization puts back if they were replaced. A
 * dictionary of a derived class may have an answer of its own to a name that it does not have.
 */
static bool load_builtin(struct frame *frame, uint32_t argument)
{
	PyObject *const name = name_at(frame, argument >> 1);
	PyObject *const globals = frame->function->func_globals;
	PyObject *const builtins = PyEval_GetBuiltins();
	PyObject *value;

	if (name == NULL || (argument & 1) == 0 || builtins == NULL ||
	    frame->function->func_builtins != builtins || !plain_dict_is(globals) ||
	    !plain_dict_is(builtins) || PyDict_Contains(globals, name) != 0)
		return false;
	value = PyDict_GetItemWithError(builtins, name);
	if (value == NULL || !PyCFunction_CheckExact(value))
		return false;
	frame->calls->use_builtins = true;
	return push_call(frame, value);
}

/* hasattr(object, name) or getattr(object, name, default) */
static PyObject *call_builtin(const struct frame *frame, PyCFunctionObject *function,
			      PyObject *const *arguments, int count)
{
	const char *const name = function->m_ml->ml_name;
	const bool is_has = strcmp(name, "hasattr") == 0 && count == 2;
	const bool is_get = strcmp(name, "getattr") == 0 && count == 3;
	PyObject *const module = function->m_self;
	enum attribute found;
	PyObject *value;

	if (module == NULL || !PyModule_CheckExact(module) ||
	    PyModule_GetDict(module) != PyEval_GetBuiltins() || (!is_has && !is_get))
		return NULL;
	value = read_attribute(frame, arguments[0], arguments[1], &found);
	if (found == ATTRIBUTE_MISSING)
		return is_has ? Py_False : arguments[2];
	if (is_has && (found == ATTRIBUTE_METHOD || found == ATTRIBUTE_FUNCTION || value != NULL))
		return Py_True;
	return value;
}

static bool call_function(struct frame *frame, uint32_t count)
{
	PyObject *arguments[LOCALS_MAX], *callable, *first, *result = NULL;
	int used = 0;

	if (count >= LOCALS_MAX || frame->height < (int)count + 2)
		return false;
	frame->height -= (int)count + 2;
	callable = frame->stack[frame->height];
	first = frame->stack[frame->height + 1];
	if (callable == NULL) {
		callable = first;
		first = NULL;
	}
	if (first != NULL)
		arguments[used++] = first;
	for (uint32_t i = 0; i < count; i++)
		arguments[used++] = frame->stack[frame->height + 2 + (int)i];
	if (callable != NULL && PyCFunction_CheckExact(callable))
		result = call_builtin(frame, (PyCFunctionObject *)callable, arguments, used);
	else if (callable != NULL && PyFunction_Check(callable))
		result = call(frame->calls, callable, arguments, used);
	return result != NULL && push(frame, result);
}

/* --- jumps, which lead forward only, so that there is an end */

static void skip_caches(struct frame *frame)
{
	while (frame->next < frame->end && *frame->next == CACHE)
		frame->next += UNIT_SIZE;
}

static bool jump(struct frame *frame, uint32_t distance)
{
	skip_caches(frame);
	if (distance >= (size_t)(frame->end - frame->next) / UNIT_SIZE)
		return false;
	frame->next += (size_t)distance * UNIT_SIZE;
	return true;
}

static bool jump_if(struct frame *frame, int condition, uint32_t distance)
{
	return condition >= 0 && (condition == 0 || jump(frame, distance));
}

static bool jump_if_is(struct frame *frame, bool wanted, uint32_t distance)
{
	const int is = truth(pop(frame));

	return jump_if(frame, is < 0 ? -1 : (is != 0) == wanted, distance);
}

static bool jump_if_none(struct frame *frame, bool wanted, uint32_t distance)
{
	PyObject *const object = pop(frame);

	return jump_if(frame, object == NULL ? -1 : (object == Py_None) == wanted, distance);
}

static bool negate(struct frame *frame)
{
	const int is = truth(pop(frame));

	return is >= 0 && push(frame, boolean(is == 0));
}

static bool compare_identity(struct frame *frame, uint32_t inverted)
{
	PyObject *const right = pop(frame), *const left = pop(frame);

	return left != NULL && right != NULL &&
	       push(frame, boolean((left == right) != (inverted != 0)));
}

static bool finish(struct frame *frame, PyObject *result)
{
	frame->result = result;
	return result != NULL;
}

/* Those that all versions have. Each name of a jump is that of some versions. */
static bool do_jump(struct frame *frame, int opcode, uint32_t argument)
{
	switch (opcode) {
	case JUMP_FORWARD:
		return jump(frame, argument);
#ifdef POP_JUMP_FORWARD_IF_NONE
	case POP_JUMP_FORWARD_IF_FALSE:
	case POP_JUMP_FORWARD_IF_TRUE:
		return jump_if_is(frame, opcode == POP_JUMP_FORWARD_IF_TRUE, argument);
	case POP_JUMP_FORWARD_IF_NONE:
	case POP_JUMP_FORWARD_IF_NOT_NONE:
		return jump_if_none(frame, opcode == POP_JUMP_FORWARD_IF_NONE, argument);
#endif
#ifdef POP_JUMP_IF_NONE
	case POP_JUMP_IF_FALSE:
	case POP_JUMP_IF_TRUE:
		return jump_if_is(frame, opcode == POP_JUMP_IF_TRUE, argument);
	case POP_JUMP_IF_NONE:
	case POP_JUMP_IF_NOT_NONE:
		return jump_if_none(frame, opcode == POP_JUMP_IF_NONE, argument);
#endif
	default:
		return false;
	}
}

static bool do_call(struct frame *frame, int opcode, uint32_t argument)
{
	switch (opcode) {
	case LOAD_GLOBAL:
		return load_builtin(frame, argument);
#ifdef LOAD_METHOD
	case LOAD_METHOD:
		return load_method(frame, argument);
#endif
	case LOAD_ATTR:
		if (COMPAT_LOAD_ATTR_SHIFT != 0 && (argument & 1) != 0)
			return load_method(frame, argument >> COMPAT_LOAD_ATTR_SHIFT);
		return load_attribute(frame, argument >> COMPAT_LOAD_ATTR_SHIFT);
	case CALL:
		return call_function(frame, argument);
	default:
		return do_jump(frame, opcode, argument);
	}
}

/* False if the instruction is not known, or could be noticed. */
static bool do_instruction(struct frame *frame, int opcode, uint32_t argument)
{
	switch (opcode) {
	case CACHE:
	case RESUME:
	case NOP:
#ifdef PRECALL
	case PRECALL:
#endif
#ifdef NOT_TAKEN
	case NOT_TAKEN:
#endif
		return true;
	case LOAD_FAST:
#ifdef LOAD_FAST_BORROW
	case LOAD_FAST_BORROW:
#endif
		return load_local(frame, argument);
	case LOAD_CONST:
		return load_constant(frame, argument);
	case POP_TOP:
		return pop(frame) != NULL;
	case IS_OP:
		return compare_identity(frame, argument);
	case UNARY_NOT:
		return negate(frame);
#ifdef TO_BOOL
	case TO_BOOL:
		return negate(frame) && negate(frame);
#endif
	case RETURN_VALUE:
		return finish(frame, pop(frame));
#ifdef RETURN_CONST
	case RETURN_CONST:
		return load_constant(frame, argument) && finish(frame, pop(frame));
#endif
	default:
		return do_call(frame, opcode, argument);
	}
}

/* --- functions */

static bool is_plain(const PyCodeObject *code)
{
	const int wanted = CO_OPTIMIZED | CO_NEWLOCALS;
	const int unwanted = CO_VARARGS | CO_VARKEYWORDS | CO_GENERATOR | CO_COROUTINE |
			     CO_ASYNC_GENERATOR | CO_ITERABLE_COROUTINE;

	return (code->co_flags & (wanted | unwanted)) == wanted && code->co_kwonlyargcount == 0 &&
	       code->co_argcount <= LOCALS_MAX;
}

/* The arguments, and the defaults of those that are not there. */
static bool fill_locals(struct frame *frame, PyObject *const *arguments, int count)
{
	const PyCodeObject *const code = (PyCodeObject *)frame->function->func_code;
	PyObject *const defaults = frame->function->func_defaults;
	const int size = defaults == NULL ? 0 : (int)PyTuple_GET_SIZE(defaults);

	if (!is_plain(code) || count > code->co_argcount || count < code->co_argcount - size)
		return false;
	for (int i = 0; i < code->co_argcount; i++)
		frame->locals[i] =
			i < count ? arguments[i]
				  : PyTuple_GET_ITEM(defaults, i - (code->co_argcount - size));
	return true;
}

/* What the function returns; NULL if that is not known or something could be noticed. */
static PyObject *run(struct frame *frame)
{
	uint32_t argument = 0;

	while (frame->result == NULL && frame->next < frame->end) {
		const int opcode = frame->next[0];
		argument = argument << 8 | frame->next[1];
		frame->next += UNIT_SIZE;
		if (opcode == EXTENDED_ARG)
			continue;
		if (!do_instruction(frame, opcode, argument))
			return NULL;
		argument = 0;
	}
	return frame->result;
}

static PyObject *call(struct calls *calls, PyObject *function, PyObject *const *arguments,
		      int count)
{
	struct frame frame = {.function = (PyFunctionObject *)function, .calls = calls};
	PyObject *code, *result;

	if (calls->depth == CALLS_MAX || !fill_locals(&frame, arguments, count))
		return NULL;
	const PyCodeObject *const model = (PyCodeObject *)frame.function->func_code;
	code = PyCode_GetCode((PyCodeObject *)frame.function->func_code);
	if (code == NULL) {
		PyErr_Clear();
		return NULL;
	}
	calls->handle_errors |= PyBytes_GET_SIZE(model->co_exceptiontable) != 0;
	calls->depth++;
	frame.next = (const uint8_t *)PyBytes_AS_STRING(code);
	frame.end = frame.next + PyBytes_GET_SIZE(code);
	result = run(&frame);
	calls->depth--;
	Py_DECREF(code);
	return result;
}

/*
 * At the very end of finalization built-in functions are gone. The error that calling them gives then is
 * shown to nobody, since sys.stderr went before, but a handler might do something about it.
 */
bool dry_run_does_nothing(PyObject *function, PyObject *self)
{
	struct calls calls = {.depth = 0};

	return PyFunction_Check(function) && call(&calls, function, &self, 1) != NULL &&
	       !(calls.use_builtins && calls.handle_errors);
}

bool dry_run_is_true(PyObject *object, PyObject *name)
{
	struct calls calls = {.depth = 0};
	const struct frame frame = {.calls = &calls};
	enum attribute found;
	PyObject *const value = read_attribute(&frame, object, name, &found);

	return value != NULL && truth(value) == 1 && !(calls.use_builtins && calls.handle_errors);
}

#else

bool dry_run_does_nothing(PyObject *function, PyObject *self)
{
	(void)function;
	(void)self;
	return false;
}

bool dry_run_is_true(PyObject *object, PyObject *name)
{
	(void)object;
	(void)name;
	return false;
}

#endif
