/* SPDX-License-Identifier: MIT */
/*
 * Bad snapshots. Each case puts one that is made by hand into a good bundle, which has none, and breaks a
 * rule. No process is like the one that it tells of, so that no start can go on with it.
 */
#include <string.h>
#include <sys/mman.h>

#include "lib/snapshot_format.h"
#include "tests/cli/spoil.h"

enum { PAGES = 2 * PYB_PAGE_SIZE, OTHER_TYPE = 77 };
#define BASE UINT64_C(0x210000000000)

enum { CODE, DATA, LIBRARY, OBJECTS, SEGMENT_COUNT };
enum { A_PATH, A_VARIABLE, A_MASK, GUARD_COUNT };

struct strings {
	char nothing[1];
	char path[23];
	char name[8];
	char value[8];
};

/* The section, as it lies there. */
struct tables {
	struct pyb_snapshot head;
	struct snapshot_segment segments[SEGMENT_COUNT];
	struct snapshot_guard guards[GUARD_COUNT];
	struct snapshot_file file;
	struct snapshot_fixup fixups[2];
	struct strings strings;
};

_Static_assert(sizeof(struct tables) == offsetof(struct tables, strings) + sizeof(struct strings),
	       "nothing behind it");

#define STRING(member) ((uint32_t)offsetof(struct strings, member))

static const struct tables good = {
	.head = {.thread = {.entry = BASE},
		 .process = {.user = UINT32_MAX, .page_size = PYB_PAGE_SIZE},
		 .pages_size = PAGES,
		 .segment_count = SEGMENT_COUNT,
		 .guard_count = GUARD_COUNT,
		 .file_count = 1,
		 .fixup_count = 2,
		 .strings_size = sizeof(struct strings)},
	.segments = {[CODE] = {.address = BASE,
			       .size = PAGES,
			       .source = SEGMENT_PAGES,
			       .protection = PROT_READ | PROT_EXEC},
		     [DATA] = {.address = BASE + PAGES,
			       .size = PAGES,
			       .source = SEGMENT_ZERO,
			       .protection = PROT_READ | PROT_WRITE},
		     [LIBRARY] = {.address = BASE + 2 * (uint64_t)PAGES,
				  .size = PAGES,
				  .source = SEGMENT_FILE,
				  .protection = PROT_READ},
		     [OBJECTS] = {.address = BASE + 4 * (uint64_t)PAGES,
				  .size = PAGES,
				  .source = SEGMENT_BUNDLE,
				  .protection = PROT_READ}},
	.guards = {[A_PATH] = {.kind = GUARD_PATH,
			       .name = STRING(path),
			       .status = {.mode = 0100644, .size = 1}},
		   [A_VARIABLE] = {.kind = GUARD_VARIABLE,
				   .name = STRING(name),
				   .value = STRING(value),
				   .value_size = 7},
		   [A_MASK] = {.kind = GUARD_MASK, .number = 022}},
	.file = {.size = PAGES, .path = STRING(path)},
	.fixups = {{.address = BASE + PAGES, .kind = FIXUP_ARGV},
		   {.address = BASE + PAGES + 8, .kind = FIXUP_VDSO}},
	.strings = {.path = "/usr/lib/libpython.so", .name = "LANG", .value = "C.UTF-8"},
};

static struct tables *add(struct bundle *bundle)
{
	static const uint8_t pages[PAGES];

	spoil_insert(bundle, PYB_SECTION_SNAPSHOT, &good, sizeof(good));
	spoil_insert(bundle, PYB_SECTION_PAGES, pages, sizeof(pages));
	return spoil_contents(bundle, PYB_SECTION_SNAPSHOT);
}

/* Without what is cut off, which is zero then. */
static void cut(struct bundle *bundle, uint64_t size)
{
	struct tables *const tables = add(bundle);
	struct pyb_section *const section = spoil_section(bundle, PYB_SECTION_SNAPSHOT);

	memset((char *)tables + size, 0, sizeof(good) - size);
	section->size = section->stored_size = size;
}

/* Its files are none that there are. */
static void snapshot_by_hand(struct bundle *bundle)
{
	add(bundle);
}

/* One that does not fit a process, but may fit the next. */
static struct snapshot_guard *add_least(struct bundle *bundle)
{
	static const struct {
		struct pyb_snapshot head;
		struct snapshot_guard guard;
		char strings[8];
	} least = {
		.head = {.process = {.user = UINT32_MAX, .page_size = PYB_PAGE_SIZE},
			 .guard_count = 1,
			 .strings_size = 8},
		.guard = {.kind = GUARD_MASK, .number = 0777},
	};

	spoil_insert(bundle, PYB_SECTION_SNAPSHOT, &least, sizeof(least));
	return (void *)((char *)spoil_contents(bundle, PYB_SECTION_SNAPSHOT) + sizeof(least.head));
}

static void snapshot_of_nothing(struct bundle *bundle)
{
	add_least(bundle);
}

static void snapshot_guard_of_later(struct bundle *bundle)
{
	add_least(bundle)->kind = GUARD_KINDS;
}

static void snapshot_cut_off(struct bundle *bundle)
{
	cut(bundle, sizeof(good.head) - 1);
}

static void snapshot_too_short(struct bundle *bundle)
{
	cut(bundle, sizeof(good) - 8);
}

static void snapshot_pages_missing(struct bundle *bundle)
{
	add(bundle);
	spoil_section(bundle, PYB_SECTION_PAGES)->type = OTHER_TYPE;
}

static void snapshot_pages_too_short(struct bundle *bundle)
{
	add(bundle);
	struct pyb_section *const section = spoil_section(bundle, PYB_SECTION_PAGES);
	section->size = section->stored_size = PYB_PAGE_SIZE;
}

static void snapshot_missing(struct bundle *bundle)
{
	add(bundle);
	spoil_section(bundle, PYB_SECTION_SNAPSHOT)->type = OTHER_TYPE;
}

static void snapshot_swapped(struct bundle *bundle)
{
	add(bundle);
	struct pyb_section *const section = spoil_section(bundle, PYB_SECTION_SNAPSHOT);
	spoil_section(bundle, PYB_SECTION_PAGES)->type = PYB_SECTION_SNAPSHOT;
	section->type = PYB_SECTION_PAGES;
}

static void snapshot_segments_swapped(struct bundle *bundle)
{
	struct tables *const tables = add(bundle);

	tables->segments[CODE] = good.segments[DATA];
	tables->segments[DATA] = good.segments[CODE];
}

/* The others change one number. */
#define CHANGE(name, change)                    \
	static void name(struct bundle *bundle) \
	{                                       \
		add(bundle)->change;            \
	}

CHANGE(snapshot_guards, head.guard_count++)
CHANGE(snapshot_many_segments, head.segment_count += UINT32_C(1) << 31)
CHANGE(snapshot_ranges, head.range_count = 1)
CHANGE(snapshot_page_size, head.process.page_size = 4095)
CHANGE(snapshot_half_page, head.pages_size = PAGES - 1)
CHANGE(snapshot_pages_size, head.pages_size = 2 * (uint64_t)PAGES)
CHANGE(snapshot_first_string, strings.nothing[0] = 'x')
CHANGE(snapshot_last_string, strings.value[7] = 'x')
CHANGE(snapshot_modules, head.modules = UINT32_MAX)
CHANGE(snapshot_segments_overlap, segments[DATA].address -= PYB_PAGE_SIZE)
CHANGE(snapshot_segment_odd, segments[DATA].size += 8)
CHANGE(snapshot_segment_low, segments[CODE].address = PYB_PAGE_SIZE)
CHANGE(snapshot_segment_wraps, segments[OBJECTS].size = UINT64_MAX - PYB_PAGE_SIZE + 1)
CHANGE(snapshot_segment_behind_pages, segments[CODE].offset = PYB_PAGE_SIZE)
CHANGE(snapshot_segment_behind_file, segments[LIBRARY].offset = PAGES)
CHANGE(snapshot_segment_of_no_file, segments[LIBRARY].file = 1)
CHANGE(snapshot_segment_behind_bundle, segments[OBJECTS].offset = UINT64_C(1) << 40)
CHANGE(snapshot_segment_of_nothing, segments[OBJECTS].source = 200)
CHANGE(snapshot_segment_rights, segments[CODE].protection = 8)
CHANGE(snapshot_segment_advice, segments[CODE].advice = ADVICE_WIPE_ON_FORK)
CHANGE(snapshot_file_without_path, file.path = STRING(name))
CHANGE(snapshot_fixup_outside, fixups[0].address = BASE - 8)
CHANGE(snapshot_fixup_odd, fixups[0].address += 4)
CHANGE(snapshot_fixups_disordered, fixups[1].address = BASE)
CHANGE(snapshot_fixup_kind, fixups[1].kind = FIXUP_KINDS)
CHANGE(snapshot_guard_name, guards[A_VARIABLE].name = sizeof(struct strings))
CHANGE(snapshot_guard_value, guards[A_VARIABLE].value_size = 6)
CHANGE(snapshot_guard_long_value, guards[A_VARIABLE].value_size = UINT32_MAX)
CHANGE(snapshot_guard_number, guards[A_PATH].number = 1)
CHANGE(snapshot_guard_status, guards[A_PATH].status.error = 2)
CHANGE(snapshot_byte, head.vdso_digest = 1)

static void snapshot_pages_byte(struct bundle *bundle)
{
	add(bundle);
	((uint8_t *)spoil_contents(bundle, PYB_SECTION_PAGES))[PAGES - 1] = 1;
}

/* --- why there is none */

static void no_snapshot(struct bundle *bundle)
{
	spoil_insert(bundle, PYB_SECTION_NO_SNAPSHOT, "it is no use", 12);
}

static void no_snapshot_with_end(struct bundle *bundle)
{
	spoil_insert(bundle, PYB_SECTION_NO_SNAPSHOT, "it is no use", 13);
}

static void no_snapshot_too_long(struct bundle *bundle)
{
	char text[PYB_NO_SNAPSHOT_MAX + 1];

	memset(text, 'x', sizeof(text));
	spoil_insert(bundle, PYB_SECTION_NO_SNAPSHOT, text, sizeof(text));
}

static void no_snapshot_but_one(struct bundle *bundle)
{
	add_least(bundle);
	no_snapshot(bundle);
}

#define FINE(name, message)                                  \
	{                                                    \
#name, PYB_OK, message, STAMP_SECTIONS, name \
	}
#define DAMAGED(name, message)                                        \
	{                                                             \
#name, PYB_ERR_DAMAGED, message, STAMP_SECTIONS, name \
	}
/* All sections of the good bundle have their checksums. */
#define UNSTAMPED(name, message)                                    \
	{                                                           \
#name, PYB_ERR_DAMAGED, message, STAMP_HEADER, name \
	}

#define SIZES "the tables of the snapshot have wrong sizes"
#define OTHER_SIZE "section 'pages' is not of the size that the snapshot says"
#define OWN_PAGES "its pages have an illegal size, or are not whole"
#define STRINGS "its strings do not begin and end with a NUL"
#define ORDER(number) "segment " number " is not whole pages, or not in order"
#define SOURCE(number) "segment " number " is not of its pages, its files or its bundle"
#define RIGHTS(number) "segment " number " has an unknown protection or advice"
#define FIXUP(number) "fix-up " number " is not in a segment, or not in order"
#define REASON "the reason why there is no snapshot is malformed"
#define GUARD(number) "guard " number " does not have what its kind asks for"

const struct spoil_case spoil_snapshot_cases[] = {
	FINE(snapshot_of_nothing, "note: the snapshot is not used: "),
	FINE(snapshot_guard_of_later,
	     "note: the snapshot is not used: guard 0 is of a kind that this version does not know"),
	{"snapshot_by_hand", PYB_ERR_MISMATCH, "/usr/lib/libpython.so is not as it was",
	 STAMP_SECTIONS, snapshot_by_hand},
	DAMAGED(snapshot_cut_off, "the description of the snapshot is cut off"),
	DAMAGED(snapshot_missing, "the description of the snapshot is cut off"),
	DAMAGED(snapshot_too_short, SIZES),
	DAMAGED(snapshot_guards, SIZES),
	DAMAGED(snapshot_many_segments, SIZES),
	DAMAGED(snapshot_ranges, SIZES),
	DAMAGED(snapshot_swapped, SIZES),
	DAMAGED(snapshot_page_size, OWN_PAGES),
	DAMAGED(snapshot_half_page, OWN_PAGES),
	DAMAGED(snapshot_pages_size, OTHER_SIZE),
	DAMAGED(snapshot_pages_missing, OTHER_SIZE),
	DAMAGED(snapshot_pages_too_short, OTHER_SIZE),
	DAMAGED(snapshot_first_string, STRINGS),
	DAMAGED(snapshot_last_string, STRINGS),
	DAMAGED(snapshot_modules, "the names of its modules are not among its strings"),
	DAMAGED(snapshot_segments_swapped, ORDER("1")),
	DAMAGED(snapshot_segments_overlap, ORDER("1")),
	DAMAGED(snapshot_segment_odd, ORDER("1")),
	DAMAGED(snapshot_segment_low, ORDER("0")),
	DAMAGED(snapshot_segment_wraps, ORDER("3")),
	DAMAGED(snapshot_segment_behind_pages, SOURCE("0")),
	DAMAGED(snapshot_segment_behind_file, SOURCE("2")),
	DAMAGED(snapshot_segment_of_no_file, SOURCE("2")),
	DAMAGED(snapshot_segment_behind_bundle, SOURCE("3")),
	DAMAGED(snapshot_segment_of_nothing, SOURCE("3")),
	DAMAGED(snapshot_segment_rights, RIGHTS("0")),
	DAMAGED(snapshot_segment_advice, RIGHTS("0")),
	DAMAGED(snapshot_file_without_path, "file 0 has no path"),
	DAMAGED(snapshot_fixup_outside, FIXUP("0")),
	DAMAGED(snapshot_fixup_odd, FIXUP("0")),
	DAMAGED(snapshot_fixups_disordered, FIXUP("1")),
	DAMAGED(snapshot_fixup_kind, FIXUP("1")),
	DAMAGED(snapshot_guard_name, GUARD("1")),
	DAMAGED(snapshot_guard_value, GUARD("1")),
	DAMAGED(snapshot_guard_long_value, GUARD("1")),
	DAMAGED(snapshot_guard_number, GUARD("0")),
	DAMAGED(snapshot_guard_status, GUARD("0")),
	FINE(no_snapshot, "fresh"),
	DAMAGED(no_snapshot_with_end, REASON),
	DAMAGED(no_snapshot_too_long, REASON),
	FINE(no_snapshot_but_one, "note: the snapshot is not used: "),
	UNSTAMPED(snapshot_byte, "the checksum of section 'snapshot' is wrong"),
	UNSTAMPED(snapshot_pages_byte, "the checksum of section 'pages' is wrong"),
	{0},
};
