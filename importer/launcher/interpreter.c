/* SPDX-License-Identifier: MIT */
#include "importer/launcher/interpreter.h"

#include <stdint.h>
#include <string.h>

#include "importer/launcher/message.h"
#include "importer/launcher/system.h"
#include "lib/header.h"

/* The dynamic linker preloads nothing into programs that run with rights of their file. */
static bool has_special_rights(int fd)
{
	struct stat status;

	return system_fstat(fd, &status) != 0 || (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
	       system_attribute_size(fd, "security.capability") > 0;
}

static bool read_page(const char *path, uint8_t *page, size_t *got, struct text *reason)
{
	const int fd = system_open(path, O_CLOEXEC);
	bool special = false;
	long result = fd;

	if (fd >= 0) {
		result = system_read_at(fd, page, PYB_PAGE_SIZE, 0);
		special = has_special_rights(fd);
		system_close(fd);
	}
	if (special) {
		text_set(reason, "its interpreter ", path,
			 " has special rights, so that nothing can be put into it");
		return false;
	}
	if (result < 0) {
		text_set(reason, "its interpreter ", path,
			 " cannot be read: ", message_errno((int)-result));
		return false;
	}
	*got = (size_t)result;
	return true;
}

static bool same_build(const struct pyb_build_id *one, const struct pyb_build_id *other)
{
	return one->size == 0 || other->size == 0 ||
	       (one->size == other->size && one->size <= PYB_BUILD_ID_MAX &&
		memcmp(one->bytes, other->bytes, one->size) == 0);
}

bool interpreter_fits(const char *path, const struct pyb_build_id *wanted, struct text *reason)
{
	_Alignas(8) uint8_t page[PYB_PAGE_SIZE];
	struct pyb_build_id found;
	size_t size = 0;
	int has_interp = 0;

	if (!read_page(path, page, &size, reason))
		return false;
	if (size >= 2 && memcmp(page, "#!", 2) == 0) {
		text_set(reason, "its interpreter ", path, " is a script, not a program");
		return false;
	}
	if (pyb_elf_build_id(page, size, &found, &has_interp) != 0) {
		text_set(reason, "its interpreter ", path, " is not a program of this machine");
		return false;
	}
	if (!has_interp) {
		text_set(reason, "its interpreter ", path, " is linked statically");
		return false;
	}
	if (!same_build(&found, wanted)) {
		text_set(reason, "for another interpreter: ", path,
			 " has changed since the bundle was made; run 'pybundle build' again");
		return false;
	}
	return true;
}

bool interpreter_is_self(const char *path)
{
	struct stat self;
	struct stat other;

	return system_stat("/proc/self/exe", &self) == 0 && system_stat(path, &other) == 0 &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}
