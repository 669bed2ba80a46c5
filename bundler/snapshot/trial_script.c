/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/trial_script.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/process/child.h"
#include "bundler/process/scripts.h"

enum { REASON_SIZE = 300, OPEN_FOLDERS = 8 };

static enum pyb_status make_folder(struct trial_script *made, const char *script,
				   struct pyb_error *error)
{
	const char *const given = getenv("TMPDIR");
	const char *const parent = given != NULL && given[0] == '/' ? given : "/tmp";
	char *template = NULL;

	if (asprintf(&template, "%s/pybundle-XXXXXX", parent) < 0)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (mkdtemp(template) == NULL) {
		pyb_error_set(error, PYB_ERR_IO, "cannot make a folder in %s: %s", parent,
			      strerror(errno));
		free(template);
		return error->status;
	}
	/* Links on the way would be followed by the interpreter. */
	made->folder = realpath(template, NULL);
	free(template);
	if (made->folder != NULL &&
	    asprintf(&made->path, "%s%s", made->folder, strrchr(script, '/')) >= 0)
		return PYB_OK;
	made->path = NULL;
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

static enum pyb_status listen(struct child *child, const char *script, struct pyb_error *error)
{
	char reason[REASON_SIZE] = "";
	const size_t size = fread(reason, 1, sizeof(reason) - 1, child->answer);

	if (size == 1 && reason[0] == '\0')
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED, "%s cannot be tried: %s", script,
			     reason[0] == '\0' ? "the interpreter says nothing" : reason);
}

static enum pyb_status fill(const struct trial_script *made, const char *script, const char *python,
			    struct pyb_error *error)
{
	static const struct child_script text = {"trial_script", trial_script_script};
	const struct child_manners manners = {.without_site = true, .seconds = CHILD_SECONDS};
	struct child child = CHILD_INIT;
	struct child_end end;
	char *request = NULL;

	if (asprintf(&request, "%s\t%s", script, made->folder) < 0)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	enum pyb_status status = child_start(&child, &text, &manners, python, error);
	if (status == PYB_OK) {
		child_send(&child, request, strlen(request));
		status = listen(&child, script, error);
	}
	child_finish(&child, status == PYB_OK, &end);
	free(request);
	return status;
}

enum pyb_status trial_script_make(struct trial_script *made, const char *script, const char *python,
				  struct pyb_error *error)
{
	*made = (struct trial_script){0};
	const enum pyb_status status = make_folder(made, script, error);
	return status == PYB_OK ? fill(made, script, python, error) : status;
}

static int take_away(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void trial_script_release(struct trial_script *made)
{
	if (made->folder != NULL)
		nftw(made->folder, take_away, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
	free(made->folder);
	free(made->path);
	*made = (struct trial_script){0};
}
