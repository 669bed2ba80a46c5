/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/snapshot/dump/proc.h"
#include "lib/timestamp.h"

/* What a path leads to, compared with what is mapped. */
enum answer { SAME, ANOTHER, NOT_REGULAR };

static enum pyb_status failed(const char *what, const struct map *map, struct pyb_error *error)
{
	const int number = errno;

	return pyb_error_set(error, pyb_error_of_system(number), "%s cannot be %s: %s", map->name,
			     what, strerror(number));
}

/* --- is what a path leads to the file that is mapped? */

/* The map that begins at this address, of those that a text tells of. */
static bool find_in_text(char *text, uint64_t start, struct map *found)
{
	size_t count;

	for (char *line = text; line != NULL;) {
		const char *number = line;
		uint64_t address;
		if (proc_number(&number, 16, &address) && *number == '-' && address == start)
			return maps_parse(line, found, 1, &count, NULL) == PYB_OK;
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return false;
}

/*
 * Devices and inodes in /proc/self/maps are not those of stat(2) on all file systems (btrfs, overlayfs). So
 * the file is mapped once more, and compared is what the kernel says of both.
 */
static enum pyb_status compare_mapped(const struct dumper *dumper, int descriptor,
				      const struct map *map, enum answer *answer,
				      struct pyb_error *error)
{
	struct map other;
	size_t size;
	void *const page = mmap(NULL, dumper->page_size, PROT_READ, MAP_PRIVATE, descriptor, 0);

	if (page == MAP_FAILED)
		return failed("mapped", map, error);
	const enum pyb_status status =
		proc_read("/proc/self/maps", dumper->text_again, dumper->text_room, &size, error);
	munmap(page, dumper->page_size);
	if (status == PYB_OK && find_in_text(dumper->text_again, (uintptr_t)page, &other) &&
	    other.device == map->device && other.inode == map->inode)
		*answer = SAME;
	return status;
}

/* Devices are not even opened: that can do something. */
static enum pyb_status compare(const struct dumper *dumper, const char *path, const struct map *map,
			       struct stat *status, enum answer *answer, struct pyb_error *error)
{
	enum pyb_status result = PYB_OK;

	*answer = ANOTHER;
	if (stat(path, status) != 0)
		return errno == ENOENT ? PYB_OK : failed("looked at", map, error);
	if (!S_ISREG(status->st_mode)) {
		*answer = NOT_REGULAR;
		return PYB_OK;
	}
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (descriptor < 0)
		return failed("opened", map, error);
	if (fstat(descriptor, status) != 0)
		result = failed("looked at", map, error);
	else
		result = compare_mapped(dumper, descriptor, map, answer, error);
	close(descriptor);
	return result;
}

/* --- paths */

/* In the list of maps a path is not to be told from others: the end of a line is written as "\\012". */
static void find_path(const struct map *map, char *path, size_t size)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/map_files/%" PRIx64 "-%" PRIx64, map->start,
		 map->end);
	const ssize_t got = readlink(link, path, size);
	if (got > 0 && (size_t)got < size)
		path[got] = '\0';
	else
		snprintf(path, size, "%s", map->name);
}

static enum pyb_status refuse(const struct map *map, enum answer answer, struct pyb_error *error)
{
	static const char deleted[] = " (deleted)";
	const size_t size = strlen(map->name);
	const size_t end = sizeof(deleted) - 1;
	const char *text = "is a file that was replaced since";

	if (answer == NOT_REGULAR)
		text = "is no regular file, but may be a device";
	else if (size > end && strcmp(map->name + size - end, deleted) == 0)
		text = "is a file that was removed or replaced since, or shared memory";
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "what is mapped at %#" PRIx64 " to %#" PRIx64 " %s: %s", map->start,
			     map->end, text, map->name);
}

/* --- */

static uint32_t add(struct dumper *dumper, size_t path, const struct stat *status)
{
	dumper->files[dumper->file_count] = (struct snapshot_file){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.mtime_ns = pyb_timestamp(&status->st_mtim),
		.ctime_ns = pyb_timestamp(&status->st_ctim),
		.path = (uint32_t)path,
	};
	dumper->strings_size = path + strlen(dumper->strings + path) + 1;
	return (uint32_t)dumper->file_count++;
}

/* Of a file that was mapped before. */
static bool is_known(const struct dumper *dumper, struct map *map)
{
	for (const struct map *other = dumper->maps; other < map; other++) {
		if (other->kind == MAP_KIND_FILE && other->device == map->device &&
		    other->inode == map->inode) {
			map->file = other->file;
			return true;
		}
	}
	return false;
}

enum pyb_status files_find(struct dumper *dumper, struct map *map, struct pyb_error *error)
{
	const size_t path = dumper->strings_size;
	const size_t room = dumper->strings_room - path;
	struct stat status;
	enum answer answer;

	if (is_known(dumper, map))
		return PYB_OK;
	if (dumper->file_count == dumper->file_room || strlen(map->name) >= room)
		return pyb_error_set(error, PYB_ERR_MEMORY, "there is no room for the name of %s",
				     map->name);
	find_path(map, dumper->strings + path, room);
	const enum pyb_status result =
		compare(dumper, dumper->strings + path, map, &status, &answer, error);
	if (result != PYB_OK)
		return result;
	if (answer != SAME)
		return refuse(map, answer, error);
	map->file = add(dumper, path, &status);
	return PYB_OK;
}
