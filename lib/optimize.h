/* SPDX-License-Identifier: MIT */
/* The level of optimization that a bundle's code was compiled at, as the interpreter is told of it. */
#ifndef PYB_OPTIMIZE_H
#define PYB_OPTIMIZE_H

#include <stddef.h>

/* The option; NULL at level 0, which takes none. */
static inline const char *pyb_optimize_option(unsigned int level)
{
	if (level == 0)
		return NULL;
	return level == 1 ? "-O" : "-OO";
}

#endif
