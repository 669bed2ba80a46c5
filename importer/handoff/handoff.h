/* SPDX-License-Identifier: MIT */
/*
 * What the launcher tells the importer: the last two entries of the environment that it hands to
 * execve(), in this order,
 *
 *     PYSTART_HANDOFF=BUNDLE_FD:FLAGS:BUNDLE_PATH
 *     LD_PRELOAD=[what the user's LD_PRELOAD says:]/proc/PROCESS/fd/IMPORTER_FD
 *
 * BUNDLE_FD and FLAGS are decimal numbers. PROCESS is what /proc calls the process, by its number, for
 * a debugger opens the importer by this name, before its constructor is called, and "self" would be the
 * debugger. The importer comes last because some libraries insist on being the first
 * (AddressSanitizer's does). The importer's constructor takes both entries out of the environment again
 * and closes both descriptors, whatever other libraries have made of the environment meanwhile.
 */
#ifndef IMPORTER_HANDOFF_HANDOFF_H
#define IMPORTER_HANDOFF_HANDOFF_H

#define HANDOFF_VARIABLE "PYSTART_HANDOFF="
#define HANDOFF_PRELOAD "LD_PRELOAD="
#define HANDOFF_PROCESSES "/proc/"
#define HANDOFF_DESCRIPTORS "/fd/"

enum handoff_flag {
	HANDOFF_EXPLICIT = 1, /* the user named this bundle: say so when it cannot be used */
	HANDOFF_VERBOSE = 2,  /* PYSTART_VERBOSE is set and to be heeded */
	HANDOFF_STATS = 4,    /* PYSTART_STATS is set and to be heeded */
	/* PYSTART_WITHOUT lists the policy: enum pyb_policy, shifted by HANDOFF_WITHOUT_SHIFT. */
	HANDOFF_WITHOUT_SHIFT = 8,
};

#endif
