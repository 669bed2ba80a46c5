/* SPDX-License-Identifier: MIT */
#include "importer/bundle/mapping.h"

#include <dlfcn.h>
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

static enum pyb_status check_interpreter(const struct pyb_fingerprint *print,
					 struct pyb_error *error)
{
	/* Of the interpreter that runs; the headers may be those of another patch level. */
	const struct pyb_fingerprint running = {.version = (uint32_t)Py_Version,
						.soabi = PYTHON_SOABI,
						.libpython = find_build_id()};

	return mismatch_check(print, &running, error);
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
		status = pyb_reader_init(&bundle->reader, bundle->contents.start,
					 bundle->contents.size, error);
	if (status == PYB_OK)
		status = check_interpreter(&bundle->reader.header->fingerprint, error);
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
	return image_is_there(&bundle->image) ? image_memory_huge_size(&bundle->image.view) : 0;
}

void bundle_want_huge(struct bundle *bundle)
{
	bundle->image.reading.huge = bundle_huge_size(bundle);
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

/* --- code */

/*
 * zstd.h's ZSTD_decompress and ZSTD_isError and zstd_errors.h's ZSTD_getErrorCode, from a libzstd
 * that is loaded when it is needed.
 */
struct zstd {
	size_t (*decompress)(void *, size_t, const void *, size_t);
	unsigned int (*is_error)(size_t);
	int (*error_code)(size_t);
};

enum { ZSTD_WANTS_MEMORY = 64 }; /* ZSTD_error_memory_allocation, in all versions */

static enum pyb_status load_zstd(struct zstd *zstd, struct pyb_error *error)
{
	void *const library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);

	if (library != NULL) {
		*(void **)&zstd->decompress = dlsym(library, "ZSTD_decompress");
		*(void **)&zstd->is_error = dlsym(library, "ZSTD_isError");
		*(void **)&zstd->error_code = dlsym(library, "ZSTD_getErrorCode");
	}
	if (library == NULL || zstd->decompress == NULL || zstd->is_error == NULL ||
	    zstd->error_code == NULL)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "it is compressed and libzstd.so.1 cannot be loaded");
	return PYB_OK;
}

static enum pyb_status inflate_section(struct bundle *bundle, const struct pyb_section *section,
				       void *room, struct pyb_error *error)
{
	struct zstd zstd = {0};
	enum pyb_status status = pyb_reader_check_section(&bundle->reader, section, error);

	if (status == PYB_OK)
		status = load_zstd(&zstd, error);
	if (status != PYB_OK)
		return status;
	const size_t size = zstd.decompress(room, section->size,
					    (const char *)bundle->contents.start + section->offset,
					    section->stored_size);
	if (zstd.is_error(size) && zstd.error_code(size) == ZSTD_WANTS_MEMORY)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (zstd.is_error(size) || size != section->size)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "section '%s' does not decompress",
				     section->type == PYB_SECTION_STARTUP ? "startup" : "demand");
	return PYB_OK;
}

static enum pyb_status inflate(struct bundle *bundle, enum pyb_section_type type,
			       struct pyb_error *error)
{
	const struct pyb_section *const section = pyb_reader_section(&bundle->reader, type);
	const size_t slot = type == PYB_SECTION_STARTUP ? 0 : 1;

	if (section == NULL || (section->flags & PYB_SECTION_FLAG_ZSTD) == 0 ||
	    bundle->inflated[slot] != NULL)
		return PYB_OK;
	void *const room = mmap(NULL, section->size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	const enum pyb_status status = inflate_section(bundle, section, room, error);
	if (status != PYB_OK) {
		munmap(room, section->size);
		return status;
	}
	bundle->inflated[slot] = room;
	bundle->inflated_size[slot] = section->size;
	pyb_reader_set_code(&bundle->reader, type, room);
	return PYB_OK;
}

enum pyb_status bundle_code(struct bundle *bundle, const struct pyb_module_view *view,
			    struct pyb_bytes *code, struct pyb_error *error)
{
	const bool startup = (view->record->flags & PYB_MODULE_FLAG_STARTUP) != 0;
	const enum pyb_status status =
		inflate(bundle, startup ? PYB_SECTION_STARTUP : PYB_SECTION_DEMAND, error);

	if (status != PYB_OK)
		return status;
	return pyb_reader_code(&bundle->reader, view, code, error);
}

uint64_t bundle_prefetch_startup(const struct bundle *bundle, uint64_t offset, uint64_t size)
{
	const struct pyb_section *const section =
		pyb_reader_section(&bundle->reader, PYB_SECTION_STARTUP);
#ifdef MADV_POPULATE_READ
	const int advice = MADV_POPULATE_READ;
#else
	const int advice = MADV_WILLNEED;
#endif

	if (section == NULL || (section->flags & PYB_SECTION_FLAG_ZSTD) != 0 ||
	    offset >= section->stored_size)
		return UINT64_MAX;
	if (size > section->stored_size - offset)
		size = section->stored_size - offset;
	bundle_drop_code(bundle);
	contents_advise(&bundle->contents, section->offset + offset,
			section->offset + offset + size, advice);
	return offset + size;
}

void bundle_drop_startup(struct bundle *bundle)
{
	bundle_drop_code(bundle);
	if (bundle->inflated[0] == NULL)
		return;
	munmap(bundle->inflated[0], bundle->inflated_size[0]);
	bundle->inflated[0] = NULL;
	pyb_reader_set_code(&bundle->reader, PYB_SECTION_STARTUP, NULL);
}
