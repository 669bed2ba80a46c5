/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lib/timestamp.h"

static enum pyb_status out_of_memory(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

/* --- memory */

bool tracee_read(pid_t thread, uint64_t address, void *data, size_t size)
{
	const struct iovec here = {.iov_base = data, .iov_len = size};
	const struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

	return process_vm_readv(thread, &here, 1, &there, 1, 0) == (ssize_t)size;
}

enum pyb_status tracee_is_readable(pid_t process, struct pyb_error *error)
{
	char byte;

	/* Nothing lies there: that it is looked for is what is asked. */
	if (tracee_read(process, 0, &byte, sizeof(byte)) || errno == EFAULT)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "this machine does not let one process read the memory of another: %s",
			     strerror(errno));
}

int tracee_read_path(pid_t thread, uint64_t address, char path[PATH_MAX])
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t have = 0;

	/* No more than a page at a time: what lies behind the path may be unreadable. */
	while (have < PATH_MAX) {
		const uint64_t from = address + have;
		size_t part = page - from % page;
		if (part > PATH_MAX - have)
			part = PATH_MAX - have;
		if (!tracee_read(thread, from, path + have, part))
			return EFAULT;
		if (memchr(path + have, '\0', part) != NULL)
			return 0;
		have += part;
	}
	return ENAMETOOLONG;
}

/* --- files */

static void set_status(struct fact_status *to, const struct stat *from)
{
	*to = (struct fact_status){
		.mode = from->st_mode,
		.device = from->st_dev,
		.inode = from->st_ino,
		.size = (uint64_t)from->st_size,
		.special = from->st_rdev,
		.mtime_ns = pyb_timestamp(&from->st_mtim),
		.ctime_ns = pyb_timestamp(&from->st_ctim),
	};
}

void tracee_status(int folder, const char *path, int flags, struct fact_status *status)
{
	struct stat found;

	if (fstatat(folder, path, &found, flags) == 0)
		set_status(status, &found);
	else
		*status = (struct fact_status){.error = errno};
}

enum { PROC_PATH_SIZE = 64 };

static void descriptor_path(char path[PROC_PATH_SIZE], pid_t thread, int descriptor)
{
	if (descriptor == AT_FDCWD)
		snprintf(path, PROC_PATH_SIZE, "/proc/%d/cwd", (int)thread);
	else
		snprintf(path, PROC_PATH_SIZE, "/proc/%d/fd/%d", (int)thread, descriptor);
}

void tracee_descriptor(pid_t thread, int descriptor, struct fact_status *status)
{
	char path[PROC_PATH_SIZE];

	descriptor_path(path, thread, descriptor);
	tracee_status(AT_FDCWD, path, 0, status);
	/* There is no such link. */
	if (status->error == ENOENT)
		status->error = EBADF;
}

/* Take out what cannot change a path's meaning: slashes in a row, and folders that are ".". */
static void squeeze(char *path)
{
	char *to = path;

	for (const char *from = path; *from != '\0';) {
		const bool is_at_slash = *from == '/';
		*to++ = *from++;
		while (is_at_slash && (*from == '/' || (from[0] == '.' && from[1] == '/')))
			from += *from == '/' ? 1 : 2;
	}
	*to = '\0';
}

/* The path of a folder, if it still leads there. */
static bool name_folder(int folder, char name[PATH_MAX])
{
	char link[PROC_PATH_SIZE];
	struct stat here, there;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", folder);
	const ssize_t length = readlink(link, name, PATH_MAX - 1);
	if (length <= 0)
		return false;
	name[length] = '\0';
	return name[0] == '/' && fstat(folder, &here) == 0 && stat(name, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/*
 * Times of files are told by a clock that stands still for some milliseconds. What was changed since it
 * moved can be changed again without a sign of it, so that it must not be known by its times yet. Returns
 * for how long that is so. What the kernel makes up is always new.
 */
static int64_t not_yet_certain(const struct fact_status *status)
{
	enum { TICK_NS = 20000000 };
	struct timespec now;

	if (status->error != 0 || !(S_ISREG(status->mode) || S_ISDIR(status->mode)))
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	const int64_t age = pyb_timestamp(&now) - status->ctime_ns;
	return age >= 0 && age < TICK_NS ? TICK_NS - age : 0;
}

static void look_at(int folder, const char *path, struct tracee_look *look)
{
	tracee_status(folder, path, 0, &look->target);
	tracee_status(folder, path, AT_SYMLINK_NOFOLLOW, &look->link);
}

static void look_when_certain(int folder, const char *path, struct tracee_look *look)
{
	look_at(folder, path, look);
	const struct timespec wait = {.tv_nsec = not_yet_certain(&look->target)};
	if (wait.tv_nsec == 0 || strncmp(look->path, "/proc/", strlen("/proc/")) == 0)
		return;
	nanosleep(&wait, NULL);
	look_at(folder, path, look);
}

static enum pyb_status look_from(int folder, const char *path, struct tracee_look *look,
				 struct pyb_error *error)
{
	char name[PATH_MAX];

	look->is_lost = !name_folder(folder, name);
	if (look->is_lost)
		snprintf(name, sizeof(name), "(a folder without a path)");
	if (asprintf(&look->path, "%s/%s", name, path) < 0) {
		look->path = NULL;
		return out_of_memory(error);
	}
	look_when_certain(folder, path, look);
	return PYB_OK;
}

/* --- paths that depend on who asks */

static bool begins_with(const char *path, const char *folder, const char **rest)
{
	const size_t length = strlen(folder);

	if (strncmp(path, folder, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return false;
	*rest = path + length;
	return true;
}

/* The same path as /proc/self and what follows, which the caller frees; NULL: it is no such path. */
static enum pyb_status own_path(pid_t thread, const char *path, char **own, struct pyb_error *error)
{
	static const struct {
		const char *folder, *own;
	} names[] = {{"/proc/self", ""},      {"/proc/thread-self", ""}, {"/dev/fd", "/fd"},
		     {"/dev/stdin", "/fd/0"}, {"/dev/stdout", "/fd/1"},  {"/dev/stderr", "/fd/2"}};
	char number[PROC_PATH_SIZE];
	const char *rest = NULL, *middle = "";

	*own = NULL;
	snprintf(number, sizeof(number), "/proc/%d", (int)thread);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rest == NULL; i++)
		if (begins_with(path, names[i].folder, &rest))
			middle = names[i].own;
	if (rest == NULL && !begins_with(path, number, &rest))
		return PYB_OK;
	if (asprintf(own, "/proc/self%s%s", middle, rest) >= 0)
		return PYB_OK;
	*own = NULL;
	return out_of_memory(error);
}

/* Which descriptor /proc/self/fd/N is; -1: it is another path. */
static int named_descriptor(const char *own)
{
	static const char folder[] = "/proc/self/fd/";
	const char *const text = own + strlen(folder);
	char *end;

	if (strncmp(own, folder, strlen(folder)) != 0 || *text < '0' || *text > '9')
		return -1;
	const long number = strtol(text, &end, 10);
	return *end == '\0' && number <= INT_MAX ? (int)number : -1;
}

static enum pyb_status look_absolute(pid_t thread, const char *path, struct tracee_look *look,
				     struct pyb_error *error)
{
	char name[2 * PATH_MAX], *own;

	look->path = strdup(path);
	if (look->path == NULL)
		return out_of_memory(error);
	squeeze(look->path);
	const enum pyb_status status = own_path(thread, look->path, &own, error);
	if (status != PYB_OK)
		return status;
	if (own == NULL) {
		look_when_certain(AT_FDCWD, path, look);
		return PYB_OK;
	}
	free(look->path);
	look->path = own;
	look->descriptor = named_descriptor(own);
	/* For us, "self" is another one. */
	snprintf(name, sizeof(name), "/proc/%d%s", (int)thread, own + strlen("/proc/self"));
	look_at(AT_FDCWD, name, look);
	return PYB_OK;
}

enum pyb_status tracee_look(pid_t thread, int folder, const char *path, struct tracee_look *look,
			    struct pyb_error *error)
{
	char name[PROC_PATH_SIZE];

	*look = (struct tracee_look)TRACEE_NOTHING;
	if (path[0] == '/')
		return look_absolute(thread, path, look, error);
	descriptor_path(name, thread, folder);
	const int opened = open(name, O_PATH | O_CLOEXEC);
	if (opened < 0 && errno == ENOENT)
		return PYB_OK;
	if (opened < 0)
		return pyb_error_set(error, pyb_error_of_system(errno), "cannot open %s: %s", name,
				     strerror(errno));
	look->is_relative = folder == AT_FDCWD;
	look->is_from_folder = !look->is_relative;
	const enum pyb_status status = look_from(opened, path, look, error);
	close(opened);
	if (status != PYB_OK)
		return status;
	squeeze(look->path);
	look->is_lost |= strlen(look->path) >= PATH_MAX;
	return PYB_OK;
}
