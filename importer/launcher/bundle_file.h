/* SPDX-License-Identifier: MIT */
/* Bundles as the launcher sees them: an open descriptor and the header page. */
#ifndef IMPORTER_LAUNCHER_BUNDLE_FILE_H
#define IMPORTER_LAUNCHER_BUNDLE_FILE_H

#include <stdint.h>
#include <sys/stat.h>

#include "importer/launcher/text.h"
#include "lib/format.h"

enum bundle_state {
	BUNDLE_NONE = 0, /* not looked for, or there is no such file */
	BUNDLE_USABLE,   /* open, and the header has been checked */
	BUNDLE_FOREIGN,  /* a folder, or a file that does not begin as a bundle does */
	BUNDLE_REFUSED,  /* a bundle, or what is named as one, that must not be used */
};

struct bundle {
	enum bundle_state state;
	const char *path;
	int fd;                           /* inherited across execve(); valid if USABLE */
	char path_buffer[TEXT_PATH_SIZE]; /* where the launcher makes up the path itself */
	_Alignas(8) uint8_t page[PYB_PAGE_SIZE];
};

/*
 * Open `path` and check who may change it and its header. `user` is the effective user id. Sets
 * bundle->state, and `reason` if that is NONE, FOREIGN or REFUSED.
 */
void bundle_open(struct bundle *bundle, const char *path, uint32_t user, struct text *reason);

/* Close the descriptor; the header stays. */
void bundle_close(struct bundle *bundle);

/* The header of a USABLE bundle, its interpreter, and its entry point or NULL. */
const struct pyb_header *bundle_header(const struct bundle *bundle);
const char *bundle_interpreter(const struct bundle *bundle);
const char *bundle_entry(const struct bundle *bundle);

/*
 * Whether the bundle is for a CPython of this version, such as "3.13". If not, `reason` names both.
 */
bool bundle_is_for(const struct bundle *bundle, const char *version, struct text *reason);

/*
 * Why a file must not be trusted: somebody other than root and `user` can change it. NULL if all is
 * well.
 */
const char *bundle_trust_fault(const struct stat *status, uint32_t user);

#endif
