/* SPDX-License-Identifier: MIT */
/* A library that reads environment variables, as it is loaded and when it is asked to. */
#include <stdlib.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

PUBLIC extern const char *reading_first;
PUBLIC const char *reading_read(const char *name);
PUBLIC int reading_set(const char *name);
#ifdef WITH_LIST
PUBLIC const char *reading_list(void);
#endif

const char *reading_first;

__attribute__((constructor)) static void on_load(void)
{
	reading_first = getenv("TEST_CONSTRUCTOR");
}

const char *reading_read(const char *name)
{
	return getenv(name);
}

int reading_set(const char *name)
{
	return setenv(name, "1", 1);
}

#ifdef WITH_LIST
const char *reading_list(void)
{
	return environ[0];
}
#endif
