/* SPDX-License-Identifier: MIT */
/*
 * For tests of what is refused: a folder of their own, and whether the words of an error fit. To be
 * included once.
 */
#ifndef TESTS_UNIT_REFUSING_H
#define TESTS_UNIT_REFUSING_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"

static char folder[] = "/tmp/pystart-check.XXXXXX";

static void enter_folder(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(command), 0);
}

static inline void expect(enum pyb_status got, enum pyb_status status,
			  const struct pyb_error *error, const char *words)
{
	ck_assert_int_eq(got, status);
	ck_assert_int_eq(error->status, status);
	ck_assert_msg(strstr(error->text, words) != NULL, "'%s' is not in '%s'", words,
		      error->text);
}

#endif
