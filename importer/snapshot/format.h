/* SPDX-License-Identifier: MIT */
/*
 * What a snapshot is, in memory: where the pages of a process were, what of them depends on the process
 * that they are put into, and what the kernel knows of its only thread. Addresses are those of the
 * process that it was made of, sizes are in bytes, and both are whole pages where nothing else is said.
 *
 * A segment is mapped where it was. So nothing in it is moved; the words that have to change, since they
 * tell of the kernel or of the stack, which belong to each process, are fix-ups.
 */
#ifndef IMPORTER_SNAPSHOT_FORMAT_H
#define IMPORTER_SNAPSHOT_FORMAT_H

#include <stdint.h>

enum segment_source {
	SEGMENT_ZERO,  /* anonymous memory that nobody has written to */
	SEGMENT_PAGES, /* at `offset` of the pages that were written with the snapshot */
	SEGMENT_FILE,  /* at `offset` of file number `file`, as it was mapped */
};

/* What madvise(2) has told the kernel of a segment: bits. The first changes what programs read. */
enum segment_advice {
	ADVICE_WIPE_ON_FORK = 1 << 0, /* MADV_WIPEONFORK; it is SEGMENT_ZERO, as it is in a child */
	ADVICE_NOT_IN_CHILD = 1 << 1, /* MADV_DONTFORK */
	ADVICE_NOT_IN_CORE = 1 << 2,  /* MADV_DONTDUMP */
	ADVICE_HUGE_PAGES = 1 << 3,   /* MADV_HUGEPAGE */
	ADVICE_SMALL_PAGES = 1 << 4,  /* MADV_NOHUGEPAGE */
	ADVICE_COUNT = 5,
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
	FIXUP_KINDS
};

struct snapshot_fixup {
	uint64_t address; /* in a segment, and a multiple of the word's size */
	int32_t addend;
	uint32_t kind; /* enum fixup_kind */
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

/* All of it. The arrays are sorted by address; segments do not overlap. */
struct snapshot {
	struct snapshot_thread thread;
	uint64_t vdso_size;      /* of the kernel's shared object */
	uint64_t vdso_data_size; /* of the kernel's pages directly in front of it */
	uint64_t
		vdso_digest; /* pyb_digest64() of it: code of the image knows where its functions are */
	const struct snapshot_segment *segments;
	const struct snapshot_file *files;
	const struct snapshot_fixup *fixups;
	const char *strings;
	uint64_t pages_size; /* bytes of the pages that segments lie in */
	uint32_t segment_count;
	uint32_t file_count;
	uint32_t fixup_count;
	uint32_t strings_size;
};

#endif
