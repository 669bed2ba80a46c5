/* SPDX-License-Identifier: MIT */
/*
 * What a snapshot is: where the pages of a process were, what of them depends on the process that they
 * are put into, what the kernel knows of its only thread, and what has to be as it was for another
 * process to go on with them. Addresses are those of the process that it was made of, sizes are in bytes,
 * and both are whole pages where nothing else is said. The structures are used in place, in sections
 * SNAPSHOT and PAGES of a bundle (format.md), and have no implicit padding.
 *
 * A segment is mapped where it was. So nothing in it is moved; the words that have to change, since they
 * tell of the kernel or of the stack, which belong to each process, are fix-ups.
 */
#ifndef PYB_SNAPSHOT_FORMAT_H
#define PYB_SNAPSHOT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum segment_source {
	SEGMENT_ZERO,   /* anonymous memory that nobody has written to */
	SEGMENT_PAGES,  /* at `offset` of the pages that were written with the snapshot */
	SEGMENT_FILE,   /* at `offset` of file number `file`, as it was mapped */
	SEGMENT_BUNDLE, /* at `offset` of the bundle that has the snapshot */
};

/* What madvise(2) has told the kernel of a segment: bits. The first changes what programs read. */
enum segment_advice {
	ADVICE_WIPE_ON_FORK = 1 << 0, /* MADV_WIPEONFORK; it is SEGMENT_ZERO, as it is in a child */
	ADVICE_NOT_IN_CHILD = 1 << 1, /* MADV_DONTFORK */
	ADVICE_NOT_IN_CORE = 1 << 2,  /* MADV_DONTDUMP */
	ADVICE_HUGE_PAGES = 1 << 3,   /* MADV_HUGEPAGE */
	ADVICE_SMALL_PAGES = 1 << 4,  /* MADV_NOHUGEPAGE */
	ADVICE_RANDOM = 1 << 5,       /* MADV_RANDOM */
	ADVICE_POPULATE = 1 << 6, /* MADV_POPULATE_WRITE: nearly all of it is written to anyway */
	ADVICE_COUNT = 7,
	ADVICE_ALL = (1 << ADVICE_COUNT) - 1
};

struct snapshot_segment {
	uint64_t address;
	uint64_t size;
	uint64_t offset;     /* 0 for SEGMENT_ZERO */
	uint32_t source;     /* enum segment_source */
	uint32_t protection; /* PROT_READ, PROT_WRITE, PROT_EXEC of Linux, or 0 */
	uint32_t file;       /* 0 unless it is SEGMENT_FILE */
	uint32_t advice;     /* enum segment_advice */
};

/* A file that memory was mapped from: what stat(2) said of it. */
struct snapshot_file {
	uint64_t device; /* for those who read of it: its number changes when a machine starts */
	uint64_t inode;
	uint64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
	uint32_t path;     /* absolute; offset in the strings, with a NUL behind it */
	uint32_t reserved; /* 0 */
};

/* What the word at a fix-up's address is to be: an address of the new process, plus the addend. */
enum fixup_kind {
	FIXUP_VDSO,        /* where the kernel's shared object begins */
	FIXUP_STACK,       /* the initial stack pointer: where argc lies */
	FIXUP_ARGV,        /* the list of arguments */
	FIXUP_ENVIRONMENT, /* the list of environment variables */
	FIXUP_AUXV,        /* the auxiliary vector */
	FIXUP_ARGUMENT,    /* the first argument's text */
	FIXUP_NAME,        /* behind the last slash in it */
	FIXUP_PLATFORM,    /* AT_PLATFORM's text */
	FIXUP_RANDOM,      /* AT_RANDOM's bytes */
	FIXUP_BREAK, /* the program break: no address of the stack, but as much the process's own */
	FIXUP_THREAD_ID, /* 4 bytes: the number of the thread */
	FIXUP_CANARY,    /* the stack protector's value; addend 0 */
	FIXUP_NULL,      /* no address: it was of a frame or a variable that is gone; addend 0 */
	FIXUP_ARGC,      /* 4 bytes: how many arguments there are; addend 0 */
	FIXUP_KINDS
};

struct snapshot_fixup {
	uint64_t address; /* in a segment, and a multiple of the word's size */
	int32_t addend;
	uint32_t kind; /* enum fixup_kind */
};

/* Pages of one segment that each start writes to: they are given at once, in half the time of as many page faults. */
struct snapshot_range {
	uint64_t address;
	uint64_t size;
};

/* What the kernel is told of the thread, and where execution goes on. */
struct snapshot_thread {
	uint64_t pointer;     /* the thread pointer: fs on x86-64, tpidr_el0 on aarch64 */
	uint64_t tid_address; /* set_tid_address(2) */
	uint64_t robust_list; /* set_robust_list(2) */
	uint64_t robust_size;
	uint64_t rseq; /* rseq(2); 0 if it was not registered */
	uint32_t rseq_size;
	uint32_t rseq_signature;
	uint64_t entry; /* a function that gets `struct restored *` and does not return */
};

/*
 * What a start is told of its process that is no path and no variable. Filled in by one function, in the
 * process that the snapshot is made of and in the one that is to go on with it, and compared field by
 * field: lib/snapshot_process.h.
 */
struct snapshot_process {
	uint32_t user, effective_user, group, effective_group;
	uint64_t
		groups_digest; /* pyb_digest64() of the supplementary groups, as getgroups(2) has them */
	uint64_t system_digest; /* of release, version and machine of uname(2) */
	uint64_t cpu_digest;    /* of what the processor can do and the kernel has switched on */
	uint64_t hwcap, hwcap2; /* AT_HWCAP, AT_HWCAP2 */
	uint64_t signal_stack;  /* AT_MINSIGSTKSZ */
	uint64_t page_size;
	uint64_t ignored_signals; /* bit N - 1 for signal N; without SIGPIPE and SIGXFSZ */
	uint64_t reserved;        /* 0 */
	uint32_t open_streams;    /* bit N: descriptor N is open, of 0, 1, 2 */
	uint32_t flags;           /* enum snapshot_process_flag */
};

enum snapshot_process_flag {
	PROCESS_HAS_FIXED_LAYOUT = 1, /* personality(2): ADDR_NO_RANDOMIZE */
};

/*
 * What else has to be as it was. Each kind says what `name`, `value` and `number` are. They are looked at in
 * their order: what is cheap, or likely to have changed, comes first. Guards of variables that follow each
 * other are sorted by name, as strcmp() does, with a family behind a variable of the same name.
 */
enum guard_kind {
	GUARD_PATH, /* stat(2) of the path `name` tells `status` */
	GUARD_LINK, /* lstat(2) of it does */
	GUARD_PRESENT, /* of the path `name`, only whether it is there, its mode, and what access(2) answers:
			  `number`, see below */
	GUARD_VARIABLE, /* the environment variable `name` has the value `value` */
	GUARD_ABSENT,   /* it is not set */
	GUARD_FAMILY,   /* no variable begins with `name`, but for those of a GUARD_VARIABLE */
	GUARD_ARGUMENT, /* argument `number` is `value`; 0 is the program's name */
	GUARD_FOLDER,   /* the working folder's path is `value` */
	GUARD_MASK,     /* umask is `number` */
	GUARD_PROCESSORS, /* `value` is the set that the process may run on, as sched_getaffinity(2) has it,
			     without zeros at the end */
	GUARD_LIMIT, /* limit `number` (RLIMIT_*): `value` is struct rlimit, soft and hard, 2 uint64_t */
	GUARD_HOST, /* the name of the host is `value` */
	GUARD_PLACE, /* the file that the path `name` leads to lies in the folder `value`: realpath(3) */
	GUARD_EPOLL, /* epoll_create1(2) makes one */
	GUARD_SCRIPT, /* argument `number`, behind the working folder if it is relative, is the path `value` */
	GUARD_NAMES, /* stat(2) of the folder `name` tells `status`, or else of none of the names in it that
			 `value` has, a slash between them, anything but that it is not there */
	GUARD_NO_LINK, /* of what lstat(2) tells of the path `name`, only error and mode: it is no link */
	GUARD_KINDS
};

/*
 * What a program has asked access(2) about a path, and was told: bit N for mode N of it (R_OK, W_OK, X_OK and sums of
 * them), and as much higher whether that was granted. A mode that was not asked for is not granted.
 */
enum {
	GUARD_ACCESS_MODES = 8,
	GUARD_ACCESS_ASKED = 0xfe, /* F_OK is not among them */
};

/* What stat(2) tells of a file. The device is not kept: its number can change when a machine starts. */
struct guard_status {
	uint32_t mode;
	int32_t error; /* 0, or errno: then all others are 0 */
	uint64_t inode, size;
	int64_t mtime_ns, ctime_ns;
};

struct snapshot_guard {
	uint32_t kind;  /* enum guard_kind */
	uint32_t name;  /* offset in the strings, with a NUL behind it; 0: none (an empty string) */
	uint32_t value; /* the same; any bytes, with a NUL behind them */
	uint32_t value_size; /* without the NUL */
	uint64_t number;
	struct guard_status status;
};

/* At the start of section SNAPSHOT; the arrays follow it in the order of their counts, without gaps. */
struct pyb_snapshot {
	struct snapshot_thread thread;
	struct snapshot_process process;
	uint64_t vdso_size;      /* of the kernel's shared object */
	uint64_t vdso_data_size; /* of the kernel's pages directly in front of it */
	uint64_t
		vdso_digest; /* pyb_digest64() of it: code of the image knows where its functions are */
	uint64_t pages_size; /* bytes of section PAGES */
	uint32_t segment_count;
	uint32_t guard_count;
	uint32_t file_count;
	uint32_t fixup_count;
	uint32_t strings_size; /* begin and end with a NUL */
	uint32_t range_count;
	uint32_t modules; /* names, a space between them; offset in the strings, 0 for none */
	uint32_t module_count;
};

/* The same, as it is worked with. The arrays but for guards are sorted by address; segments do not overlap. */
struct snapshot {
	struct snapshot_thread thread;
	struct snapshot_process process;
	uint64_t vdso_size, vdso_data_size, vdso_digest;
	const struct snapshot_segment *segments;
	const struct snapshot_guard *guards;
	const struct snapshot_file *files;
	const struct snapshot_fixup *fixups;
	const struct snapshot_range *ranges;
	const char *strings;
	uint64_t pages_size;
	uint32_t segment_count;
	uint32_t guard_count;
	uint32_t file_count;
	uint32_t fixup_count;
	uint32_t range_count;
	uint32_t strings_size;
	uint32_t modules; /* what the script of GUARD_SCRIPT imports first, for people: names */
	uint32_t module_count; /* how many */
};

_Static_assert(sizeof(struct snapshot_segment) == 40, "on-disk size");
_Static_assert(sizeof(struct snapshot_guard) == 64, "on-disk size");
_Static_assert(sizeof(struct snapshot_file) == 48, "on-disk size");
_Static_assert(sizeof(struct snapshot_fixup) == 16, "on-disk size");
_Static_assert(sizeof(struct snapshot_range) == 16, "on-disk size");
_Static_assert(sizeof(struct pyb_snapshot) == 216, "on-disk size");
_Static_assert(offsetof(struct pyb_snapshot, process) == 56, "on-disk offset");
_Static_assert(offsetof(struct pyb_snapshot, vdso_size) == 152, "on-disk offset");

/* The bytes of the word that is put right. */
static inline uint32_t fixup_size(uint32_t kind)
{
	return kind == FIXUP_THREAD_ID || kind == FIXUP_ARGC ? 4 : 8;
}

#endif
