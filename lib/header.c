/* SPDX-License-Identifier: MIT */
#include "lib/header.h"

#include <stdbool.h>
#include <string.h>

#include "lib/digest.h"

static const char *const section_names[PYB_SECTION_TYPE_COUNT] = {
	[PYB_SECTION_NONE] = "none",
	[PYB_SECTION_STRINGS] = "strings",
	[PYB_SECTION_MODULES] = "modules",
	[PYB_SECTION_INDEX] = "index",
	[PYB_SECTION_DIRECTORIES] = "directories",
	[PYB_SECTION_SHADOWS] = "shadows",
	[PYB_SECTION_STARTUP] = "startup",
	[PYB_SECTION_DEMAND] = "demand",
	[PYB_SECTION_HOT] = "hot",
	[PYB_SECTION_COLD] = "cold",
	[PYB_SECTION_IMAGE] = "image",
	[PYB_SECTION_RELOCATIONS] = "relocations",
	[PYB_SECTION_REGEXES] = "regexes",
	[PYB_SECTION_GENERATED] = "generated",
	[PYB_SECTION_SITE] = "site",
	[PYB_SECTION_REBUILD] = "rebuild",
	[PYB_SECTION_HARMLESS] = "harmless",
	[PYB_SECTION_ARCHIVE] = "archive",
	[PYB_SECTION_METADATA] = "metadata",
	[PYB_SECTION_FROZEN] = "frozen",
	[PYB_SECTION_SNAPSHOT] = "snapshot",
	[PYB_SECTION_PAGES] = "pages",
	[PYB_SECTION_NO_SNAPSHOT] = "no snapshot",
};

const char *pyb_section_name(uint32_t type)
{
	return type < PYB_SECTION_TYPE_COUNT ? section_names[type] : "unknown";
}

uint64_t pyb_header_checksum(const struct pyb_header *header)
{
	_Alignas(8) uint8_t page[PYB_PAGE_SIZE];
	memcpy(page, header, sizeof(page));
	memset(page + offsetof(struct pyb_header, checksum), 0, sizeof(header->checksum));
	return pyb_digest64(page, sizeof(page));
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static bool is_padded_name(const char *field, size_t size)
{
	const char *const end = memchr(field, '\0', size);
	if (end == NULL || end == field)
		return false;
	return is_zero((const uint8_t *)end, size - (size_t)(end - field));
}

static bool build_id_is_sound(const struct pyb_build_id *id)
{
	return id->size <= PYB_BUILD_ID_MAX &&
	       is_zero(id->bytes + id->size, (size_t)PYB_BUILD_ID_MAX - id->size);
}

static bool fingerprint_is_sound(const struct pyb_fingerprint *print)
{
	return print->reserved == 0 &&
	       is_padded_name(print->implementation, sizeof(print->implementation)) &&
	       is_padded_name(print->soabi, sizeof(print->soabi)) &&
	       is_padded_name(print->cache_tag, sizeof(print->cache_tag)) &&
	       build_id_is_sound(&print->executable) && build_id_is_sound(&print->libpython);
}

/* Whether the slice is empty, or a string without NUL inside that ends with one in the page. */
static bool slice_is_sound(const struct pyb_header *header, struct pyb_slice slice)
{
	if (slice.size == 0)
		return slice.offset == 0;
	if (slice.offset < sizeof(*header) || slice.offset >= PYB_PAGE_SIZE ||
	    slice.size >= PYB_PAGE_SIZE - slice.offset)
		return false;
	const char *const text = (const char *)header + slice.offset;
	return memchr(text, '\0', slice.size) == NULL && text[slice.size] == '\0';
}

static bool strings_are_sound(const struct pyb_header *header)
{
	return slice_is_sound(header, header->name) &&
	       slice_is_sound(header, header->interpreter) &&
	       slice_is_sound(header, header->entry) && slice_is_sound(header, header->bootstrap) &&
	       slice_is_sound(header, header->producer) && header->name.size > 0 &&
	       header->interpreter.size > 0 &&
	       ((const char *)header)[header->interpreter.offset] == '/';
}

static uint32_t later_end(uint32_t end, struct pyb_slice slice)
{
	const uint32_t own = slice.offset + slice.size + 1;
	return slice.size > 0 && own > end ? own : end;
}

/* After the slices are known to be sound. */
static bool rest_is_zero(const struct pyb_header *header)
{
	uint32_t end = (uint32_t)sizeof(*header);

	end = later_end(end, header->name);
	end = later_end(end, header->interpreter);
	end = later_end(end, header->entry);
	end = later_end(end, header->bootstrap);
	end = later_end(end, header->producer);
	return is_zero((const uint8_t *)header + end, PYB_PAGE_SIZE - end);
}

static bool may_be_compressed(uint32_t type)
{
	return type == PYB_SECTION_STARTUP || type == PYB_SECTION_DEMAND;
}

/* Whether a section lies where one can: what is to be right even if its type is not known. */
static const char *extent_fault(const struct pyb_header *header, const struct pyb_section *section)
{
	if (section->offset % PYB_PAGE_SIZE != 0 || section->offset < PYB_PAGE_SIZE)
		return "a section does not begin on a page boundary";
	if (section->offset > header->file_size ||
	    section->stored_size > header->file_size - section->offset)
		return "a section reaches beyond the end of the file";
	return NULL;
}

static const char *section_fault(const struct pyb_header *header, const struct pyb_section *section)
{
	const bool compressed = (section->flags & PYB_SECTION_FLAG_ZSTD) != 0;

	if (section->type == PYB_SECTION_NONE || section->reserved != 0)
		return "an entry of the section table has an illegal value";
	if (!pyb_section_is_known(section->type))
		return extent_fault(header, section);
	if (compressed &&
	    (!may_be_compressed(section->type) || (header->incompat & PYB_INCOMPAT_ZSTD) == 0))
		return "a section is compressed that must not be";
	if (!compressed && section->size != section->stored_size)
		return "a section has two different sizes";
	/* zstd cannot do better than a block of 128 KiB in 4 bytes. */
	if (compressed && (section->size == 0 || section->size / 65536 > section->stored_size))
		return "a section claims to be larger than it can be";
	const char *const fault = extent_fault(header, section);
	if (fault == NULL && section->type == PYB_SECTION_ARCHIVE &&
	    section->offset + section->stored_size != header->file_size)
		return "the archive does not end where the file does";
	return fault;
}

#define BIT(type) (UINT32_C(1) << (type))

/* `seen` has a bit for each type of section that is there. */
static const char *payload_fault(const struct pyb_header *header, uint32_t seen)
{
	static const uint32_t marshal = BIT(PYB_SECTION_STARTUP) | BIT(PYB_SECTION_DEMAND);
	static const uint32_t image = BIT(PYB_SECTION_HOT) | BIT(PYB_SECTION_COLD) |
				      BIT(PYB_SECTION_IMAGE) | BIT(PYB_SECTION_RELOCATIONS) |
				      BIT(PYB_SECTION_REBUILD) | BIT(PYB_SECTION_FROZEN);
	const bool is_image = header->payload == PYB_PAYLOAD_IMAGE;

	if ((seen & (is_image ? marshal : image)) != 0)
		return "a section is there that belongs to another kind of payload";
	if (is_image && (seen & BIT(PYB_SECTION_IMAGE)) == 0)
		return "the payload is an image, and its description is not there";
	return NULL;
}

/* Sections come in the order of their offsets, so one comparison shows that none overlap. */
static const char *section_table_fault(const struct pyb_header *header)
{
	uint32_t seen = 0;
	uint64_t end = PYB_PAGE_SIZE;

	if (header->section_count > PYB_SECTION_MAX)
		return "the section table is too long";
	for (uint32_t i = 0; i < header->section_count; i++) {
		const struct pyb_section *const section = &header->sections[i];
		const char *const fault = section_fault(header, section);
		if (fault != NULL)
			return fault;
		if (section->offset < end)
			return "two sections overlap";
		if (pyb_section_is_known(section->type) && (seen & BIT(section->type)) != 0)
			return "a section is there twice";
		if (pyb_section_is_known(section->type))
			seen |= BIT(section->type);
		end = section->offset + section->stored_size;
	}
	if (!is_zero((const uint8_t *)&header->sections[header->section_count],
		     (PYB_SECTION_MAX - header->section_count) * sizeof(struct pyb_section)))
		return "unused entries of the section table are not zero";
	return payload_fault(header, seen);
}

static const char *field_fault(const struct pyb_header *header)
{
	if (header->optimize > 2)
		return "the level of optimization has an illegal value";
	if (!fingerprint_is_sound(&header->fingerprint))
		return "the interpreter's fingerprint is malformed";
	if (!strings_are_sound(header))
		return "a string of the header is malformed";
	if (!rest_is_zero(header) || header->file_size % PYB_PAGE_SIZE != 0)
		return "what is not used is not zero, or the last page is not whole";
	return section_table_fault(header);
}

/* What a section asks of a reader that this one cannot do, or NULL. */
static const char *section_demand(const struct pyb_section *section)
{
	if (pyb_section_is_known(section->type))
		return (section->flags & ~(PYB_SECTION_FLAGS_KNOWN | PYB_SECTION_FLAGS_IGNORED)) !=
				       0
			       ? "it has a section that is stored in a way this version does not know"
			       : NULL;
	return (section->flags & PYB_SECTION_FLAG_REQUIRED) != 0
		       ? "it needs a kind of section that this version does not know"
		       : NULL;
}

/* What a later version may have put in and an earlier one must not pass over, or NULL. */
static const char *demand(const struct pyb_header *header)
{
	const char *found = NULL;

	if ((header->incompat & ~PYB_INCOMPAT_KNOWN) != 0)
		return "it needs a feature that this version lacks";
	if (header->payload > PYB_PAYLOAD_IMAGE)
		return "its payload is of an unknown kind";
	if (header->check > PYB_CHECK_HASH)
		return "it wants changes to be noticed in a way that this version does not know";
	for (uint32_t i = 0; found == NULL && i < header->section_count && i < PYB_SECTION_MAX; i++)
		found = section_demand(&header->sections[i]);
	return found;
}

static enum pyb_status fail(enum pyb_status status, const char *text, const char **reason)
{
	*reason = text;
	return status;
}

enum pyb_status pyb_header_check(const void *page, uint64_t page_size, uint64_t file_size,
				 const char **reason)
{
	const struct pyb_header *const header = page;

	if (page_size < PYB_MAGIC_SIZE || memcmp(header->magic, PYB_MAGIC, PYB_MAGIC_SIZE) != 0)
		return fail(PYB_ERR_NOT_BUNDLE, "it does not begin as a bundle does", reason);
	if (page_size < PYB_PAGE_SIZE)
		return fail(PYB_ERR_DAMAGED, "the header is cut off", reason);
	/* The version decides what the rest means, so it comes before the checksum. */
	if (header->format_version != PYB_FORMAT_VERSION)
		return fail(PYB_ERR_UNSUPPORTED, "it has another version of the bundle format",
			    reason);
	if (header->header_size != PYB_PAGE_SIZE)
		return fail(PYB_ERR_DAMAGED, "the header's size is wrong", reason);
	if (header->checksum != pyb_header_checksum(header))
		return fail(PYB_ERR_DAMAGED, "the header's checksum is wrong", reason);
	const char *const unmet = demand(header);
	if (unmet != NULL)
		return fail(PYB_ERR_UNSUPPORTED, unmet, reason);
	/* No smaller file can have this page. Those of /proc do: their size is 0, and they can be root's
	 * and say what anybody likes. */
	if (file_size < PYB_PAGE_SIZE)
		return fail(PYB_ERR_DAMAGED, "the file is smaller than its header", reason);
	if (header->file_size != file_size)
		return fail(PYB_ERR_DAMAGED,
			    header->file_size > file_size ? "the file is cut off"
							  : "the file is too long",
			    reason);
	const char *const fault = field_fault(header);
	return fault == NULL ? PYB_OK : fail(PYB_ERR_DAMAGED, fault, reason);
}

const char *pyb_header_string(const struct pyb_header *header, struct pyb_slice slice)
{
	return slice.size == 0 ? NULL : (const char *)header + slice.offset;
}

const struct pyb_section *pyb_header_section(const struct pyb_header *header, uint32_t type)
{
	for (uint32_t i = 0; i < header->section_count; i++)
		if (header->sections[i].type == type)
			return &header->sections[i];
	return NULL;
}
