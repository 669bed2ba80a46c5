/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/mend.h"

#include <stdbool.h>
#include <string.h>

#include "lib/digest.h"
#include "lib/header.h"
#include "lib/image_tables.h"
#include "lib/memo.h"

struct file {
	uint8_t *bytes;
	size_t size;
	struct pyb_header *header;
};

/* The contents of a section that is in the file, and where numbers can be read; or size 0. */
static struct pyb_bytes contents(const struct file *file, const struct pyb_section *section)
{
	if (section->offset % 8 != 0 || section->offset < PYB_PAGE_SIZE ||
	    section->offset > file->size || section->stored_size > file->size - section->offset)
		return (struct pyb_bytes){0};
	return (struct pyb_bytes){.data = file->bytes + section->offset,
				  .size = section->stored_size};
}

static struct pyb_bytes find(const struct file *file, uint32_t type)
{
	for (uint32_t i = 0; i < PYB_SECTION_MAX; i++)
		if (file->header->sections[i].type == type)
			return contents(file, &file->header->sections[i]);
	return (struct pyb_bytes){0};
}

static bool lies_in(const struct pyb_bytes *bytes, uint64_t offset, uint64_t size)
{
	return offset <= bytes->size && size <= bytes->size - offset;
}

static void mend_index(const struct file *file, const struct pyb_module *modules, uint32_t count)
{
	const struct pyb_bytes index = find(file, PYB_SECTION_INDEX);
	const uint32_t slot_count = (uint32_t)(index.size / sizeof(uint32_t));
	uint32_t *const slots = (uint32_t *)(uintptr_t)index.data;

	if (slot_count <= count || (slot_count & (slot_count - 1)) != 0)
		return;
	memset(slots, 0, index.size);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = (uint32_t)modules[i].name_hash & (slot_count - 1);
		while (slots[slot] != 0)
			slot = (slot + 1) & (slot_count - 1);
		slots[slot] = i + 1;
	}
}

static void mend_modules(const struct file *file, enum mend how)
{
	const struct pyb_bytes table = find(file, PYB_SECTION_MODULES);
	const struct pyb_bytes strings = find(file, PYB_SECTION_STRINGS);
	const struct pyb_bytes code[] = {find(file, PYB_SECTION_DEMAND),
					 find(file, PYB_SECTION_STARTUP)};
	struct pyb_module *const modules = (struct pyb_module *)(uintptr_t)table.data;
	const uint32_t count = (uint32_t)(table.size / sizeof(*modules));

	for (uint32_t i = 0; i < count; i++) {
		struct pyb_module *const module = &modules[i];
		const struct pyb_bytes *const own =
			&code[(module->flags & PYB_MODULE_FLAG_STARTUP) != 0];

		if (how == MEND_HASHES && strings.size > 0 &&
		    lies_in(&strings, module->name_offset, module->name_size))
			module->name_hash =
				pyb_digest64(strings.data + module->name_offset, module->name_size);
		if (module->kind == PYB_MODULE_SOURCE && own->size > 0 &&
		    lies_in(own, module->code_offset, module->code_size))
			module->code_checksum =
				pyb_digest64(own->data + module->code_offset, module->code_size);
	}
	if (how == MEND_HASHES)
		mend_index(file, modules, count);
}

static void mend_slots(const struct pyb_memo *memo, const struct pyb_memo_entry *entries)
{
	uint32_t *const slots = (uint32_t *)(uintptr_t)(memo + 1);
	const uint32_t mask = memo->slot_count - 1;

	if ((memo->slot_count & mask) != 0 || memo->slot_count <= memo->entry_count)
		return;
	memset(slots, 0, memo->slot_count * sizeof(*slots));
	for (uint32_t i = 0; i < memo->entry_count; i++) {
		uint32_t slot = (uint32_t)entries[i].hash & mask;
		while (slots[slot] != 0)
			slot = (slot + 1) & mask;
		slots[slot] = i + 1;
	}
}

static void mend_entry(struct pyb_memo_entry *entry, const struct pyb_bytes *data, enum mend how)
{
	const uint64_t text = (uint64_t)entry->offset + entry->value_size;
	const uint64_t name = text + entry->text_size;

	if (!lies_in(data, entry->offset, name + entry->name_size - entry->offset))
		return;
	entry->checksum = pyb_digest64(data->data + entry->offset, entry->value_size);
	if (how != MEND_HASHES)
		return;
	const struct pyb_memo_key key = {
		.text = {.data = data->data + text, .size = entry->text_size},
		.name = {.data = data->data + name, .size = entry->name_size},
	};
	entry->hash = pyb_memo_hash(&key);
}

static void mend_memo(const struct pyb_bytes *section, enum mend how)
{
	struct pyb_memo *const memo = (struct pyb_memo *)(uintptr_t)section->data;

	if (section->size < sizeof(*memo))
		return;
	const uint64_t entries_at = sizeof(*memo) + memo->slot_count * (uint64_t)sizeof(uint32_t);
	const uint64_t data_at =
		entries_at + memo->entry_count * (uint64_t)sizeof(struct pyb_memo_entry);
	if (data_at > section->size || entries_at % 8 != 0)
		return;
	struct pyb_memo_entry *const entries =
		(struct pyb_memo_entry *)(uintptr_t)(section->data + entries_at);
	const struct pyb_bytes data = {.data = section->data + data_at,
				       .size = section->size - data_at};
	for (uint32_t i = 0; i < memo->entry_count; i++)
		mend_entry(&entries[i], &data, how);
	if (how == MEND_HASHES)
		mend_slots(memo, entries);
	memo->checksum = pyb_memo_checksum(memo, data_at);
}

static void mend_image(const struct file *file)
{
	const struct pyb_bytes section = find(file, PYB_SECTION_IMAGE);
	const struct pyb_bytes relocations = find(file, PYB_SECTION_RELOCATIONS);
	const struct pyb_bytes cold = find(file, PYB_SECTION_COLD);

	if (section.size >= sizeof(struct pyb_image))
		(void)pyb_image_stamp((struct pyb_image *)(uintptr_t)section.data, section.size,
				      &relocations, &cold);
}

static void mend_header(const struct file *file)
{
	struct pyb_header *const header = file->header;

	memcpy(header->magic, PYB_MAGIC, PYB_MAGIC_SIZE);
	header->format_version = PYB_FORMAT_VERSION;
	header->header_size = PYB_PAGE_SIZE;
	header->file_size = file->size;
	header->incompat &= PYB_INCOMPAT_KNOWN;
	pyb_digest128(file->bytes + PYB_PAGE_SIZE, file->size - PYB_PAGE_SIZE, header->content_id);
	header->checksum = pyb_header_checksum(header);
}

void mend_bundle(uint8_t *bytes, size_t size, enum mend how)
{
	const struct file file = {bytes, size, (struct pyb_header *)(void *)bytes};
	static const uint32_t memos[] = {PYB_SECTION_REGEXES, PYB_SECTION_GENERATED,
					 PYB_SECTION_SITE, PYB_SECTION_METADATA};

	mend_image(&file);
	for (size_t i = 0; i < sizeof(memos) / sizeof(memos[0]); i++) {
		const struct pyb_bytes section = find(&file, memos[i]);
		mend_memo(&section, how);
	}
	mend_modules(&file, how);
	for (uint32_t i = 0; i < PYB_SECTION_MAX; i++) {
		struct pyb_section *const entry = &file.header->sections[i];
		const struct pyb_bytes own = contents(&file, entry);
		if (own.data != NULL)
			entry->checksum = pyb_digest64(own.data, own.size);
	}
	mend_header(&file);
}
