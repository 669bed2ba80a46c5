/* SPDX-License-Identifier: MIT */
/* What a process was told, and how two of them differ, in words. Of a digest there is nothing else to tell. */
#include "lib/snapshot_process.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 32 };

/* The words; *text is cut where it does not fit. */
#define TELL(text, size, ...) ((void)snprintf(text, size, __VA_ARGS__), false)

static bool is_same_user(const struct snapshot_process *then, const struct snapshot_process *now,
			 char *text, size_t size)
{
	if (now->user != then->user || now->effective_user != then->effective_user)
		return TELL(text, size,
			    "the snapshot was made by user %" PRIu32 "; it is user %" PRIu32
			    " now. Each user needs a bundle of their own",
			    then->effective_user, now->effective_user);
	if (now->group != then->group || now->effective_group != then->effective_group)
		return TELL(text, size,
			    "the snapshot was made in group %" PRIu32 "; it is group %" PRIu32
			    " now",
			    then->effective_group, now->effective_group);
	if (now->groups_digest != then->groups_digest)
		return TELL(text, size,
			    "the user is in other groups than when the snapshot was made");
	return true;
}

static bool is_same_machine(const struct snapshot_process *then, const struct snapshot_process *now,
			    char *text, size_t size)
{
	if (now->system_digest != then->system_digest)
		return TELL(text, size,
			    "this is another kernel than the snapshot was made with. "
			    "Build the bundle again");
	if (now->cpu_digest != then->cpu_digest || now->hwcap != then->hwcap ||
	    now->hwcap2 != then->hwcap2 || now->signal_stack != then->signal_stack)
		return TELL(text, size,
			    "this processor can do more or less than the one that the snapshot "
			    "was made on. Build the bundle again on this machine");
	if (now->page_size != then->page_size)
		return TELL(text, size,
			    "memory pages have %" PRIu64 " bytes; they had %" PRIu64
			    " when the snapshot was made",
			    now->page_size, then->page_size);
	return true;
}

static void name_signal(int number, char name[NAME_SIZE])
{
	const char *abbreviation = NULL;

#if __GLIBC_PREREQ(2, 32)
	abbreviation = sigabbrev_np(number);
#endif
	if (abbreviation != NULL)
		snprintf(name, NAME_SIZE, "SIG%s", abbreviation);
	else
		snprintf(name, NAME_SIZE, "signal %d", number);
}

/* A bit for each signal; one is set. */
static int first_signal(uint64_t signals)
{
	return __builtin_ctzll(signals) + 1;
}

static bool are_same_signals(const struct snapshot_process *then,
			     const struct snapshot_process *now, char *text, size_t size)
{
	const uint64_t heeded = then->ignored_signals & ~now->ignored_signals;
	char name[NAME_SIZE];

	/* Of those that are ignored besides, who goes on tells the interpreter. */
	if (heeded == 0)
		return true;
	name_signal(first_signal(heeded), name);
	return TELL(text, size, "%s is not ignored; it was when the snapshot was made", name);
}

static bool are_same_streams(const struct snapshot_process *then,
			     const struct snapshot_process *now, char *text, size_t size)
{
	static const char *const names[] = {"stdin", "stdout", "stderr"};

	for (unsigned stream = 0; stream < sizeof(names) / sizeof(names[0]); stream++) {
		const uint32_t bit = UINT32_C(1) << stream;
		if (((now->open_streams ^ then->open_streams) & bit) == 0)
			continue;
		const bool is_open = (now->open_streams & bit) != 0;
		return TELL(text, size, "%s is %s; it was %s when the snapshot was made",
			    names[stream], is_open ? "open" : "closed",
			    is_open ? "closed" : "open");
	}
	return true;
}

static bool is_same_layout(const struct snapshot_process *then, const struct snapshot_process *now,
			   char *text, size_t size)
{
	if (now->flags != then->flags)
		return TELL(text, size,
			    (now->flags & PROCESS_HAS_FIXED_LAYOUT) != 0
				    ? "addresses are not randomized (as in a debugger); they were "
				      "when the snapshot was made"
				    : "the snapshot was made without random addresses (as in a "
				      "debugger)");
	return true;
}

bool pyb_process_is_same(const struct snapshot_process *then, const struct snapshot_process *now,
			 char *text, size_t size)
{
	return is_same_machine(then, now, text, size) && is_same_user(then, now, text, size) &&
	       are_same_signals(then, now, text, size) && are_same_streams(then, now, text, size) &&
	       is_same_layout(then, now, text, size);
}

/* --- one process */

static void describe_user(const struct snapshot_process *process, char *text, size_t size)
{
	snprintf(text, size, "the user is %" PRIu32 ", in group %" PRIu32, process->effective_user,
		 process->effective_group);
}

static void describe_groups(const struct snapshot_process *process, char *text, size_t size)
{
	(void)process;
	snprintf(text, size, "the user is in the same other groups");
}

static void describe_kernel(const struct snapshot_process *process, char *text, size_t size)
{
	(void)process;
	snprintf(text, size, "the kernel is the same");
}

static void describe_processor(const struct snapshot_process *process, char *text, size_t size)
{
	(void)process;
	snprintf(text, size, "the processor can do the same");
}

static void describe_pages(const struct snapshot_process *process, char *text, size_t size)
{
	snprintf(text, size, "memory pages have %" PRIu64 " bytes", process->page_size);
}

/* Bit N - 1 is for signal N, as in /proc/self/status. */
static void describe_signals(const struct snapshot_process *process, char *text, size_t size)
{
	if (process->ignored_signals == 0)
		snprintf(text, size, "any signal may be ignored");
	else
		snprintf(text, size, "of the signals, %#" PRIx64 " are ignored",
			 process->ignored_signals);
}

static void describe_streams(const struct snapshot_process *process, char *text, size_t size)
{
	const char *const state[] = {"closed", "open"};

	snprintf(text, size, "stdin is %s, stdout is %s, stderr is %s",
		 state[process->open_streams & 1], state[process->open_streams >> 1 & 1],
		 state[process->open_streams >> 2 & 1]);
}

static void describe_layout(const struct snapshot_process *process, char *text, size_t size)
{
	const bool is_fixed = (process->flags & PROCESS_HAS_FIXED_LAYOUT) != 0;

	snprintf(text, size, "addresses are %srandomized", is_fixed ? "not " : "");
}

bool pyb_process_describe(const struct snapshot_process *process, unsigned line, char *text,
			  size_t size)
{
	static void (*const describe[])(const struct snapshot_process *, char *, size_t) = {
		describe_kernel, describe_processor, describe_pages,   describe_user,
		describe_groups, describe_signals,   describe_streams, describe_layout};

	if (line >= sizeof(describe) / sizeof(describe[0]))
		return false;
	describe[line](process, text, size);
	return true;
}
