/* SPDX-License-Identifier: MIT */
#include "lib/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says whose it is, to who finds one; short, so that it fits wherever the file's own name does. */
static const char prefix[] = ".pybundle-", pattern[] = "XXXXXX";

/* How often to make another file if somebody takes the one at hand for abandoned. */
enum { MAX_TRIES = 100 };

/* The part of a path that is its folder, with the slash; 0: the current folder. */
static size_t folder_size(const char *path)
{
	const char *const slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static int lock(int descriptor)
{
	return (int)TEMP_FAILURE_RETRY(flock(descriptor, LOCK_EX | LOCK_NB));
}

/*
 * Whether the new file is ours alone. A sweep may come between its making and its locking; who
 * sweeps has it locked, or has removed it. Where there are no locks, nobody removes anything.
 */
static bool take(int descriptor)
{
	struct stat status;

	if (lock(descriptor) != 0)
		return errno != EWOULDBLOCK;
	return fstat(descriptor, &status) != 0 || status.st_nlink > 0;
}

static char *make_pattern(const char *path)
{
	const size_t size = folder_size(path);
	char *const ret = malloc(size + sizeof(prefix) + sizeof(pattern) - 1);

	if (ret == NULL)
		return NULL;
	memcpy(ret, path, size);
	memcpy(ret + size, prefix, sizeof(prefix) - 1);
	memcpy(ret + size + sizeof(prefix) - 1, pattern, sizeof(pattern));
	return ret;
}

enum pyb_status pyb_temporary_create(struct pyb_temporary *ret, const char *path,
				     struct pyb_error *error)
{
	char *const name = make_pattern(path);

	*ret = (struct pyb_temporary){.descriptor = -1};
	if (name == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	errno = EBUSY;
	for (int i = 0; i < MAX_TRIES; i++) {
		const int descriptor = mkostemp(name, O_CLOEXEC);
		if (descriptor < 0 && errno != EINTR)
			break;
		if (descriptor >= 0 && take(descriptor)) {
			*ret = (struct pyb_temporary){.path = name, .descriptor = descriptor};
			return PYB_OK;
		}
		if (descriptor >= 0)
			close(descriptor);
		memcpy(name + strlen(name) - strlen(pattern), pattern, sizeof(pattern));
		errno = EBUSY;
	}
	pyb_error_set(error, PYB_ERR_IO, "%s: cannot create a temporary file beside it: %s", path,
		      strerror(errno));
	free(name);
	return PYB_ERR_IO;
}

/* Whether a file by its name and kind is one of ours. */
static bool is_temporary(int folder, const char *name, struct stat *status)
{
	/* NOLINTBEGIN(clang-analyzer-unix.StdCLibraryFunctions): an open folder has a descriptor */
	return strncmp(name, prefix, strlen(prefix)) == 0 &&
	       strlen(name) == strlen(prefix) + strlen(pattern) &&
	       fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status->st_mode) && status->st_uid == geteuid();
	/* NOLINTEND(clang-analyzer-unix.StdCLibraryFunctions) */
}

static void sweep_one(int folder, const char *name)
{
	struct stat opened, named;

	if (!is_temporary(folder, name, &named))
		return;
	const int descriptor = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (descriptor < 0)
		return;
	/* Once it is locked, its writer cannot have renamed it before we look at the name. */
	if (lock(descriptor) == 0 && fstat(descriptor, &opened) == 0 &&
	    is_temporary(folder, name, &named) && named.st_dev == opened.st_dev &&
	    named.st_ino == opened.st_ino)
		unlinkat(folder, name, 0);
	close(descriptor);
}

void pyb_temporary_sweep(const char *path)
{
	const size_t size = folder_size(path);
	char *const name = size == 0 ? strdup(".") : strndup(path, size);
	DIR *const folder = name == NULL ? NULL : opendir(name);
	const struct dirent *entry;

	free(name);
	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL)
		sweep_one(dirfd(folder), entry->d_name);
	closedir(folder);
}
