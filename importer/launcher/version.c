/* SPDX-License-Identifier: MIT */
#include "importer/launcher/version.h"

#include "config.h"
#include "importer/launcher/message.h"
#include "importer/launcher/system.h"
#include "lib/format.h"

static void add_folders(struct text *report, const struct places *places)
{
	char buffer[TEXT_PATH_SIZE];
	struct text folder;

	text_begin(&folder, buffer, sizeof(buffer));
	for (size_t i = 0; i < PLACES_FOLDER_MAX; i++) {
		if (!places_folder_shown(places, i, &folder))
			continue;
		text_add(report, "importer folder:     ");
		text_add(report, folder.bytes);
		text_add(report, "\n");
	}
}

static int write_all(const char *bytes, size_t size)
{
	while (size > 0) {
		const long written = system_write(1, bytes, size);
		if (written <= 0) {
			message_say("cannot write to standard output: ",
				    message_errno((int)-written));
			return 2;
		}
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

int version_print(const struct places *places)
{
	char buffer[PLACES_FOLDER_MAX * (TEXT_PATH_SIZE + 32) + 1024];
	struct text report;

	text_begin(&report, buffer, sizeof(buffer));
	text_add(&report, "pystart " PACKAGE_VERSION "\n"
			  "bundle format:       ");
	text_add_number(&report, PYB_FORMAT_VERSION);
	text_add(&report, "\nfeatures:            zstd\n"
			  "default interpreter: " DEFAULT_PYTHON "\n");
	add_folders(&report, places);
	return write_all(report.bytes, report.length);
}
