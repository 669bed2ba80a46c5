/* SPDX-License-Identifier: MIT */
/*
 * The command line: the configuration that Py_RunMain() reads, sys.argv and sys.orig_argv, which are lists
 * that somebody may have kept, and Py_GetArgcArgv(). As Python/initconfig.c has it: config_update_argv(),
 * config_run_filename_abspath(), and Python/fileutils.c: _Py_abspath().
 */
#include "importer/cpython/configuration.h"
#include "importer/resume/renew.h"

#include <unistd.h>
#include <wchar.h>

static struct {
	PyConfig *configuration;
	PyWideStringList *arguments; /* of Py_GetArgcArgv() */
	PyObject *argv, *orig_argv;  /* the lists in sys */
} kept;

static PyObject *keep_list(const char *name)
{
	PyObject *const list = PySys_GetObject(name);

	return list != NULL && PyList_CheckExact(list) ? Py_NewRef(list) : NULL;
}

static const char *prepare(void)
{
	kept.configuration = configuration_of_interpreter();
	kept.arguments = configuration_find_arguments();
	kept.argv = keep_list("argv");
	kept.orig_argv = keep_list("orig_argv");
	if (kept.configuration == NULL || kept.arguments == NULL)
		return "this interpreter does not tell where its command line is";
	if (kept.argv == NULL || kept.orig_argv == NULL)
		return "sys.argv is not as Python makes it";
	return NULL;
}

/* --- wide strings, as the configuration has them: of the raw allocator */

static wchar_t *decode(const char *text)
{
	wchar_t *const wide = Py_DecodeLocale(text, NULL);

	if (wide == NULL)
		PyErr_NoMemory();
	return wide;
}

static wchar_t *join(const wchar_t *start, const wchar_t *between, const wchar_t *end)
{
	const size_t size = wcslen(start) + wcslen(between) + wcslen(end) + 1;
	wchar_t *const joined = PyMem_RawMalloc(size * sizeof(*joined));

	if (joined == NULL) {
		PyErr_NoMemory();
		return NULL;
	}
	wcscpy(joined, start);
	wcscat(joined, between);
	wcscat(joined, end);
	return joined;
}

/* The working folder, or NULL without an exception: it may be gone, and its name as long as it likes. */
static wchar_t *find_working_folder(void)
{
	char *const folder = getcwd(NULL, 0);
	wchar_t *const wide = folder == NULL ? NULL : Py_DecodeLocale(folder, NULL);

	free(folder);
	return wide;
}

static wchar_t *make_absolute(wchar_t *path)
{
	wchar_t *const folder = path[0] == L'/' ? NULL : find_working_folder();

	if (folder == NULL)
		return path;
	wchar_t *const absolute =
		wcscmp(path, L".") == 0 ? join(folder, L"", L"") : join(folder, L"/", path);
	PyMem_RawFree(folder);
	PyMem_RawFree(path);
	return absolute;
}

/* --- lists of them */

static void clear(PyWideStringList *list)
{
	for (Py_ssize_t i = 0; i < list->length; i++)
		PyMem_RawFree(list->items[i]);
	PyMem_RawFree(list->items);
	*list = (PyWideStringList){0};
}

static bool append(PyWideStringList *list, const wchar_t *text)
{
	if (!PyStatus_Exception(PyWideStringList_Append(list, text)))
		return true;
	PyErr_NoMemory();
	return false;
}

static bool append_all(PyWideStringList *list, char *const *arguments)
{
	bool is_done = true;

	for (; *arguments != NULL && is_done; arguments++) {
		wchar_t *const wide = decode(*arguments);
		is_done = wide != NULL && append(list, wide);
		PyMem_RawFree(wide);
	}
	return is_done;
}

static bool fill(PyWideStringList *list, char *const *arguments)
{
	clear(list);
	return append_all(list, arguments);
}

/* Put the strings into a list of Python's, in the place of what is in it, and let go of it. */
static bool show(PyObject **list, const PyWideStringList *strings)
{
	PyObject *const items = PyList_New(strings->length);
	bool is_done = items != NULL;

	for (Py_ssize_t i = 0; i < strings->length && is_done; i++) {
		PyObject *const item = PyUnicode_FromWideChar(strings->items[i], -1);
		is_done = item != NULL;
		if (is_done)
			PyList_SET_ITEM(items, i, item);
	}
	if (is_done)
		configuration_exchange_items(*list, items);
	Py_XDECREF(items);
	Py_CLEAR(*list);
	return is_done;
}

/* --- what is run, and with what */

static bool choose_program(PyConfig *configuration, const struct command_line *line)
{
	if (line->kind == COMMAND_STDIN)
		return true;
	wchar_t *const program = decode(line->program);
	if (program == NULL)
		return false;
	if (line->kind == COMMAND_FILE) {
		configuration->run_filename = make_absolute(program);
		return configuration->run_filename != NULL;
	}
	if (line->kind == COMMAND_MODULE) {
		configuration->run_module = program;
		return true;
	}
	configuration->run_command = join(program, L"\n", L"");
	PyMem_RawFree(program);
	return configuration->run_command != NULL;
}

/* What becomes sys.argv: it begins with the program, or what stands for it. */
static bool fill_arguments(PyWideStringList *list, const struct renew_from *from)
{
	char *const *const arguments = from->stack->argv + from->line.first;

	clear(list);
	switch (from->line.kind) {
	case COMMAND_TEXT:
		return append(list, L"-c") && append_all(list, arguments + 1);
	case COMMAND_MODULE:
		return append(list, L"-m") && append_all(list, arguments + 1);
	case COMMAND_STDIN:
		if (*arguments == NULL)
			return append(list, L"");
		break;
	case COMMAND_FILE:
		break;
	}
	return append_all(list, arguments);
}

static bool renew(const struct renew_from *from)
{
	PyConfig *const configuration = kept.configuration;
	char *const *const all = from->stack->argv;

	return choose_program(configuration, &from->line) &&
	       fill_arguments(&configuration->argv, from) && fill(&configuration->orig_argv, all) &&
	       fill(kept.arguments, all) && show(&kept.argv, &configuration->argv) &&
	       show(&kept.orig_argv, &configuration->orig_argv);
}

const struct renewal renew_arguments = {"command line", prepare, renew, NULL};
