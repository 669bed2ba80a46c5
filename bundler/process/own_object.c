/* SPDX-License-Identifier: MIT */
#include "bundler/process/own_object.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/interpreters.h"

static char *object_in(const char *folder, const char *interpreter, const char *name,
		       const char *soabi)
{
	char *path = NULL;

	if (folder == NULL || asprintf(&path, "%s/%s%s%s.%s.so", folder, interpreter,
				       *interpreter != '\0' ? "/" : "", name, soabi) < 0)
		return NULL;
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* Of PREFIX/bin/pybundle make PREFIX/lib/pystart; NULL if this program is elsewhere. */
static char *library_folder(void)
{
	char *const program = realpath("/proc/self/exe", NULL);
	char *folder = NULL;

	if (program == NULL)
		return NULL;
	char *const bin = dirname(program);
	if (strcmp(bin, "/bin") != 0 && asprintf(&folder, "%s/../lib/pystart", bin) < 0)
		folder = NULL;
	free(program);
	return folder;
}

char *own_object_find(const struct pyb_fingerprint *fingerprint, const char *name)
{
	const char *const named = getenv("PYSTART_LIBDIR");
	const char *const soabi = fingerprint->soabi;
	struct pyb_interpreter interpreter;

	if (named != NULL && named[0] != '\0')
		return object_in(named, "", name, soabi);
	pyb_interpreters_find(fingerprint, &interpreter);
	char *const folder = library_folder();
	char *const object = object_in(folder, interpreter.name, name, soabi);
	free(folder);
	return object != NULL ? object : object_in(PKGLIBDIR, interpreter.name, name, soabi);
}
