/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/refusals.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/snapshot/dump/machine.h"
#include "importer/snapshot/dump/proc.h"

/* --- threads, signals: what /proc/self/status says */

static enum pyb_status unknown_form(const char *path, struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "%s has another form: this kernel does not tell what has to be known",
			     path);
}

static enum pyb_status check_pending(uint64_t pending, struct pyb_error *error)
{
	if (pending == 0)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "signal %d waits for being delivered, which it would not be in a "
			     "process that is restored: let the program unblock it",
			     __builtin_ctzll(pending) + 1);
}

static enum pyb_status check_status(struct pyb_error *error)
{
	static const char path[] = "/proc/self/status";
	char text[8192];
	size_t size;
	uint64_t threads;
	uint64_t of_thread;
	uint64_t of_process;
	const enum pyb_status status = proc_read(path, text, sizeof(text), &size, error);

	if (status != PYB_OK)
		return status;
	if (!proc_field(text, "Threads:", 10, &threads) ||
	    !proc_field(text, "SigPnd:", 16, &of_thread) ||
	    !proc_field(text, "ShdPnd:", 16, &of_process))
		return unknown_form(path, error);
	if (threads != 1)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the process has %" PRIu64 " threads; a snapshot can be made "
				     "of one thread only",
				     threads);
	return check_pending(of_thread | of_process, error);
}

/* --- what the kernel runs by the clock */

static enum pyb_status check_timers(struct pyb_error *error)
{
	static const enum __itimer_which kinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	struct itimerval timer;
	size_t size;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (getitimer(kinds[i], &timer) == 0 &&
		    (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0))
			return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
					     "a timer of the process runs (setitimer, alarm): "
					     "let the program stop it");
	const enum pyb_status status = proc_measure("/proc/self/timers", &size, error);
	if (status != PYB_OK || size == 0)
		return status;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "the process has a timer (timer_create): let the program delete it");
}

/* --- */

/* A child that has ended and was not waited for counts, and stays. */
static enum pyb_status check_children(struct pyb_error *error)
{
	siginfo_t child = {0};

	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 && errno == ECHILD)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "the process has a child: let the program end it and wait for it");
}

static enum pyb_status check_signal_stack(struct pyb_error *error)
{
	stack_t stack = {0};

	if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_DISABLE) != 0)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "handlers of signals have a stack of their own at %p (sigaltstack; "
			     "faulthandler in Python): let the program disable it",
			     stack.ss_sp);
}

static enum pyb_status check_processor(struct pyb_error *error)
{
	const char *const oddity = machine_find_oddity();

	if (oddity == NULL)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED, "%s: a library or the program has set it",
			     oddity);
}

/* --- descriptors */

static bool may_be_open(const struct dump_request *request, uint64_t descriptor)
{
	bool may = descriptor <= STDERR_FILENO || (int)descriptor == request->pages;

	for (size_t i = 0; i < request->kept_count; i++)
		may = may || (int)descriptor == request->kept[i];
	return may;
}

/* What the link in /proc/self/fd says, in plain words where it has none. */
static const char *plain_name(const char *link)
{
	static const struct {
		const char *begin;
		const char *name;
	} names[] = {
		{"socket:", "a socket"},
		{"pipe:", "a pipe"},
		{"anon_inode:[eventpoll]", "epoll"},
		{"anon_inode:[eventfd", "eventfd"},
		{"anon_inode:inotify", "inotify"},
		{"anon_inode:[signalfd]", "signalfd"},
		{"anon_inode:[timerfd]", "timerfd"},
		{"anon_inode:[pidfd]", "a process (pidfd)"},
		{"/memfd:", "memory (memfd)"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(link, names[i].begin, strlen(names[i].begin)) == 0)
			return names[i].name;
	return link;
}

static enum pyb_status refuse_descriptor(uint64_t descriptor, struct pyb_error *error)
{
	char path[64];
	char link[512];

	snprintf(path, sizeof(path), "/proc/self/fd/%" PRIu64, descriptor);
	const ssize_t size = readlink(path, link, sizeof(link) - 1);
	link[size < 0 ? 0 : size] = '\0';
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "descriptor %" PRIu64 " is open: %s; let the program close it",
			     descriptor, plain_name(link));
}

/* One piece of the folder's listing. */
static enum pyb_status check_entries(const struct dump_request *request, int folder,
				     const char *entries, size_t size, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (size_t at = 0; at < size && status == PYB_OK;) {
		const struct dirent64 *const entry =
			(const struct dirent64 *)(const void *)(entries + at);
		const char *name = entry->d_name;
		uint64_t descriptor;
		if (proc_number(&name, 10, &descriptor) && (int)descriptor != folder &&
		    !may_be_open(request, descriptor))
			status = refuse_descriptor(descriptor, error);
		at += entry->d_reclen;
	}
	return status;
}

static enum pyb_status check_descriptors(const struct dump_request *request,
					 struct pyb_error *error)
{
	_Alignas(struct dirent64) char entries[4096];
	int folder;
	ssize_t size = 0;
	enum pyb_status status = proc_open("/proc/self/fd", &folder, error);

	if (status != PYB_OK)
		return status;
	while (status == PYB_OK && (size = getdents64(folder, entries, sizeof(entries))) > 0)
		status = check_entries(request, folder, entries, (size_t)size, error);
	if (size < 0)
		status = pyb_error_set(error, PYB_ERR_IO, "/proc/self/fd cannot be listed: %s",
				       strerror(errno));
	close(folder);
	return status;
}

enum pyb_status refusals_of_process(const struct dump_request *request, struct pyb_error *error)
{
	enum pyb_status status = check_status(error);

	if (status == PYB_OK)
		status = check_children(error);
	if (status == PYB_OK)
		status = check_descriptors(request, error);
	if (status == PYB_OK)
		status = check_timers(error);
	if (status == PYB_OK)
		status = check_signal_stack(error);
	if (status == PYB_OK)
		status = check_processor(error);
	return status;
}

/* --- mappings */

static const char *name_of_oddity(uint32_t oddities)
{
	static const char *const names[] = {
		"memory that is locked (mlock)",
		"huge pages that were reserved (MAP_HUGETLB)",
		"memory that the program itself fills (userfaultfd)",
		"memory of a device",
		"memory that is sealed (mseal)",
		"memory that grows downwards (MAP_GROWSDOWN)",
		"a shadow stack",
		"memory with tags",
		"memory with a protection key (pkey_mprotect)",
	};

	return names[__builtin_ctz(oddities)];
}

static const char *refusal_of(const struct map *map)
{
	if (map->oddities != 0)
		return name_of_oddity(map->oddities);
	if (map->kind == MAP_KIND_UNKNOWN)
		return "memory of a kind that is not known";
	if (map->is_shared && (map->protection & PROT_WRITE) != 0)
		return "memory that is shared with others (MAP_SHARED)";
	return NULL;
}

enum pyb_status refusals_of_map(const struct map *map, struct pyb_error *error)
{
	const char *const refusal = refusal_of(map);

	if (refusal == NULL)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "the process has %s at %#" PRIx64 " to %#" PRIx64 "%s%s", refusal,
			     map->start, map->end, map->name[0] != '\0' ? ": " : "", map->name);
}
