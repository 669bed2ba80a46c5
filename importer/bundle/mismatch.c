/* SPDX-License-Identifier: MIT */
#include "importer/bundle/mismatch.h"

#include <stdio.h>
#include <string.h>

enum { VERSION_SIZE = 32, BUILD_ID_SIZE = 32 };

/* "3.13.0rc2", of what sys.hexversion would be. */
static void write_version(char *text, uint32_t version)
{
	const uint32_t level = version >> 4 & 0xf;
	const int length = snprintf(text, VERSION_SIZE, "%u.%u.%u", version >> 24,
				    version >> 16 & 0xff, version >> 8 & 0xff);
	const char *const name = level == 0xa ? "a" : level == 0xb ? "b" : level == 0xc ? "rc" : "";

	if (length > 0 && (*name != '\0' || (version & 0xf) != 0))
		snprintf(text + length, (size_t)(VERSION_SIZE - length), "%s%u",
			 *name != '\0' ? name : "+", version & 0xf);
}

/* As much of it as people compare. */
static void write_build_id(char *text, const struct pyb_build_id *id)
{
	enum { SHOWN = 8 };
	const size_t size = id->size < SHOWN ? id->size : SHOWN;

	snprintf(text, BUILD_ID_SIZE, "none");
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, BUILD_ID_SIZE - 2 * i, "%02x", id->bytes[i]);
}

enum pyb_status mismatch_check(const struct pyb_fingerprint *made_for,
			       const struct pyb_fingerprint *running, struct pyb_error *error)
{
	char made[VERSION_SIZE], now[VERSION_SIZE];
	char made_id[BUILD_ID_SIZE], now_id[BUILD_ID_SIZE];

	write_version(made, made_for->version);
	write_version(now, running->version);
	if (made_for->version != running->version)
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "it was made for Python %s, this is %s", made, now);
	if (strcmp(made_for->soabi, running->soabi) != 0)
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "it was made for %s, this importer is for %s", made_for->soabi,
				     running->soabi);
	write_build_id(made_id, &made_for->libpython);
	write_build_id(now_id, &running->libpython);
	if (memcmp(&made_for->libpython, &running->libpython, sizeof(running->libpython)) != 0)
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "it was made for another build of Python %s "
				     "(build id %s, this one has %s)",
				     now, made_id, now_id);
	return PYB_OK;
}
