/* SPDX-License-Identifier: MIT */
#include "lib/codec.h"

#include <stdlib.h>
#include <zstd.h>

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
		status = pyb_error_set(error, PYB_ERR_INVALID, "compression failed: %s",
				       ZSTD_getErrorName(*out_size));
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
		return pyb_error_set(error, PYB_ERR_DAMAGED, "decompression failed: %s",
				     ZSTD_getErrorName(result));
	if (result != size)
		return pyb_error_set(error, PYB_ERR_DAMAGED,
				     "a compressed section has %zu bytes instead of %zu", result,
				     size);
	return PYB_OK;
}
