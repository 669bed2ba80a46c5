/* SPDX-License-Identifier: MIT */
/* Libraries that read variables without asking getenv(3) for them. */
#ifndef IMPORTER_VARIABLES_LIST_USERS_H
#define IMPORTER_VARIABLES_LIST_USERS_H

#include <stddef.h>

/*
 * Record each object that is loaded and refers to `environ`. Those that begin at one of the `passed`
 * addresses, the program and the dynamic linker are not looked at.
 */
void list_users_record(const void *const passed[], size_t count);

#endif
