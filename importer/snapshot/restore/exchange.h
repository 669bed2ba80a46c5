/* SPDX-License-Identifier: MIT */
/* The steps that exchange the memory of a process: what goes, what comes, what the kernel is told. */
#ifndef IMPORTER_SNAPSHOT_RESTORE_EXCHANGE_H
#define IMPORTER_SNAPSHOT_RESTORE_EXCHANGE_H

#include "importer/snapshot/initial_stack.h"
#include "importer/snapshot/restore/new_values.h"
#include "importer/snapshot/restore/restore.h"
#include "importer/snapshot/restore/space.h"
#include "importer/snapshot/restore/steps.h"
#include "lib/snapshot_format.h"

/* All that the steps are written from. Nothing is owned. */
struct exchange {
	const struct snapshot *snapshot;
	const struct snapshot_pages *pages;
	const int *files; /* a descriptor for each of the snapshot's files */
	const struct initial_stack *stack;
	struct space space;
	struct range room; /* stays, with the steps and what these two addresses lead to: */
	uint64_t argument; /* struct restored */
	uint64_t complaint;
	uint64_t complaint_size;
	struct new_values values;
};

/* What a segment is mapped of. */
struct exchange_source {
	int descriptor; /* -1: of nothing */
	int flags;      /* of mmap(2), beside MAP_PRIVATE */
	uint64_t offset;
};

struct exchange_source exchange_find_source(const struct exchange *exchange,
					    const struct snapshot_segment *segment);

/* Room for as many steps is enough. */
size_t exchange_count_steps(const struct snapshot *snapshot);

void exchange_write(const struct exchange *exchange, struct steps *steps);

#endif
