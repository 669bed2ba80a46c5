/* SPDX-License-Identifier: MIT */
#include "importer/launcher/entry_point.h"

#include <string.h>

#include "importer/launcher/places.h"
#include "lib/call_stub.h"
#include "lib/names.h"
#include "lib/optimize.h"

/* What is beyond ASCII was checked when the bundle was made. */
static bool is_letter(char byte)
{
	return pyb_is_letter((unsigned char)byte) || (unsigned char)byte >= 0x80;
}

static bool is_digit(char byte)
{
	return pyb_is_digit((unsigned char)byte);
}

/* Dotted identifiers. Python checks the rest; nothing but a name can get into the stub. */
static bool is_name(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const bool first = i == 0 || name[i - 1] == '.';
		if (!is_letter(name[i]) && (first || !(is_digit(name[i]) || name[i] == '.')))
			return false;
	}
	return length > 0 && name[length - 1] != '.';
}

/* What `python3 -m` takes: names that import statements cannot have, such as my-tool, too. */
static bool is_module(const char *name)
{
	if (name[0] == '-' || name[0] == '.' || name[0] == '\0')
		return false;
	for (size_t i = 0; name[i] != '\0'; i++)
		if (!is_letter(name[i]) && !is_digit(name[i]) && name[i] != '.' && name[i] != '-')
			return false;
	return true;
}

static size_t length_up_to(const char *text, char end)
{
	size_t length = 0;

	while (text[length] != '\0' && text[length] != end)
		length++;
	return length;
}

/* The program that calls module:function, as the script of an entry point does. */
static bool build_stub(struct entry *entry, const char *module, size_t module_length,
		       const char *function)
{
	struct text stub;

	text_begin(&stub, entry->stub, sizeof(entry->stub));
	text_add(&stub, PYB_CALL_STUB "from ");
	text_add_bytes(&stub, module, module_length);
	text_add(&stub, " import ");
	text_add_bytes(&stub, function, length_up_to(function, '.'));
	text_add(&stub, "\nraise SystemExit(");
	text_add(&stub, function);
	text_add(&stub, "())\n");
	return !stub.cut;
}

static bool build_folder(struct entry *entry, const char *bundle)
{
	struct text folder;

	text_begin(&folder, entry->folder, sizeof(entry->folder));
	places_add_folder(&folder, bundle);
	if (folder.length == 0)
		text_add(&folder, ".");
	return !folder.cut;
}

static void add(struct entry *entry, const char *argument)
{
	entry->arguments[entry->count++] = argument;
}

bool entry_build(struct entry *entry, const char *specification, const char *bundle,
		 const char *launched)
{
	const size_t module_length = length_up_to(specification, ':');

	entry->count = 0;
	if (specification[0] == '/') {
		add(entry, specification);
		return true;
	}
	if (specification[module_length] == '\0') {
		add(entry, "-m");
		add(entry, specification);
		return is_module(specification);
	}
	if (!is_name(specification, module_length))
		return false;
	const char *const function = specification + module_length + 1;
	if (!is_name(function, strlen(function)) ||
	    !build_stub(entry, specification, module_length, function) ||
	    !build_folder(entry, bundle))
		return false;
	add(entry, "-c");
	add(entry, entry->stub);
	add(entry, entry->folder);
	add(entry, launched);
	return true;
}

void entry_optimize(struct entry *entry, unsigned int level)
{
	const char *const option = pyb_optimize_option(level);

	if (option == NULL)
		return;
	for (size_t i = entry->count++; i > 0; i--)
		entry->arguments[i] = entry->arguments[i - 1];
	entry->arguments[0] = option;
}
