/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/pair.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "bundler/snapshot/trace_parts.h"
#include "bundler/snapshot/tracee.h"
#include "lib/snapshot_handoff.h"
#include "lib/trace_mark.h"

/*
 * Variables have names and values of the same size in both: os.environ is made of objects of these sizes, and
 * what is allocated later would lie elsewhere; those of a single letter are there already. So it is with files:
 * those that a program can seek in, with blocks of 4 KiB, and with working folders. The clock of the second is
 * some days ahead.
 */
static const struct pair_given all[] = {
	[PAIR_NONE] = {.request = "", .code = "pass", .argument_count = 34, .folder = "/"},
	[PAIR_FIRST] = {.request = SNAPSHOT_COMPARED,
			.code = "pass",
			.argument_count = 34,
			.folder = "/dev",
			.variables = {"PYSTART_PAIR_ONE=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
				      "PYSTART_PAIR_TWO=", "P1=ab"}},
	[PAIR_SECOND] =
		{.request = SNAPSHOT_VARIED,
		 .code = "pass # another program, with a longer text than the first one has",
		 .argument_count = 39,
		 .folder = "/etc",
		 .variables = {"PYSTART_PAIR_1ST=bcdefghijklmnopqrstuvwxyz0123456789ABCDE",
			       "PYSTART_PAIR_2ND=", "Q2=cd"},
		 .later = 3 * 86400 + 12345},
};

const struct pair_given *pair_given(enum pair_member member)
{
	return &all[member];
}

/* --- standard streams */

static int open_up(const char *path)
{
	const int device = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

	return spawn_move(device >= 0 ? device : memfd_create("stream", MFD_CLOEXEC));
}

void pair_close_streams(int streams[SPAWN_STREAMS])
{
	for (int i = 0; i < SPAWN_STREAMS; i++) {
		if (streams[i] >= 0)
			close(streams[i]);
		streams[i] = -1;
	}
}

enum pyb_status pair_open_streams(enum pair_member member, int streams[SPAWN_STREAMS],
				  struct pyb_error *error)
{
	static const char *const first[] = {"/dev/null", "/dev/null", "/dev/null"};
	static const char *const second[] = {"/dev/zero", NULL, NULL};
	bool are_open = true;

	for (int i = 0; i < SPAWN_STREAMS; i++) {
		streams[i] = open_up(member == PAIR_FIRST ? first[i] : second[i]);
		are_open = are_open && streams[i] >= 0;
	}
	if (are_open)
		return PYB_OK;
	pair_close_streams(streams);
	return pyb_error_set(error, PYB_ERR_IO, "cannot open standard streams: %s",
			     strerror(errno));
}

/* --- what they are told */

static void put(pid_t process, uint64_t address, const void *data, size_t size)
{
	const struct iovec here = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	const struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};

	/* What cannot be written is found when both are compared. */
	(void)!process_vm_writev(process, &here, 1, &there, 1, 0);
}

/* Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014). */
static uint64_t draw(struct pair_watch *watch)
{
	uint64_t number = ++watch->drawn * UINT64_C(0x9e3779b97f4a7c15);

	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

static void put_random(struct pair_watch *watch, pid_t process, uint64_t address, uint64_t size)
{
	while (size > 0) {
		const uint64_t number = draw(watch);
		const size_t part = size < sizeof(number) ? (size_t)size : sizeof(number);
		put(process, address, &number, part);
		address += part;
		size -= part;
	}
}

/* In the same year, as module `time` counts them: what it keeps of that is made new in each start. */
static int64_t make_later(int64_t seconds, int64_t later)
{
	enum { YEAR = (365 * 24 + 6) * 3600 };

	return (seconds + later) / YEAR == seconds / YEAR ? seconds + later : seconds - later;
}

/* The seconds are the first word of what each of these calls fills in. */
static void put_later(const struct pair_watch *watch, pid_t process, uint64_t address)
{
	int64_t seconds;

	if (address == 0 || !tracee_read(process, address, &seconds, sizeof(seconds)))
		return;
	seconds = make_later(seconds, all[watch->member].later);
	put(process, address, &seconds, sizeof(seconds));
}

/* mimalloc keeps when it began, for its statistics. Who else asks does so later, and is told the truth. */
static void put_ticks(struct pair_watch *watch, pid_t process, uint64_t address)
{
	const uint64_t time[] = {1, ++watch->ticks};

	if (address != 0 && !watch->is_at_site)
		put(process, address, time, sizeof(time));
}

static bool is_of_day(uint64_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

static void change_answer(struct pair_watch *watch, const struct trace_call *call)
{
	if (call->is_foreign || call->result < 0)
		return;
	if (call->number == SYS_getrandom)
		put_random(watch, call->thread, call->arguments[0], (uint64_t)call->result);
	else if (call->number == SYS_clock_gettime && is_of_day(call->arguments[0]))
		put_later(watch, call->thread, call->arguments[1]);
	else if (call->number == SYS_clock_gettime && call->arguments[0] == CLOCK_MONOTONIC)
		put_ticks(watch, call->thread, call->arguments[1]);
	else if (call->number == SYS_gettimeofday)
		put_later(watch, call->thread, call->arguments[0]);
}

/* --- between the trace and the watcher */

static enum pyb_status begins(void *cookie, const struct trace_call *call, struct pyb_error *error)
{
	const struct pair_watch *const watch = cookie;

	return watch->behind.begins == NULL
		       ? PYB_OK
		       : watch->behind.begins(watch->behind.cookie, call, error);
}

static enum pyb_status ends(void *cookie, const struct trace_call *call, struct pyb_error *error)
{
	struct pair_watch *const watch = cookie;

	change_answer(watch, call);
	return watch->behind.ends == NULL ? PYB_OK
					  : watch->behind.ends(watch->behind.cookie, call, error);
}

enum { RANDOM_SIZE = 16 };

/* The C library has taken what it needs. Who looks there now is told something else in each start. */
static void change_random(struct pair_watch *watch, pid_t process)
{
	if (watch->member == PAIR_SECOND)
		put_random(watch, process, watch->random, RANDOM_SIZE);
}

static enum pyb_status executed(void *cookie, pid_t process, struct pyb_error *error)
{
	struct pair_watch *const watch = cookie;

	watch->random = trace_auxiliary_value(process, AT_RANDOM);
	put_random(watch, process, watch->random, RANDOM_SIZE);
	return watch->behind.executed == NULL
		       ? PYB_OK
		       : watch->behind.executed(watch->behind.cookie, process, error);
}

static enum pyb_status marked(void *cookie, pid_t process, unsigned mark, struct pyb_error *error)
{
	struct pair_watch *const watch = cookie;

	if (mark < TRACE_MARK_BODY)
		watch->is_at_site = mark == TRACE_MARK_SITE;
	if (mark == TRACE_MARK_SITE)
		change_random(watch, process);
	return watch->behind.marked == NULL
		       ? PYB_OK
		       : watch->behind.marked(watch->behind.cookie, process, mark, error);
}

struct trace_watcher pair_watcher(struct pair_watch *watch)
{
	if (watch->member == PAIR_NONE)
		return watch->behind;
	return (struct trace_watcher){.begins = begins,
				      .ends = ends,
				      .executed = executed,
				      .marked = marked,
				      .cookie = watch};
}
