/* SPDX-License-Identifier: MIT */
/* Whom a file that decides what is executed may belong to. Needs no C library. */
#ifndef PYB_TRUST_H
#define PYB_TRUST_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Why a bundle must not be trusted by `user`, an effective user id: somebody other than root and
 * `user` can change it. NULL if all is well, else static text that says what to do, too.
 */
static inline const char *pyb_trust_fault(const struct stat *file, uid_t user)
{
	if ((file->st_uid != 0 && file->st_uid != user) ||
	    (file->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others can change it; let it belong to you or root and chmod go-w it";
	return NULL;
}

#endif
