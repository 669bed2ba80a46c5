/* SPDX-License-Identifier: MIT */
/*
 * What a program has asked of the system that it runs on, and what it has changed there. The memory of a
 * process can stand for the start of another one only if that would get the same answers, and if nothing
 * was changed that the other would have to change as well.
 *
 * Found by looking at its system calls (trace.h). What does not take one is not seen: environment
 * variables, arguments, the auxiliary vector, the processor, and what the vdso tells: clocks, and random
 * bytes once it has been given some.
 * What may be read or executed depends on the user and the groups, whether the program asks for them or
 * not: who compares facts has to compare those, too.
 */
#ifndef BUNDLER_SNAPSHOT_FACTS_H
#define BUNDLER_SNAPSHOT_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bundler/snapshot/trace.h"
#include "lib/error.h"

enum fact_kind {
	/* Can be compared with what another process would be told. */
	FACT_PATH,        /* a file or folder was looked for */
	FACT_KERNEL_FILE, /* the same, below /proc or /sys: the kernel makes it up when it is read */
	FACT_WORKING_FOLDER, /* value: its path */
	FACT_SYSTEM,         /* value: struct utsname, the names of host and kernel */
	FACT_IDENTITY,    /* user, group, capability; value: what the call returned or filled in */
	FACT_LIMIT,       /* number: the resource; value: soft and hard limit */
	FACT_PROCESSORS,  /* value: the set that it may run on, without zeros at the end */
	FACT_UMASK,       /* value: as int64_t */
	FACT_SCHEDULING,  /* number: the first argument; value: as int64_t */
	FACT_DESCRIPTOR,  /* number: of one that it was started with, or not; value: as int64_t */
	FACT_TERMINAL,    /* the same, as a terminal; value: what the call filled in, if it did */
	FACT_SIGNAL,      /* number: the signal; value: enum fact_disposition as int64_t */
	FACT_SIGNAL_MASK, /* asked: value: the signals that were blocked, a bit for each; or set */

	/* Another process gets another answer. */
	FACT_TIME, /* number: the clock, if it is clock_gettime() */
	FACT_RANDOM,
	FACT_PROCESS_ID, /* its own number or those of its relatives */
	FACT_MEMORY,     /* how much memory the machine has, and has left */

	/* Memory alone does not carry it over. */
	FACT_THREAD,
	FACT_CHILD,
	FACT_SOCKET,
	FACT_KERNEL_OBJECT, /* a pipe, a timer, what epoll, eventfd, inotify, ... give */
	FACT_SHARED_MEMORY,
	FACT_INPUT,       /* number: the descriptor, not of a file that it opened by a path */
	FACT_OUTPUT,      /* the same */
	FACT_FILE_CHANGE, /* created, opened for writing, renamed, removed, given other attributes */
	FACT_PROCESS_CHANGE, /* working folder, limits, user, session, ... */
	FACT_WAIT,     /* it waits for what happens to descriptors or for signals, or sends one */
	FACT_UNSTABLE, /* a path that was changed while the program was looking at it */
	FACT_UNKNOWN,  /* a call, or a kind of it, of which it is not known what it means */
	FACT_KINDS
};

/* What was asked of a path or a signal; bits. */
enum fact_asked {
	FACT_EXISTENCE = 1, /* whether it is there, and may be used */
	FACT_STATUS = 2,    /* what stat(2) tells */
	FACT_LINK = 4,      /* whether it is a link, and where that leads */
	FACT_CONTENTS = 8,  /* read or mapped */
	FACT_NAMES = 16,    /* the folder was listed */
	FACT_SHARED = 32,   /* mapped so that later changes of the file are seen */
	FACT_PROGRAM =
		64, /* was mapped before the program began: itself, what loads its libraries */
	FACT_RELATIVE = 128, /* looked for from the working folder */

	FACT_LINK_STATUS = 1024, /* what lstat(2) tells besides */

	FACT_DISPOSITION = 256, /* what is done on the signal */
	FACT_HANDLED = 512,     /* it was told to do something else */

	/* Whether the file may be used: as the number of a GUARD_PRESENT has it (lib/snapshot_format.h), */
	FACT_ACCESS_SHIFT = 16, /* so much higher */
};

enum fact_disposition { FACT_SIGNAL_DEFAULT, FACT_SIGNAL_IGNORED, FACT_SIGNAL_HANDLED };

/* What stat(2) tells, taken before the program got its own answer. */
struct fact_status {
	int error; /* 0, or why it cannot be told: then all others are 0 */
	uint32_t mode;
	uint64_t device, inode, size;
	uint64_t special; /* st_rdev */
	int64_t mtime_ns, ctime_ns;
};

/* One for all times that the same was asked. */
struct fact {
	enum fact_kind kind;
	/* The system call by which it was asked first, or what fcntl(2) or ioctl(2) was asked; static storage. */
	const char *call;
	char *path;      /* owned, absolute; NULL: it is about no path */
	uint64_t number; /* see enum fact_kind; for FACT_UNKNOWN the call or what was asked of it */
	unsigned asked;  /* enum fact_asked */
	int error;       /* what the call failed with for the first time; 0: it did not */
	struct fact_status target, link; /* for paths: with symbolic links followed, and not */
	uint8_t *value;                  /* owned; NULL: none */
	size_t value_size;
};

/* Start with `struct facts facts = {0}`. */
struct facts {
	struct fact *list; /* owned; by kind, path, call and number after facts_sort() */
	size_t count;
	struct fact_descriptor *inherited; /* owned; open when the program began */
	size_t inherited_count;
	struct fact_pending *pending; /* owned; calls that have begun */
	size_t pending_count;
	unsigned
		harmless; /* enum trace_mark_body: what the module whose body is executed may ask for */
	bool has_made_epoll; /* where that does no harm */
	int64_t umask;       /* as the program has set it last; -1: not at all */
	uint64_t devices[2]; /* of /proc and /sys */
	size_t device_count;
};

/*
 * Collects facts of a program that is traced; `facts` must stay where it is. They begin anew when it
 * executes another program or raises TRACE_MARK_BEGIN; of what was before, only files that it has opened
 * by a path, and passes on, are known as such. When it raises TRACE_MARK_SITE, those are forgotten that
 * an interpreter which is restored finds out anew, or that are compared in each case: about its standard streams, time, random bytes,
 * memory, the bounds of its stack, signals and its own number. Calls of other processes that it starts are not
 * recorded: that there is such a process is a fact. Errors of the functions: PYB_ERR_MEMORY.
 */
struct trace_watcher facts_watcher(struct facts *facts);

/*
 * Note what the program, which is stopped, leaves behind: descriptors that were not open when it began
 * (FACT_KERNEL_OBJECT), or are no longer (FACT_PROCESS_CHANGE), and a umask that it has changed.
 * Errors: PYB_ERR_MEMORY, PYB_ERR_IO.
 */
enum pyb_status facts_end(struct facts *facts, pid_t process, struct pyb_error *error);

/* Put them into an order that does not depend on when they were found. */
void facts_sort(struct facts *facts);

/* Whether a process with such a fact is none that a snapshot can be made of. */
bool fact_stops(enum fact_kind kind);

/* A fact of this kind, path (or NULL) and number; NULL: there is none. */
const struct fact *facts_find(const struct facts *facts, enum fact_kind kind, const char *path,
			      uint64_t number);

/*
 * Write what the fact is, as an English sentence without a full stop or newline. Bytes of paths that are no
 * printable ASCII are written as \xNN. Returns as fprintf() does.
 */
int fact_write(FILE *stream, const struct fact *fact);

/* Free all; the facts are as at the start. */
void facts_release(struct facts *facts);

#endif
