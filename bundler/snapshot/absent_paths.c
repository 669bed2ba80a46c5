/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/absent_paths.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "bundler/snapshot/facts_guards.h"
#include "lib/snapshot_guards.h"
#include "lib/timestamp.h"

static const char *name_of(const struct guard_list *list, const struct snapshot_guard *guard)
{
	return (const char *)list->strings.data + guard->name;
}

static bool is_absent(const struct snapshot_guard *guard)
{
	return (guard->kind == GUARD_PATH || guard->kind == GUARD_LINK ||
		guard->kind == GUARD_PRESENT) &&
	       guard->status.error == ENOENT;
}

/* Absolute, without empty components, "." and "..": what is in front of a slash is the folder of what follows. */
static bool is_plain(const char *path)
{
	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return false;
	for (; *path != '\0'; path += 1 + strcspn(path + 1, "/")) {
		const size_t length = strcspn(path + 1, "/");
		if (length == 0 || (length <= 2 && strspn(path + 1, ".") == length))
			return false;
	}
	return true;
}

static bool is_there_nothing(const char *path)
{
	struct stat status;

	return lstat(path, &status) != 0 && errno == ENOENT;
}

/* A plain path is short enough. */
static void copy_path(char copy[PATH_MAX], const char *path)
{
	memcpy(copy, path, strlen(path) + 1);
}

/* The folder that a plain path lies in. */
static void find_folder(char folder[PATH_MAX], const char *path)
{
	copy_path(folder, path);
	char *const slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
}

/* Cut an absent path down to what is absent in a folder that is there. */
static void cut_to_first_absent(char path[PATH_MAX])
{
	char folder[PATH_MAX];

	for (;;) {
		find_folder(folder, path);
		if (!is_there_nothing(folder))
			return;
		copy_path(path, folder);
	}
}

/*
 * Whether a new name in a folder changes its times: a known file system of this machine. Others may make up a
 * name when it is asked for, such as automounters, or tell times late, such as those of a network.
 */
static bool has_times(const char *folder)
{
	struct statfs system;

	if (statfs(folder, &system) != 0)
		return false;
	switch (system.f_type) {
	case BTRFS_SUPER_MAGIC:
	case EXT4_SUPER_MAGIC: /* and its elder brothers */
	case F2FS_SUPER_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case XFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Whether the folder that an absent path lies in has a guard that misses when the path is there. */
static bool does_folder_tell(const struct guard_list *list, const char *path)
{
	char folder[PATH_MAX];

	find_folder(folder, path);
	for (size_t i = 0; i < list->count; i++) {
		const struct snapshot_guard *const guard = &list->guards[i];
		if (guard->kind == GUARD_PATH && S_ISDIR(guard->status.mode) &&
		    strcmp(name_of(list, guard), folder) == 0)
			return has_times(folder);
	}
	return false;
}

static bool has_guard(const struct guard_list *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_absent(&list->guards[i]) &&
		    strcmp(name_of(list, &list->guards[i]), path) == 0)
			return true;
	return false;
}

static unsigned count_below(const struct guard_list *list, const char *folder)
{
	const size_t length = strlen(folder);
	unsigned count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const char *const name = name_of(list, &list->guards[i]);
		count += is_absent(&list->guards[i]) && strncmp(name, folder, length) == 0 &&
			 name[length] == '/';
	}
	return count;
}

/* Whether a guard says nothing that others do not; a guard that says it for several may be appended. */
static enum pyb_status look_at(struct guard_list *list, size_t number, bool *is_implied,
			       struct pyb_error *error)
{
	const char *const name = name_of(list, &list->guards[number]);
	char path[PATH_MAX];

	*is_implied = false;
	if (!is_absent(&list->guards[number]) || !is_plain(name) || !is_there_nothing(name))
		return PYB_OK;
	copy_path(path, name);
	cut_to_first_absent(path);
	if (does_folder_tell(list, path)) {
		*is_implied = true;
		return PYB_OK;
	}
	if (strcmp(path, name) == 0)
		return PYB_OK;
	*is_implied = has_guard(list, path);
	if (*is_implied || count_below(list, path) < 2)
		return PYB_OK;
	const struct guard_text guard = {
		.kind = GUARD_PRESENT, .name = path, .status.error = ENOENT};
	*is_implied = true;
	return guard_list_add(list, &guard, error);
}

/* --- several names in one folder */

/* From so many on, one guard has them: that folder is seldom changed, and one look tells so. */
enum { MANY_NAMES = 8 };

/* A name that stat(2) does not find; whether there is a link of that name is another question. */
static bool is_name_in(const struct guard_list *list, const struct snapshot_guard *guard,
		       const char *folder)
{
	char own[PATH_MAX];

	if (!is_absent(guard) || guard->kind == GUARD_LINK || !is_plain(name_of(list, guard)))
		return false;
	find_folder(own, name_of(list, guard));
	return strcmp(own, folder) == 0;
}

/* The names with a slash between them, and a NUL at the end. */
static enum pyb_status join_names(const struct guard_list *list, const char *folder,
				  struct pyb_buffer *names, size_t *count, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < list->count && status == PYB_OK; i++) {
		if (!is_name_in(list, &list->guards[i], folder))
			continue;
		const char *const name = strrchr(name_of(list, &list->guards[i]), '/') + 1;
		if (names->size > 0)
			names->data[names->size - 1] = '/';
		status = pyb_buffer_append(names, name, strlen(name) + 1, error);
		++*count;
	}
	return status;
}

static bool is_new(const struct guard_status *status)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return status->ctime_ns >= pyb_timestamp(&now) - FACTS_SAME_TIME_NS;
}

/*
 * What the folder is like while the names are not there, so that one which is as it was need not be asked for them.
 * Nothing, if its times are not to be relied on.
 */
static enum pyb_status look_at_folder(const char *folder, const struct pyb_buffer *names,
				      struct guard_status *status, struct pyb_error *error)
{
	const char *name = (const char *)names->data;
	struct guard_status then, now;
	char path[PATH_MAX];

	*status = (struct guard_status){.mode = S_IFDIR};
	pyb_guard_look(folder, true, &then);
	const bool is_reliable = then.error == 0 && !is_new(&then) && has_times(folder);
	for (size_t length; *name != '\0'; name += length + (name[length] == '/')) {
		length = strcspn(name, "/");
		snprintf(path, sizeof(path), "%s/%.*s", folder, (int)length, name);
		pyb_guard_look(path, true, &now);
		if (now.error != ENOENT)
			return pyb_error_set(error, PYB_ERR_AGAIN,
					     "%s has come while the snapshot was made", path);
	}
	pyb_guard_look(folder, true, &now);
	if (is_reliable && memcmp(&then, &now, sizeof(now)) == 0)
		*status = now;
	return PYB_OK;
}

/* One guard in the place of all that say that a name is not in this folder; those are marked. */
static enum pyb_status put_together(struct guard_list *list, const char *folder,
				    struct pyb_error *error)
{
	struct pyb_buffer names = {0};
	struct guard_text guard = {.kind = GUARD_NAMES, .name = folder};
	size_t count = 0;
	enum pyb_status status = join_names(list, folder, &names, &count, error);

	if (status == PYB_OK && count >= MANY_NAMES) {
		for (size_t i = 0; i < list->count; i++)
			if (is_name_in(list, &list->guards[i], folder))
				list->guards[i].kind = GUARD_KINDS;
		status = look_at_folder(folder, &names, &guard.status, error);
		guard.value = names.data;
		guard.value_size = names.size - 1;
		if (status == PYB_OK)
			status = guard_list_add(list, &guard, error);
	}
	pyb_buffer_release(&names);
	return status;
}

static enum pyb_status put_names_together(struct guard_list *list, struct pyb_error *error)
{
	const size_t count = list->count;
	enum pyb_status status = PYB_OK;
	char folder[PATH_MAX], last[PATH_MAX] = "";

	for (size_t i = 0; i < count && status == PYB_OK; i++) {
		const char *const name = name_of(list, &list->guards[i]);
		if (!is_absent(&list->guards[i]) || !is_plain(name))
			continue;
		find_folder(folder, name);
		/* Neighbours have the same. */
		if (strcmp(folder, last) != 0)
			status = put_together(list, folder, error);
		copy_path(last, folder);
	}
	return status;
}

/* --- all of them */

static void take_out_marked(struct guard_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->guards[i].kind != GUARD_KINDS)
			list->guards[kept++] = list->guards[i];
	list->count = kept;
}

enum pyb_status absent_paths_thin(struct guard_list *list, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	bool is_implied;

	for (size_t i = 0; i < list->count && status == PYB_OK; i++) {
		status = look_at(list, i, &is_implied, error);
		if (is_implied)
			list->guards[i].kind = GUARD_KINDS; /* none */
	}
	take_out_marked(list);
	if (status == PYB_OK)
		status = put_names_together(list, error);
	take_out_marked(list);
	return status;
}
