/* SPDX-License-Identifier: MIT */
#include "importer/bundle/mismatch.h"

#include <stdio.h>
#include <string.h>

#include "lib/python_version.h"

enum { BUILD_ID_SIZE = 32 };

/* As much of it as people compare. */
static void write_build_id(char *text, const struct pyb_build_id *id)
{
	enum { SHOWN = 8 };
	const size_t size = id->size < SHOWN ? id->size : SHOWN;

	snprintf(text, BUILD_ID_SIZE, "none");
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, BUILD_ID_SIZE - 2 * i, "%02x", id->bytes[i]);
}

enum pyb_status mismatch_check(const struct pyb_fingerprint *made_for, const char *interpreter,
			       const struct pyb_fingerprint *running, struct pyb_error *error)
{
	char made[PYB_PYTHON_VERSION_SIZE], now[PYB_PYTHON_VERSION_SIZE];
	char made_id[BUILD_ID_SIZE], now_id[BUILD_ID_SIZE];

	pyb_python_version_write(made, made_for->version);
	pyb_python_version_write(now, running->version);
	if (made_for->version != running->version)
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "for CPython %s (%s); started under %s", made, interpreter,
				     now);
	if (strcmp(made_for->soabi, running->soabi) != 0)
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "for %s (%s); this importer is for %s", made_for->soabi,
				     interpreter, running->soabi);
	write_build_id(made_id, &made_for->libpython);
	write_build_id(now_id, &running->libpython);
	if (memcmp(&made_for->libpython, &running->libpython, sizeof(running->libpython)) != 0)
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "for another build of CPython %s (%s), build id %s; started "
				     "under one with %s",
				     now, interpreter, made_id, now_id);
	return PYB_OK;
}
