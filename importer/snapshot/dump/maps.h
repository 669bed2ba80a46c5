/* SPDX-License-Identifier: MIT */
/*
 * The mappings of a process, as /proc/self/smaps tells of them: "proc_pid_maps" and "proc_pid_smaps" of the
 * Linux manual, fs/proc/task_mmu.c.
 */
#ifndef IMPORTER_SNAPSHOT_DUMP_MAPS_H
#define IMPORTER_SNAPSHOT_DUMP_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

enum map_kind {
	MAP_KIND_ANONYMOUS, /* heap and named memory, too */
	MAP_KIND_FILE,      /* it has a path */
	MAP_KIND_STACK,     /* of the first thread */
	MAP_KIND_VDSO,
	MAP_KIND_KERNEL, /* further pages that the kernel gives to each process */
	MAP_KIND_UNKNOWN,
};

/* What keeps a mapping from being made again in another process: bits. */
enum map_oddity {
	ODDITY_LOCKED = 1 << 0,    /* mlock(2) */
	ODDITY_HUGE_POOL = 1 << 1, /* huge pages that were reserved: MAP_HUGETLB */
	ODDITY_USERFAULT = 1 << 2, /* userfaultfd(2) */
	ODDITY_DEVICE = 1 << 3,    /* memory of a device */
	ODDITY_SEALED = 1 << 4,    /* mseal(2) */
	ODDITY_GROWING = 1 << 5,   /* it grows downwards */
	ODDITY_SHADOW = 1 << 6,    /* a shadow stack */
	ODDITY_TAGGED = 1 << 7,    /* memory tags of aarch64 */
	ODDITY_WITH_KEY = 1 << 8,  /* a protection key */
};

struct map {
	uint64_t start, end;
	uint64_t offset; /* in the file */
	uint64_t inode;
	uint64_t device;     /* as makedev() puts it together */
	uint64_t copied;     /* bytes of pages that are the process's own */
	uint32_t protection; /* PROT_READ, ... */
	uint32_t advice;     /* enum segment_advice */
	uint32_t oddities;   /* enum map_oddity */
	enum map_kind kind;
	uint32_t file; /* its number among those of the snapshot; see files.h */
	bool is_shared;
	const char *name; /* empty if it has none; in the text that it was read from */
};

/*
 * Take apart a text in the form of /proc/self/smaps, in which line ends become NULs. At most `room` maps
 * are written; `*count` is how many there are. Errors: PYB_ERR_UNSUPPORTED for what has another form.
 */
enum pyb_status maps_parse(char *text, struct map *maps, size_t room, size_t *count,
			   struct pyb_error *error);

/* The first map of the kind, or NULL. */
const struct map *maps_find(const struct map *maps, size_t count, enum map_kind kind);

/*
 * Whether a snapshot would say the same of both, as of the same map at two times: the stack may have grown,
 * and more of anonymous memory have been written to.
 */
bool maps_are_equal(const struct map *one, const struct map *other);

#endif
