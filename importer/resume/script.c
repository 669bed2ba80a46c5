/* SPDX-License-Identifier: MIT */
#include "importer/resume/script.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "importer/cpython/compat.h"
#include "importer/find/folder.h"
#include "lib/trace_mark.h"

static struct {
	PyObject *file; /* its path, as the snapshot is made with it; owned */
	char *folder;   /* on sys.path; owned */
	Py_ssize_t before;
	char *names; /* a space between them; owned */
	size_t size; /* without the NUL */
	uint32_t count;
} script;

static PyObject *modules(void)
{
	PyObject *const dict = PyImport_GetModuleDict();

	return dict != NULL && PyDict_CheckExact(dict) ? dict : NULL;
}

/* Looking for it is no question of the start's: first_imports.c has it as well. */
static char *find_folder(const char *path)
{
	prctl(TRACE_MARK, TRACE_MARK_BODY + TRACE_BODY_PATH);
	char *const found = realpath(path, NULL);
	prctl(TRACE_MARK, TRACE_MARK_BODY);
	return found == NULL ? NULL : dirname(found);
}

void script_begin(const char *path)
{
	script.file = PyUnicode_DecodeFSDefault(path);
	script.folder = find_folder(path);
	seen_folders.asked = script.folder;
	const PyObject *const dict = modules();
	script.before = dict == NULL ? 0 : PyDict_GET_SIZE(dict);
	PyErr_Clear();
}

static bool append(const char *name)
{
	const size_t length = strlen(name);
	char *const grown = realloc(script.names, script.size + length + 2);

	if (grown == NULL)
		return false;
	script.names = grown;
	if (script.size > 0)
		grown[script.size++] = ' ';
	memcpy(grown + script.size, name, length + 1);
	script.size += length;
	script.count++;
	return true;
}

/* It keeps the order in which modules have come. */
void script_end(void)
{
	PyObject *const dict = modules();
	PyObject *key, *module;
	Py_ssize_t at = 0;

	seen_folders.asked = NULL;
	for (Py_ssize_t i = 0; dict != NULL && PyDict_Next(dict, &at, &key, &module); i++) {
		const char *const name =
			i < script.before || !PyUnicode_Check(key) ? NULL : PyUnicode_AsUTF8(key);
		if (name != NULL && !append(name))
			break;
	}
	PyErr_Clear();
}

bool script_describe(struct snapshot *snapshot)
{
	const size_t before = snapshot->strings_size, more = script.size + 1;

	if (script.count == 0)
		return true;
	char *const strings = more > UINT32_MAX - before ? NULL : malloc(before + more);
	if (strings == NULL)
		return false;
	memcpy(strings, snapshot->strings, before);
	memcpy(strings + before, script.names, more);
	snapshot->strings = strings;
	snapshot->strings_size = (uint32_t)(before + more);
	snapshot->modules = (uint32_t)before;
	snapshot->module_count = script.count;
	return true;
}

uint32_t script_module_count(void)
{
	return script.count;
}

void script_resume(const struct command_line *line)
{
	PyObject *const finders = PySys_GetObject("path_importer_cache");

	if (script.file == NULL || finders == NULL || !PyDict_CheckExact(finders) ||
	    line->kind != COMMAND_FILE || strncmp(line->program, "./", 2) != 0)
		return;
	if (PyDict_Contains(finders, script.file) == 1)
		(void)PyDict_DelItem(finders, script.file);
	PyErr_Clear();
}
