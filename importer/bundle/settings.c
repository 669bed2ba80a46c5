/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/bundle/settings.h"

#include <stdio.h>
#include <string.h>

/* sys.implementation.cache_tag, which programs that embed Python can set; a new reference, or NULL. */
static PyObject *cache_tag(const struct importlib *importlib)
{
	PyObject *const implementation = compat_dict_find(importlib->sys_dict, "implementation");
	PyObject *const value =
		implementation == NULL ? NULL : PyObject_GetAttrString(implementation, "cache_tag");

	PyErr_Clear();
	return value;
}

static bool has_cache_tag(const struct importlib *importlib, const char *tag)
{
	PyObject *const value = cache_tag(importlib);
	const bool same = value != NULL && PyUnicode_Check(value) &&
			  PyUnicode_CompareWithASCIIString(value, tag) == 0;

	Py_XDECREF(value);
	return same;
}

static const char *describe_cache_tags(const char *made_for, const struct importlib *importlib)
{
	static char text[200];
	PyObject *const value = cache_tag(importlib);
	const char *const name =
		value != NULL && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;

	snprintf(text, sizeof(text), "it was made for the cache tag '%s', this run has %s%s%s",
		 made_for, name != NULL ? "'" : "", name != NULL ? name : "none",
		 name != NULL ? "'" : "");
	Py_XDECREF(value);
	PyErr_Clear();
	return text;
}

/* importlib.util.MAGIC_NUMBER begins with a number of its own for each version of the bytecode. */
static const char *describe_bytecode(uint32_t made_for, uint32_t magic)
{
	static char text[80];

	snprintf(text, sizeof(text), "it was made for bytecode %u, this interpreter has %u",
		 made_for & 0xffff, magic & 0xffff);
	return text;
}

static const char *describe_levels(unsigned int made_for, int level)
{
	static char text[80];

	snprintf(text, sizeof(text), "it was made for -O level %u, this run has %d", made_for,
		 level);
	return text;
}

static const char prefix_reason[] = "bytecode files are kept elsewhere (pycache_prefix)";

bool fit_configuration(const struct pyb_header *header, const char **reason)
{
	const PyConfig *const config = internals_configuration();

	if (config->optimization_level != header->optimize)
		*reason = describe_levels(header->optimize, config->optimization_level);
	else if (header->payload == PYB_PAYLOAD_IMAGE && config->code_debug_ranges == 0)
		*reason = "code is to have no positions (no_debug_ranges), an image's has them";
	else if (config->verbose != 0)
		*reason = "Python is to tell about each import (-v)";
	else if (config->import_time > 1)
		*reason = "Python is to tell about imports that find nothing to do (importtime=2)";
	else if (config->pycache_prefix != NULL)
		*reason = prefix_reason;
	else
		return true;
	return false;
}

bool fit_settings(const struct pyb_header *header, const struct importlib *importlib,
		  const char **reason)
{
	PyObject *const prefix = compat_dict_find(importlib->sys_dict, "pycache_prefix");
	const uint32_t magic = (uint32_t)PyImport_GetMagicNumber();

	if (!fit_configuration(header, reason))
		return false;
	if (magic != header->fingerprint.bytecode_magic)
		*reason = describe_bytecode(header->fingerprint.bytecode_magic, magic);
	else if (prefix != NULL && prefix != Py_None)
		*reason = prefix_reason;
	else if (!has_cache_tag(importlib, header->fingerprint.cache_tag))
		*reason = describe_cache_tags(header->fingerprint.cache_tag, importlib);
	else
		return true;
	return false;
}
