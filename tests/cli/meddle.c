/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded that changes the environment early, as tracers do. MEDDLE says what it
 * does when malloc() is first called, MEDDLE_CONSTRUCTOR what it does in its constructor:
 *
 *     unset     LD_PRELOAD is removed
 *     set       LD_PRELOAD gets another value
 *     wrap      another object is put in front of the value that LD_PRELOAD has
 *     behind    another object is put behind it
 *     clear     all variables are removed
 *     copy      the environment is another vector, of copies
 *     grow      many variables are added, so that the vector moves
 *     handoff   all that begins with PYSTART_ is removed
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;
extern void *__libc_malloc(size_t size); /* NOLINT(bugprone-reserved-identifier): glibc's */

static void set_preload(const char *before, const char *after)
{
	static char value[4096];
	const char *const old = getenv("LD_PRELOAD");

	snprintf(value, sizeof(value), "%s%s%s", before, old == NULL ? "" : old, after);
	setenv("LD_PRELOAD", value, 1);
}

static void copy_all(void)
{
	static char *vector[1000];
	size_t count = 0;

	for (; count < 999 && environ[count] != NULL; count++)
		vector[count] = strdup(environ[count]);
	environ = vector;
}

static void add_many(void)
{
	char name[32];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "ADDED_%d", i);
		setenv(name, "x", 1);
	}
}

static void remove_handoff(void)
{
	char **kept = environ;

	for (char **at = environ; *at != NULL; at++)
		if (strncmp(*at, "PYSTART_", strlen("PYSTART_")) != 0)
			*kept++ = *at;
	*kept = NULL;
}

static void meddle(const char *how)
{
	if (how == NULL)
		return;
	if (strcmp(how, "unset") == 0)
		unsetenv("LD_PRELOAD");
	else if (strcmp(how, "set") == 0)
		setenv("LD_PRELOAD", "libm.so.6", 1);
	else if (strcmp(how, "wrap") == 0)
		set_preload("libm.so.6:", "");
	else if (strcmp(how, "behind") == 0)
		set_preload("", ":libm.so.6");
	else if (strcmp(how, "clear") == 0)
		clearenv();
	else if (strcmp(how, "copy") == 0)
		copy_all();
	else if (strcmp(how, "grow") == 0)
		add_many();
	else if (strcmp(how, "handoff") == 0)
		remove_handoff();
}

/* As an auditing library (rtld-audit(7)) it has a malloc() of its own, and an environment in common. */
unsigned int la_version(unsigned int version)
{
	return version;
}

void *malloc(size_t size)
{
	static bool was_called;

	if (!was_called) {
		was_called = true;
		meddle(getenv("MEDDLE"));
	}
	return __libc_malloc(size);
}

__attribute__((constructor)) static void on_load(void)
{
	/* Not from within setenv(), which holds a lock. */
	free(malloc(1));
	meddle(getenv("MEDDLE_CONSTRUCTOR"));
}
