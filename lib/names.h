/* SPDX-License-Identifier: MIT */
/* What names consist of, for the launcher, which has no C library, and for all others alike. */
#ifndef PYB_NAMES_H
#define PYB_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* An ASCII letter or an underscore. */
static inline bool pyb_is_letter(uint32_t code)
{
	return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || code == '_';
}

/* An ASCII digit. */
static inline bool pyb_is_digit(uint32_t code)
{
	return code >= '0' && code <= '9';
}

/*
 * Whether a file's name is `stem`, perhaps with what tells a version and a kind of build: python,
 * python3, python3.11d, python3.13t, pystart-3.13.
 */
static inline bool pyb_is_versioned_name(const char *name, const char *stem)
{
	while (*stem != '\0')
		if (*name++ != *stem++)
			return false;
	while (pyb_is_digit((unsigned char)*name) || *name == '.' || *name == '-' || *name == 'd' ||
	       *name == 't')
		name++;
	return *name == '\0';
}

#endif
