/* SPDX-License-Identifier: MIT */
#include "importer/cpython/struct_abi.h"

#include "importer/cpython/compat.h"
#include "lib/digest.h"

uint64_t image_struct_abi(void)
{
	static const uint32_t abi[] = {
		PY_VERSION_HEX,
		COMPAT_IMAGE_REVISION,
		COMPAT_IMAGE_VERSIONS_START,
		COMPAT_IMAGE_VERSIONS_END,
		sizeof(void *),
		sizeof(PyObject),
		sizeof(PyVarObject),
		offsetof(PyTupleObject, ob_item),
		offsetof(PyBytesObject, ob_sval),
		sizeof(PyASCIIObject),
		sizeof(PyCompactUnicodeObject),
		sizeof(PySliceObject),
		sizeof(PyFloatObject),
		sizeof(PyComplexObject),
		sizeof(digit),
		offsetof(PyCodeObject, co_consts),
		offsetof(PyCodeObject, co_names),
		offsetof(PyCodeObject, co_flags),
		offsetof(PyCodeObject, co_filename),
		offsetof(PyCodeObject, co_name),
		offsetof(PyCodeObject, co_qualname),
		offsetof(PyCodeObject, co_linetable),
		offsetof(PyCodeObject, co_weakreflist),
		offsetof(PyCodeObject, co_extra),
		offsetof(PyCodeObject, co_code_adaptive),
	};

	return pyb_digest64(abi, sizeof(abi));
}

int image_version_is_supported(void)
{
	return COMPAT_IMAGE_SUPPORTED;
}

int image_is_supported(void)
{
	return image_version_is_supported() && Py_Version == PY_VERSION_HEX;
}
