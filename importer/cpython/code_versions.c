/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/code_versions.h"

#if COMPAT_HAS_CODE_VERSIONS
/* The version that a code object gets now; 0: none. */
static uint32_t current_version(void)
{
	PyCodeObject *const probe = PyCode_NewEmpty("", "", 1);
	const uint32_t version = probe == NULL ? 0 : probe->co_version;

	if (probe == NULL)
		PyErr_Clear();
	Py_XDECREF(probe);
	return version;
}

/* Go on behind the image's versions, if the count is where the headers say. */
static bool skip(uint32_t current)
{
#if COMPAT_SKIPS_CODE_VERSIONS
	uint32_t *const next = &PyInterpreterState_Get()->func_state.next_version;

	if (*next != current + 1)
		return false;
	*next = COMPAT_IMAGE_VERSIONS_END;
#endif
	(void)current;
	return true;
}

bool image_versions_reserve(void)
{
	const uint32_t current = current_version();

	return current != 0 && current < COMPAT_IMAGE_VERSIONS_START && skip(current);
}
#else
bool image_versions_reserve(void)
{
	return true;
}
#endif
