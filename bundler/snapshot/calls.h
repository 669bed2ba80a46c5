/* SPDX-License-Identifier: MIT */
/* Which system call is about what. */
#ifndef BUNDLER_SNAPSHOT_CALLS_H
#define BUNDLER_SNAPSHOT_CALLS_H

#include <stdint.h>

#include "bundler/snapshot/facts.h"

enum call_form {
	CALL_HARMLESS, /* about the process's own memory and descriptors alone */
	CALL_NAMED,    /* that it is made is the fact */

	/* paths */
	CALL_STATUS,
	CALL_LINK,
	CALL_LINK_STATUS, /* lstat(2) */
	CALL_ACCESS,
	CALL_OPEN,
	CALL_OPEN_HOW, /* openat2(2) */
	CALL_EXECUTE,
	CALL_CHANGE, /* of the file */
	CALL_MAKE,   /* it is made, unless there is something */
	CALL_REMOVE,
	CALL_MOVE, /* into the folder */

	/* descriptors; the first argument unless said otherwise */
	CALL_DESCRIPTOR,
	CALL_DESCRIPTOR_STATUS,
	CALL_READ,
	CALL_LIST,
	CALL_WRITE,
	CALL_FCNTL,
	CALL_IOCTL,
	CALL_MAP, /* the fifth */

	/* values */
	CALL_CLOCK, /* the number is which one */
	CALL_WORKING_FOLDER,
	CALL_UNAME,
	CALL_RESULT, /* what it returns is the fact; the number is the first argument */
	CALL_GROUPS,
	CALL_THREE_IDS,
	CALL_LIMIT,
	CALL_PRLIMIT,
	CALL_PROCESSORS,
	CALL_UMASK,
	CALL_SIGNAL,
	CALL_SIGNAL_MASK,

	/* what they do depends on an argument */
	CALL_CLONE,
	CALL_CLONE_ARGS, /* clone3(2) */
	CALL_PRCTL,
	CALL_ARCH_PRCTL,
	CALL_POLL,   /* harmless if there is nothing to wait for but the time */
	CALL_SELECT, /* the same, with the number of descriptors first */
	CALL_MEMBARRIER,
};

struct call {
	uint64_t number;
	const char *name;
	enum call_form form;
	enum fact_kind kind; /* of the fact, for CALL_NAMED and calls about values */
	/* For paths, which argument is which, counted from 1; 0: there is none. */
	uint8_t folder, path, flags;
};

/* NULL: it is not known. */
const struct call *call_find(uint64_t number);

#endif
