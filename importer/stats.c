/* SPDX-License-Identifier: MIT */
#include "importer/stats.h"

#include <inttypes.h>
#include <stdio.h>

#include "importer/bundle.h"

static const char *const fallthrough_names[FALLTHROUGH_COUNT] = {
	[FALLTHROUGH_NOT_BUNDLED] = "not-bundled",
	[FALLTHROUGH_STALE] = "stale",
	[FALLTHROUGH_SHADOWED] = "shadowed",
	[FALLTHROUGH_OFF_PATH] = "off-path",
	[FALLTHROUGH_FOREIGN_PATH] = "foreign-path",
	[FALLTHROUGH_FOREIGN_FINDER] = "foreign-finder",
	[FALLTHROUGH_DAMAGED] = "damaged",
};

const char *stats_fallthrough_name(enum fallthrough reason)
{
	return fallthrough_names[reason];
}

static uint64_t sum_of_fallthroughs(const struct stats *stats)
{
	uint64_t sum = 0;
	for (int i = 0; i < FALLTHROUGH_COUNT; i++)
		sum += stats->fallthroughs[i];
	return sum;
}

void stats_print(const struct stats *stats, const struct bundle *bundle)
{
	fprintf(stderr,
		"pystart: bundle           %s\n"
		"pystart: served           %" PRIu64 " modules, %" PRIu64
		" extension modules, %" PRIu64 " absent names\n"
		"pystart: for others       %" PRIu64 " specs, %" PRIu64 " code objects\n"
		"pystart: fallen through   %" PRIu64 "\n",
		bundle->path, stats->modules, stats->extensions, stats->absent, stats->specs,
		stats->codes, sum_of_fallthroughs(stats));
	for (int i = 0; i < FALLTHROUGH_COUNT; i++)
		if (stats->fallthroughs[i] != 0)
			fprintf(stderr, "pystart:   %-15s %" PRIu64 "\n", fallthrough_names[i],
				stats->fallthroughs[i]);
	fprintf(stderr,
		"pystart: code             %" PRIu64 " bytes unmarshalled\n"
		"pystart: folders listed   %" PRIu64 "\n"
		"pystart: time to map      %.3f ms, startup pass %.3f ms\n",
		stats->code_bytes, stats->folders_listed, (double)bundle->map_ns / 1e6,
		(double)stats->startup_ns / 1e6);
}
