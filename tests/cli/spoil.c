/* SPDX-License-Identifier: MIT */
/*
 * Make bad bundles from a good one, for tests. Each case breaks one rule of format.md and stamps the
 * checksums anew, so that the rule itself is what a reader trips over.
 *
 *     spoil --list            one line for each case: NAME, status, message, separated by tabs
 *     spoil --list-growth     the same for bundles as a later version may write them
 *     spoil --list-image      the same for those that need an image as payload
 *     spoil --list-memo       the same for those that need memos
 *     spoil --list-metadata   the same for those that need metadata of distributions
 *     spoil --list-snapshot   the same for those that get a snapshot
 *     spoil CASE GOOD BAD     write the bad bundle
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/digest.h"
#include "lib/header.h"
#include "lib/image_tables.h"
#include "lib/memo.h"
#include "lib/reader.h"
#include "tests/cli/spoil.h"

static void die(const char *what)
{
	perror(what);
	exit(2);
}

struct pyb_section *spoil_section(struct bundle *bundle, uint32_t type)
{
	for (uint32_t i = 0; i < bundle->header->section_count; i++)
		if (bundle->header->sections[i].type == type)
			return &bundle->header->sections[i];
	fprintf(stderr, "spoil: the good bundle has no section %s\n", pyb_section_name(type));
	exit(2);
}

void *spoil_contents(struct bundle *bundle, uint32_t type)
{
	return bundle->bytes + spoil_section(bundle, type)->offset;
}

static uint64_t whole_pages(uint64_t size)
{
	return (size + PYB_PAGE_SIZE - 1) / PYB_PAGE_SIZE * PYB_PAGE_SIZE;
}

/* Move the end of the file, from `at` on, and give the room for as many bytes more, which are zero. */
static void make_room(struct bundle *bundle, uint64_t at, uint64_t more)
{
	uint8_t *const bytes = realloc(bundle->bytes, bundle->size + more);

	if (bytes == NULL)
		die("memory");
	memmove(bytes + at + more, bytes + at, bundle->size - at);
	memset(bytes + at, 0, more);
	bundle->bytes = bytes;
	bundle->size += more;
	bundle->header = (struct pyb_header *)(void *)bytes;
	bundle->header->file_size = bundle->size;
}

struct pyb_section *spoil_insert(struct bundle *bundle, uint32_t type, const void *contents,
				 size_t size)
{
	const struct pyb_header *const old = bundle->header;
	const struct pyb_section *const last = &old->sections[old->section_count - 1];
	const bool is_archive = last->type == PYB_SECTION_ARCHIVE;
	const uint64_t at = is_archive ? last->offset : bundle->size;

	make_room(bundle, at, whole_pages(size));
	memcpy(bundle->bytes + at, contents, size);
	struct pyb_section *const end = &bundle->header->sections[bundle->header->section_count++];
	struct pyb_section *const added = is_archive ? end - 1 : end;
	if (is_archive) {
		*end = *added;
		end->offset += whole_pages(size);
	}
	*added = (struct pyb_section){
		.type = type,
		.offset = at,
		.stored_size = size,
		.size = size,
		.checksum = pyb_digest64(contents, size),
	};
	return added;
}

/* --- reading, stamping, writing */

static struct bundle read_bundle(const char *path)
{
	struct stat status;
	struct bundle bundle = {0};
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0 || fstat(descriptor, &status) != 0)
		die(path);
	bundle.size = (size_t)status.st_size;
	/* Room for one page more. */
	bundle.bytes = calloc(1, bundle.size + PYB_PAGE_SIZE);
	if (bundle.bytes == NULL || read(descriptor, bundle.bytes, bundle.size) != status.st_size)
		die(path);
	close(descriptor);
	bundle.header = (struct pyb_header *)(void *)bundle.bytes;
	return bundle;
}

static struct pyb_bytes section_bytes(const struct bundle *bundle, uint32_t type)
{
	for (uint32_t i = 0; i < bundle->header->section_count; i++) {
		const struct pyb_section *const entry = &bundle->header->sections[i];
		if (entry->type == type)
			return (struct pyb_bytes){bundle->bytes + entry->offset,
						  entry->stored_size};
	}
	return (struct pyb_bytes){0};
}

static void stamp_image(struct bundle *bundle)
{
	const struct pyb_bytes image = section_bytes(bundle, PYB_SECTION_IMAGE);
	const struct pyb_bytes places = section_bytes(bundle, PYB_SECTION_RELOCATIONS);
	const struct pyb_bytes cold = section_bytes(bundle, PYB_SECTION_COLD);

	if (image.data != NULL)
		(void)pyb_image_stamp((void *)(uintptr_t)image.data, image.size, &places, &cold);
}

/* Only those whose tables lie within the section. */
static void stamp_memo(struct pyb_memo *memo, uint64_t size)
{
	const uint64_t tables_size = sizeof(*memo) + memo->slot_count * (uint64_t)sizeof(uint32_t) +
				     memo->entry_count * (uint64_t)sizeof(struct pyb_memo_entry);

	if (size >= sizeof(*memo) && tables_size <= size)
		memo->checksum = pyb_memo_checksum(memo, tables_size);
}

static bool is_memo(uint32_t type)
{
	return type == PYB_SECTION_REGEXES || type == PYB_SECTION_GENERATED ||
	       type == PYB_SECTION_SITE || type == PYB_SECTION_METADATA;
}

static void stamp_memos(struct bundle *bundle)
{
	for (uint32_t i = 0; i < bundle->header->section_count; i++) {
		const struct pyb_section *const entry = &bundle->header->sections[i];
		if (is_memo(entry->type))
			stamp_memo((void *)(bundle->bytes + entry->offset), entry->stored_size);
	}
}

static void stamp_sections(struct bundle *bundle)
{
	struct pyb_header *const header = bundle->header;

	for (uint32_t i = 0; i < header->section_count; i++) {
		struct pyb_section *const entry = &header->sections[i];
		entry->checksum = pyb_digest64(bundle->bytes + entry->offset, entry->stored_size);
	}
	pyb_digest128(bundle->bytes + PYB_PAGE_SIZE, bundle->size - PYB_PAGE_SIZE,
		      header->content_id);
}

static void stamp(struct bundle *bundle, enum stamp how)
{
	if (how == STAMP_ALL)
		stamp_image(bundle);
	if (how == STAMP_ALL)
		stamp_memos(bundle);
	if (how == STAMP_ALL || how == STAMP_SECTIONS)
		stamp_sections(bundle);
	if (how != STAMP_NOTHING)
		bundle->header->checksum = pyb_header_checksum(bundle->header);
}

static void write_bundle(const struct bundle *bundle, const char *path)
{
	const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (descriptor < 0 ||
	    write(descriptor, bundle->bytes, bundle->size) != (ssize_t)bundle->size ||
	    close(descriptor) != 0)
		die(path);
}

static void list_cases(const struct spoil_case *cases)
{
	for (; cases->name != NULL; cases++)
		printf("%s\t%s\t%s\n", cases->name, pyb_status_name(cases->status), cases->message);
}

/* The lists, by the option that shows them. */
static const struct {
	const char *option;
	const struct spoil_case *cases;
} lists[] = {
	{"--list", spoil_header_cases},
	{"--list", spoil_table_cases},
	{"--list-growth", spoil_growth_cases},
	{"--list-image", spoil_image_cases},
	{"--list-memo", spoil_memo_cases},
	{"--list-metadata", spoil_metadata_cases},
	{"--list-snapshot", spoil_snapshot_cases},
};

enum { LIST_COUNT = sizeof(lists) / sizeof(*lists) };

static const struct spoil_case *find_case(const char *name)
{
	for (int i = 0; i < LIST_COUNT; i++)
		for (const struct spoil_case *at = lists[i].cases; at->name != NULL; at++)
			if (strcmp(at->name, name) == 0)
				return at;
	return NULL;
}

static bool list_option(const char *option)
{
	bool is_known = false;

	for (int i = 0; i < LIST_COUNT; i++)
		if (strcmp(option, lists[i].option) == 0) {
			list_cases(lists[i].cases);
			is_known = true;
		}
	return is_known;
}

int main(int argc, char **argv)
{
	if (argc == 2 && list_option(argv[1]))
		return 0;
	if (argc != 4) {
		fprintf(stderr,
			"usage: spoil --list | --list-growth | --list-image | --list-memo |\n"
			"             --list-metadata | --list-snapshot |\n"
			"       spoil CASE GOOD BAD\n");
		return 2;
	}
	const struct spoil_case *const chosen = find_case(argv[1]);
	if (chosen == NULL) {
		fprintf(stderr, "spoil: there is no case '%s'\n", argv[1]);
		return 2;
	}
	struct bundle bundle = read_bundle(argv[2]);
	chosen->spoil(&bundle);
	stamp(&bundle, chosen->stamp);
	write_bundle(&bundle, argv[3]);
	free(bundle.bytes);
	return 0;
}
