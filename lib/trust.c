/* SPDX-License-Identifier: MIT */
#include "lib/trust.h"

#include <stdlib.h>
#include <string.h>

const char *pyb_trust_way(const char *path, uid_t user)
{
	const char *const slash = strrchr(path, '/');
	char *const folder_path =
		slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	struct stat name, folder;
	const char *fault = NULL;

	if (folder_path != NULL && lstat(path, &name) == 0 && stat(folder_path, &folder) == 0)
		fault = pyb_trust_way_fault(&name, &folder, user);
	free(folder_path);
	return fault;
}
