/* SPDX-License-Identifier: MIT */
/* Bad bundles: the file, its header page, the section table, and headers for other interpreters. */
#include <string.h>

#include "tests/cli/spoil.h"

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

static void header_size(struct bundle *bundle)
{
	bundle->header->header_size *= 2;
}

static void header_byte(struct bundle *bundle)
{
	bundle->bytes[300] ^= 1;
}

static void optimize_3(struct bundle *bundle)
{
	bundle->header->optimize = 3;
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

static void section_type_0(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->type = PYB_SECTION_NONE;
}

static void section_reserved(struct bundle *bundle)
{
	spoil_section(bundle, PYB_SECTION_INDEX)->reserved = 1;
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

#define STRING "a string of the header is malformed"
#define ENTRY "an entry of the section table has an illegal value"

const struct spoil_case spoil_header_cases[] = {
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
	HEADER(header_size, "the header's size is wrong"),
	HEADER(optimize_3, "the level of optimization has an illegal value"),
	HEADER(long_build_id, "fingerprint is malformed"),
	HEADER(endless_soabi, "fingerprint is malformed"),
	HEADER(no_name, STRING),
	HEADER(slice_beyond_page, STRING),
	HEADER(slice_huge, STRING),
	HEADER(relative_interpreter, STRING),
	HEADER(unused_header_byte, "what is not used is not zero"),
	HEADER(many_sections, "the section table is too long"),
	HEADER(section_type_0, ENTRY),
	HEADER(section_reserved, ENTRY),
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
	OTHER(other_version, "for CPython "),
	OTHER(other_core, "for another build of CPython "),
	OTHER(other_magic, "it was made for bytecode"),
	OTHER(other_cache_tag, "it was made for the cache tag"),
	OTHER(other_executable, "made"),
	{0},
};
