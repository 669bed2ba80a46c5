/* SPDX-License-Identifier: MIT */
#include "importer/find/left.h"

#include <string.h>

#include "importer/session.h"

static const char more[] = " ...";

/* A module can have any name. */
static void append_printable(char *text, const char *name, size_t length)
{
	memcpy(text, name, length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '\x7f')
			text[i] = '?';
	text[length] = '\0';
}

/* Add to names with spaces between them, or say once that there are more. */
static void append(char names[static LEFT_NAMES_SIZE], const char *name)
{
	const size_t used = strlen(names), length = strlen(name);
	const bool is_full = used >= strlen(more) && strcmp(names + used - strlen(more), more) == 0;

	if (is_full)
		return;
	if (length >= LEFT_NAMES_SIZE - used - sizeof(more)) {
		memcpy(names + used, more, sizeof(more));
		return;
	}
	names[used] = ' ';
	append_printable(names + used + 1, name, length);
}

/* Encoded here, for a string would keep what it is asked for, and could be seen to have grown. */
static void note_name(enum fallthrough reason, PyObject *name)
{
	const struct compat_exception taken = compat_take_exception();
	PyObject *const bytes = PyUnicode_AsEncodedString(name, "utf-8", "backslashreplace");
	append(session.stats.left_names[reason], bytes != NULL ? PyBytes_AS_STRING(bytes) : "?");
	Py_XDECREF(bytes);
	PyErr_Clear();
	compat_restore_exception(taken);
}

void left_note(enum fallthrough reason, PyObject *name)
{
	session.stats.fallthroughs[reason]++;
	if (session.print_stats && session.verbose)
		note_name(reason, name);
}

/* A start asks for some 20 names, each of which is compared with 80, so that it pays to be quick. */
static bool is_built_in(PyObject *name)
{
	const char *const text = PyUnicode_IS_ASCII(name) ? PyUnicode_DATA(name) : "";

	for (const struct _inittab *entry = PyImport_Inittab; entry->name != NULL; entry++)
		if (entry->name[0] == text[0] && strcmp(entry->name, text) == 0)
			return strlen(text) == (size_t)PyUnicode_GET_LENGTH(name);
	return false;
}

void left_note_unknown(PyObject *name)
{
	left_note(is_built_in(name) ? FALLTHROUGH_BUILT_IN : FALLTHROUGH_NOT_BUNDLED, name);
}
