/* SPDX-License-Identifier: MIT */
#include "bundler/build/auto_snapshot.h"

#include <stdlib.h>

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
