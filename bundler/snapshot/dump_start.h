/* SPDX-License-Identifier: MIT */
/* How the process is started that dumps itself. */
#ifndef BUNDLER_SNAPSHOT_DUMP_START_H
#define BUNDLER_SNAPSHOT_DUMP_START_H

#include "bundler/snapshot/dump_process.h"
#include "bundler/snapshot/trace.h"

/* Nothing is owned. */
struct dump_start {
	const struct dump_plan *plan;
	enum pair_member member;
	const int *
		files; /* of pages and of tables: they become its descriptors SPAWN_FIRST and so on */
	size_t file_count;
	bool hides_vdso;
};

/* Start it under trace. Errors: those of trace_start(), PYB_ERR_MEMORY, PYB_ERR_IO. */
enum pyb_status dump_start(const struct dump_start *start, struct trace *trace,
			   struct pyb_error *error);

#endif
