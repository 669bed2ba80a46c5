/* SPDX-License-Identifier: MIT */
#include "lib/memo_writer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/digest.h"

enum { SLOTS_AT_FIRST = 16 };

static enum pyb_status out_of_memory(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

void pyb_memo_writer_release(struct pyb_memo_writer *writer)
{
	free(writer->entries);
	free(writer->slots);
	pyb_buffer_release(&writer->data);
	*writer = (struct pyb_memo_writer){0};
}

static void insert(uint32_t *slots, uint32_t slot_count, uint64_t hash, uint32_t number)
{
	uint32_t slot = (uint32_t)hash & (slot_count - 1);

	while (slots[slot] != 0)
		slot = (slot + 1) & (slot_count - 1);
	slots[slot] = number + 1;
}

/* Make room for one more entry. There are always PYB_INDEX_LOAD slots for each. */
static enum pyb_status grow(struct pyb_memo_writer *writer, struct pyb_error *error)
{
	const uint32_t slot_count =
		writer->slot_count == 0 ? SLOTS_AT_FIRST : 2 * writer->slot_count;

	if (writer->entry_count < writer->slot_count / PYB_INDEX_LOAD)
		return PYB_OK;
	if (slot_count > PYB_NONE / 2)
		return pyb_error_set(error, PYB_ERR_INVALID, "there are too many records");
	struct pyb_memo_entry *const entries = reallocarray(
		writer->entries, slot_count / PYB_INDEX_LOAD, sizeof(*writer->entries));
	if (entries == NULL)
		return out_of_memory(error);
	writer->entries = entries;
	uint32_t *const slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return out_of_memory(error);
	for (uint32_t i = 0; i < writer->entry_count; i++)
		insert(slots, slot_count, entries[i].hash, i);
	free(writer->slots);
	writer->slots = slots;
	writer->slot_count = slot_count;
	return PYB_OK;
}

static bool is_at(const struct pyb_memo_writer *writer, size_t offset,
		  const struct pyb_bytes *bytes)
{
	return bytes->size == 0 ||
	       memcmp(writer->data.data + offset, bytes->data, bytes->size) == 0;
}

/* The entry with this key, or NULL. */
static const struct pyb_memo_entry *find(const struct pyb_memo_writer *writer,
					 const struct pyb_memo_key *key, uint64_t hash)
{
	const uint32_t mask = writer->slot_count - 1;

	if (writer->slot_count == 0)
		return NULL;
	for (uint32_t slot = (uint32_t)hash & mask; writer->slots[slot] != 0;
	     slot = (slot + 1) & mask) {
		const struct pyb_memo_entry *const entry =
			&writer->entries[writer->slots[slot] - 1];
		const size_t text = (size_t)entry->offset + entry->value_size;
		if (entry->hash == hash && entry->qualifier == key->qualifier &&
		    entry->text_size == key->text.size && entry->name_size == key->name.size &&
		    is_at(writer, text, &key->text) &&
		    is_at(writer, text + entry->text_size, &key->name))
			return entry;
	}
	return NULL;
}

/* So that all sizes and offsets have 32 bits. */
static bool fits(const struct pyb_memo_writer *writer, const struct pyb_memo_key *key,
		 const struct pyb_bytes *value)
{
	uint64_t end = writer->data.size + PYB_MEMO_UNIT;

	return !__builtin_add_overflow(end, key->text.size, &end) &&
	       !__builtin_add_overflow(end, key->name.size, &end) &&
	       !__builtin_add_overflow(end, value->size, &end) && end < PYB_NONE;
}

enum pyb_status pyb_memo_writer_add(struct pyb_memo_writer *writer, const struct pyb_memo_key *key,
				    const struct pyb_bytes *value, struct pyb_error *error)
{
	const uint64_t hash = pyb_memo_hash(key);
	struct pyb_buffer *const data = &writer->data;
	enum pyb_status status = grow(writer, error);

	if (status != PYB_OK || find(writer, key, hash) != NULL)
		return status;
	if (!fits(writer, key, value))
		return pyb_error_set(error, PYB_ERR_INVALID, "what was compiled needs over 4 GiB");
	status = pyb_buffer_align(data, PYB_MEMO_UNIT, error);
	if (status != PYB_OK)
		return status;
	const struct pyb_memo_entry entry = {
		.hash = hash,
		.qualifier = key->qualifier,
		.checksum = pyb_digest64(value->data, value->size),
		.offset = (uint32_t)data->size,
		.value_size = (uint32_t)value->size,
		.text_size = (uint32_t)key->text.size,
		.name_size = (uint32_t)key->name.size,
	};
	status = pyb_buffer_append(data, value->data, value->size, error);
	if (status == PYB_OK)
		status = pyb_buffer_append(data, key->text.data, key->text.size, error);
	if (status == PYB_OK)
		status = pyb_buffer_append(data, key->name.data, key->name.size, error);
	if (status != PYB_OK)
		return status;
	insert(writer->slots, writer->slot_count, hash, writer->entry_count);
	writer->entries[writer->entry_count++] = entry;
	return PYB_OK;
}

enum pyb_status pyb_memo_writer_add_common(struct pyb_memo_writer *writer,
					   const struct pyb_memo_writer *first,
					   const struct pyb_memo_writer *second,
					   struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < first->entry_count && status == PYB_OK; i++) {
		const struct pyb_memo_entry *const entry = &first->entries[i];
		const struct pyb_bytes value = {.data = first->data.data + entry->offset,
						.size = entry->value_size};
		const struct pyb_memo_key key = {
			.text = {.data = value.data + value.size, .size = entry->text_size},
			.name = {.data = value.data + value.size + entry->text_size,
				 .size = entry->name_size},
			.qualifier = entry->qualifier,
		};
		const struct pyb_memo_entry *const other = find(second, &key, entry->hash);
		if (other != NULL && other->value_size == value.size &&
		    is_at(second, other->offset, &value))
			status = pyb_memo_writer_add(writer, &key, &value, error);
	}
	return status;
}

static uint32_t longest_text(const struct pyb_memo_writer *writer)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < writer->entry_count; i++)
		if (writer->entries[i].text_size > longest)
			longest = writer->entries[i].text_size;
	return longest;
}

enum pyb_status pyb_memo_writer_finish(const struct pyb_memo_writer *writer,
				       struct pyb_buffer *bytes, struct pyb_error *error)
{
	const size_t start = bytes->size;
	struct pyb_memo head = {
		.tag = writer->tag,
		.entry_count = writer->entry_count,
		.slot_count = writer->slot_count,
		.text_max = longest_text(writer),
	};
	enum pyb_status status;

	if (writer->entry_count == 0)
		return PYB_OK;
	status = pyb_buffer_append(bytes, &head, sizeof(head), error);
	if (status == PYB_OK)
		status = pyb_buffer_append(bytes, writer->slots,
					   writer->slot_count * sizeof(*writer->slots), error);
	if (status == PYB_OK)
		status = pyb_buffer_append(bytes, writer->entries,
					   writer->entry_count * sizeof(*writer->entries), error);
	if (status != PYB_OK)
		return status;
	head.checksum = pyb_memo_checksum((const void *)(bytes->data + start), bytes->size - start);
	memcpy(bytes->data + start, &head, sizeof(head));
	return pyb_buffer_append(bytes, writer->data.data, writer->data.size, error);
}
