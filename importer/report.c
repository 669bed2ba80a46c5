/* SPDX-License-Identifier: MIT */
#include "importer/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "importer/bundle/mapping.h"
#include "importer/exit/exit.h"
#include "importer/process.h"
#include "importer/session.h"

static uint64_t sum_of_fallthroughs(const struct stats *stats)
{
	uint64_t sum = 0;
	for (int i = 0; i < FALLTHROUGH_COUNT; i++)
		sum += stats->fallthroughs[i];
	return sum;
}

static void print_left(const struct stats *stats, enum fallthrough reason)
{
	if (stats->fallthroughs[reason] == 0)
		return;
	fprintf(stderr, "pystart:   %-15s%" PRIu64 "\n", stats_fallthrough_name(reason),
		stats->fallthroughs[reason]);
	if (stats->left_names[reason][0] != '\0')
		fprintf(stderr, "pystart:    %s\n", stats->left_names[reason]);
}

static void print_counts(const struct stats *stats)
{
	const uint64_t left = sum_of_fallthroughs(stats);

	fprintf(stderr,
		"pystart: served           %" PRIu64 " modules, %" PRIu64
		" extension modules, %" PRIu64 " absent names\n"
		"pystart: lent             %" PRIu64 " specs, %" PRIu64 " code objects\n"
		"pystart: left to Python   %" PRIu64 "%s\n",
		stats->modules, stats->extensions, stats->absent, stats->specs, stats->codes, left,
		left != 0 ? ", because" : "");
	for (int i = 0; i < FALLTHROUGH_COUNT; i++)
		print_left(stats, (enum fallthrough)i);
	for (int i = 0; i < FOREIGN_COUNT && stats->foreign[i].count != 0; i++)
		fprintf(stderr, "pystart: foreign          %s, %" PRIu64 " times\n",
			stats->foreign[i].text, stats->foreign[i].count);
}

static void print_image(const struct image *image)
{
	const struct image_counts *const counts = &image->counts;

	fprintf(stderr,
		"pystart: image            %zu bytes %s address; %" PRIu64 " groups in use\n"
		"pystart: relocation       %" PRIu64 " pointers moved in %.3f ms, on %" PRIu64
		" small pages\n"
		"pystart: strings          %" PRIu64 " interned, %" PRIu64
		" of which were there, with %" PRIu64 " pointers; %" PRIu64 " recognized\n",
		image->memory.size, image->moved == 0 ? "at the preferred" : "at another",
		counts->groups, counts->relocated, (double)counts->relocation_ns / 1e6,
		counts->relocated_pages, counts->interned, counts->replaced, counts->slots,
		counts->statics);
}

static void print_resume(const struct resume_stats *stats)
{
	if (stats->is_resumed && stats->modules > 0)
		fprintf(stderr,
			"pystart: first imports    %" PRIu32
			" modules of the script, in the snapshot\n",
			stats->modules);
	if (stats->is_resumed)
		fprintf(stderr,
			"pystart: snapshot         gone on with, in %.3f ms for guards, %.3f ms for its "
			"memory, %.3f ms for what is new\n",
			(double)stats->guards_ns / 1e6, (double)stats->mapping_ns / 1e6,
			(double)stats->renewing_ns / 1e6);
	else if (stats->why_not[0] != '\0')
		fprintf(stderr, "pystart: snapshot         not used: %s\n", stats->why_not);
}

static void print_exit(void)
{
	char text[OBSERVABLE_DETAIL_SIZE + 60];

	exit_describe(text, sizeof(text));
	fprintf(stderr, "pystart: exit             %s\n", text);
}

void report_print(const struct stats *stats, const struct bundle *bundle)
{
	const bool is_image = image_is_there(&bundle->image);

	if (session.phase == PHASE_REFUSED) {
		fprintf(stderr, "pystart: not used         %s (PYSTART_VERBOSE=1 tells why)\n",
			bundle->path);
		return;
	}
	fprintf(stderr, "pystart: bundle           %s\n", bundle->path);
	print_resume(&stats->resume);
	print_counts(stats);
	if (is_image)
		print_image(&bundle->image);
	fprintf(stderr,
		"pystart: huge pages       %zu bytes for code, %zu for small objects, %zu for the heap\n",
		bundle->image.memory.huge + bundle->image.memory.huge_cold,
		arena_size(&process.arena), process.huge_heap);
	fprintf(stderr,
		"pystart: code             %" PRIu64 " bytes %s\n"
		"pystart: compiled before  %" PRIu64 " regular expressions, %" PRIu64 " sources\n"
		"pystart: frozen modules   %" PRIu64 " not unmarshalled\n"
		"pystart: folders listed   %" PRIu64 ", and %" PRIu64 " left out by site\n"
		"pystart: distributions    %" PRIu64 " known without their metadata\n"
		"pystart: garbage          not collected in %" PRIu64 " imports\n"
		"pystart: time             %.3f ms to open the bundle, %.3f ms for its startup "
		"section\n",
		stats->code_bytes, is_image ? "ready-made" : "unpacked", stats->regexes,
		stats->generated, stats->frozen, stats->folders_listed, stats->site_folders,
		stats->distributions, stats->deferrals, (double)bundle->map_ns / 1e6,
		(double)stats->startup_ns / 1e6);
	print_exit();
}
