/* SPDX-License-Identifier: MIT */
#include "importer/cpython/compat.h"

#include "importer/features.h"

#include <stdarg.h>
#include <stdio.h>

#include "importer/cpython/probe.h"
#include "importer/cpython/struct_abi.h"
#include "importer/message.h"
#include "importer/policy.h"
#include "lib/python_version.h"

void features_leave_out_unfit(void)
{
	for (int i = 0; i < PROBE_FEATURE_COUNT; i++) {
		const struct probe_feature *const feature = &probe_features[i];
		const char *const fault =
			policy_is_on(feature->policy) ? feature->find_fault() : NULL;
		if (fault == NULL)
			continue;
		policy_switch_off(feature->policy);
		message_verbose("without %s: %s", feature->name, fault);
	}
}

/* Append to the text as much as there is room for. */
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
							 const char *format, ...)
{
	const size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, size - length, format, arguments);
	va_end(arguments);
}

/* "; without A, B, for REASON": neighbours that have one reason are named together. */
static void append_missing(char *text, size_t size, const char *separator)
{
	const char *last = NULL;

	for (int i = 0; i < PROBE_FEATURE_COUNT; i++) {
		const char *const fault = probe_features[i].find_fault();
		if (fault == NULL)
			continue;
		if (last != NULL && fault != last)
			append(text, size, ", for %s", last);
		append(text, size, "%s%s", fault == last ? ", " : separator,
		       probe_features[i].name);
		separator = "; without ";
		last = fault;
	}
	if (last != NULL)
		append(text, size, ", for %s", last);
}

void features_describe(char *text, size_t size)
{
	char running[PYB_PYTHON_VERSION_SIZE], built_for[PYB_PYTHON_VERSION_SIZE];
	const char *const fault = probe_find_fault();

	pyb_python_version_write(running, (uint32_t)Py_Version);
	pyb_python_version_write(built_for, PY_VERSION_HEX);
	snprintf(text, size, "CPython %s", running);
	if (Py_Version == PY_VERSION_HEX)
		append(text, size, ", as built");
	else
		append(text, size, ", changed since the build, when it was %s", built_for);
	if (fault != NULL) {
		append(text, size, ": not used, for %s", fault);
		return;
	}
	const char *separator = ": without ";
	if (!image_is_supported()) {
		append(text, size, "%sready-made code objects", separator);
		separator = "; without ";
	}
	append_missing(text, size, separator);
	PyErr_Clear();
}
