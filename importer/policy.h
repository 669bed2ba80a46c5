/* SPDX-License-Identifier: MIT */
/* Which of the policies in lib/policy.h are in force. */
#ifndef IMPORTER_POLICY_H
#define IMPORTER_POLICY_H

#include <stdbool.h>

#include "lib/format.h"
#include "lib/policy.h"

/*
 * Settle what is on: what the bundle's header says and what the importer always does, less what the
 * environment asks to be without.
 */
void policy_init(const struct pyb_header *header, unsigned int without);

/* Do without it from now on: the interpreter is not fit for it. */
void policy_switch_off(enum pyb_policy policy);

bool policy_is_on(enum pyb_policy policy);

#endif
