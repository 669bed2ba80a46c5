/* SPDX-License-Identifier: MIT */
/* What a process can be given, before it becomes a program, that the program then has. */
#ifndef TESTS_UNIT_OWN_GIVEN_H
#define TESTS_UNIT_OWN_GIVEN_H

#include "tests/unit/reborn.h"

struct own_given {
	reborn_preparation *prepare; /* returns false where it cannot be had, or not by this user */
	const char *text;
};

extern const struct own_given own_given[];
extern const size_t own_given_count;

#endif
