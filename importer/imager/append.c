/* SPDX-License-Identifier: MIT */
#include "importer/imager/builder.h"

int append(struct pyb_buffer *buffer, const void *data, size_t size)
{
	if (pyb_buffer_append(buffer, data, size, NULL) == PYB_OK)
		return 0;
	PyErr_NoMemory();
	return -1;
}
