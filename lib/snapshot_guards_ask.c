/* SPDX-License-Identifier: MIT */
/* What guards are compared with, as it is now. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/snapshot_guards_parts.h"
#include "lib/timestamp.h"

void pyb_guard_look(const char *path, bool follow_links, struct guard_status *status)
{
	struct stat found;

	*status = (struct guard_status){0};
	if (fstatat(AT_FDCWD, path, &found, follow_links ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
		status->error = errno;
		return;
	}
	status->mode = found.st_mode;
	status->inode = found.st_ino;
	status->size = (uint64_t)found.st_size;
	status->mtime_ns = pyb_timestamp(&found.st_mtim);
	status->ctime_ns = pyb_timestamp(&found.st_ctim);
}

bool guard_may_use(const char *path, uint64_t number)
{
	for (int mode = 1; mode < GUARD_ACCESS_MODES; mode++) {
		const bool is_granted = (number >> (GUARD_ACCESS_MODES + mode) & 1) != 0;
		if ((number >> mode & 1) != 0 &&
		    (faccessat(AT_FDCWD, path, mode, 0) == 0) != is_granted)
			return false;
	}
	return true;
}

const char *guard_find_variable(char *const *environment, const char *name)
{
	const size_t length = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

bool guard_find_name(const struct snapshot *snapshot, const struct snapshot_guard *guard,
		     char path[GUARD_PATH_MAX])
{
	const char *const folder = guard_name(snapshot, guard);
	const char *name = guard_value(snapshot, guard);
	const size_t used = strnlen(folder, GUARD_PATH_MAX - 1);
	struct guard_status status;

	memcpy(path, folder, used);
	path[used] = '/';
	for (size_t length; *name != '\0'; name += length + (name[length] == '/')) {
		length = strcspn(name, "/");
		if (used + 1 + length >= GUARD_PATH_MAX)
			return true;
		memcpy(path + used + 1, name, length);
		path[used + 1 + length] = '\0';
		pyb_guard_look(path, true, &status);
		if (status.error != ENOENT)
			return true;
	}
	return false;
}

static void answer_text(struct guard_answer *answer, const char *text)
{
	answer->value = text;
	answer->value_size = strlen(text);
}

static void ask_argument(uint64_t number, char *const *arguments, struct guard_answer *answer)
{
	for (; *arguments != NULL && number > 0; number--)
		arguments++;
	if (*arguments != NULL)
		answer_text(answer, *arguments);
}

/* As CPython makes the path of a script absolute, but for a dot in front. */
static void ask_script(uint64_t number, char *const *arguments, struct guard_answer *answer)
{
	char *const path = answer->buffer.folder;

	ask_argument(number, arguments, answer);
	if (answer->value == NULL || answer->value[0] == '/')
		return;
	const char *const relative = answer->value + (strncmp(answer->value, "./", 2) == 0 ? 2 : 0);
	const size_t size = strlen(relative) + 1;
	const long used = syscall(SYS_getcwd, path, sizeof(answer->buffer.folder));
	answer->value = NULL;
	if (used <= 0 || size > sizeof(answer->buffer.folder) - (size_t)used)
		return;
	path[used - 1] = '/';
	memcpy(path + used, relative, size);
	answer_text(answer, path);
}

/* The C library's getcwd() would search for what the kernel cannot tell, and allocate memory for that. */
static void ask_folder(struct guard_answer *answer)
{
	char *const path = answer->buffer.folder;

	if (syscall(SYS_getcwd, path, sizeof(answer->buffer.folder)) > 0)
		answer_text(answer, path);
}

/* It can only be exchanged. Meanwhile no file gets more rights than it would. */
static void ask_mask(struct guard_answer *answer)
{
	const mode_t mask = umask(0777);

	umask(mask);
	answer->number = mask;
}

static void ask_processors(struct guard_answer *answer)
{
	uint8_t *const set = answer->buffer.processors;
	/* Not by the C library's, which does not tell how much of it was filled in. */
	const long filled =
		syscall(SYS_sched_getaffinity, 0, sizeof(answer->buffer.processors), set);

	if (filled < 0)
		return;
	answer->value = (const char *)set;
	answer->value_size = (size_t)filled;
	while (answer->value_size > 0 && set[answer->value_size - 1] == 0)
		answer->value_size--;
}

static void ask_limit(uint64_t number, struct guard_answer *answer)
{
	uint64_t *const limit = answer->buffer.limit;

	if (number >= RLIM_NLIMITS || syscall(SYS_prlimit64, 0, (unsigned)number, NULL, limit) != 0)
		return;
	answer->value = (const char *)limit;
	answer->value_size = sizeof(answer->buffer.limit);
}

static void ask_host(struct guard_answer *answer)
{
	if (uname(&answer->buffer.names) == 0)
		answer_text(answer, answer->buffer.names.nodename);
}

/* Python looks for a script's modules where the script lies, wherever links have led to it. */
static void ask_place(const char *path, struct guard_answer *answer)
{
	char *const place = answer->buffer.folder;

	if (realpath(path, place) == NULL)
		return;
	char *const slash = strrchr(place, '/');
	slash[slash == place ? 1 : 0] = '\0';
	answer_text(answer, place);
}

static void ask_epoll(struct guard_answer *answer)
{
	const int descriptor = epoll_create1(EPOLL_CLOEXEC);

	if (descriptor < 0)
		return;
	close(descriptor);
	answer_text(answer, "");
}

void guard_ask(const struct snapshot_guard *guard, const char *name,
	       const struct guard_world *world, struct guard_answer *answer)
{
	answer->value = NULL;
	switch (guard->kind) {
	case GUARD_ARGUMENT:
		ask_argument(guard->number, world->arguments, answer);
		break;
	case GUARD_FOLDER:
		ask_folder(answer);
		break;
	case GUARD_MASK:
		ask_mask(answer);
		break;
	case GUARD_PROCESSORS:
		ask_processors(answer);
		break;
	case GUARD_LIMIT:
		ask_limit(guard->number, answer);
		break;
	case GUARD_HOST:
		ask_host(answer);
		break;
	case GUARD_PLACE:
		ask_place(name, answer);
		break;
	case GUARD_EPOLL:
		ask_epoll(answer);
		break;
	case GUARD_SCRIPT:
		ask_script(guard->number, world->arguments, answer);
		break;
	default:
		break;
	}
}
