/* SPDX-License-Identifier: MIT */
/* ELF files: what is read of an interpreter by the launcher, the bundler and the importer. */
#include <stdlib.h>
#include <string.h>

#include "importer/launcher/interpreter.h"
#include "lib/header.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

static void check_id(const struct pyb_build_id *id)
{
	fuzz_must(id->size <= PYB_BUILD_ID_MAX, "a build id is not too long", NULL);
	for (size_t i = id->size; i < PYB_BUILD_ID_MAX; i++)
		fuzz_must(id->bytes[i] == 0, "what is behind a build id is zero", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *const bytes = fuzz_copy(data, size);
	struct pyb_build_id id = {0};
	char buffer[TEXT_LINE_SIZE];
	struct memory_file file;
	struct text reason;
	int has_interp;

	if (pyb_elf_build_id(bytes, size, &id, &has_interp) == 0)
		check_id(&id);
	struct pyb_build_id note = {0};
	(void)pyb_elf_find_build_id(bytes, size, &note);
	check_id(&note);
	/* Of any alignment, as it comes with a segment. */
	if (size > 1)
		(void)pyb_elf_find_build_id(bytes + 1, size - 1, &note);
	memory_file_open(&file, data, size);
	text_begin(&reason, buffer, sizeof(buffer));
	if (!interpreter_fits(file.path, &id, &reason))
		fuzz_must(reason.length > 0, "a refusal has a reason", NULL);
	memory_file_close(&file);
	free(bytes);
	return 0;
}
