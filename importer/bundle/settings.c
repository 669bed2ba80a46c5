/* SPDX-License-Identifier: MIT */
#include "importer/bundle/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number in sys.flags; -1 if it is not there. */
static long flag(const struct importlib *importlib, const char *name)
{
	PyObject *const flags = PyDict_GetItemString(importlib->sys_dict, "flags");
	PyObject *const value = flags == NULL ? NULL : PyObject_GetAttrString(flags, name);
	const long number = value == NULL ? -1 : PyLong_AsLong(value);

	Py_XDECREF(value);
	PyErr_Clear();
	return number;
}

static bool has_cache_tag(const struct importlib *importlib, const char *tag)
{
	PyObject *const implementation =
		PyDict_GetItemString(importlib->sys_dict, "implementation");
	PyObject *const value =
		implementation == NULL ? NULL : PyObject_GetAttrString(implementation, "cache_tag");
	const bool same = value != NULL && PyUnicode_Check(value) &&
			  PyUnicode_CompareWithASCIIString(value, tag) == 0;

	Py_XDECREF(value);
	PyErr_Clear();
	return same;
}

static const char *describe_levels(unsigned int made_for, long level)
{
	static char text[80];

	snprintf(text, sizeof(text), "it was made for -O level %u, this run has %ld", made_for,
		 level);
	return text;
}

/* Unmarshalling leaves out what -X no_debug_ranges does without; what is ready-made has it. */
static bool does_without_positions(const struct importlib *importlib)
{
	PyObject *const options = PyDict_GetItemString(importlib->sys_dict, "_xoptions");
	const char *const variable = getenv("PYTHONNODEBUGRANGES");
	const bool is_set = variable != NULL && *variable != '\0';

	return (options != NULL && PyDict_Check(options) &&
		PyDict_GetItemString(options, "no_debug_ranges") != NULL) ||
	       (is_set && flag(importlib, "ignore_environment") == 0);
}

bool fit_settings(const struct pyb_header *header, const struct importlib *importlib,
		  const char **reason)
{
	const long level = flag(importlib, "optimize");
	PyObject *const prefix = PyDict_GetItemString(importlib->sys_dict, "pycache_prefix");

	if ((uint32_t)PyImport_GetMagicNumber() != header->fingerprint.bytecode_magic)
		*reason = "its bytecode is of another version";
	else if (level != (long)header->optimize)
		*reason = describe_levels(header->optimize, level);
	else if (header->payload == PYB_PAYLOAD_IMAGE && does_without_positions(importlib))
		*reason = "code is to have no positions (no_debug_ranges), an image's has them";
	else if (flag(importlib, "verbose") != 0)
		*reason = "Python is to tell about each import (-v)";
	else if (prefix != NULL && prefix != Py_None)
		*reason = "bytecode files are kept elsewhere (pycache_prefix)";
	else if (!has_cache_tag(importlib, header->fingerprint.cache_tag))
		*reason = "bytecode files have other names (cache_tag)";
	else
		return true;
	return false;
}
