/* SPDX-License-Identifier: MIT */
/*
 * The reader of bundles: what a start does with one, and what `pybundle verify` does. Each input is
 * tried as it is, and twice with its checksums put right, so that not only they are tried.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"
#include "lib/distribution.h"
#include "lib/image.h"
#include "lib/memo.h"
#include "lib/reader.h"
#include "lib/snapshot.h"
#include "tests/fuzz/mend.h"
#include "tests/fuzz/target.h"

enum { CODE_MAX = 1 << 22 }; /* bytes of a compressed section that are worth the time */

struct bundle {
	struct pyb_reader reader;
	void *code[2];
	bool is_sound; /* verify says so: then nothing may go wrong */
};

static void expect(const struct bundle *bundle, enum pyb_status status,
		   const struct pyb_error *error)
{
	fuzz_must(status == PYB_OK || error->text[0] != '\0', "an error has a text", NULL);
	fuzz_must(status == error->status, "the error has the status that is returned", NULL);
	fuzz_must(status == PYB_OK || !bundle->is_sound, "what was verified is of use",
		  error->text);
}

/* --- modules and folders */

static bool is_number(uint32_t number, uint32_t count)
{
	return number < count || number == PYB_NONE;
}

static void check_numbers(const struct pyb_reader *reader, const struct pyb_module *module)
{
	fuzz_must(is_number(module->parent, reader->module_count), "a parent is there", NULL);
	fuzz_must(is_number(module->directory, reader->directory_count) &&
			  is_number(module->package_directory, reader->directory_count),
		  "a folder is there", NULL);
}

static void use_module(const struct bundle *bundle, uint32_t number)
{
	const struct pyb_reader *const reader = &bundle->reader;
	struct pyb_error error = {0};
	struct pyb_module_view view, found;
	struct pyb_bytes code;
	enum pyb_status status = pyb_reader_module(reader, number, &view, &error);

	expect(bundle, status, &error);
	if (status != PYB_OK)
		return;
	fuzz_must(strlen(view.name.text) == view.name.size, "a name ends with its NUL", NULL);
	fuzz_must(strlen(view.origin.text) == view.origin.size, "a path ends with its NUL", NULL);
	check_numbers(reader, view.record);
	status = pyb_reader_find(reader, view.name.text, view.name.size, &found, &error);
	expect(bundle, status, &error);
	fuzz_must(!bundle->is_sound || found.number == number, "a module is found", NULL);
	if (view.record->kind != PYB_MODULE_SOURCE || reader->image != NULL)
		return;
	error = (struct pyb_error){0};
	status = pyb_reader_code(reader, &view, &code, &error);
	if (status != PYB_ERR_INVALID) /* not decompressed */
		expect(bundle, status, &error);
	uint8_t sum = 0;
	for (size_t i = 0; status == PYB_OK && i < code.size; i++)
		sum ^= code.data[i];
	(void)*(volatile uint8_t *)&sum;
}

static void use_directory(const struct bundle *bundle, uint32_t number)
{
	const struct pyb_directory *record;
	struct pyb_error error = {0};
	struct pyb_string path;
	const enum pyb_status status =
		pyb_reader_directory(&bundle->reader, number, &record, &path, &error);

	expect(bundle, status, &error);
	if (status != PYB_OK)
		return;
	const uint32_t found = pyb_reader_find_directory(&bundle->reader, path.text, path.size);
	fuzz_must(!bundle->is_sound || found == number, "a folder is found", NULL);
	for (uint32_t i = 0; i < bundle->reader.module_count && i < 64; i++)
		(void)pyb_reader_is_shadowed(&bundle->reader, number, i);
}

static void use_unknown_names(const struct bundle *bundle)
{
	static const char *const names[] = {"", "a", "no.such.module"};
	struct pyb_module_view view;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pyb_error error = {0};
		expect(bundle,
		       pyb_reader_find(&bundle->reader, names[i], strlen(names[i]), &view, &error),
		       &error);
	}
	(void)pyb_reader_find_directory(&bundle->reader, "/", 1);
}

/* --- the image, in the steps in which the importer takes it up */

static void use_group(const struct bundle *bundle, const struct pyb_image_view *view,
		      uint32_t number)
{
	const struct pyb_image_group *const group = &view->groups[number];
	struct pyb_error error = {0};
	const enum pyb_status status = pyb_image_check_group(view, number, &error);
	uint64_t sum = 0;

	expect(bundle, status, &error);
	if (status != PYB_OK || !pyb_image_slots_are_sound(view, group->internal))
		return;
	for (uint32_t i = 0; i < group->internal.count; i++)
		sum ^= *(const uint64_t *)(const void *)pyb_image_bytes(
			view, view->relocations[group->internal.first + i]);
	for (uint32_t i = 0; i < group->interned.count; i++) {
		const struct pyb_image_interned *const name =
			&view->interned[group->interned.first + i];
		sum ^= *pyb_image_bytes(view, name->string);
		(void)pyb_image_slots_are_sound(view, name->slots);
	}
	(void)*(volatile uint64_t *)&sum;
}

/* The numbers of these modules follow those of the others. */
static void use_frozen(const struct pyb_image_view *view)
{
	const char *name = view->frozen;

	for (uint32_t i = 0; i < view->frozen_count; i++) {
		fuzz_must(view->reader->module_count + i < view->image->module_count,
			  "a frozen module is one of the image", NULL);
		name += strlen(name) + 1;
	}
}

static void use_image(const struct bundle *bundle)
{
	struct pyb_error error = {0};
	struct pyb_image_view view;
	enum pyb_status status;

	if (bundle->reader.image == NULL)
		return;
	status = pyb_image_open(&bundle->reader, &view, &error);
	expect(bundle, status, &error);
	if (status != PYB_OK)
		return;
	use_frozen(&view);
	for (uint32_t i = 0; i < view.image->group_count; i++)
		use_group(bundle, &view, i);
	for (uint32_t i = 0; i < view.image->module_count; i++) {
		error = (struct pyb_error){0};
		expect(bundle, pyb_image_check_frozensets(&view, i, &error), &error);
	}
	error = (struct pyb_error){0};
	expect(bundle, pyb_image_verify(&view, &error), &error);
}

/* --- memos */

static void use_value(enum pyb_section_type type, const struct pyb_bytes *value)
{
	struct pyb_regex_view regex;
	struct pyb_distribution_view distribution;
	struct pyb_site_view site;
	uint64_t sum = 0;

	if (type == PYB_SECTION_REGEXES && pyb_regex_open(value, &regex, NULL) == PYB_OK) {
		const char *text = regex.texts;

		for (uint32_t i = 0; i < regex.regex->code_count; i++)
			sum += regex.code[i];
		for (uint32_t i = 0; i < regex.regex->name_count; i++)
			for (uint32_t j = 0; j < regex.names[i].size; j++)
				sum += (uint8_t)*text++;
	}
	if (type == PYB_SECTION_SITE && pyb_site_open(value, &site, NULL) == PYB_OK) {
		const char *name = site.names;

		for (uint32_t i = 0; i < site.name_count; i++)
			name += strlen(name) + 1;
		sum += (uint64_t)(name - site.names);
	}
	if (type == PYB_SECTION_METADATA) {
		sum += pyb_witnesses_check(value, NULL) == PYB_OK;
		if (pyb_distribution_open(value, &distribution, NULL) == PYB_OK)
			for (size_t i = 0; i < distribution.size; i++)
				sum += (uint8_t)distribution.items[i];
	}
	(void)*(volatile uint64_t *)&sum;
}

static void use_entry(const struct bundle *bundle, const struct pyb_memo_view *view,
		      enum pyb_section_type type, uint32_t number)
{
	const struct pyb_memo_entry *const entry = &view->entries[number];
	const uint64_t size = (uint64_t)entry->value_size + entry->text_size + entry->name_size;
	struct pyb_error error = {0};
	struct pyb_bytes value;

	if (entry->offset > view->data.size || size > view->data.size - entry->offset)
		return;
	const uint8_t *const text = view->data.data + entry->offset + entry->value_size;
	const struct pyb_memo_key key = {
		.text = {.data = text, .size = entry->text_size},
		.name = {.data = text + entry->text_size, .size = entry->name_size},
		.qualifier = entry->qualifier,
	};
	expect(bundle, pyb_memo_find(view, &key, &value, &error), &error);
	fuzz_must(!bundle->is_sound || value.data != NULL, "an entry is found", NULL);
	if (value.data != NULL)
		use_value(type, &value);
}

static void use_memo(const struct bundle *bundle, enum pyb_section_type type)
{
	const struct pyb_memo_key none = {.qualifier = 1};
	struct pyb_error error = {0};
	struct pyb_memo_view view;
	struct pyb_bytes value;
	const enum pyb_status status = pyb_memo_open(&bundle->reader, type, &view, &error);

	expect(bundle, status, &error);
	if (status != PYB_OK || view.memo == NULL)
		return;
	for (uint32_t i = 0; i < view.memo->entry_count; i++)
		use_entry(bundle, &view, type, i);
	error = (struct pyb_error){0};
	expect(bundle, pyb_memo_find(&view, &none, &value, &error), &error);
}

/* --- the snapshot */

/* One of a later version may be in a bundle that is sound otherwise. */
static void use_snapshot(const struct bundle *bundle)
{
	const struct pyb_reader *const reader = &bundle->reader;
	struct pyb_error error = {0};
	struct snapshot snapshot;
	enum pyb_status status;

	if (pyb_reader_section(reader, PYB_SECTION_SNAPSHOT) == NULL)
		return;
	status = pyb_snapshot_find(reader, &snapshot, &error);
	if (status != PYB_ERR_UNSUPPORTED)
		expect(bundle, status, &error);
	for (uint32_t i = 0; status == PYB_OK && i < snapshot.segment_count; i++)
		fuzz_must(snapshot.segments[i].source != SEGMENT_BUNDLE ||
				  snapshot.segments[i].offset < reader->header->file_size,
			  "what is mapped of the bundle is there", NULL);
}

/* --- all of it */

static void decompress(struct bundle *bundle, int number, enum pyb_section_type type)
{
	const struct pyb_section *const section = pyb_reader_section(&bundle->reader, type);

	if (section == NULL || (section->flags & PYB_SECTION_FLAG_ZSTD) == 0 ||
	    section->size > CODE_MAX)
		return;
	bundle->code[number] = malloc(section->size);
	if (bundle->code[number] != NULL &&
	    pyb_decompress(bundle->reader.file + section->offset, section->stored_size,
			   bundle->code[number], section->size, NULL) == PYB_OK)
		pyb_reader_set_code(&bundle->reader, type, bundle->code[number]);
}

static void use_bundle(struct bundle *bundle)
{
	const struct pyb_reader *const reader = &bundle->reader;
	struct pyb_error error = {0};

	decompress(bundle, 0, PYB_SECTION_STARTUP);
	decompress(bundle, 1, PYB_SECTION_DEMAND);
	bundle->is_sound = pyb_reader_verify(reader, &error) == PYB_OK;
	use_unknown_names(bundle);
	for (uint32_t i = 0; i < reader->module_count; i++)
		use_module(bundle, i);
	for (uint32_t i = 0; i < reader->directory_count; i++)
		use_directory(bundle, i);
	use_image(bundle);
	use_snapshot(bundle);
	use_memo(bundle, PYB_SECTION_REGEXES);
	use_memo(bundle, PYB_SECTION_GENERATED);
	use_memo(bundle, PYB_SECTION_SITE);
	use_memo(bundle, PYB_SECTION_METADATA);
	free(bundle->code[0]);
	free(bundle->code[1]);
}

static void try_bundle(const uint8_t *bytes, size_t size)
{
	struct bundle bundle = {0};
	struct pyb_error error = {0};
	const enum pyb_status status = pyb_reader_init(&bundle.reader, bytes, size, &error);

	expect(&bundle, status, &error);
	if (status == PYB_OK)
		use_bundle(&bundle);
}

/* A mended copy, of whole pages. */
static uint8_t *mended(const uint8_t *data, size_t size, size_t whole, enum mend how)
{
	uint8_t *const bytes = calloc(1, whole);

	if (bytes == NULL)
		abort();
	memcpy(bytes, data, size);
	mend_bundle(bytes, whole, how);
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t whole = (size + PYB_PAGE_SIZE - 1) / PYB_PAGE_SIZE * PYB_PAGE_SIZE;
	uint8_t *const bytes = fuzz_copy(data, size);

	try_bundle(bytes, size);
	free(bytes);
	if (size < PYB_PAGE_SIZE)
		return 0;
	uint8_t *const summed = mended(data, size, whole, MEND_CHECKSUMS);
	uint8_t *const hashed = mended(data, size, whole, MEND_HASHES);
	/* What is the same as before need not be tried again. */
	if (size != whole || memcmp(summed, data, size) != 0)
		try_bundle(summed, whole);
	if (memcmp(hashed, summed, whole) != 0)
		try_bundle(hashed, whole);
	free(summed);
	free(hashed);
	return 0;
}
