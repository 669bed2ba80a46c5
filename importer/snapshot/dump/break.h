/* SPDX-License-Identifier: MIT */
/* The program break, which the kernel gives to each process elsewhere. */
#ifndef IMPORTER_SNAPSHOT_DUMP_BREAK_H
#define IMPORTER_SNAPSHOT_DUMP_BREAK_H

#include "lib/error.h"

/*
 * Have malloc() leave the break alone from now on. Else glibc expects to find it, when its heap has to grow,
 * not below where it was, and ends a process that was restored: malloc/malloc.c, sysmalloc(). To be called
 * early by a process that a snapshot will be made of. Errors: PYB_ERR_MEMORY; PYB_ERR_UNSUPPORTED if malloc()
 * insists.
 */
enum pyb_status break_leave_alone(struct pyb_error *error);

#endif
