/* SPDX-License-Identifier: MIT */
/*
 * What is done on signals: the kernel knows it, not the memory. The interpreter sets a few at its start
 * (Python/pylifecycle.c: init_signals(), Modules/signalmodule.c), site may set more. That the new process
 * has inherited the same as the old is for the guards.
 */
#include "importer/cpython/compat.h"
#include "importer/resume/renew.h"

#include <signal.h>

enum { SIGNALS = 65 };

static struct {
	struct sigaction actions[SIGNALS];
	bool is_set[SIGNALS];
} kept;

/* Field by field: the C library leaves in the structure what was on its stack. */
static void keep(int number, const struct sigaction *action)
{
	struct sigaction *const copy = &kept.actions[number];

	kept.is_set[number] = true;
	copy->sa_sigaction = action->sa_sigaction;
	copy->sa_flags = action->sa_flags;
	sigemptyset(&copy->sa_mask);
	for (int other = 1; other < SIGNALS; other++)
		if (sigismember(&action->sa_mask, other) == 1)
			sigaddset(&copy->sa_mask, other);
}

static const char *prepare(void)
{
	struct sigaction action;

	for (int number = 1; number < SIGNALS; number++)
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			keep(number, &action);
	return NULL;
}

static bool renew(const struct renew_from *from)
{
	(void)from;
	for (int number = 1; number < SIGNALS; number++)
		if (kept.is_set[number])
			sigaction(number, &kept.actions[number], NULL);
	return true;
}

const struct renewal renew_signals = {"signals", prepare, renew};
