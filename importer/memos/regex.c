/* SPDX-License-Identifier: MIT */
#include "importer/memos/regex.h"

#include "importer/bundle/memo.h"
#include "importer/cpython/identifiers.h"
#include "importer/cpython/importlib.h"
#include "importer/cpython/intercept.h"
#include "importer/find/load.h"
#include "importer/policy.h"
#include "importer/session.h"

static struct regexes {
	struct pyb_memo_view memo;
	struct intercepted compile;
	PyObject *sre_compile; /* _sre.compile; owned */
	struct watch watch;    /* the modules that decide what the code is */
	bool strings_only;     /* compiling a pattern of bytes has an effect besides */
} regexes;

/* --- from what the bundle holds to the arguments of _sre.compile() */

static PyObject *new_code(const struct pyb_regex_view *view)
{
	const Py_ssize_t count = (Py_ssize_t)view->regex->code_count;
	PyObject *const code = PyList_New(count);

	for (Py_ssize_t i = 0; code != NULL && i < count; i++) {
		PyObject *const word = PyLong_FromUnsignedLong(view->code[i]);
		if (word == NULL) {
			Py_DECREF(code);
			return NULL;
		}
		PyList_SET_ITEM(code, i, word);
	}
	return code;
}

/* A tuple of names by the number of their groups. */
static PyObject *new_index_group(const struct pyb_regex_view *view)
{
	const Py_ssize_t count = (Py_ssize_t)view->regex->groups + 1;
	PyObject *const names = PyTuple_New(count);

	for (Py_ssize_t i = 0; names != NULL && i < count; i++)
		PyTuple_SET_ITEM(names, i, Py_NewRef(Py_None));
	return names;
}

static int add_name(PyObject *group_index, PyObject *index_group, uint32_t group, const char *text,
		    size_t size)
{
	PyObject *const name = PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, NULL);
	PyObject *const number = PyLong_FromUnsignedLong(group);
	int result = -1;

	if (name != NULL && number != NULL)
		result = PyDict_SetItem(group_index, name, number);
	Py_XDECREF(number);
	if (result != 0) {
		Py_XDECREF(name);
		return -1;
	}
	Py_DECREF(PyTuple_GET_ITEM(index_group, group));
	PyTuple_SET_ITEM(index_group, group, name);
	return 0;
}

static int add_names(const struct pyb_regex_view *view, PyObject *group_index,
		     PyObject *index_group)
{
	const char *text = view->texts;

	for (uint32_t i = 0; i < view->regex->name_count; i++) {
		const struct pyb_regex_name *const name = &view->names[i];
		if (add_name(group_index, index_group, name->group, text, name->size) != 0)
			return -1;
		text += name->size;
	}
	return 0;
}

static PyObject *new_pattern(const struct pyb_regex_view *view, PyObject *pattern)
{
	PyObject *const flags = PyLong_FromUnsignedLong(view->regex->flags);
	PyObject *const code = new_code(view);
	PyObject *const groups = PyLong_FromUnsignedLong(view->regex->groups);
	PyObject *const group_index = PyDict_New();
	PyObject *const index_group = new_index_group(view);
	PyObject *const arguments[] = {pattern, flags, code, groups, group_index, index_group};
	PyObject *compiled = NULL;

	if (flags != NULL && code != NULL && groups != NULL && group_index != NULL &&
	    index_group != NULL && add_names(view, group_index, index_group) == 0)
		compiled = PyObject_Vectorcall(regexes.sre_compile, arguments, 6, NULL);
	Py_XDECREF(flags);
	Py_XDECREF(code);
	Py_XDECREF(groups);
	Py_XDECREF(group_index);
	Py_XDECREF(index_group);
	return compiled;
}

/* --- re._compiler.compile(p, flags=0) */

/* Whether the pattern and the flags are of the kinds that a key is made of. */
static bool make_key(PyObject *pattern, PyObject *flags, struct pyb_memo_key *key)
{
	unsigned long bits = 0;
	unsigned int unit = 0;

	*key = (struct pyb_memo_key){0};
	if (flags != NULL) {
		if (!PyLong_CheckExact(flags))
			return false;
		bits = PyLong_AsUnsignedLong(flags);
		if (bits > UINT32_MAX) {
			PyErr_Clear();
			return false;
		}
	}
	if (PyUnicode_CheckExact(pattern) && PyUnicode_READY(pattern) == 0) {
		unit = PyUnicode_KIND(pattern);
		key->text.data = PyUnicode_DATA(pattern);
		key->text.size = (size_t)PyUnicode_GET_LENGTH(pattern) * unit;
	} else if (PyBytes_CheckExact(pattern)) {
		key->text.data = (const uint8_t *)PyBytes_AS_STRING(pattern);
		key->text.size = (size_t)PyBytes_GET_SIZE(pattern);
	} else {
		return false;
	}
	key->qualifier = PYB_REGEX_QUALIFIER(unit, bits);
	return true;
}

/* The pattern object, or NULL without an exception if it is to be compiled. */
static PyObject *serve(PyObject *pattern, PyObject *flags)
{
	struct pyb_memo_key key;
	struct pyb_bytes value;
	struct pyb_regex_view view;
	struct pyb_error error = {0};

	if ((regexes.strings_only && PyBytes_Check(pattern)) || !make_key(pattern, flags, &key) ||
	    !memo_find(&regexes.memo, &key, &value))
		return NULL;
	if (pyb_regex_open(&value, &view, &error) != PYB_OK) {
		memo_abandon(&regexes.memo, error.text);
		return NULL;
	}
	PyObject *const compiled = new_pattern(&view, pattern);
	if (compiled == NULL) {
		/* The caller compiles the pattern then, which raises what is wrong with it, if anything. */
		PyErr_Clear();
		return NULL;
	}
	session.stats.regexes++;
	return compiled;
}

static PyObject *compile(PyObject *function, PyObject *const *args, size_t count,
			 PyObject *keywords)
{
	const Py_ssize_t given = PyVectorcall_NARGS(count);

	(void)function;
	if (regexes.memo.memo != NULL && keywords == NULL && (given == 1 || given == 2) &&
	    intercept_applies(&regexes.compile) && watch_is_pristine(&regexes.watch)) {
		PyObject *const compiled = serve(args[0], given == 2 ? args[1] : NULL);
		if (compiled != NULL)
			return compiled;
	}
	return intercept_pass(&regexes.compile, args, count, keywords);
}

/* --- beginning */

/* The modules that turn a pattern into code, each with the last name that its body sets. */
static const struct part {
	const char *module, *last;
} parts[] = {
	{"re._compiler", "compile"},
	{"re._parser", "parse_template"},
	{"re._constants", "SRE_INFO_CHARSET"},
	{"re._casefix", "_EXTRA_CASES"},
};

enum { PART_COUNT = sizeof(parts) / sizeof(*parts) };

/* A module whose body was executed, which a lazy loader may do long after its import; or NULL. */
static PyObject *complete_part(const struct part *part)
{
	PyObject *const module = compat_dict_find(PyImport_GetModuleDict(), part->module);

	if (module == NULL || !PyModule_CheckExact(module) ||
	    compat_dict_find(PyModule_GetDict(module), part->last) == NULL)
		return NULL;
	return module;
}

static bool is_same_kind(PyObject *sre, uint32_t tag)
{
	PyObject *const magic = PyObject_GetAttrString(sre, "MAGIC");
	PyObject *const size = PyObject_GetAttrString(sre, "CODESIZE");
	const bool same = magic != NULL && size != NULL && PyLong_AsUnsignedLong(magic) == tag &&
			  PyLong_AsUnsignedLong(size) == sizeof(uint32_t);

	Py_XDECREF(magic);
	Py_XDECREF(size);
	return same;
}

/* Returns 0, or -1, perhaps with an exception set. */
static int watch_parts(PyObject *const *modules, PyObject *sre)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (!load_is_unchanged(modules[i], parts[i].module) ||
		    watch_module(&regexes.watch, modules[i]) != 0)
			return -1;
	return watch_module(&regexes.watch, sre);
}

/* Returns 0, or -1, perhaps with an exception set. */
static int begin(PyObject *const *modules, PyObject *sre)
{
	PyObject *function;
	int result;

	if (!is_same_kind(sre, regexes.memo.memo->tag) || watch_parts(modules, sre) != 0)
		return -1;
	regexes.sre_compile = PyObject_GetAttrString(sre, "compile");
	function = PyObject_GetAttrString(modules[0], parts[0].last);
	result = regexes.sre_compile == NULL || function == NULL
			 ? -1
			 : intercept(&regexes.compile, function, compile);
	Py_XDECREF(function);
	return result;
}

/* Begin when all is there, and never if it is not what the bundle was made with. */
static void try_to_begin(void)
{
	PyObject *const sre = compat_dict_find(PyImport_GetModuleDict(), "_sre");
	PyObject *modules[PART_COUNT];

	for (int i = 0; i < PART_COUNT; i++) {
		modules[i] = complete_part(&parts[i]);
		if (modules[i] == NULL)
			return;
	}
	if (sre == NULL || begin(modules, sre) != 0)
		regexes.memo = (struct pyb_memo_view){0};
}

/* In developer mode, decoding looks up its codec first, and so imports the codec's module. */
static bool is_developer_mode(void)
{
	PyObject *const flags = compat_dict_find(stock_importlib.sys_dict, "flags");
	PyObject *const mode = flags == NULL ? NULL : PyObject_GetAttrString(flags, "dev_mode");
	const bool is_on = mode == NULL || PyObject_IsTrue(mode) != 0;

	Py_XDECREF(mode);
	PyErr_Clear();
	return is_on;
}

void regex_init(void)
{
	regexes.strings_only = is_developer_mode();
	/* Modules that were imported earlier may already be patched. */
	if (COMPAT_KNOWN_COMPILING && policy_is_on(PYB_POLICY_REGEXES) &&
	    PyDict_Contains(PyImport_GetModuleDict(), identifiers.re_compiler) == 0)
		memo_open(&regexes.memo, PYB_SECTION_REGEXES);
}

void regex_notice_import(void)
{
	if (regexes.memo.memo == NULL || regexes.compile.function != NULL ||
	    PyDict_Contains(PyImport_GetModuleDict(), identifiers.re_compiler) != 1)
		return;
	try_to_begin();
	PyErr_Clear();
}
