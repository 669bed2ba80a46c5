/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/mapped_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/timestamp.h"

static bool is_same(const struct snapshot_file *file, const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_ino == file->inode &&
	       (uint64_t)status->st_size == file->size &&
	       pyb_timestamp(&status->st_mtim) == file->mtime_ns &&
	       pyb_timestamp(&status->st_ctim) == file->ctime_ns;
}

static enum pyb_status open_file(const struct snapshot_file *file, const char *path,
				 int *descriptor, struct pyb_error *error)
{
	struct stat status;

	/* What has become a FIFO must not keep the program waiting. */
	*descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*descriptor < 0) {
		const int number = errno;
		const bool lacks = pyb_error_of_system(number) == PYB_ERR_MEMORY;
		return pyb_error_set(error, lacks ? PYB_ERR_MEMORY : PYB_ERR_MISMATCH,
				     "%s cannot be opened: %s", path, strerror(number));
	}
	if (fstat(*descriptor, &status) != 0 || !is_same(file, &status))
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "%s is not the file that it was made with", path);
	return PYB_OK;
}

enum pyb_status mapped_files_open(const struct snapshot *snapshot, int *descriptors,
				  struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < snapshot->file_count; i++)
		descriptors[i] = -1;
	for (uint32_t i = 0; i < snapshot->file_count && status == PYB_OK; i++) {
		const struct snapshot_file *const file = &snapshot->files[i];
		status = open_file(file, snapshot->strings + file->path, &descriptors[i], error);
	}
	return status;
}

void mapped_files_close(const struct snapshot *snapshot, const int *descriptors)
{
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}
