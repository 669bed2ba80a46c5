/* SPDX-License-Identifier: MIT */
/*
 * Make bad bundles from a good one, for tests. Each case breaks one rule of format.md and stamps the
 * checksums anew, so that the rule itself is what a reader trips over.
 *
 *     spoil --list            one line for each case: NAME, status, message, separated by tabs
 *     spoil --list-image      the same for those that need an image as payload
 *     spoil --list-memo       the same for those that need memos
 *     spoil CASE GOOD BAD     write the bad bundle
 */
#include <fcntl.h>
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

static struct pyb_module *first_module(struct bundle *bundle)
{
	return spoil_contents(bundle, PYB_SECTION_MODULES);
}

static struct pyb_directory *first_directory(struct bundle *bundle)
{
	return spoil_contents(bundle, PYB_SECTION_DIRECTORIES);
}

/* --- the file and its header page */

static void empty_file(struct bundle *bundle)
{
	bundle->size = 0;
}

static void short_magic(struct bundle *bundle)
{
	bundle->size = PYB_MAGIC_SIZE - 1;
}

static void wrong_magic(struct bundle *bundle)
{
	bundle->bytes[1] = 'Q';
}

static void text_mode(struct bundle *bundle)
{
	memmove(bundle->bytes + 4, bundle->bytes + 5, bundle->size - 5);
}

static void stripped_bit(struct bundle *bundle)
{
	bundle->bytes[0] &= 0x7f;
}

static void short_header(struct bundle *bundle)
{
	bundle->size = PYB_PAGE_SIZE - 1;
}

static void header_only(struct bundle *bundle)
{
	bundle->size = PYB_PAGE_SIZE;
}

static void last_byte_gone(struct bundle *bundle)
{
	bundle->size--;
}

static void one_page_more(struct bundle *bundle)
{
	bundle->size += PYB_PAGE_SIZE;
}

static void newer_version(struct bundle *bundle)
{
	bundle->header->format_version++;
}

static void header_size(struct bundle *bundle)
{
	bundle->header->header_size *= 2;
}

static void header_byte(struct bundle *bundle)
{
	bundle->bytes[300] ^= 1;
}

static void unknown_feature(struct bundle *bundle)
{
	bundle->header->incompat |= UINT64_C(1) << 40;
}

static void unknown_payload(struct bundle *bundle)
{
	bundle->header->payload = 200;
}

static void unknown_check(struct bundle *bundle)
{
	bundle->header->check = 4;
}

static void optimize_3(struct bundle *bundle)
{
	bundle->header->optimize = 3;
}

static void reserved_8(struct bundle *bundle)
{
	bundle->header->policies = 0x80;
}

static void long_build_id(struct bundle *bundle)
{
	bundle->header->fingerprint.libpython.size = 32;
}

static void endless_soabi(struct bundle *bundle)
{
	memset(bundle->header->fingerprint.soabi, 'x', sizeof(bundle->header->fingerprint.soabi));
}

static void no_name(struct bundle *bundle)
{
	bundle->header->name = (struct pyb_slice){0};
}

static void slice_beyond_page(struct bundle *bundle)
{
	bundle->header->entry = (struct pyb_slice){.offset = PYB_PAGE_SIZE - 4, .size = 4};
}

static void slice_huge(struct bundle *bundle)
{
	bundle->header->entry = (struct pyb_slice){.offset = 2000, .size = 0xffffffff};
}

static void relative_interpreter(struct bundle *bundle)
{
	bundle->bytes[bundle->header->interpreter.offset] = 'u';
}

static void unused_header_byte(struct bundle *bundle)
{
	bundle->bytes[PYB_PAGE_SIZE - 1] = 1;
}

/* --- the section table */

static void many_sections(struct bundle *bundle)
{
	bundle->header->section_count = PYB_SECTION_MAX + 1;
}

static void unknown_section(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->type = 77;
}

static void section_flags(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->flags = 2;
}

static void compressed_index(struct bundle *bundle)
{
	bundle->header->incompat |= PYB_INCOMPAT_ZSTD;
	spoil_section(bundle, PYB_SECTION_INDEX)->flags = PYB_SECTION_FLAG_ZSTD;
}

static void undeclared_compression(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_STARTUP)->flags = PYB_SECTION_FLAG_ZSTD;
}

static void two_sizes(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->size++;
}

static void unaligned_section(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->offset++;
}

static void section_in_header(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_STRINGS)->offset = 0;
}

static void section_beyond_end(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_STARTUP)->offset = UINT64_MAX - PYB_PAGE_SIZE + 1;
}

static void section_too_long(struct bundle *bundle)
{
	struct pyb_section *const last = spoil_section(bundle, PYB_SECTION_STARTUP);
	last->size = last->stored_size = UINT64_MAX - 1;
}

static void overlapping_sections(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->offset =
		spoil_section(bundle, PYB_SECTION_STRINGS)->offset;
}

static void section_twice(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->type = PYB_SECTION_STRINGS;
}

static void unused_entry(struct bundle *bundle)
{
	bundle->header->sections[PYB_SECTION_MAX - 1].size = 1;
}

/* --- tables */

static void strings_byte(struct bundle *bundle)
{
	*(char *)spoil_contents(bundle, PYB_SECTION_STRINGS) ^= 1;
}

static void strings_open_end(struct bundle *bundle)
{
	struct pyb_section *const strings = spoil_section(bundle, PYB_SECTION_STRINGS);
	bundle->bytes[strings->offset + strings->size - 1] = 'x';
}

static void half_record(struct bundle *bundle)
{
	struct pyb_section *const modules = spoil_section(bundle, PYB_SECTION_MODULES);
	modules->size = modules->stored_size -= 8;
}

static void odd_index(struct bundle *bundle)
{
	struct pyb_section *const index = spoil_section(bundle, PYB_SECTION_INDEX);
	index->size = index->stored_size -= 4;
}

static void small_index(struct bundle *bundle)
{
	struct pyb_section *const index = spoil_section(bundle, PYB_SECTION_INDEX);
	index->size = index->stored_size = 8;
}

static void no_index(struct bundle *bundle)
{
	struct pyb_section *const index = spoil_section(bundle, PYB_SECTION_INDEX);
	struct pyb_section *const end = &bundle->header->sections[bundle->header->section_count--];
	memmove(index, index + 1, (size_t)((char *)end - (char *)(index + 1)));
	memset(end - 1, 0, sizeof(*end));
}

/* --- records */

static void name_beyond_strings(struct bundle *bundle)
{
	first_module(bundle)->name_size = 0x7fffffff;
}

static void name_without_end(struct bundle *bundle)
{
	first_module(bundle)->name_size--;
}

static char *string_at(struct bundle *bundle, uint32_t offset)
{
	return (char *)spoil_contents(bundle, PYB_SECTION_STRINGS) + offset;
}

static void nul_in_name(struct bundle *bundle)
{
	*string_at(bundle, first_module(bundle)->name_offset + 1) = '\0';
}

static void relative_origin(struct bundle *bundle)
{
	*string_at(bundle, first_module(bundle)->origin_offset) = 'x';
}

static void own_parent(struct bundle *bundle)
{
	first_module(bundle)->parent = 0;
}

static void unknown_kind(struct bundle *bundle)
{
	first_module(bundle)->kind = 9;
}

static void unknown_flags(struct bundle *bundle)
{
	first_module(bundle)->flags |= 0x80;
}

static void two_kinds_of_pyc(struct bundle *bundle)
{
	first_module(bundle)->flags |= PYB_MODULE_FLAG_HASHED | PYB_MODULE_FLAG_FROM_CACHED;
}

static void from_no_cached(struct bundle *bundle)
{
	struct pyb_module *const module = first_module(bundle);

	module->flags |= PYB_MODULE_FLAG_FROM_CACHED;
	module->cached_offset = module->cached_size = 0;
}

static void directory_number(struct bundle *bundle)
{
	first_module(bundle)->directory = 1000000;
}

static void no_directory(struct bundle *bundle)
{
	first_module(bundle)->directory = PYB_NONE;
}

static void parent_number(struct bundle *bundle)
{
	first_module(bundle)->parent = 1000000;
}

static void package_without_folder(struct bundle *bundle)
{
	struct pyb_module *const module = first_module(bundle);
	module->flags ^= PYB_MODULE_FLAG_PACKAGE;
}

static void code_beyond_section(struct bundle *bundle)
{
	first_module(bundle)->code_size = UINT64_MAX - 8;
}

static void code_offset_odd(struct bundle *bundle)
{
	first_module(bundle)->code_offset += 8;
}

static void no_code(struct bundle *bundle)
{
	first_module(bundle)->code_size = 0;
}

static void wrong_hash(struct bundle *bundle)
{
	first_module(bundle)->name_hash ^= 1;
}

static void index_beyond_modules(struct bundle *bundle)
{
	uint32_t *const slots = spoil_contents(bundle, PYB_SECTION_INDEX);
	const struct pyb_module *const module = first_module(bundle);
	const size_t count = spoil_section(bundle, PYB_SECTION_INDEX)->size / sizeof(*slots);
	slots[module->name_hash & (count - 1)] = 0x7fffffff;
}

static void empty_slot(struct bundle *bundle)
{
	uint32_t *const slots = spoil_contents(bundle, PYB_SECTION_INDEX);
	const size_t count = spoil_section(bundle, PYB_SECTION_INDEX)->size / sizeof(*slots);
	for (size_t i = 0; i < count; i++)
		if (slots[i] == 1)
			slots[i] = 0;
}

static void slot_twice(struct bundle *bundle)
{
	uint32_t *const slots = spoil_contents(bundle, PYB_SECTION_INDEX);
	const size_t count = spoil_section(bundle, PYB_SECTION_INDEX)->size / sizeof(*slots);
	for (size_t i = 0; i < count; i++)
		if (slots[i] == 0) {
			slots[i] = 1;
			return;
		}
}

static void directory_of_other_package(struct bundle *bundle)
{
	const size_t count =
		spoil_section(bundle, PYB_SECTION_DIRECTORIES)->size / sizeof(struct pyb_directory);
	for (size_t i = 0; i < count; i++)
		first_directory(bundle)[i].package = 0;
}

static void one_place_on_sys_path(struct bundle *bundle)
{
	first_directory(bundle)[0].sys_path = 1;
	first_directory(bundle)[1].sys_path = 1;
}

static void one_place_among_roots(struct bundle *bundle)
{
	first_directory(bundle)[0].root = 1;
	first_directory(bundle)[1].root = 1;
}

static void relative_directory(struct bundle *bundle)
{
	*string_at(bundle, first_directory(bundle)->path_offset) = 'x';
}

static void directory_path(struct bundle *bundle)
{
	first_directory(bundle)->path_size = 0;
}

static void directory_order(struct bundle *bundle)
{
	struct pyb_directory *const first = first_directory(bundle);
	const struct pyb_directory kept = first[0];
	first[0] = first[1];
	first[1] = kept;
}

static void directory_flags(struct bundle *bundle)
{
	first_directory(bundle)->flags = 0x10;
}

static void directory_missing(struct bundle *bundle)
{
	first_directory(bundle)->flags = PYB_DIRECTORY_FLAG_MISSING;
}

static void directory_unlisted(struct bundle *bundle)
{
	struct pyb_directory *const first = first_directory(bundle);
	first->flags = PYB_DIRECTORY_FLAG_UNLISTED;
	first->entries = 1;
}

static void directory_inode(struct bundle *bundle)
{
	first_directory(bundle)->inode = 0;
}

static void code_byte(struct bundle *bundle)
{
	*((char *)spoil_contents(bundle, PYB_SECTION_STARTUP) + 20) ^= 1;
}

static void gap_byte(struct bundle *bundle)
{
	const struct pyb_section *const index = spoil_section(bundle, PYB_SECTION_INDEX);
	bundle->bytes[index->offset + index->stored_size] = 1;
}

/* --- the archive; `late`: only verify looks at it */

static uint8_t *archive_end(struct bundle *bundle)
{
	return bundle->bytes + bundle->size;
}

static void archive_elsewhere(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_ARCHIVE)->stored_size -= 8;
	spoil_section(bundle, PYB_SECTION_ARCHIVE)->size -= 8;
}

static void late_archive_text(struct bundle *bundle)
{
	archive_end(bundle)[-200] ^= 1; /* its CRC-32 is no longer right */
}

static void late_archive_end(struct bundle *bundle)
{
	archive_end(bundle)[-22] ^= 1;
}

static void late_archive_size(struct bundle *bundle)
{
	archive_end(bundle)[-4] = 0xff; /* the offset of its directory */
}

static void late_archive_before(struct bundle *bundle)
{
	*(uint8_t *)spoil_contents(bundle, PYB_SECTION_ARCHIVE) = 1;
}

static void late_archive_small(struct bundle *bundle)
{
	struct pyb_section *const archive = spoil_section(bundle, PYB_SECTION_ARCHIVE);

	memset(bundle->bytes + archive->offset, 0, archive->size);
	archive->offset += archive->size;
	archive->size = archive->stored_size = 0;
}

/* --- other interpreters */

static void other_version(struct bundle *bundle)
{
	bundle->header->fingerprint.version ^= 0x100;
}

static void other_core(struct bundle *bundle)
{
	bundle->header->fingerprint.libpython.bytes[0] ^= 1;
}

static void other_magic(struct bundle *bundle)
{
	bundle->header->fingerprint.bytecode_magic ^= 1;
}

static void other_cache_tag(struct bundle *bundle)
{
	bundle->header->fingerprint.cache_tag[0] ^= 1;
}

static void other_executable(struct bundle *bundle)
{
	bundle->header->fingerprint.executable.bytes[0] ^= 1;
}

#define TABLE(name, message)                                     \
	{                                                        \
#name, PYB_ERR_DAMAGED, message, STAMP_ALL, name \
	}
#define HEADER(name, message)                                       \
	{                                                           \
#name, PYB_ERR_DAMAGED, message, STAMP_HEADER, name \
	}
#define AS_IS(name, status, message)                        \
	{                                                   \
#name, status, message, STAMP_NOTHING, name \
	}
#define OTHER(name, message)                                         \
	{                                                            \
#name, PYB_ERR_MISMATCH, message, STAMP_HEADER, name \
	}

#define POLICY "a policy has an illegal value"
#define STRING "a string of the header is malformed"

#define ARCHIVE "the archive at the end is malformed"

#define MODULE "a module record has an illegal value"

const struct spoil_case spoil_cases[] = {
	AS_IS(empty_file, PYB_ERR_NOT_BUNDLE, ""),
	AS_IS(short_magic, PYB_ERR_NOT_BUNDLE, ""),
	AS_IS(wrong_magic, PYB_ERR_NOT_BUNDLE, "it does not begin as a bundle does"),
	AS_IS(text_mode, PYB_ERR_NOT_BUNDLE, "it does not begin as a bundle does"),
	AS_IS(stripped_bit, PYB_ERR_NOT_BUNDLE, "it does not begin as a bundle does"),
	AS_IS(short_header, PYB_ERR_DAMAGED, "the header is cut off"),
	AS_IS(header_only, PYB_ERR_DAMAGED, "the file is cut off"),
	AS_IS(last_byte_gone, PYB_ERR_DAMAGED, "the file is cut off"),
	AS_IS(one_page_more, PYB_ERR_DAMAGED, "the file is too long"),
	AS_IS(header_byte, PYB_ERR_DAMAGED, "the header's checksum is wrong"),
	{"newer_version", PYB_ERR_UNSUPPORTED, "another version of the bundle format", STAMP_HEADER,
	 newer_version},
	{"unknown_feature", PYB_ERR_UNSUPPORTED, "needs a feature", STAMP_HEADER, unknown_feature},
	{"unknown_payload", PYB_ERR_UNSUPPORTED, "payload", STAMP_HEADER, unknown_payload},
	HEADER(header_size, "the header's size is wrong"),
	HEADER(unknown_check, POLICY),
	HEADER(optimize_3, POLICY),
	HEADER(reserved_8, POLICY),
	HEADER(long_build_id, "fingerprint is malformed"),
	HEADER(endless_soabi, "fingerprint is malformed"),
	HEADER(no_name, STRING),
	HEADER(slice_beyond_page, STRING),
	HEADER(slice_huge, STRING),
	HEADER(relative_interpreter, STRING),
	HEADER(unused_header_byte, "what is not used is not zero"),
	HEADER(many_sections, "the section table is too long"),
	HEADER(unknown_section, "a section has an unknown type"),
	HEADER(section_flags, "reserved bits of a section are set"),
	HEADER(compressed_index, "a section is compressed that must not be"),
	HEADER(undeclared_compression, "a section is compressed that must not be"),
	HEADER(two_sizes, "a section has two different sizes"),
	HEADER(unaligned_section, "a section does not begin on a page boundary"),
	HEADER(section_in_header, "a section does not begin on a page boundary"),
	HEADER(section_beyond_end, "a section reaches beyond the end of the file"),
	HEADER(section_too_long, "a section reaches beyond the end of the file"),
	HEADER(overlapping_sections, "two sections overlap"),
	HEADER(section_twice, "a section is there twice"),
	HEADER(unused_entry, "unused entries of the section table are not zero"),
	HEADER(strings_byte, "the checksum of section 'strings' is wrong"),
	TABLE(strings_open_end, "the strings do not end with a NUL"),
	TABLE(half_record, "a table does not consist of whole records"),
	TABLE(odd_index, "the index has a wrong number of slots"),
	TABLE(small_index, "the index has a wrong number of slots"),
	TABLE(no_index, "the index has a wrong number of slots"),
	TABLE(name_beyond_strings, "a module record has a malformed string"),
	TABLE(name_without_end, "a module record has a malformed string"),
	TABLE(nul_in_name, "a module record has a malformed string"),
	TABLE(relative_origin, "the path of a module is not absolute"),
	TABLE(own_parent, "has a wrong parent"),
	TABLE(unknown_kind, MODULE),
	TABLE(unknown_flags, MODULE),
	TABLE(two_kinds_of_pyc, MODULE),
	TABLE(from_no_cached, MODULE),
	TABLE(directory_number, MODULE),
	TABLE(no_directory, MODULE),
	TABLE(parent_number, MODULE),
	TABLE(package_without_folder, MODULE),
	TABLE(code_beyond_section, MODULE),
	TABLE(code_offset_odd, MODULE),
	TABLE(no_code, MODULE),
	TABLE(wrong_hash, "the index does not find module"),
	TABLE(index_beyond_modules, "the index names a module that is not there"),
	TABLE(empty_slot, "the index has"),
	TABLE(slot_twice, "the index has"),
	TABLE(directory_of_other_package, "has a wrong package or place on sys.path"),
	TABLE(one_place_on_sys_path, "has a wrong package or place on sys.path"),
	TABLE(one_place_among_roots, "has a wrong package or place on sys.path or among the roots"),
	TABLE(relative_directory, "a directory record has an illegal value"),
	TABLE(directory_path, "a directory record has an illegal value"),
	TABLE(directory_order, "the directories are not sorted"),
	TABLE(directory_flags, "a directory record has an illegal value"),
	TABLE(directory_missing, "a directory record has an illegal value"),
	TABLE(directory_unlisted, "a directory record has an illegal value"),
	TABLE(directory_inode, "a directory record has an illegal value"),
	TABLE(gap_byte, "is not zero"),
	HEADER(archive_elsewhere, "the archive does not end where the file does"),
	TABLE(late_archive_text, ARCHIVE),
	TABLE(late_archive_end, ARCHIVE),
	TABLE(late_archive_size, ARCHIVE),
	TABLE(late_archive_before, ARCHIVE),
	TABLE(late_archive_small, ARCHIVE),
	HEADER(code_byte, "the checksum of section 'startup' is wrong"),
	OTHER(other_version, "it was made for Python"),
	OTHER(other_core, "the interpreter is not the one that it was made for"),
	OTHER(other_magic, "its bytecode is of another version"),
	OTHER(other_cache_tag, "bytecode files have other names"),
	OTHER(other_executable, "made"),
	{0},
};

/* --- reading, stamping, writing */

static struct bundle read_bundle(const char *path)
{
	struct stat status;
	struct bundle bundle = {0};
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0 || fstat(descriptor, &status) != 0)
		die(path);
	bundle.size = (size_t)status.st_size;
	/* Room for one_page_more. */
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

static void stamp_memos(struct bundle *bundle)
{
	for (uint32_t i = 0; i < bundle->header->section_count; i++) {
		const struct pyb_section *const entry = &bundle->header->sections[i];
		if (entry->type == PYB_SECTION_REGEXES || entry->type == PYB_SECTION_GENERATED)
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

static int list_cases(const struct spoil_case *cases)
{
	for (; cases->name != NULL; cases++)
		printf("%s\t%s\t%s\n", cases->name, pyb_status_name(cases->status), cases->message);
	return 0;
}

/* The lists, by the option that shows them. */
static const struct {
	const char *option;
	const struct spoil_case *cases;
} lists[] = {
	{"--list", spoil_cases},
	{"--list-image", spoil_image_cases},
	{"--list-memo", spoil_memo_cases},
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

int main(int argc, char **argv)
{
	for (int i = 0; argc == 2 && i < LIST_COUNT; i++)
		if (strcmp(argv[1], lists[i].option) == 0)
			return list_cases(lists[i].cases);
	if (argc != 4) {
		fprintf(stderr,
			"usage: spoil --list | --list-image | --list-memo | CASE GOOD BAD\n");
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
