/* SPDX-License-Identifier: MIT */
#include "importer/bundle/marshalled.h"

#include <dlfcn.h>
#include <sys/mman.h>

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
