/* SPDX-License-Identifier: MIT */
/*
 * What the launcher decides from the header page of a file: whether it is a bundle that may be used,
 * for which interpreter, and how its program is started. Each input is tried as it is, and with the
 * page's checksum put right.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "importer/launcher/bundle_file.h"
#include "importer/launcher/entry_point.h"
#include "lib/header.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/mend.h"
#include "tests/fuzz/target.h"

static void check_string(const struct bundle *bundle, const char *text)
{
	const char *const page = (const char *)bundle->page;

	fuzz_must(text >= page && text < page + PYB_PAGE_SIZE, "a string lies in the page", NULL);
	fuzz_must(memchr(text, '\0', (size_t)(page + PYB_PAGE_SIZE - text)) != NULL,
		  "a string ends in the page", NULL);
}

static void use_entry(const struct bundle *bundle)
{
	const char *const entry_point = bundle_entry(bundle);
	struct entry entry;

	if (entry_point == NULL)
		return;
	check_string(bundle, entry_point);
	if (!entry_build(&entry, entry_point, "/folder/app.pyb", "/folder/app"))
		return;
	entry_optimize(&entry, bundle_header(bundle)->optimize);
	fuzz_must(entry.count <= ENTRY_ARGUMENT_MAX, "there is room for the arguments", NULL);
	for (size_t i = 0; i < entry.count; i++)
		fuzz_must(strlen(entry.arguments[i]) < TEXT_LINE_SIZE, "an argument is whole",
			  NULL);
	/* What is not a script's path must not be able to end the line of code that it is put in. */
	if (entry_point[0] != '/')
		fuzz_must(strpbrk(entry_point, "\n\r'\"()#;\\ ") == NULL,
			  "an entry point is a name", entry_point);
}

static void try_file(const uint8_t *data, size_t size)
{
	char buffer[TEXT_LINE_SIZE];
	struct memory_file file;
	struct bundle bundle;
	struct text reason;

	memory_file_open(&file, data, size);
	text_begin(&reason, buffer, sizeof(buffer));
	bundle_open(&bundle, file.path, geteuid(), &reason);
	if (bundle.state == BUNDLE_USABLE) {
		check_string(&bundle, bundle_interpreter(&bundle));
		fuzz_must(bundle_interpreter(&bundle)[0] == '/', "the interpreter is a path", NULL);
		use_entry(&bundle);
		bundle_close(&bundle);
	} else {
		fuzz_must(reason.length > 0, "a refusal has a reason", NULL);
	}
	memory_file_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t whole = (size + PYB_PAGE_SIZE - 1) / PYB_PAGE_SIZE * PYB_PAGE_SIZE;

	try_file(data, size);
	if (size < sizeof(struct pyb_header))
		return 0;
	uint8_t *const bytes = calloc(1, whole);
	if (bytes == NULL)
		abort();
	memcpy(bytes, data, size);
	mend_bundle(bytes, whole, MEND_CHECKSUMS);
	try_file(bytes, whole);
	free(bytes);
	return 0;
}
