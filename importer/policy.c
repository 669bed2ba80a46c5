/* SPDX-License-Identifier: MIT */
#include "importer/policy.h"

#include "importer/session.h"

void policy_init(const struct pyb_header *header, unsigned int without)
{
	importer.policies = (header->policies | (unsigned int)POLICY_ALWAYS) & ~without;
}

bool policy_is_on(enum policy policy)
{
	return (importer.policies & (unsigned int)policy) != 0;
}
