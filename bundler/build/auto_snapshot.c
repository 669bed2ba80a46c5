/* SPDX-License-Identifier: MIT */
#include "bundler/build/auto_snapshot.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- where it works */

/* Versions whose behaviour with snapshots the tests have compared with stock's: up to this one. */
enum { LAST_VERSION = 0x030e };

static enum pyb_status check_machine(const struct pyb_fingerprint *fingerprint,
				     struct pyb_error *error)
{
	const unsigned version = fingerprint->version >> 16;

#ifndef __x86_64__
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "snapshots have not been tried on this kind of machine; "
			     "'snapshot: yes' tries");
#endif
	if (version <= LAST_VERSION)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "snapshots have not been tried with CPython %u.%u; 'snapshot: yes' "
			     "tries",
			     version >> 8, version & 0xff);
}

/* --- what it is for */

/* A package, say: it is used on other machines than it is made on. */
static enum pyb_status check_purpose(struct pyb_error *error)
{
	if (getenv("SOURCE_DATE_EPOCH") == NULL)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "SOURCE_DATE_EPOCH asks for a bundle that is the same wherever it is "
			     "made, and a snapshot belongs to one machine");
}

enum pyb_status auto_snapshot_check(const struct pyb_fingerprint *fingerprint,
				    struct pyb_error *error)
{
	const enum pyb_status status = check_purpose(error);

	return status == PYB_OK ? check_machine(fingerprint, error) : status;
}

/* --- whom it is for */

static bool is_closed(const struct stat *folder)
{
	return folder->st_uid == geteuid() && (folder->st_mode & (S_IXGRP | S_IXOTH)) == 0;
}

/* Whether one of the folders on the way to it lets nobody through but us. `folder` is absolute; it is changed. */
static enum pyb_status find_closed(char *folder, bool *is_found, struct pyb_error *error)
{
	struct stat status;

	*is_found = false;
	for (;;) {
		if (stat(folder, &status) != 0)
			return pyb_error_set(error, PYB_ERR_IO, "cannot look at %s: %s", folder,
					     strerror(errno));
		*is_found = is_closed(&status);
		if (*is_found || strcmp(folder, "/") == 0)
			return PYB_OK;
		folder = dirname(folder);
	}
}

/* The folder of what is written to `path`, where links have been followed; the caller's to free. */
static char *find_folder(const char *path)
{
	char *file = realpath(path, NULL);

	if (file == NULL)
		file = strdup(path);
	char *const folder = file == NULL ? NULL : realpath(dirname(file), NULL);
	const int number = errno;
	free(file);
	errno = number;
	return folder;
}

static enum pyb_status is_out_of_reach(const char *path, bool *is, struct pyb_error *error)
{
	char *const folder = find_folder(path);

	if (folder == NULL)
		return pyb_error_set(error, pyb_error_of_system(errno),
				     "cannot find the folder of %s: %s", path, strerror(errno));
	const enum pyb_status status = find_closed(folder, is, error);
	free(folder);
	return status;
}

/* Whether the mask forbids others to read what is made in any case. */
static bool is_masked(void)
{
	const mode_t others = S_IRGRP | S_IROTH;
	const mode_t mask = umask(0);

	umask(mask);
	return (mask & others) == others;
}

/* What another user than root has made nobody else may use (trust.h): that is lost to nobody. */
enum pyb_status auto_snapshot_check_users(const char *path, struct pyb_error *error)
{
	bool is_ours = geteuid() != 0 || is_masked();
	const enum pyb_status status = is_ours ? PYB_OK : is_out_of_reach(path, &is_ours, error);

	if (status != PYB_OK || is_ours)
		return status;
	return pyb_error_set(
		error, PYB_ERR_UNSUPPORTED,
		"others than root can reach the bundle, and one with a snapshot is for "
		"its owner alone; say 'snapshot: auto' if only root is to use it");
}
