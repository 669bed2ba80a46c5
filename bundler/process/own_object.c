/* SPDX-License-Identifier: MIT */
#include "bundler/process/own_object.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/interpreters.h"

static enum pyb_status no_memory(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

/* Takes the path, which is kept if there is such a file; NULL: there was no memory for it. */
static enum pyb_status keep_if_there(char *path, int access_mode, char **found,
				     struct pyb_error *error)
{
	*found = NULL;
	if (path == NULL)
		return no_memory(error);
	if (access(path, access_mode) == 0)
		*found = path;
	else
		free(path);
	return PYB_OK;
}

static enum pyb_status object_in(const char *folder, const char *interpreter, const char *name,
				 const char *soabi, char **found, struct pyb_error *error)
{
	char *path;

	if (asprintf(&path, "%s/%s%s%s.%s.so", folder, interpreter, *interpreter != '\0' ? "/" : "",
		     name, soabi) < 0)
		path = NULL;
	return keep_if_there(path, R_OK, found, error);
}

/* The folder of this program, the caller's to free; NULL: it cannot be told. */
static enum pyb_status program_folder(char **folder, struct pyb_error *error)
{
	errno = 0;
	char *const program = realpath("/proc/self/exe", NULL);

	*folder = NULL;
	if (program == NULL)
		return errno == ENOMEM ? no_memory(error) : PYB_OK;
	*folder = strdup(dirname(program));
	free(program);
	return *folder != NULL ? PYB_OK : no_memory(error);
}

/* Of PREFIX/bin/pybundle make PREFIX/lib/pystart, where objects are installed. */
static enum pyb_status installed_beside(const char *interpreter, const char *name,
					const char *soabi, char **found, struct pyb_error *error)
{
	char *bin, *folder = NULL;
	enum pyb_status status = program_folder(&bin, error);

	*found = NULL;
	if (bin != NULL && strcmp(bin, "/bin") != 0) {
		if (asprintf(&folder, "%s/../lib/pystart", bin) < 0) {
			folder = NULL;
			status = no_memory(error);
		} else {
			status = object_in(folder, interpreter, name, soabi, found, error);
		}
	}
	free(folder);
	free(bin);
	return status;
}

enum pyb_status own_object_find(const struct pyb_fingerprint *fingerprint, const char *name,
				char **path, struct pyb_error *error)
{
	const char *const named = getenv("PYSTART_LIBDIR");
	const char *const soabi = fingerprint->soabi;
	struct pyb_interpreter interpreter;

	if (named != NULL && named[0] != '\0')
		return object_in(named, "", name, soabi, path, error);
	pyb_interpreters_find(fingerprint, &interpreter);
	enum pyb_status status = installed_beside(interpreter.name, name, soabi, path, error);
	if (status == PYB_OK && *path == NULL)
		status = object_in(PKGLIBDIR, interpreter.name, name, soabi, path, error);
	return status;
}

enum pyb_status own_launcher_find(char **path, struct pyb_error *error)
{
	char *folder, *launcher = NULL;
	enum pyb_status status = program_folder(&folder, error);

	*path = NULL;
	if (folder != NULL) {
		if (asprintf(&launcher, "%s/pystart", folder) < 0)
			launcher = NULL;
		status = keep_if_there(launcher, X_OK, path, error);
	}
	free(folder);
	return status;
}
