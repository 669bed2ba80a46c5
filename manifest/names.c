/* SPDX-License-Identifier: MIT */
/* What may be the name of a module, a pattern for such names, a function or a bundle. */
#include "manifest/internal.h"

#include <string.h>

#include "lib/names.h"
#include "lib/utf8.h"

bool manifest_has_wildcard(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/*
 * Characters beyond ASCII that no identifier has and that are easily overlooked in a text: control
 * and format characters, spaces, signs of Latin-1, private use, specials. What else an identifier
 * may consist of depends on the version of Unicode of the interpreter, which knows better.
 */
static bool is_foreign_letter(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} refused[] = {
		{0x80, 0xa9},        {0xab, 0xb4},     {0xb6, 0xb6},     {0xb8, 0xb9},
		{0xbb, 0xbf},        {0xd7, 0xd7},     {0xf7, 0xf7},     {0x1680, 0x1680},
		{0x2000, 0x200b},    {0x200e, 0x203e}, {0x2041, 0x2053}, {0x2055, 0x2070},
		{0x3000, 0x3004},    {0xe000, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xffff},
		{0xf0000, 0x10ffff},
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (code >= refused[i].first && code <= refused[i].last)
			return false;
	return true;
}

/* What is wrong with a character inside a component, or NULL. */
static const char *character_fault(uint32_t code, bool wildcards)
{
	if (pyb_is_letter(code) || pyb_is_digit(code) || code == '-')
		return NULL;
	if (wildcards && (code == '*' || code == '?'))
		return NULL;
	if (code == '/' || code == '\\')
		return "a module is written with dots, not slashes";
	if (wildcards && (code == '[' || code == ']' || code == '{' || code == '}' || code == '!'))
		return "only '*' and '?' are wildcards";
	if (code == ' ' || code == '\t' || code == '\n')
		return "it has white space in it";
	if (code == ':')
		return "it has a colon in it";
	if (code < 0x80 || !is_foreign_letter(code))
		return "only letters, digits, '_' and '-' may stand between its dots";
	return NULL;
}

static const char *component_fault(const char *text, size_t size, bool wildcards)
{
	if (size == 0)
		return "there is nothing before, behind or between its dots";
	if (text[0] == '-')
		return "no part of it may begin with '-'";
	for (size_t at = 0; at < size;) {
		uint32_t code = 0;
		const size_t length = pyb_utf8_decode(text + at, size - at, &code);
		if (length == 0)
			return "it is not UTF-8";
		const char *fault = character_fault(code, wildcards);
		if (fault != NULL)
			return fault;
		at += length;
	}
	const bool is_any_depth = size == 2 && memcmp(text, "**", 2) == 0;
	if (wildcards && !is_any_depth && memmem(text, size, "**", 2) != NULL)
		return "'**' must stand alone between dots";
	return NULL;
}

/* Components with dots between them. */
static const char *dotted_fault(const char *text, bool wildcards)
{
	if (*text == '\0')
		return "it is empty";
	if (strnlen(text, MANIFEST_MAX_MODULE_NAME + 1) > MANIFEST_MAX_MODULE_NAME)
		return "it is longer than 1023 bytes";
	for (;;) {
		const size_t size = strcspn(text, ".");
		const char *fault = component_fault(text, size, wildcards);
		if (fault != NULL)
			return fault;
		if (text[size] == '\0')
			return NULL;
		text += size + 1;
	}
}

_Static_assert(MANIFEST_MAX_MODULE_NAME == 1023, "messages say so");

/* Parts of a module name may begin with a digit (Django's migrations do), but not all of them. */
static const char *number_fault(const char *text)
{
	return text[strspn(text, "0123456789._")] == '\0' && pyb_is_digit((unsigned char)text[0])
		       ? "it is a number"
		       : NULL;
}

const char *manifest_module_name_fault(const char *text)
{
	const char *fault = dotted_fault(text, false);
	return fault != NULL ? fault : number_fault(text);
}

const char *manifest_pattern_fault(const char *text)
{
	return dotted_fault(text, true);
}

const char *manifest_function_fault(const char *text)
{
	const char *fault = dotted_fault(text, false);
	if (fault != NULL)
		return fault;
	if (strchr(text, '-') != NULL)
		return "a function's name has no '-'";
	for (const char *part = text; part != NULL; part = strchr(part, '.')) {
		part += *part == '.';
		if (pyb_is_digit((unsigned char)*part))
			return "no part of a function's name begins with a digit";
	}
	return NULL;
}

const char *manifest_bundle_name_fault(const char *text)
{
	if (*text == '\0')
		return "it is empty";
	if (strnlen(text, MANIFEST_MAX_NAME + 1) > MANIFEST_MAX_NAME)
		return "it is longer than 200 bytes";
	if (*text == '.' || *text == '-')
		return "it may not begin with '.' or '-'";
	for (; *text != '\0'; text++) {
		const unsigned char byte = (unsigned char)*text;
		if (!pyb_is_letter(byte) && !pyb_is_digit(byte) && byte != '.' && byte != '-')
			return "only ASCII letters, digits, '.', '_' and '-' are allowed";
	}
	return NULL;
}

const char *manifest_variable_name_fault(const char *text)
{
	if (*text == '\0')
		return "it is empty";
	if (strnlen(text, MANIFEST_MAX_NAME + 1) > MANIFEST_MAX_NAME)
		return "it is longer than 200 bytes";
	if (strncmp(text, "PYSTART_", strlen("PYSTART_")) == 0)
		return "what begins with 'PYSTART_' is told to each start anew";
	if (strcmp(text, "PYTHONHASHSEED") == 0)
		return "a snapshot has a seed of its own, and is not used where one is given";
	for (; *text != '\0'; text++) {
		const unsigned char byte = (unsigned char)*text;
		if (byte == '=')
			return "the value is taken from the environment; write the name alone";
		if (byte <= 0x20 || byte == 0x7f)
			return "it has a blank or a control character in it";
		if (byte == '*' || byte == '?')
			return "there are no patterns here";
	}
	return NULL;
}

_Static_assert(MANIFEST_MAX_NAME == 200, "messages say so");

bool manifest_is_module_name(const char *text)
{
	return manifest_module_name_fault(text) == NULL;
}

bool manifest_is_pattern(const char *text)
{
	return manifest_has_wildcard(text) && manifest_pattern_fault(text) == NULL;
}

bool manifest_is_bundle_name(const char *text)
{
	return manifest_bundle_name_fault(text) == NULL;
}
