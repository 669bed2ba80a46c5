/* SPDX-License-Identifier: MIT */
#include "lib/interpreters.h"

#include "config.h"

#include <string.h>

#include "lib/python_version.h"

/* What configure has found: strings, one behind the other, for pointers would have to be relocated. */
static const char table[] = INTERPRETERS;

static bool is_same(const char *one, const char *other)
{
	const size_t size = strlen(one) + 1;

	return size == strlen(other) + 1 && memcmp(one, other, size) == 0;
}

static const char *after(const char *text)
{
	return text + strlen(text) + 1;
}

bool pyb_interpreters_next(struct pyb_interpreter *interpreter)
{
	const char *const next = interpreter->name == NULL ? table : after(interpreter->soabi);

	if (next >= table + sizeof(table) - 1)
		return false;
	interpreter->name = next;
	interpreter->path = after(interpreter->name);
	interpreter->version = after(interpreter->path);
	interpreter->soabi = after(interpreter->version);
	return true;
}

bool pyb_interpreters_find(const struct pyb_fingerprint *fingerprint, struct pyb_interpreter *found)
{
	char version[PYB_PYTHON_VERSION_SIZE];
	struct pyb_interpreter one = {0};

	*found = (struct pyb_interpreter){.name = ""};
	pyb_python_version_write(version, fingerprint->version);
	while (pyb_interpreters_next(&one)) {
		if (!is_same(one.soabi, fingerprint->soabi))
			continue;
		if (found->path == NULL || is_same(one.version, version))
			*found = one;
	}
	return found->path != NULL;
}

bool pyb_interpreters_called(const char *version, struct pyb_interpreter *found)
{
	struct pyb_interpreter one = {0};
	bool is_found = false;

	*found = one;
	while (pyb_interpreters_next(&one)) {
		if (found->name == NULL)
			*found = one;
		if (is_same(one.name, version)) {
			*found = one;
			return true;
		}
		if (!is_found && pyb_python_version_is(one.version, version)) {
			*found = one;
			is_found = true;
		}
	}
	return is_found;
}
