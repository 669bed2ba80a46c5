/* SPDX-License-Identifier: MIT */
#include "importer/resume/resumed.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "importer/bundle/mapping.h"
#include "importer/clock.h"
#include "importer/cpython/compat.h"
#include "importer/memory/heap.h"
#include "importer/message.h"
#include "importer/process.h"
#include "importer/resume/script.h"
#include "importer/session.h"
#include "lib/snapshot_handoff.h"

/*
 * The environment comes first: what follows may read it. The signals come last, so that what is still being
 * made is not interrupted by an exception (Ctrl-C): until then the kernel does what it does by default.
 */
static const struct renewal *const renewals[] = {
	&renew_environment, &renew_arguments, &renew_choices, &renew_thread,
	&renew_clock,       &renew_streams,   &renew_modules, &renew_signals};

enum { RENEWALS = sizeof(renewals) / sizeof(renewals[0]) };

void resumed_vary(enum command_kind kind, bool is_second)
{
	for (size_t i = 0; i < RENEWALS; i++)
		if (renewals[i]->vary != NULL)
			renewals[i]->vary(kind, is_second);
}

const char *resumed_prepare(void)
{
	const char *reason = NULL;

	for (size_t i = 0; i < RENEWALS && reason == NULL; i++)
		reason = renewals[i]->prepare();
	return reason;
}

/* --- the importer's own */

/* Copy what lies in memory that is to be given back. */
static struct resume_message *take_message(const struct restored *restored)
{
	static struct resume_message copy;
	const struct resume_message *const message = restored->message;
	const struct range room = restored->room;
	const size_t size =
		offsetof(struct resume_message, bundle_path) + strlen(message->bundle_path) + 1;

	memcpy(&copy, message, size);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	munmap((void *)room.start, room.end - room.start);
	return &copy;
}

static void begin_session(struct resume_message *message)
{
	process_renew();
	used_bundle.path = message->bundle_path;
	process.reporter = getpid();
	session.makes_snapshot = false;
	process_heed(message->flags);
	session.stats.resume = (struct resume_stats){
		.is_resumed = true,
		.guards_ns = message->guarded_ns - message->begin_ns,
		.left_ns = message->left_ns,
		.modules = script_module_count(),
	};
}

/* --- the interpreter's */

static _Noreturn void fail(const struct renewal *renewal)
{
	message_warn("%s: the snapshot cannot go on: no memory for the %s", used_bundle.path,
		     renewal->name);
	_exit(EXIT_FAILURE);
}

static void renew_all(const struct renew_from *from)
{
	struct resume_stats *const stats = &session.stats.resume;
	const uint64_t begin = clock_ns();

	stats->mapping_ns = begin - stats->left_ns;
	for (size_t i = 0; i < RENEWALS; i++)
		if (!renewals[i]->renew(from))
			fail(renewals[i]);
	stats->renewing_ns = clock_ns() - begin;
}

/* pthread_exit() in the first thread unwinds to the frame that called main(), which ends the thread. */
static void end_thread(void *unused)
{
	(void)unused;
	for (;;)
		syscall(SYS_exit, 0);
}

/* As main() and what calls it. */
static _Noreturn void run(void)
{
	pthread_cleanup_push(end_thread, NULL);
	exit(Py_RunMain());
	pthread_cleanup_pop(0);
}

static void tell(void)
{
	const uint32_t modules = session.stats.resume.modules;

	if (modules == 0)
		message_verbose("%s: " SNAPSHOT_USED, used_bundle.path);
	else
		message_verbose("%s: " SNAPSHOT_USED
				", which has %u modules that its script imports first",
				used_bundle.path, modules);
}

_Noreturn void resumed_go_on(const struct restored *restored)
{
	const struct initial_stack stack = restored->stack;
	struct resume_message *const message = take_message(restored);
	const struct renew_from from = {
		.stack = &stack,
		.line = message->line,
		.ignored_signals = message->ignored_signals,
		.thread_stack = message->thread_stack,
	};

	begin_session(message);
	/* What it had when the snapshot was made is in it; it goes on to grow as at any start. */
	process.huge_heap = heap_want_huge_again(process.heap_size);
	renew_all(&from);
	script_resume(&message->line);
	tell();
	run();
}
