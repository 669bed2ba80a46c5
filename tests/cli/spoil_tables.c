/* SPDX-License-Identifier: MIT */
/* Bad bundles: the tables of modules, folders and the index, and what lies between sections. */
#include <string.h>

#include "tests/cli/spoil.h"

static struct pyb_module *first_module(struct bundle *bundle)
{
	return spoil_contents(bundle, PYB_SECTION_MODULES);
}

static struct pyb_directory *first_directory(struct bundle *bundle)
{
	return spoil_contents(bundle, PYB_SECTION_DIRECTORIES);
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

#define TABLE(name, message)                                     \
	{                                                        \
#name, PYB_ERR_DAMAGED, message, STAMP_ALL, name \
	}
#define HEADER(name, message)                                       \
	{                                                           \
#name, PYB_ERR_DAMAGED, message, STAMP_HEADER, name \
	}

#define ARCHIVE "the archive at the end is malformed"
#define MODULE "a module record has an illegal value"

const struct spoil_case spoil_table_cases[] = {
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
	{0},
};
