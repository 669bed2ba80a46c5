/* SPDX-License-Identifier: MIT */
/*
 * Writing a bundle: describe it piece by piece, then write it in one go. The same description gives
 * the same bytes. Not thread-safe: one writer belongs to one thread at a time.
 */
#ifndef PYB_WRITER_H
#define PYB_WRITER_H

#include <stdbool.h>

#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/format.h"

struct pyb_writer;

/* What the header says. Strings are copied; NULL stands for none where that is allowed. */
struct pyb_writer_options {
	const char *name;        /* required */
	const char *interpreter; /* required, absolute */
	const char *entry;
	const char *bootstrap;
	const char *producer; /* required */
	struct pyb_fingerprint fingerprint;
	enum pyb_check check;
	unsigned int optimize; /* 0 to 2 */
	uint32_t policies;     /* enum pyb_policy (policy.h), or-ed */
	int compression_level; /* 0: none, 1 to 19: zstd */
};

/* A folder to be written. */
struct pyb_writer_directory {
	const char *path;  /* absolute; copied */
	uint32_t sys_path; /* 1 + its position on sys.path, or 0 */
	uint32_t root;     /* 1 + its position among the folders that are searched before, or 0 */
	bool missing;      /* it does not exist, and nothing below is known */
	bool unlisted;     /* it is no folder, or cannot be listed */
	int64_t mtime_ns;
	int64_t ctime_ns;
	uint64_t inode;   /* 0: neither this nor ctime_ns is to be recorded */
	uint64_t entries; /* pyb_digest_with_name() of all that can be modules */
};

/* A module to be written. Strings and code are copied. */
struct pyb_writer_module {
	const char *name;
	const char *origin; /* NULL if ABSENT */
	const char *cached; /* NULL: none */
	enum pyb_module_kind kind;
	bool package;
	bool startup;
	bool placed;                /* found in `directory`, whatever the search path says */
	bool linked;                /* the file at `origin` is a symbolic link */
	uint32_t directory;         /* number from pyb_writer_add_directory(), or PYB_NONE */
	uint32_t package_directory; /* the same */
	int64_t mtime_ns;
	uint64_t file_size;
	uint64_t source_hash;     /* pyb_source_hash() of that file; 0 unless SOURCE */
	bool hashed, from_cached; /* flags of the record, of a SOURCE only */
	const void *code; /* marshal stream; NULL unless SOURCE, or if an image will hold it */
	size_t code_size;
};

/*
 * Objects to be written instead of marshalled code. Nothing is copied: all of it must stay there
 * until the bundle is written.
 */
struct pyb_writer_image {
	const void *hot, *cold; /* the contents of the sections HOT and COLD */
	size_t hot_size, cold_size;
	const void *image; /* those of IMAGE; the writer puts the checksums in */
	size_t image_size;
	const uint32_t *relocations; /* those of RELOCATIONS */
	size_t relocation_count;
	/* Bytes of each module's code object, in the order of the records; 0 if it has none. */
	const uint64_t *code_sizes;
};

/* Make a writer; free it with pyb_writer_destroy(). *out is NULL on failure. */
enum pyb_status pyb_writer_create(const struct pyb_writer_options *options, struct pyb_writer **out,
				  struct pyb_error *error);

/* Free the writer and all that it copied. NULL is allowed. */
void pyb_writer_destroy(struct pyb_writer *writer);

/*
 * Add a folder; adding a path again gives the number it has. The numbers are the writer's own; on disk
 * the folders are sorted by path. Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID.
 */
enum pyb_status pyb_writer_add_directory(struct pyb_writer *writer,
					 const struct pyb_writer_directory *directory,
					 uint32_t *number, struct pyb_error *error);

/*
 * Give what a Python that does not know bundles is to execute when it is told to run this one: the
 * text of `__main__.py`. Copied; NULL: nothing. Errors: PYB_ERR_INVALID if it is too long.
 */
enum pyb_status pyb_writer_set_main(struct pyb_writer *writer, const void *text, size_t size,
				    struct pyb_error *error);

/*
 * Add a module. Startup modules are laid out in the order they are added, all others behind them
 * sorted by name. *number is the writer's own number of the module, for add_shadow.
 * Errors: PYB_ERR_INVALID for a name that was added before or a description that breaks a rule.
 */
enum pyb_status pyb_writer_add_module(struct pyb_writer *writer,
				      const struct pyb_writer_module *module, uint32_t *number,
				      struct pyb_error *error);

/*
 * Say that `directory` holds a candidate for `module`, which was found elsewhere, or nowhere; or, of
 * the module's own, something that comes before it and was no file.
 */
enum pyb_status pyb_writer_add_shadow(struct pyb_writer *writer, uint32_t directory,
				      uint32_t module, struct pyb_error *error);

/*
 * Tell the order of the records: order[i] is set to the writer's own number of the module that will
 * be record i. There is room for as many numbers as modules were added. What is added later changes
 * the order. Errors: PYB_ERR_MEMORY.
 */
enum pyb_status pyb_writer_order(const struct pyb_writer *writer, uint32_t *order,
				 struct pyb_error *error);

/*
 * Make the payload an image. It comes when all modules are there; it has a record for each, in the
 * order of pyb_writer_order(), then for each name in FROZEN. Code that modules were given is not
 * written then. NULL takes the image back. What is wrong with an image is found when it is written.
 * Errors: PYB_ERR_INVALID if the bundle is to be compressed, which an image cannot be.
 */
enum pyb_status pyb_writer_set_image(struct pyb_writer *writer,
				     const struct pyb_writer_image *image, struct pyb_error *error);

/*
 * Give the contents of a section that the writer knows nothing about: REGEXES, GENERATED, SITE,
 * METADATA, HARMLESS or REBUILD; or FROZEN, which has to tell as many names as the image has modules
 * behind those of the records; or SNAPSHOT and PAGES, which are checked when the bundle is written.
 * They are copied, and take the place of earlier ones. Size 0: without the section.
 * Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID for another type.
 */
enum pyb_status pyb_writer_set_section(struct pyb_writer *writer, enum pyb_section_type type,
				       const void *data, size_t size, struct pyb_error *error);

/* The same without a copy: the contents must stay there until the bundle is written. */
enum pyb_status pyb_writer_lend_section(struct pyb_writer *writer, enum pyb_section_type type,
					const void *data, size_t size, struct pyb_error *error);

/* Whether nobody but its owner may read the bundle. If this is not called, others may. */
void pyb_writer_set_private(struct pyb_writer *writer, bool is_private);

/*
 * Append the whole bundle to an empty buffer. Errors: PYB_ERR_MEMORY, PYB_ERR_INVALID as for
 * pyb_writer_write().
 */
enum pyb_status pyb_writer_lay_out(struct pyb_writer *writer, struct pyb_buffer *file,
				   struct pyb_error *error);

/*
 * Write the bundle to `path`: into a temporary file in the same folder, flushed to the disk, then
 * renamed, so that `path` is the old bundle or the new one at every moment. The mode is 0444, or
 * 0400 if it is private, less the umask. *written is set to the size in bytes. On failure the
 * temporary file is removed.
 * Errors: PYB_ERR_IO, PYB_ERR_MEMORY, PYB_ERR_INVALID (strings that do not fit into the header, an
 * image or a snapshot that breaks a rule of the format, a SOURCE module without code).
 */
enum pyb_status pyb_writer_write(struct pyb_writer *writer, const char *path, uint64_t *written,
				 struct pyb_error *error);

#endif
