/* SPDX-License-Identifier: MIT */
/*
 * Reading the values of METADATA: what pkg_resources made of the metadata of an installed distribution,
 * from which files, and what that depends on in the interpreter. Nothing is allocated; views point into
 * the bundle.
 */
#ifndef PYB_DISTRIBUTION_H
#define PYB_DISTRIBUTION_H

#include "lib/error.h"
#include "lib/format.h"
#include "lib/reader.h"

struct pyb_distribution_view {
	const struct pyb_file_facts *files; /* PYB_DISTRIBUTION_FILES of them */
	const char *items;                  /* well-formed, see format.md */
	size_t size;                        /* of the items */
};

/* Take the value of an entry with the qualifier PYB_METADATA_DISTRIBUTION apart. Errors: PYB_ERR_DAMAGED. */
enum pyb_status pyb_distribution_open(const struct pyb_bytes *value,
				      struct pyb_distribution_view *view, struct pyb_error *error);

/*
 * Check such a value completely: besides, that all texts are UTF-8. For `pybundle verify`. Errors:
 * PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_distribution_verify(const struct pyb_bytes *value, struct pyb_error *error);

/*
 * Check the value of an entry with the qualifier PYB_METADATA_WITNESSES: texts with a NUL behind each,
 * a multiple of PYB_WITNESS_PARTS. Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_witnesses_check(const struct pyb_bytes *value, struct pyb_error *error);

#endif
