/* SPDX-License-Identifier: MIT */
/*
 * Whom a file that decides what is executed may belong to. Needs no C library, but for the last one.
 */
#ifndef PYB_TRUST_H
#define PYB_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The kernel shows it in place of all owners that a user namespace does not know. */
#define PYB_NOBODY ((uid_t)65534)

/* Whether a file that belongs to `owner` can be changed by nobody but root and `user`, by its mode. */
static inline bool pyb_trust_owner(uid_t owner, uid_t user)
{
	return owner == 0 || (owner == user && owner != PYB_NOBODY);
}

/*
 * Why a bundle must not be trusted by `user`, an effective user id: somebody other than root and
 * `user` can change it. NULL if all is well, else static text that says what to do, too.
 */
static inline const char *pyb_trust_fault(const struct stat *file, uid_t user)
{
	if (!pyb_trust_owner(file->st_uid, user) || (file->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others can change it; let it belong to you or root and chmod go-w it";
	return NULL;
}

/*
 * Why the way to a bundle must not be trusted: `name` is what its path names, a link not being
 * followed, and `folder` the folder of the path. NULL if all is well, else static text.
 */
static inline const char *pyb_trust_way_fault(const struct stat *name, const struct stat *folder,
					      uid_t user)
{
	if (S_ISLNK(name->st_mode) && !pyb_trust_owner(name->st_uid, user))
		return "a symbolic link of somebody else leads to it";
	if ((folder->st_mode & S_IWOTH) != 0 && (folder->st_mode & S_ISVTX) == 0)
		return "everybody can put another file in its place; run 'chmod o-w' on its folder";
	return NULL;
}

/*
 * The same of the bundle `path`, which is open. What cannot be looked at is no worse for that.
 * Thread-safe.
 */
const char *pyb_trust_way(const char *path, uid_t user);

#endif
