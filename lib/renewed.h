/* SPDX-License-Identifier: MIT */
/*
 * Environment variables that the interpreter reads when it starts and that matter to nothing before its program
 * runs. A snapshot that was made without one of them can be used with it: what it chooses is made new in each
 * process (importer/resume/renew/choices.c).
 */
#ifndef PYB_RENEWED_H
#define PYB_RENEWED_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define PYB_UNBUFFERED "PYTHONUNBUFFERED"
#define PYB_NO_BYTECODE "PYTHONDONTWRITEBYTECODE"
#define PYB_SAFE_PATH "PYTHONSAFEPATH"

enum { PYB_RENEWED = 3 };

/* The name of one of them, by a number below PYB_RENEWED. */
static inline const char *pyb_renewed_name(size_t number)
{
	static const char *const names[PYB_RENEWED] = {PYB_UNBUFFERED, PYB_NO_BYTECODE,
						       PYB_SAFE_PATH};

	return names[number];
}

static inline bool pyb_is_renewed(const char *name)
{
	for (size_t i = 0; i < PYB_RENEWED; i++)
		if (strcmp(name, pyb_renewed_name(i)) == 0)
			return true;
	return false;
}

#endif
