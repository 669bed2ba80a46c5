/* SPDX-License-Identifier: MIT */
/*
 * Whether a file is the same but for its number and times. Of folders there is no such thing: that one is untouched
 * stands for more than its names, for bundles need not look at the files in it then (`check: folder`).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/digest.h"
#include "lib/snapshot_guards.h"

enum {
	CONTENTS_MAX = 1 << 20, /* to read more in each start would take too long */
	BUFFER_SIZE = 16384,
	LINK_SIZE = 4096, /* readlink(2) tells no longer ones */
};

/* As much as there is room for, or the file has; -1 if it cannot be read. */
static ssize_t fill(int file, uint8_t *room, size_t size)
{
	size_t got = 0;

	while (got < size) {
		const ssize_t more = TEMP_FAILURE_RETRY(read(file, room + got, size - got));
		if (more < 0)
			return -1;
		if (more == 0)
			break;
		got += (size_t)more;
	}
	return (ssize_t)got;
}

static uint64_t digest_text(int file, uint64_t size)
{
	uint8_t buffer[BUFFER_SIZE];
	uint64_t digest = 0, left = size;
	const size_t room = sizeof(buffer) - sizeof(digest);

	for (;;) {
		memcpy(buffer, &digest, sizeof(digest));
		const ssize_t got = fill(file, buffer + sizeof(digest), room);
		if (got < 0 || (uint64_t)got > left)
			return 0;
		left -= (uint64_t)got;
		digest = pyb_digest64(buffer, sizeof(digest) + (size_t)got);
		if ((size_t)got < room)
			return left == 0 ? digest : 0;
	}
}

static uint64_t digest_link(const char *path)
{
	char text[LINK_SIZE];
	const ssize_t size = readlink(path, text, sizeof(text));

	return size <= 0 ? 0 : pyb_digest64(text, (size_t)size);
}

/* It may be another file by now, and is not waited for. */
static uint64_t digest_file(const char *path, const struct guard_status *status)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat found;
	uint64_t digest = 0;

	if (file < 0)
		return 0;
	if (fstat(file, &found) == 0 && found.st_mode == status->mode)
		digest = digest_text(file, status->size);
	close(file);
	return digest;
}

uint64_t pyb_guard_digest(const char *path, const struct guard_status *status)
{
	if (status->error != 0)
		return 0;
	if (S_ISLNK(status->mode))
		return digest_link(path);
	if (S_ISREG(status->mode) && status->size <= CONTENTS_MAX)
		return digest_file(path, status);
	return 0;
}
