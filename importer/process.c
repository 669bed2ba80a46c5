/* SPDX-License-Identifier: MIT */
#include "importer/process.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "importer/find/folder.h"
#include "importer/handoff/handoff.h"
#include "importer/memory/gc_deferral.h"
#include "importer/session.h"

struct process process = {.bundle_descriptor = -1};

void process_begin(int bundle_descriptor)
{
	static bool hears_of_forks;

	process.reporter = getpid();
	process.bundle_descriptor = bundle_descriptor;
	if (!hears_of_forks)
		hears_of_forks = pthread_atfork(NULL, NULL, process_renew) == 0;
}

void process_heed(unsigned int flags)
{
	session.say_why_not = (flags & HANDOFF_EXPLICIT) != 0;
	session.verbose = (flags & HANDOFF_VERBOSE) != 0;
	session.print_stats = (flags & HANDOFF_STATS) != 0;
}

void process_close_bundle(void)
{
	if (process.bundle_descriptor >= 0)
		close(process.bundle_descriptor);
	process.bundle_descriptor = -1;
}

void process_renew(void)
{
	process.reporter = 0;
	folder_cache_invalidate(&seen_folders);
	gc_deferral_forked();
}
