/* SPDX-License-Identifier: MIT */
#include "bundler/inspect/opened.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/codec.h"
#include "lib/header.h"

static enum pyb_status system_error(struct pyb_error *error, const char *what, const char *path)
{
	return pyb_error_set(error, PYB_ERR_IO, "cannot %s %s: %s", what, path, strerror(errno));
}

/* Before gigabytes are read that turn out to be no bundle. */
static enum pyb_status check_header(int descriptor, uint64_t file_size, struct pyb_error *error)
{
	_Alignas(8) uint8_t page[PYB_PAGE_SIZE];
	const char *reason = NULL;
	const ssize_t got = TEMP_FAILURE_RETRY(pread(descriptor, page, sizeof(page), 0));
	const enum pyb_status status =
		got < 0 ? PYB_OK : pyb_header_check(page, (uint64_t)got, file_size, &reason);

	/* What cannot be read is reported by the one who reads it all. */
	return status == PYB_OK ? PYB_OK : pyb_error_set(error, status, "%s", reason);
}

/* Not mapped: somebody may cut the file off while we look at it. */
static enum pyb_status read_all(struct opened *opened, const char *path, int descriptor,
				struct pyb_error *error)
{
	struct stat *const file = &opened->status;
	size_t at = 0;

	if (fstat(descriptor, file) != 0)
		return system_error(error, "look at", path);
	if (!S_ISREG(file->st_mode))
		return pyb_error_set(error, PYB_ERR_IO, "%s is not a regular file", path);
	const enum pyb_status status = check_header(descriptor, (uint64_t)file->st_size, error);
	if (status != PYB_OK)
		return status;
	const size_t wanted = (size_t)file->st_size;
	opened->file = malloc(wanted + 1);
	if (opened->file == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	while (at < wanted) {
		const ssize_t got = read(descriptor, (char *)opened->file + at, wanted - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return system_error(error, "read", path);
		if (got == 0)
			break;
		at += (size_t)got;
	}
	opened->size = at;
	return PYB_OK;
}

enum pyb_status opened_read(struct opened *opened, const char *path, struct pyb_error *error)
{
	const int descriptor =
		(int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));

	*opened = (struct opened){0};
	if (descriptor < 0)
		return system_error(error, "open", path);
	const enum pyb_status status = read_all(opened, path, descriptor, error);
	close(descriptor);
	if (status != PYB_OK)
		return status;
	return pyb_reader_init(&opened->reader, opened->file, opened->size, error);
}

static enum pyb_status decompress(struct opened *opened, enum pyb_section_type type, void **code,
				  struct pyb_error *error)
{
	const struct pyb_section *const section = pyb_reader_section(&opened->reader, type);

	if (section == NULL || (section->flags & PYB_SECTION_FLAG_ZSTD) == 0)
		return PYB_OK;
	enum pyb_status status = pyb_reader_check_section(&opened->reader, section, error);
	if (status != PYB_OK)
		return status;
	*code = malloc(section->size + 1);
	if (*code == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	status = pyb_decompress((const char *)opened->file + section->offset, section->stored_size,
				*code, section->size, error);
	if (status == PYB_OK)
		pyb_reader_set_code(&opened->reader, type, *code);
	return status;
}

enum pyb_status opened_decompress(struct opened *opened, struct pyb_error *error)
{
	enum pyb_status status = decompress(opened, PYB_SECTION_STARTUP, &opened->code[0], error);

	if (status == PYB_OK)
		status = decompress(opened, PYB_SECTION_DEMAND, &opened->code[1], error);
	return status;
}

void opened_release(struct opened *opened)
{
	free(opened->file);
	free(opened->code[0]);
	free(opened->code[1]);
	*opened = (struct opened){0};
}

void opened_print(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned char byte = (unsigned char)text[i];
		putchar(byte < 0x20 || byte == 0x7f ? '?' : byte);
	}
}
