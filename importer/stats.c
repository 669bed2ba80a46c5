/* SPDX-License-Identifier: MIT */
#include "importer/stats.h"

static const char *const fallthrough_names[FALLTHROUGH_COUNT] = {
	[FALLTHROUGH_BUILT_IN] = "built-in",
	[FALLTHROUGH_NOT_BUNDLED] = "not-bundled",
	[FALLTHROUGH_STALE] = "stale",
	[FALLTHROUGH_SHADOWED] = "shadowed",
	[FALLTHROUGH_OFF_PATH] = "off-path",
	[FALLTHROUGH_FOREIGN_PATH] = "foreign-path",
	[FALLTHROUGH_FOREIGN_FINDER] = "foreign-finder",
	[FALLTHROUGH_DAMAGED] = "damaged",
	[FALLTHROUGH_IN_USE] = "in-use",
};

const char *stats_fallthrough_name(enum fallthrough reason)
{
	return fallthrough_names[reason];
}
