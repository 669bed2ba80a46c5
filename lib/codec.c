/* SPDX-License-Identifier: MIT */
#include "lib/codec.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* What libzstd could not do: for want of memory, or as `status` says. */
static enum pyb_status failed(struct pyb_error *error, enum pyb_status status, const char *doing,
			      size_t result)
{
	if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	return pyb_error_set(error, status, "%s failed: %s", doing, ZSTD_getErrorName(result));
}

static size_t compress_frame(ZSTD_CCtx *context, void *out, size_t capacity, const void *data,
			     size_t size, int level)
{
	size_t result = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
	if (!ZSTD_isError(result))
		result = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	if (!ZSTD_isError(result))
		result = ZSTD_compress2(context, out, capacity, data, size);
	return result;
}

enum pyb_status pyb_compress(const void *data, size_t size, int level, void **out, size_t *out_size,
			     struct pyb_error *error)
{
	const size_t capacity = ZSTD_compressBound(size);
	enum pyb_status status = PYB_OK;
	void *const buffer = malloc(capacity);
	ZSTD_CCtx *const context = ZSTD_createCCtx();

	*out = NULL;
	if (buffer == NULL || context == NULL) {
		status = pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
		goto done;
	}
	*out_size = compress_frame(context, buffer, capacity, data, size, level);
	if (ZSTD_isError(*out_size))
		status = failed(error, PYB_ERR_INVALID, "compression", *out_size);
done:
	ZSTD_freeCCtx(context);
	if (status == PYB_OK)
		*out = buffer;
	else
		free(buffer);
	return status;
}

enum pyb_status pyb_decompress(const void *data, size_t data_size, void *out, size_t size,
			       struct pyb_error *error)
{
	const size_t result = ZSTD_decompress(out, size, data, data_size);

	if (ZSTD_isError(result))
		return failed(error, PYB_ERR_DAMAGED, "decompression", result);
	if (result != size)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "a compressed section has %zu bytes instead of %zu", result,
				     size);
	return PYB_OK;
}
