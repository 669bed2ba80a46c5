/* SPDX-License-Identifier: MIT */
/*
 * What an ordinary start verifies of its bundle before it uses it. The process that a snapshot is of has done
 * so; who goes on with it has that memory, and the bundle mapped where it was, and would not do so again.
 */
#ifndef IMPORTER_RESUME_CHECKED_TABLES_H
#define IMPORTER_RESUME_CHECKED_TABLES_H

#include "lib/error.h"

/*
 * Verify all that is looked at in the bundle without a further look at its checksum: the tables that a
 * reader begins with, those of the image and of memos, and the objects of startup modules that a snapshot has
 * mapped. Nothing stays mapped, and nothing is allocated. Errors: PYB_ERR_DAMAGED, PYB_ERR_MEMORY, PYB_ERR_IO.
 */
enum pyb_status checked_tables_verify(int descriptor, struct pyb_error *error);

#endif
