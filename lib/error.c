/* SPDX-License-Identifier: MIT */
#include "lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static enum pyb_status set_text(struct pyb_error *error, enum pyb_status status, uint64_t offset,
				const char *format, va_list arguments)
{
	const int saved_errno = errno;
	if (error != NULL && error->status == PYB_OK) {
		error->status = status;
		error->offset = offset;
		vsnprintf(error->text, sizeof(error->text), format, arguments);
	}
	errno = saved_errno;
	return status;
}

enum pyb_status pyb_error_set(struct pyb_error *error, enum pyb_status status, const char *format,
			      ...)
{
	va_list arguments;
	va_start(arguments, format);
	set_text(error, status, 0, format, arguments);
	va_end(arguments);
	return status;
}

enum pyb_status pyb_error_set_at(struct pyb_error *error, enum pyb_status status, uint64_t offset,
				 const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	set_text(error, status, offset, format, arguments);
	va_end(arguments);
	return status;
}

enum pyb_status pyb_error_of_system(int number)
{
	switch (number) {
	case EAGAIN:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOSPC:
		return PYB_ERR_MEMORY;
	default:
		return PYB_ERR_IO;
	}
}

const char *pyb_status_name(enum pyb_status status)
{
	switch (status) {
	case PYB_OK:
		return "fine";
	case PYB_ERR_IO:
		return "system error";
	case PYB_ERR_MEMORY:
		return "out of memory";
	case PYB_ERR_NOT_BUNDLE:
		return "not a bundle";
	case PYB_ERR_DAMAGED:
		return "damaged";
	case PYB_ERR_UNSUPPORTED:
		return "unsupported feature";
	case PYB_ERR_MISMATCH:
		return "for another interpreter";
	case PYB_ERR_UNSAFE:
		return "unsafe";
	case PYB_ERR_INVALID:
		return "invalid";
	case PYB_ERR_AGAIN:
		return "to be tried again";
	}
	return "unknown";
}
