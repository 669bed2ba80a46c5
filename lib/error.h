/* SPDX-License-Identifier: MIT */
/* Status codes and the caller-owned error report that every library of pystart uses. */
#ifndef PYB_ERROR_H
#define PYB_ERROR_H

#include <stdint.h>

/* What became of an operation. Every function that can fail returns one of these. */
enum pyb_status {
	PYB_OK = 0,
	PYB_ERR_IO,          /* a system call failed; the text names it and the file */
	PYB_ERR_MEMORY,      /* out of memory, or of descriptors, processes, space of ours */
	PYB_ERR_NOT_BUNDLE,  /* the file does not start as a bundle does */
	PYB_ERR_DAMAGED,     /* it is a bundle, but a checksum, size or offset is wrong */
	PYB_ERR_UNSUPPORTED, /* it needs a format version or feature that this program lacks */
	PYB_ERR_MISMATCH,    /* it was made for another interpreter or other settings */
	PYB_ERR_UNSAFE,      /* its owner or mode lets somebody else change it */
	PYB_ERR_INVALID,     /* the caller's input breaks a rule; the text says which */
	PYB_ERR_AGAIN,       /* chance is against it; the same in a new process may succeed */
};

enum { PYB_ERROR_TEXT_SIZE = 1024 };

/*
 * One error, owned by the caller. Start with `struct pyb_error error = {0}` (or assign that to use
 * it again). The first error that is set stays: later calls of pyb_error_set() do not overwrite it.
 */
struct pyb_error {
	enum pyb_status status;
	uint64_t offset;                /* byte offset in the file where that makes sense, else 0 */
	char text[PYB_ERROR_TEXT_SIZE]; /* one line of UTF-8 without a final newline */
};

/*
 * Record an error and return `status`, so that a function can end with `return pyb_error_set(...)`.
 * `error` may be NULL. A text that is too long is cut at PYB_ERROR_TEXT_SIZE - 1 bytes.
 * Thread-safe as long as no two threads share one `error`. Leaves errno alone.
 */
enum pyb_status pyb_error_set(struct pyb_error *error, enum pyb_status status, const char *format,
			      ...) __attribute__((format(printf, 3, 4)));

/* The same with the byte offset at which the fault was found. */
enum pyb_status pyb_error_set_at(struct pyb_error *error, enum pyb_status status, uint64_t offset,
				 const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * The status for a system call that failed with the error number `number`: PYB_ERR_MEMORY if the
 * process or the machine ran out of something, which says nothing about the file; else PYB_ERR_IO.
 */
enum pyb_status pyb_error_of_system(int number);

/* A short English name for `status`, such as "damaged". Static storage. */
const char *pyb_status_name(enum pyb_status status);

#endif
