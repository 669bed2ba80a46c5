/* SPDX-License-Identifier: MIT */
#include "lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/temporary.h"

static enum pyb_status failed(struct pyb_error *error, const char *doing, const char *path)
{
	return pyb_error_set(error, PYB_ERR_IO, "%s: cannot %s: %s", path, doing, strerror(errno));
}

/*
 * Bytes that are written at a time. Kernels keep what is written at once in one piece of memory, of
 * up to two megabytes, and map that as a whole for each byte of it that a program needs.
 */
enum { CHUNK_SIZE = 64 * 1024 };

static enum pyb_status write_all(int descriptor, const void *data, size_t size, const char *path,
				 struct pyb_error *error)
{
	const char *position = data;

	while (size > 0) {
		const ssize_t written =
			write(descriptor, position, size < CHUNK_SIZE ? size : CHUNK_SIZE);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return failed(error, "write", path);
		position += written;
		size -= (size_t)written;
	}
	return PYB_OK;
}

/* A temporary file is private; this one is for others too, less what the umask forbids. */
static enum pyb_status set_mode(int descriptor, mode_t mode, const char *path,
				struct pyb_error *error)
{
	const mode_t mask = umask(0);

	umask(mask);
	if (TEMP_FAILURE_RETRY(fchmod(descriptor, mode & ~mask)) != 0)
		return failed(error, "set the mode", path);
	return PYB_OK;
}

static enum pyb_status fill(int descriptor, mode_t mode, const void *data, size_t size,
			    const char *path, struct pyb_error *error)
{
	enum pyb_status status = write_all(descriptor, data, size, path, error);

	if (status == PYB_OK)
		status = set_mode(descriptor, mode, path, error);
	if (status == PYB_OK && TEMP_FAILURE_RETRY(fsync(descriptor)) != 0)
		status = failed(error, "flush", path);
	/* Interrupted, it is closed all the same. */
	if (close(descriptor) != 0 && errno != EINTR && status == PYB_OK)
		status = failed(error, "close", path);
	return status;
}

/* Make the rename durable. Some file systems cannot flush a folder; the file is there all the same. */
static void flush_folder(const char *path)
{
	const char *const slash = strrchr(path, '/');
	char *const folder =
		slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);

	if (folder == NULL)
		return;
	const int descriptor =
		(int)TEMP_FAILURE_RETRY(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (descriptor >= 0) {
		(void)fsync(descriptor);
		close(descriptor);
	}
	free(folder);
}

/*
 * Whether the link at `path` is one that somebody else has put into a folder in which everybody may
 * make files, such as /tmp, to have us replace what they cannot. It is the rule that the kernel has for
 * links that it follows itself, see protected_symlinks in proc_sys_fs(5).
 */
static bool is_planted(const char *path, const struct stat *link)
{
	const char *const slash = strrchr(path, '/');
	char *const folder =
		slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
	struct stat status;
	const bool is_known = folder != NULL && stat(folder, &status) == 0;

	free(folder);
	if (link->st_uid == geteuid())
		return false;
	return !is_known || ((status.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
			     status.st_uid != link->st_uid);
}

/*
 * The file that is to be replaced: *target, the caller's to free, is `path` or where it leads to as
 * a symbolic link. What is there and no regular file stays.
 */
static enum pyb_status find_target(const char *path, char **target, struct pyb_error *error)
{
	struct stat status;

	*target = NULL;
	if (lstat(path, &status) != 0) {
		if (errno != ENOENT)
			return failed(error, "write it", path);
		*target = strdup(path);
	} else if (S_ISLNK(status.st_mode) && is_planted(path, &status)) {
		return pyb_error_set(error, PYB_ERR_IO,
				     "%s: it is a symbolic link of somebody else in a folder that "
				     "everybody can write to; choose another name",
				     path);
	} else {
		*target = realpath(path, NULL);
		if (*target == NULL && errno != ENOMEM)
			return failed(error, "follow the link", path);
		if (*target != NULL && (stat(*target, &status) != 0 || !S_ISREG(status.st_mode))) {
			free(*target);
			*target = NULL;
			return pyb_error_set(error, PYB_ERR_IO,
					     "%s: it is there and not a regular file; choose "
					     "another name",
					     path);
		}
	}
	return *target != NULL ? PYB_OK : pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

/*
 * Write it all and put it in place. The lock must outlast the writing, or the file could be taken
 * for abandoned before it is renamed, but whether all was written is certain only once it is closed:
 * so the lock is kept by a duplicate.
 */
static enum pyb_status put(const struct pyb_temporary *temporary, const char *path, mode_t mode,
			   const void *data, size_t size, struct pyb_error *error)
{
	const int held = fcntl(temporary->descriptor, F_DUPFD_CLOEXEC, 0);
	enum pyb_status status = fill(temporary->descriptor, mode, data, size, path, error);

	if (status == PYB_OK && rename(temporary->path, path) != 0)
		status = failed(error, "put the new file in place", path);
	if (status != PYB_OK)
		unlink(temporary->path);
	if (held >= 0)
		close(held);
	return status;
}

static enum pyb_status replace(const char *path, mode_t mode, const void *data, size_t size,
			       struct pyb_error *error)
{
	struct pyb_temporary temporary;
	enum pyb_status status;

	/* First, for they take space. */
	pyb_temporary_sweep(path);
	status = pyb_temporary_create(&temporary, path, error);
	if (status != PYB_OK)
		return status;
	status = put(&temporary, path, mode, data, size, error);
	if (status == PYB_OK)
		flush_folder(path);
	free(temporary.path);
	return status;
}

enum pyb_status pyb_output_file(const char *path, mode_t mode, const void *data, size_t size,
				struct pyb_error *error)
{
	char *target;
	sigset_t all, before;
	enum pyb_status status = find_target(path, &target, error);

	if (status != PYB_OK)
		return status;
	/* A signal that ends the program waits until no temporary file would stay behind. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	status = replace(target, mode, data, size, error);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(target);
	return status;
}
