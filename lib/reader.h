/* SPDX-License-Identifier: MIT */
/*
 * Reading a bundle that lies in memory, usually mapped. Nothing is allocated or built: look-ups run
 * on the bytes of the file. Header, section table and the checksums of the strings and of all tables
 * of records are verified by pyb_reader_init(); a module record and its payload when it is asked
 * for. An image and memos have readers of their own: see image.h and memo.h.
 */
#ifndef PYB_READER_H
#define PYB_READER_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/format.h"

/* A string in the bundle: `size` bytes at `text` and a NUL behind them. size 0: none. */
struct pyb_string {
	const char *text;
	size_t size;
};

/* A code section as it is used: in the file, or decompressed by the caller. */
struct pyb_bytes {
	const uint8_t *data; /* NULL: there is no such section, or it is not decompressed yet */
	size_t size;
};

/* State of a reader, owned by the caller. Fields are private but for `header`. */
struct pyb_reader {
	const struct pyb_header *header;
	const uint8_t *file;
	uint64_t size; /* of what is in memory of it */
	const char *strings;
	const struct pyb_module *modules;
	const uint32_t *index;
	const struct pyb_directory *directories;
	const struct pyb_shadow *shadows;
	uint64_t string_size;
	uint32_t module_count;
	uint32_t index_mask;
	uint32_t directory_count;
	uint32_t shadow_count;
	struct pyb_bytes code[2];      /* STARTUP, DEMAND */
	const struct pyb_image *image; /* payload image: the start of IMAGE, else NULL */
	struct pyb_bytes objects[2];   /* HOT, COLD */
};

/* A checked module record with its strings resolved. Points into the bundle. */
struct pyb_module_view {
	const struct pyb_module *record;
	uint32_t number;
	struct pyb_string name, origin, cached;
};

/*
 * Start to read the bundle of `size` bytes at `file` (aligned to 8 bytes), which must stay there
 * unchanged for as long as the reader is used. Checks header, section table, metadata checksums, that
 * tables have whole records, and all directory records. No allocation; nothing to release.
 * Errors: PYB_ERR_NOT_BUNDLE, PYB_ERR_DAMAGED, PYB_ERR_UNSUPPORTED; *reader is then undefined.
 * A reader may be used by several threads once it is initialized.
 */
enum pyb_status pyb_reader_init(struct pyb_reader *reader, const void *file, size_t size,
				struct pyb_error *error);

/*
 * The same for the first `size` bytes of a bundle of `file_size` bytes. All sections that
 * pyb_section_is_read() (header.h) lie in them; the bytes of others are not there.
 * Errors: PYB_ERR_INVALID too, if a section is missing.
 */
enum pyb_status pyb_reader_init_part(struct pyb_reader *reader, const void *file, size_t size,
				     uint64_t file_size, struct pyb_error *error);

/*
 * Find a module by its full name (`size` bytes, no NUL needed). O(1).
 * Returns PYB_OK with view->record NULL if the bundle does not have it; PYB_ERR_DAMAGED if the
 * record breaks a rule of the format.
 */
enum pyb_status pyb_reader_find(const struct pyb_reader *reader, const char *name, size_t size,
				struct pyb_module_view *view, struct pyb_error *error);

/* Module record `number` (below reader->module_count), checked. Errors: PYB_ERR_DAMAGED. */
enum pyb_status pyb_reader_module(const struct pyb_reader *reader, uint32_t number,
				  struct pyb_module_view *view, struct pyb_error *error);

/*
 * Directory record `number` (below reader->directory_count) and its path. Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_reader_directory(const struct pyb_reader *reader, uint32_t number,
				     const struct pyb_directory **record, struct pyb_string *path,
				     struct pyb_error *error);

/* Whether files and folders are looked at each time, as stock Python does. */
static inline bool pyb_reader_checks_files(const struct pyb_reader *reader)
{
	return reader->header->check == PYB_CHECK_SOURCE || reader->header->check == PYB_CHECK_HASH;
}

/* Number of the directory with this path, or PYB_NONE. O(log n). */
uint32_t pyb_reader_find_directory(const struct pyb_reader *reader, const char *path, size_t size);

/* Whether the table of shadows says that `directory` holds a candidate for `module`. O(log n). */
bool pyb_reader_is_shadowed(const struct pyb_reader *reader, uint32_t directory, uint32_t module);

/* The section's description, or NULL if the bundle has none of this type. */
const struct pyb_section *pyb_reader_section(const struct pyb_reader *reader,
					     enum pyb_section_type type);

/* The stored bytes of a section, unchecked; data NULL if the bundle has none, or it is not in memory. */
struct pyb_bytes pyb_reader_bytes(const struct pyb_reader *reader, enum pyb_section_type type);

/*
 * Check the stored bytes of any section against its checksum. Errors: PYB_ERR_DAMAGED;
 * PYB_ERR_INVALID if it is not in memory.
 */
enum pyb_status pyb_reader_check_section(const struct pyb_reader *reader,
					 const struct pyb_section *section,
					 struct pyb_error *error);

/*
 * Give the reader the decompressed bytes of a compressed code section (see codec.h). `data` has
 * section->size bytes and stays the caller's.
 */
void pyb_reader_set_code(struct pyb_reader *reader, enum pyb_section_type type, const void *data);

/*
 * The payload of a SOURCE module, its checksum verified. Points into the bundle, or into the bytes
 * given with pyb_reader_set_code().
 * Errors: PYB_ERR_DAMAGED; PYB_ERR_INVALID if the module has no code, if its section is compressed
 * and no bytes were given, or if the payload is an image (see image.h).
 */
enum pyb_status pyb_reader_code(const struct pyb_reader *reader, const struct pyb_module_view *view,
				struct pyb_bytes *code, struct pyb_error *error);

/*
 * Walk over everything in the bundle: all checksums, all records, the index (each module is found
 * by its name), order and uniqueness. For `pybundle verify`; code sections must be readable.
 * Errors: PYB_ERR_DAMAGED.
 */
enum pyb_status pyb_reader_verify(const struct pyb_reader *reader, struct pyb_error *error);

#endif
