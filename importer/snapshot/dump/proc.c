/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum pyb_status failed(const char *what, const char *path, struct pyb_error *error)
{
	const int number = errno;

	return pyb_error_set(error, pyb_error_of_system(number), "%s cannot be %s: %s", path, what,
			     strerror(number));
}

enum pyb_status proc_open(const char *path, int *descriptor, struct pyb_error *error)
{
	*descriptor = open(path, O_RDONLY | O_CLOEXEC);
	return *descriptor < 0 ? failed("opened", path, error) : PYB_OK;
}

static ssize_t read_on(int descriptor, char *bytes, size_t size)
{
	ssize_t got;

	do
		got = read(descriptor, bytes, size);
	while (got < 0 && errno == EINTR);
	return got;
}

enum pyb_status proc_read(const char *path, char *text, size_t room, size_t *size,
			  struct pyb_error *error)
{
	int descriptor;
	ssize_t got = 1;
	enum pyb_status status = proc_open(path, &descriptor, error);

	*size = 0;
	if (status != PYB_OK)
		return status;
	while (got > 0 && *size + 1 < room) {
		got = read_on(descriptor, text + *size, room - 1 - *size);
		*size += got > 0 ? (size_t)got : 0;
	}
	text[*size] = '\0';
	if (got < 0)
		status = failed("read", path, error);
	else if (got > 0)
		status = pyb_error_set(error, PYB_ERR_MEMORY, "%s has more than %zu bytes", path,
				       room - 1);
	close(descriptor);
	return status;
}

enum pyb_status proc_measure(const char *path, size_t *size, struct pyb_error *error)
{
	char bytes[4096];
	int descriptor;
	ssize_t got;
	enum pyb_status status = proc_open(path, &descriptor, error);

	*size = 0;
	if (status != PYB_OK)
		return status;
	while ((got = read_on(descriptor, bytes, sizeof(bytes))) > 0)
		*size += (size_t)got;
	if (got < 0)
		status = failed("read", path, error);
	close(descriptor);
	return status;
}

static unsigned int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return (unsigned int)(character - '0');
	if (character >= 'a' && character <= 'f')
		return 10U + (unsigned int)(character - 'a');
	return 16;
}

bool proc_number(const char **text, unsigned int base, uint64_t *number)
{
	const char *at = *text;
	uint64_t value = 0;

	for (unsigned int digit; (digit = digit_of(*at)) < base; at++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	if (at == *text)
		return false;
	*text = at;
	*number = value;
	return true;
}

bool proc_field(const char *text, const char *name, unsigned int base, uint64_t *number)
{
	const size_t size = strlen(name);

	while (text != NULL && strncmp(text, name, size) != 0) {
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
	if (text == NULL)
		return false;
	text += size;
	text += strspn(text, " \t");
	return proc_number(&text, base, number);
}
