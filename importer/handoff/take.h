/* SPDX-License-Identifier: MIT */
/* Taking over what the launcher has handed over, in the constructor of the importer. */
#ifndef IMPORTER_HANDOFF_TAKE_H
#define IMPORTER_HANDOFF_TAKE_H

#include "importer/handoff/parse.h"

/*
 * Take everything that the launcher has put into the process out of it: both entries of the environment,
 * from `environ` and from the vectors that the process began with, and the importer's descriptor. The
 * shared object gets its real name in the dynamic linker's list. Returns true if there was a handoff: the
 * caller then owns ret->bundle_descriptor, which is closed on exec, and ret->bundle_path is a copy that
 * stays. False, with nothing done, if this object was not loaded by the launcher.
 *
 * Nothing is allocated, and no pointer into the environment is kept: allocators that are preloaded change
 * it (tracers remove LD_PRELOAD when they are first called).
 */
bool handoff_take(char **argv, char **envp, struct handoff_received *ret);

#endif
