/* SPDX-License-Identifier: MIT */
/* What the importer does, beyond serving modules, so that a program starts sooner. */
#ifndef IMPORTER_POLICY_H
#define IMPORTER_POLICY_H

#include <stdbool.h>

#include "lib/format.h"

/* The first ones are those of enum pyb_policy, which a manifest decides about. */
enum policy {
	POLICY_GC = PYB_POLICY_DEFER_GC,           /* PYSTART_WITHOUT=gc */
	POLICY_EXIT = PYB_POLICY_QUICK_EXIT,       /* PYSTART_WITHOUT=exit */
	POLICY_HUGE_PAGES = PYB_POLICY_HUGE_PAGES, /* PYSTART_WITHOUT=hugepages */
	POLICY_CHECK_COLD = PYB_POLICY_CHECK_COLD, /* PYSTART_WITHOUT=checksums */
	POLICY_PRIVATE = PYB_POLICY_PRIVATE,       /* it cannot be switched off */
	POLICY_REGEX = 32,     /* PYSTART_WITHOUT=regex: patterns compiled at build time */
	POLICY_GENERATED = 64, /* PYSTART_WITHOUT=generated: code that module bodies generate */
	POLICY_SITE = 128,     /* PYSTART_WITHOUT=site: the names of .pth files */
	POLICY_ALWAYS = POLICY_REGEX | POLICY_GENERATED | POLICY_SITE,
	POLICY_ALL = PYB_POLICY_ALL | POLICY_ALWAYS,
};

/* Settle what is on: what the bundle says, less what the environment asks to be without. */
void policy_init(const struct pyb_header *header, unsigned int without);

bool policy_is_on(enum policy policy);

#endif
