/* SPDX-License-Identifier: MIT */
#include "importer/variables/reads.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "importer/cpython/compat.h"
#include "importer/variables/detour.h"
#include "importer/variables/list_users.h"
#include "importer/variables/record.h"

static struct {
	char **first;            /* the list of variables that the process was started with */
	const void *interpreter; /* where the object with the interpreter begins */
	void *library_getenv;
	bool is_late;
	unsigned probes; /* how often the probe was asked for */
} reads;

/* A name that is asked for to see whether that is seen. */
static const char probe[] = "PYSTART_PROBE";

static char *find(const char *name)
{
	const size_t length = strlen(name);
	char **entry = environ != NULL ? environ : reads.first;

	for (; length > 0 && entry != NULL && *entry != NULL; entry++)
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
			return *entry + length + 1;
	return NULL;
}

static void record_read(const char *name, const void *caller)
{
	char who[PATH_MAX + 64];
	Dl_info info = {0};

	const bool is_known = dladdr(caller, &info) != 0 && info.dli_fname != NULL;
	snprintf(who, sizeof(who), "getenv() in %s", is_known ? info.dli_fname : "unknown code");
	record_write(!reads.is_late && is_known && info.dli_fbase == reads.interpreter
			     ? VARIABLE_READ_EARLY
			     : VARIABLE_READ,
		     name, who);
}

/* What getenv(3) has become. */
static char *stand_in(const char *name)
{
	if (name == probe) {
		reads.probes++;
		return NULL;
	}
	record_read(name, __builtin_return_address(0));
	return find(name);
}

static const void *base_of(const void *address)
{
	Dl_info info = {0};

	return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

/* Whether both functions lead to the stand-in, by whatever way they are called. */
static bool is_seen(void)
{
	static char *(*const volatile functions[])(const char *) = {getenv, secure_getenv};

	reads.probes = 0;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		(void)functions[i](probe);
	return reads.probes == sizeof(functions) / sizeof(functions[0]);
}

const char *reads_begin(char **environment)
{
	reads.first = environment;
	reads.interpreter = base_of(dlsym(RTLD_DEFAULT, "Py_GetVersion"));
	reads.library_getenv = dlsym(RTLD_NEXT, "getenv");
	if (reads.interpreter == NULL || reads.library_getenv == NULL)
		return "this program is no Python interpreter with a C library that is shared";
	const char *const reason = detour(reads.library_getenv, (const void *)stand_in);
	if (reason != NULL)
		return reason;
	return is_seen() ? NULL : "the C library's getenv() is not as expected";
}

void reads_are_late(void)
{
	reads.is_late = true;
}

void reads_end(void)
{
	const void *const passed[] = {reads.interpreter, base_of(reads.library_getenv),
				      base_of((const void *)stand_in)};

	list_users_record(passed, sizeof(passed) / sizeof(passed[0]));
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
		record_write(VARIABLES_ENTRY, *entry, "");
}
