/* SPDX-License-Identifier: MIT */
/*
 * The header page on its own. These functions use no library function but those of string.h and
 * need no more than the page, so that the launcher can decide from one read().
 */
#ifndef PYB_HEADER_H
#define PYB_HEADER_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/format.h"

/*
 * Check a header page, in this order: magic, format version, header size, checksum, what it needs and
 * this version does not know, then every field against its legal range, including the section table.
 *
 * page       the first `page_size` bytes of the file, aligned to 8 bytes
 * file_size  bytes of the whole file
 * reason     set to a static English phrase for what is wrong ("the header's checksum is wrong");
 *            left alone on success
 *
 * Returns PYB_OK, PYB_ERR_NOT_BUNDLE, PYB_ERR_DAMAGED or PYB_ERR_UNSUPPORTED. After PYB_OK every
 * slice lies in the page and ends with a NUL, and every section lies in the file.
 * Pure; thread-safe; no allocation.
 */
enum pyb_status pyb_header_check(const void *page, uint64_t page_size, uint64_t file_size,
				 const char **reason);

/* The checksum that belongs into header->checksum. The page has PYB_PAGE_SIZE bytes. */
uint64_t pyb_header_checksum(const struct pyb_header *header);

/*
 * A string of a checked header; NUL-terminated, living as long as the page.
 * Returns NULL if the slice is empty.
 */
const char *pyb_header_string(const struct pyb_header *header, struct pyb_slice slice);

/* The section of the given type in a checked header, or NULL. */
const struct pyb_section *pyb_header_section(const struct pyb_header *header, uint32_t type);

/* Whether this version of the format has a use for sections of this type. */
static inline bool pyb_section_is_known(uint32_t type)
{
	return type > PYB_SECTION_NONE && type < PYB_SECTION_TYPE_COUNT;
}

/* Whether a reader, which knows the type, looks at such sections. PAGES are mapped, ARCHIVE is for others. */
static inline bool pyb_section_is_read(uint32_t type)
{
	return pyb_section_is_known(type) && type != PYB_SECTION_PAGES &&
	       type != PYB_SECTION_ARCHIVE;
}

/* The name of a section type as format.md and `pybundle list` have it. Static storage. */
const char *pyb_section_name(uint32_t type);

/*
 * Find the GNU build id in the program headers of an ELF image (gABI "Note Section"; NT_GNU_BUILD_ID
 * of the GNU ABI). `image` holds the first `size` bytes of the file, aligned to 8 bytes; what lies
 * behind them is not looked at.
 * Sets *has_interp to whether there is a PT_INTERP. Returns 0, and fills in *id (size 0 if there is
 * none within the bytes given), or -1 if it is not a 64-bit little-endian ELF file of this machine.
 */
int pyb_elf_build_id(const void *image, uint64_t size, struct pyb_build_id *id, int *has_interp);

/*
 * Find the GNU build id in the `size` bytes of a PT_NOTE segment, of any alignment.
 * Returns 1 with *id filled in, or 0 with *id left alone.
 */
int pyb_elf_find_build_id(const void *notes_segment, uint64_t size, struct pyb_build_id *id);

#endif
