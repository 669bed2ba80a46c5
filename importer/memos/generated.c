/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/memos/generated.h"

#include <string.h>

#include "importer/bundle/memo.h"
#include "importer/cpython/importlib.h"
#include "importer/policy.h"
#include "importer/session.h"

static struct generated {
	struct pyb_memo_view memo;
	const PyMethodDef *stock[GENERATOR_COUNT]; /* what the three were made from */
	PyMethodDef ours[GENERATOR_COUNT];         /* the same, but for the function */
	bool has_syntax_types;                     /* those of module _ast are made */
} generated;

enum { ARGUMENTS_MAX = 6 };

/* --- stock */

typedef PyObject *(*with_keywords)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
typedef PyObject *(*without_keywords)(PyObject *, PyObject *const *, Py_ssize_t);

static PyObject *pass(enum generator which, PyObject *self, PyObject *const *args, Py_ssize_t count,
		      PyObject *keywords)
{
	const PyMethodDef *const stock = generated.stock[which];
	void (*const function)(void) = (void (*)(void))stock->ml_meth;

	if ((stock->ml_flags & METH_KEYWORDS) != 0)
		return ((with_keywords)function)(self, args, count, keywords);
	return ((without_keywords)function)(self, args, count);
}

/* --- the code of a source */

/* The file name may be one that the program has; stock code refers to that very string. */
static void set_file_name(PyObject *object, PyObject *name)
{
	PyCodeObject *const code = (PyCodeObject *)object;

	Py_INCREF(name);
	Py_SETREF(code->co_filename, name);
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++)
		if (PyCode_Check(PyTuple_GET_ITEM(code->co_consts, i)))
			set_file_name(PyTuple_GET_ITEM(code->co_consts, i), name);
}

/* A new code object, or NULL without an exception. */
static PyObject *load(const struct pyb_memo_key *key, PyObject *name)
{
	struct pyb_bytes value;

	if (!memo_find(&generated.memo, key, &value))
		return NULL;
	PyObject *const code =
		PyMarshal_ReadObjectFromString((const char *)value.data, (Py_ssize_t)value.size);
	if (code == NULL || !PyCode_Check(code)) {
		const bool is_short = code == NULL && PyErr_ExceptionMatches(PyExc_MemoryError);

		PyErr_Clear();
		Py_XDECREF(code);
		if (!is_short)
			memo_abandon(&generated.memo, "generated code does not load");
		return NULL;
	}
	if (name != NULL && COMPAT_CODE_KEEPS_FILE_NAME)
		set_file_name(code, name);
	session.stats.generated++;
	return code;
}

/* The flags that the caller's code passes on to what it compiles. */
static unsigned int inherited_flags(void)
{
	PyCompilerFlags flags = {.cf_flags = 0, .cf_feature_version = PY_MINOR_VERSION};

	(void)PyEval_MergeCompilerFlags(&flags);
	return (unsigned int)flags.cf_flags & PyCF_MASK;
}

/* The text of a source, as stock gets it. False, without an exception, if there is none. */
static bool get_text(PyObject *source, struct pyb_bytes *text)
{
	Py_ssize_t size;

	if (!PyUnicode_CheckExact(source))
		return false;
	text->data = (const uint8_t *)PyUnicode_AsUTF8AndSize(source, &size);
	if (text->data == NULL) {
		PyErr_Clear();
		return false;
	}
	text->size = (size_t)size;
	return true;
}

/*
 * Whether there is a memo to look in. Unmarshalling raises an audit event that compiling does not, so
 * programs that would hear of it compile.
 */
static bool is_served(void)
{
	return generated.memo.memo != NULL && !internals_is_audited();
}

/* Compiling raises an audit event, of which hooks that were added in C hear. */
static PyObject *announce(PyObject *code, const struct pyb_memo_key *key, PyObject *name)
{
	if (code == NULL || PySys_Audit("compile", "yO", key->text.data, name) == 0)
		return code;
	Py_DECREF(code);
	return NULL;
}

/* --- exec() and eval() */

static const char string_name[] = "<string>";

/* Whether the arguments behind the source are such that stock gets as far as to compile it. */
static bool are_names_right(PyObject *const *args, Py_ssize_t count)
{
	return count >= 1 && count <= 3 &&
	       (count < 2 || args[1] == Py_None || PyDict_Check(args[1])) &&
	       (count < 3 || args[2] == Py_None || PyMapping_Check(args[2]));
}

static bool make_string_key(PyObject *source, enum pyb_source_mode mode, struct pyb_memo_key *key)
{
	*key = (struct pyb_memo_key){
		.name = {.data = (const uint8_t *)string_name, .size = strlen(string_name)}};
	if (!get_text(source, &key->text))
		return false;
	/* An expression may be indented. */
	while (mode == PYB_SOURCE_EVAL && key->text.size > 0 &&
	       (key->text.data[0] == ' ' || key->text.data[0] == '\t')) {
		key->text.data++;
		key->text.size--;
	}
	key->qualifier = PYB_GENERATED_QUALIFIER(mode, inherited_flags());
	return true;
}

/* The code for the first argument; NULL, perhaps with an exception. */
static PyObject *code_for_string(PyObject *const *args, Py_ssize_t count, PyObject *keywords,
				 enum pyb_source_mode mode)
{
	struct pyb_memo_key key;
	PyObject *name, *code;

	if (!is_served() || keywords != NULL || !are_names_right(args, count) ||
	    !make_string_key(args[0], mode, &key))
		return NULL;
	code = load(&key, NULL);
	if (code == NULL)
		return NULL;
	name = ((PyCodeObject *)code)->co_filename;
	return announce(code, &key, name);
}

__attribute__((noinline)) static PyObject *execute(enum generator which, PyObject *self,
						   PyObject *const *args, Py_ssize_t count,
						   PyObject *keywords)
{
	const enum pyb_source_mode mode =
		which == GENERATOR_EXEC ? PYB_SOURCE_EXEC : PYB_SOURCE_EVAL;
	PyObject *const code = code_for_string(args, count, keywords, mode);
	PyObject *with_code[3] = {code};

	if (code == NULL)
		return PyErr_Occurred() ? NULL : pass(which, self, args, count, keywords);
	for (Py_ssize_t i = 1; i < count; i++)
		with_code[i] = args[i];
	PyObject *const result = pass(which, self, with_code, count, NULL);
	Py_DECREF(code);
	return result;
}

/* Modules are executed on top of one another: their code goes straight on, without a frame of ours. */
static bool is_code(PyObject *const *args, Py_ssize_t count)
{
	return count > 0 && PyCode_Check(args[0]);
}

static PyObject *our_exec(PyObject *self, PyObject *const *args, Py_ssize_t count,
			  PyObject *keywords)
{
	if (is_code(args, count))
		return pass(GENERATOR_EXEC, self, args, count, keywords);
	return execute(GENERATOR_EXEC, self, args, count, keywords);
}

static PyObject *our_eval(PyObject *self, PyObject *const *args, Py_ssize_t count,
			  PyObject *keywords)
{
	if (is_code(args, count))
		return pass(GENERATOR_EVAL, self, args, count, keywords);
	return execute(GENERATOR_EVAL, self, args, count, keywords);
}

/* --- compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1) */

static bool get_mode(PyObject *mode, uint32_t *number)
{
	static const char *const words[] = {
		[PYB_SOURCE_EXEC] = "exec",
		[PYB_SOURCE_EVAL] = "eval",
		[PYB_SOURCE_SINGLE] = "single",
	};

	if (!PyUnicode_CheckExact(mode))
		return false;
	for (*number = 0; *number < sizeof(words) / sizeof(*words); (*number)++)
		if (PyUnicode_CompareWithASCIIString(mode, words[*number]) == 0)
			return true;
	return false;
}

/* The flags that the source is compiled with. False if they are not those of a mere module. */
static bool get_flags(PyObject *const *args, Py_ssize_t count, uint32_t *flags)
{
	long given = 0, optimize = -1;
	bool inherit = true;

	if (count > 3 && PyLong_CheckExact(args[3]))
		given = PyLong_AsLong(args[3]);
	if (count > 4)
		inherit = args[4] == Py_False;
	if (count > 5 && PyLong_CheckExact(args[5]))
		optimize = PyLong_AsLong(args[5]);
	if (PyErr_Occurred()) {
		PyErr_Clear();
		return false;
	}
	*flags = (uint32_t)given | (inherit ? inherited_flags() : 0);
	return (given & ~(long)PyCF_MASK) == 0 && optimize == -1;
}

static bool are_kinds_right(PyObject *const *args, Py_ssize_t count)
{
	return count >= 3 && count <= ARGUMENTS_MAX && PyUnicode_CheckExact(args[1]) &&
	       PyUnicode_IS_READY(args[1]) && PyUnicode_IS_ASCII(args[1]) &&
	       (count < 4 || PyLong_CheckExact(args[3])) && (count < 5 || PyBool_Check(args[4])) &&
	       (count < 6 || PyLong_CheckExact(args[5]));
}

/*
 * compile() asks of what it is given whether that is a tree, and the first time makes the types of trees
 * for it, as one sees by the subclasses of `object`. So ask of what it takes for nothing at all. False with
 * an exception set if they are not made.
 */
static bool make_syntax_types(PyObject *self, PyObject *const *args)
{
	PyObject *const question[] = {Py_None, args[1], args[2]};

	if (generated.has_syntax_types)
		return true;
	Py_XDECREF(pass(GENERATOR_COMPILE, self, question, 3, NULL));
	if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError))
		return false;
	PyErr_Clear();
	generated.has_syntax_types = true;
	return true;
}

static PyObject *code_for_file(PyObject *self, PyObject *const *args, Py_ssize_t count,
			       PyObject *keywords)
{
	struct pyb_memo_key key = {0};
	uint32_t mode, flags;

	if (!is_served() || keywords != NULL || !are_kinds_right(args, count) ||
	    !get_mode(args[2], &mode) || !get_flags(args, count, &flags) ||
	    !get_text(args[0], &key.text) || !make_syntax_types(self, args))
		return NULL;
	key.name.data = PyUnicode_DATA(args[1]);
	key.name.size = (size_t)PyUnicode_GET_LENGTH(args[1]);
	key.qualifier = PYB_GENERATED_QUALIFIER(mode, flags);
	return announce(load(&key, args[1]), &key, args[1]);
}

static PyObject *our_compile(PyObject *self, PyObject *const *args, Py_ssize_t count,
			     PyObject *keywords)
{
	PyObject *const code = code_for_file(self, args, count, keywords);

	if (code != NULL || PyErr_Occurred())
		return code;
	return pass(GENERATOR_COMPILE, self, args, count, keywords);
}

/* For those that take no arguments by keyword. */
static PyObject *our_plain_eval(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
	return our_eval(self, args, count, NULL);
}

/* --- beginning */

static PyCFunction our_function(enum generator which, int flags)
{
	static const with_keywords functions[GENERATOR_COUNT] = {our_exec, our_eval, our_compile};

	if (flags == (METH_FASTCALL | METH_KEYWORDS))
		return (PyCFunction)(void (*)(void))functions[which];
	if (flags == METH_FASTCALL && which == GENERATOR_EVAL)
		return (PyCFunction)(void (*)(void))our_plain_eval;
	return NULL;
}

static void stand_in(enum generator which, const char *name)
{
	PyObject *const object = compat_dict_find(stock_importlib.builtins, name);
	PyCFunctionObject *const function = (PyCFunctionObject *)object;

	if (object == NULL || !PyCFunction_CheckExact(object))
		return;
	const PyCFunction ours = our_function(which, function->m_ml->ml_flags);
	if (ours == NULL)
		return;
	generated.stock[which] = function->m_ml;
	generated.ours[which] = *function->m_ml;
	generated.ours[which].ml_meth = ours;
	function->m_ml = &generated.ours[which];
}

void generated_init(void)
{
	/* A built-in function hashes by what it calls, and a program may have it in a set already. */
	if (!COMPAT_KNOWN_COMPILING || !policy_is_on(PYB_POLICY_GENERATED) || Py_IsInitialized())
		return;
	memo_open(&generated.memo, PYB_SECTION_GENERATED);
	if (generated.memo.memo == NULL)
		return;
	stand_in(GENERATOR_EXEC, "exec");
	stand_in(GENERATOR_EVAL, "eval");
	stand_in(GENERATOR_COMPILE, "compile");
}
