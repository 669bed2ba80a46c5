/* SPDX-License-Identifier: MIT */
#include "importer/bundle/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/bundle/mismatch.h"
#include "importer/clock.h"
#include "importer/cpython/compat.h"
#include "importer/cpython/shared_object.h"
#include "importer/memory/pages.h"
#include "lib/header.h"
#include "lib/trust.h"

struct bundle used_bundle;

/* --- does it fit this interpreter? */

/* The build id of the object that holds the interpreter, which is the one that holds its functions. */
static struct pyb_build_id find_build_id(void)
{
	struct shared_object object = {0};
	struct pyb_build_id id = {0};

	if (!shared_object_at((uintptr_t)&Py_GetVersion, &object))
		return id;
	for (size_t i = 0; i < object.segment_count; i++)
		if (object.segments[i].p_type == PT_NOTE &&
		    pyb_elf_find_build_id((const void *)shared_object_segment(&object, i),
					  object.segments[i].p_memsz, &id))
			break;
	return id;
}

static enum pyb_status check_interpreter(const struct pyb_header *header, struct pyb_error *error)
{
	/* Of the interpreter that runs; the headers may be those of another patch level. */
	const struct pyb_fingerprint running = {.version = (uint32_t)Py_Version,
						.soabi = PYTHON_SOABI,
						.libpython = find_build_id()};

	return mismatch_check(&header->fingerprint, pyb_header_string(header, header->interpreter),
			      &running, error);
}

/* --- memory */

/* The tables come first in the file; all from the first section of code on is code. */
static uint64_t code_offset(const struct bundle *bundle)
{
	static const enum pyb_section_type types[] = {
		PYB_SECTION_STARTUP, PYB_SECTION_DEMAND, PYB_SECTION_HOT,
		PYB_SECTION_COLD,    PYB_SECTION_IMAGE,  PYB_SECTION_RELOCATIONS,
	};
	uint64_t first = bundle->contents.size;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct pyb_section *const section =
			pyb_reader_section(&bundle->reader, types[i]);
		if (section != NULL && section->size > 0 && section->offset < first)
			first = section->offset;
	}
	return first;
}

void bundle_drop_code(const struct bundle *bundle)
{
	contents_advise(&bundle->contents, code_offset(bundle), bundle->contents.size,
			MADV_DONTNEED);
}

/*
 * All tables were looked at to sum them; little of them will be needed, here and there. Large ones
 * stay whole: many pieces would take longer than they are worth where a start takes 15 ms.
 */
static void forget_tables(const struct bundle *bundle)
{
	enum { SIZE_IN_PIECES = 1 << 20 };
	static const enum pyb_section_type memos[] = {PYB_SECTION_REGEXES, PYB_SECTION_GENERATED};
	const uint8_t *const file = bundle->contents.start;
	const uint8_t *end = file + code_offset(bundle);

	/* What follows these tables of an image is read from the start to the end. */
	if (image_is_there(&bundle->image))
		end = (const uint8_t *)bundle->image.view.statics;
	if (end - file <= SIZE_IN_PIECES)
		pages_limit_around(bundle->contents.start, (size_t)(end - file));
	for (size_t i = 0; i < sizeof(memos) / sizeof(memos[0]); i++) {
		const struct pyb_bytes memo = pyb_reader_bytes(&bundle->reader, memos[i]);
		pages_limit_around((void *)(uintptr_t)memo.data, memo.size);
	}
	contents_advise(&bundle->contents, 0, bundle->contents.size, MADV_DONTNEED);
}

/* --- opening and releasing */

enum pyb_status bundle_map(struct bundle *bundle, int descriptor, const char *path,
			   struct pyb_error *error)
{
	const uint64_t start = clock_ns();
	enum pyb_status status;

	*bundle = (struct bundle){.path = strdup(path)};
	if (bundle->path == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	status = contents_take(&bundle->contents, descriptor, error);
	if (status == PYB_OK)
		status = pyb_reader_init_part(&bundle->reader, bundle->contents.start,
					      bundle->contents.size, bundle->contents.file_size,
					      error);
	if (status == PYB_OK)
		status = check_interpreter(bundle->reader.header, error);
	if (status == PYB_OK && bundle->reader.header->payload == PYB_PAYLOAD_IMAGE)
		status = image_map(&bundle->image, &bundle->reader, descriptor, error);
	if (status != PYB_OK) {
		bundle_release(bundle);
		return status;
	}
	if (!bundle->contents.is_copy)
		forget_tables(bundle);
	bundle->map_ns = clock_ns() - start;
	return PYB_OK;
}

size_t bundle_huge_size(const struct bundle *bundle)
{
	const struct image *const image = &bundle->image;

	return image_is_there(image)
		       ? image_memory_huge_size(&image->view) + image_huge_cold_size(image)
		       : 0;
}

void bundle_want_huge(struct bundle *bundle)
{
	struct image *const image = &bundle->image;

	if (!image_is_there(image))
		return;
	image->reading.huge = image_memory_huge_size(&image->view);
	image->reading.huge_cold = image_huge_cold_size(image);
}

void bundle_want_checksums(struct bundle *bundle)
{
	bundle->image.reading.checks_cold = true;
}

void bundle_load(struct bundle *bundle)
{
	if (image_is_there(&bundle->image))
		image_load(&bundle->image);
}

/*
 * Measured over eight programs whose hot objects take 3 to 10 MiB: what their modules make of these
 * takes 0.49 to 1.24 of that in small objects, and 0.50 to 1.03 in the heap, tables of dictionaries
 * above all.
 */
static size_t made_from(const struct image *image)
{
	return image->view.hot.size / 15 * 8;
}

/* Marshalled code becomes more than twice as large. */
size_t bundle_arena_size(const struct bundle *bundle)
{
	const size_t base = 1 << 20; /* of the interpreter itself */
	const struct pyb_section *const startup =
		pyb_reader_section(&bundle->reader, PYB_SECTION_STARTUP);

	if (image_is_there(&bundle->image))
		return base + made_from(&bundle->image);
	return startup == NULL ? 0 : base + startup->size / 2 * 3;
}

size_t bundle_heap_size(const struct bundle *bundle)
{
	return image_is_there(&bundle->image) ? made_from(&bundle->image) : 0;
}

static enum pyb_status check_owner(int descriptor, const char *path, struct pyb_error *error)
{
	struct stat status;

	if (fstat(descriptor, &status) != 0)
		return pyb_error_set(error, PYB_ERR_IO, "cannot stat it: %s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return pyb_error_set(error, PYB_ERR_NOT_BUNDLE, "it is not a regular file");
	const char *distrust = pyb_trust_fault(&status, geteuid());
	if (distrust == NULL)
		distrust = pyb_trust_way(path, geteuid());
	return distrust == NULL ? PYB_OK : pyb_error_set(error, PYB_ERR_UNSAFE, "%s", distrust);
}

enum pyb_status bundle_open(struct bundle *bundle, const char *path, int *descriptor,
			    struct pyb_error *error)
{
	enum pyb_status status;

	*bundle = (struct bundle){0};
	/* O_NONBLOCK: a FIFO must not make the program wait for a writer. */
	*descriptor =
		(int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	if (*descriptor < 0)
		return pyb_error_set(error, PYB_ERR_IO, "cannot open it: %s", strerror(errno));
	status = check_owner(*descriptor, path, error);
	if (status == PYB_OK)
		status = bundle_map(bundle, *descriptor, path, error);
	if (status != PYB_OK)
		close(*descriptor);
	return status;
}

void bundle_release(struct bundle *bundle)
{
	for (size_t i = 0; i < 2; i++)
		if (bundle->inflated[i] != NULL)
			munmap(bundle->inflated[i], bundle->inflated_size[i]);
	image_release(&bundle->image);
	contents_release(&bundle->contents);
	free(bundle->path);
	*bundle = (struct bundle){0};
}
