/* SPDX-License-Identifier: MIT */
/* Folders named in a manifest, which are meant relative to the manifest. */
#include "manifest/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *manifest_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

/* Drop the last component of an absolute path that has `used` bytes and no slash at its end. */
static size_t parent_size(const char *path, size_t used)
{
	while (used > 0 && path[used - 1] != '/')
		used--;
	return used == 0 ? 0 : used - 1;
}

/* Take `.`, `..` and doubled slashes out of an absolute path, in place: it only gets shorter. */
static void normalize(char *path)
{
	size_t used = 0;
	const char *from = path;
	for (;;) {
		from += strspn(from, "/");
		const size_t size = strcspn(from, "/");
		if (size == 0)
			break;
		if (size == 2 && memcmp(from, "..", 2) == 0) {
			used = parent_size(path, used);
		} else if (size != 1 || from[0] != '.') {
			path[used] = '/';
			memmove(path + used + 1, from, size);
			used += size + 1;
		}
		from += size;
	}
	if (used == 0)
		path[used++] = '/';
	path[used] = '\0';
}

bool manifest_is_same_folder(const char *path, const char *other)
{
	char *const one = strdup(path), *const two = strdup(other);
	bool same = false;
	if (one != NULL && two != NULL) {
		normalize(one);
		normalize(two);
		same = strcmp(one, two) == 0;
	}
	free(one);
	free(two);
	return same;
}

static char *working_folder(struct manifest_load *load)
{
	char *folder = getcwd(NULL, 0);
	if (folder != NULL)
		return folder;
	if (errno == ENOMEM)
		manifest_out_of_memory(load);
	else if (load->failure == PYB_OK)
		load->failure = pyb_error_set(load->error, PYB_ERR_IO,
					      "%s: cannot find out the current directory, from "
					      "which the folders under 'paths' are counted: %s",
					      load->file, strerror(errno));
	return NULL;
}

char *manifest_absolute_path(struct manifest_load *load, const char *path)
{
	const size_t folder_size = (size_t)(manifest_base_name(load->file) - load->file);
	const bool is_absolute = path[0] == '/';
	char *start = NULL, *ret = NULL;
	if (!is_absolute && load->file[0] != '/') {
		start = working_folder(load);
		if (start == NULL)
			return NULL;
	}
	if (asprintf(&ret, "%s/%.*s/%s", start == NULL ? "" : start,
		     is_absolute ? 0 : (int)folder_size, load->file, path) < 0) {
		ret = NULL;
		manifest_out_of_memory(load);
	} else {
		normalize(ret);
	}
	free(start);
	return ret;
}
