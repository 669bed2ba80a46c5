/* SPDX-License-Identifier: MIT */
#include "importer/launcher/bundle_file.h"

#include <errno.h>

#include "importer/launcher/message.h"
#include "importer/launcher/system.h"
#include "lib/header.h"
#include "lib/python_version.h"
#include "lib/trust.h"

const char *bundle_trust_fault(const struct stat *status, uint32_t user)
{
	if (!pyb_trust_owner(status->st_uid, user))
		return status->st_uid == user ? "it may be another's: its owner is 'nobody', as "
						"are those that are not known here"
					      : "it can be changed by others: its owner is "
						"neither you nor root";
	if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "it can be changed by others; run 'chmod go-w' on it";
	return NULL;
}

static enum bundle_state refuse(struct text *reason, enum bundle_state state, const char *text)
{
	text_set(reason, text);
	return state;
}

/* What cannot be looked at is no worse for that: the bundle itself is open. */
static const char *way_fault(const char *path, uint32_t user)
{
	struct stat name = {0}, folder = {0};
	char folder_path[TEXT_PATH_SIZE];
	struct text text;

	text_begin(&text, folder_path, sizeof(folder_path));
	text_add_bytes(&text, path, (size_t)(text_base_name(path) - path));
	if (system_lstat(path, &name) < 0 ||
	    system_stat(text.length == 0 ? "." : folder_path, &folder) < 0)
		return NULL;
	return pyb_trust_way_fault(&name, &folder, user);
}

/* What is no bundle at all is told apart first: it may be meant for Python. */
static enum bundle_state check(struct bundle *bundle, uint32_t user, struct text *reason)
{
	struct stat status;
	const int error = system_fstat(bundle->fd, &status);

	if (error < 0)
		return refuse(reason, BUNDLE_REFUSED, message_errno(-error));
	if (!S_ISREG(status.st_mode))
		return refuse(reason, BUNDLE_FOREIGN, "it is not a regular file");
	const long got = system_read_at(bundle->fd, bundle->page, sizeof(bundle->page), 0);
	if (got < 0)
		return refuse(reason, BUNDLE_REFUSED, message_errno((int)-got));
	const char *fault = NULL;
	const enum pyb_status found =
		pyb_header_check(bundle->page, (uint64_t)got, (uint64_t)status.st_size, &fault);
	if (found == PYB_ERR_NOT_BUNDLE)
		return refuse(reason, BUNDLE_FOREIGN, fault);
	const char *distrust = bundle_trust_fault(&status, user);
	if (distrust == NULL)
		distrust = way_fault(bundle->path, user);
	if (distrust != NULL)
		return refuse(reason, BUNDLE_REFUSED, distrust);
	if (found == PYB_OK)
		return BUNDLE_USABLE;
	text_set(reason,
		 found == PYB_ERR_UNSUPPORTED ? "it is of another version of pystart: "
					      : "it is damaged: ",
		 fault);
	return BUNDLE_REFUSED;
}

/* Who hands such a bundle on does not expect that its mode goes along. */
static const char *open_fault(int error)
{
	return error == EACCES
		       ? "permission denied; a bundle with a snapshot is for its owner alone, "
			 "so build what others are to use with --snapshot=no"
		       : message_errno(error);
}

void bundle_open(struct bundle *bundle, const char *path, uint32_t user, struct text *reason)
{
	bundle->path = path;
	bundle->fd = system_open(path, 0);
	if (bundle->fd < 0) {
		const bool absent = bundle->fd == -ENOENT || bundle->fd == -ENOTDIR;
		bundle->state = refuse(reason, absent ? BUNDLE_NONE : BUNDLE_REFUSED,
				       open_fault(-bundle->fd));
		return;
	}
	bundle->state = check(bundle, user, reason);
	if (bundle->state != BUNDLE_USABLE)
		bundle_close(bundle);
}

void bundle_close(struct bundle *bundle)
{
	if (bundle->fd >= 0)
		system_close(bundle->fd);
	bundle->fd = -1;
}

const struct pyb_header *bundle_header(const struct bundle *bundle)
{
	return (const struct pyb_header *)bundle->page;
}

const char *bundle_interpreter(const struct bundle *bundle)
{
	return pyb_header_string(bundle_header(bundle), bundle_header(bundle)->interpreter);
}

const char *bundle_entry(const struct bundle *bundle)
{
	return pyb_header_string(bundle_header(bundle), bundle_header(bundle)->entry);
}

bool bundle_is_for(const struct bundle *bundle, const char *version, struct text *reason)
{
	char made_for[PYB_PYTHON_VERSION_SIZE];

	pyb_python_version_write(made_for, bundle_header(bundle)->fingerprint.version);
	if (pyb_python_version_is(made_for, version))
		return true;
	text_set(reason, "for CPython ", made_for, " (", bundle_interpreter(bundle),
		 "); started under ", version);
	return false;
}
