/* SPDX-License-Identifier: MIT */
/* A file in memory that can be opened by its path, for what takes paths. */
#ifndef TESTS_FUZZ_MEMORY_FILE_H
#define TESTS_FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct memory_file {
	int descriptor;
	char path[64];
};

static inline void memory_file_open(struct memory_file *file, const uint8_t *data, size_t size)
{
	file->descriptor = memfd_create("input", MFD_CLOEXEC);
	if (file->descriptor < 0 || write(file->descriptor, data, size) != (ssize_t)size ||
	    fchmod(file->descriptor, 0644) != 0)
		abort();
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->descriptor);
}

static inline void memory_file_close(const struct memory_file *file)
{
	close(file->descriptor);
}

#endif
