/* SPDX-License-Identifier: MIT */
#include "importer/policy.h"

#include "importer/session.h"

void policy_init(const struct pyb_header *header, unsigned int without)
{
	/* Bits that this version does not know are another version's: the header may have them. */
	session.policies = ((header->policies & PYB_POLICY_KNOWN) | PYB_POLICY_ALWAYS) & ~without;
}

void policy_switch_off(enum pyb_policy policy)
{
	session.policies &= ~(unsigned int)policy;
}

bool policy_is_on(enum pyb_policy policy)
{
	return (session.policies & (unsigned int)policy) != 0;
}
