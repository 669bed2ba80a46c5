/* SPDX-License-Identifier: MIT */
#include "lib/memo.h"

#include <string.h>

#include "lib/digest.h"
#include "lib/distribution.h"
#include "lib/header.h"

static enum pyb_status damaged(struct pyb_error *error, const char *what)
{
	return pyb_error_set(error, PYB_ERR_DAMAGED, "%s", what);
}

uint64_t pyb_memo_hash(const struct pyb_memo_key *key)
{
	return pyb_digest64(key->text.data, key->text.size) ^
	       pyb_digest64(key->name.data, key->name.size);
}

uint64_t pyb_memo_checksum(const struct pyb_memo *memo, size_t size)
{
	return pyb_digest64((const uint8_t *)memo + sizeof(memo->checksum),
			    size - sizeof(memo->checksum));
}

/* --- the tables */

/* With a slot free, every probe ends. */
static bool counts_are_sound(const struct pyb_memo *memo)
{
	return memo->slot_count >= 2 && (memo->slot_count & (memo->slot_count - 1)) == 0 &&
	       memo->slot_count / PYB_INDEX_LOAD >= memo->entry_count;
}

enum pyb_status pyb_memo_open(const struct pyb_reader *reader, enum pyb_section_type type,
			      struct pyb_memo_view *view, struct pyb_error *error)
{
	const struct pyb_bytes bytes = pyb_reader_bytes(reader, type);
	const struct pyb_memo *const memo = (const void *)bytes.data;

	*view = (struct pyb_memo_view){0};
	if (bytes.data == NULL)
		return PYB_OK;
	if (bytes.size < sizeof(*memo) || !counts_are_sound(memo))
		return damaged(error, "the head of a memo is malformed");
	const uint64_t slots_size = (uint64_t)memo->slot_count * sizeof(uint32_t);
	const uint64_t tables_size = sizeof(*memo) + slots_size +
				     (uint64_t)memo->entry_count * sizeof(struct pyb_memo_entry);
	if (tables_size > bytes.size)
		return damaged(error, "the tables of a memo are cut off");
	if (pyb_memo_checksum(memo, tables_size) != memo->checksum)
		return damaged(error, "the checksum of a memo's tables is wrong");
	*view = (struct pyb_memo_view){
		.memo = memo,
		.slots = (const void *)(bytes.data + sizeof(*memo)),
		.entries = (const void *)(bytes.data + sizeof(*memo) + slots_size),
		.data = {.data = bytes.data + tables_size, .size = bytes.size - tables_size},
	};
	return PYB_OK;
}

static uint64_t entry_size(const struct pyb_memo_entry *entry)
{
	return (uint64_t)entry->value_size + entry->text_size + entry->name_size;
}

static bool entry_is_sound(const struct pyb_memo_view *view, const struct pyb_memo_entry *entry)
{
	return entry->offset % PYB_MEMO_UNIT == 0 && entry->offset <= view->data.size &&
	       entry_size(entry) <= view->data.size - entry->offset;
}

static struct pyb_bytes value_of(const struct pyb_memo_view *view,
				 const struct pyb_memo_entry *entry)
{
	return (struct pyb_bytes){.data = view->data.data + entry->offset,
				  .size = entry->value_size};
}

/* The key of a sound entry. */
static struct pyb_memo_key key_of(const struct pyb_memo_view *view,
				  const struct pyb_memo_entry *entry)
{
	const uint8_t *const text = view->data.data + entry->offset + entry->value_size;

	return (struct pyb_memo_key){
		.text = {.data = text, .size = entry->text_size},
		.name = {.data = text + entry->text_size, .size = entry->name_size},
		.qualifier = entry->qualifier,
	};
}

static bool is_same(const struct pyb_bytes *a, const struct pyb_bytes *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool has_key(const struct pyb_memo_view *view, const struct pyb_memo_entry *entry,
		    const struct pyb_memo_key *key)
{
	const struct pyb_memo_key own = key_of(view, entry);

	return own.qualifier == key->qualifier && is_same(&own.text, &key->text) &&
	       is_same(&own.name, &key->name);
}

/* *found is NULL if there is none. */
static enum pyb_status find_entry(const struct pyb_memo_view *view, const struct pyb_memo_key *key,
				  const struct pyb_memo_entry **found, struct pyb_error *error)
{
	const uint64_t hash = pyb_memo_hash(key);
	const uint32_t mask = view->memo->slot_count - 1;
	uint32_t slot = (uint32_t)hash & mask;

	*found = NULL;
	for (uint32_t probes = 0; probes <= mask && view->slots[slot] != 0;
	     probes++, slot = (slot + 1) & mask) {
		const uint32_t number = view->slots[slot] - 1;
		if (number >= view->memo->entry_count)
			return damaged(error, "a memo's slot names an entry that is not there");
		const struct pyb_memo_entry *const entry = &view->entries[number];
		if (entry->hash != hash)
			continue;
		if (!entry_is_sound(view, entry))
			return damaged(error, "an entry of a memo is malformed");
		if (has_key(view, entry, key)) {
			*found = entry;
			return PYB_OK;
		}
	}
	return PYB_OK;
}

enum pyb_status pyb_memo_find(const struct pyb_memo_view *view, const struct pyb_memo_key *key,
			      struct pyb_bytes *value, struct pyb_error *error)
{
	const struct pyb_memo_entry *entry;
	enum pyb_status status;

	*value = (struct pyb_bytes){0};
	if (key->text.size > view->memo->text_max)
		return PYB_OK;
	status = find_entry(view, key, &entry, error);
	if (status != PYB_OK || entry == NULL)
		return status;
	const struct pyb_bytes found = value_of(view, entry);
	if (pyb_digest64(found.data, found.size) != entry->checksum)
		return damaged(error, "the checksum of a memo's value is wrong");
	*value = found;
	return PYB_OK;
}

/* --- regular expressions */

enum pyb_status pyb_regex_open(const struct pyb_bytes *value, struct pyb_regex_view *view,
			       struct pyb_error *error)
{
	const struct pyb_regex *const regex = (const void *)value->data;
	uint64_t size = sizeof(*regex);

	if (value->size < size)
		return damaged(error, "a compiled pattern is cut off");
	const uint64_t code_size = (uint64_t)regex->code_count * sizeof(uint32_t);
	const uint64_t names_size = (uint64_t)regex->name_count * sizeof(struct pyb_regex_name);
	size += code_size + names_size;
	if (value->size < size)
		return damaged(error, "a compiled pattern is cut off");
	*view = (struct pyb_regex_view){
		.regex = regex,
		.code = (const void *)(regex + 1),
		.names = (const void *)(value->data + sizeof(*regex) + code_size),
		.texts = (const char *)value->data + size,
	};
	for (uint32_t i = 0; i < regex->name_count; i++) {
		const struct pyb_regex_name *const name = &view->names[i];
		if (name->group == 0 || name->group > regex->groups || name->size == 0)
			return damaged(error, "a compiled pattern names a wrong group");
		size += name->size;
	}
	if (size != value->size || regex->groups > INT32_MAX)
		return damaged(error, "a compiled pattern has a wrong size");
	return PYB_OK;
}

/* --- .pth files */

enum pyb_status pyb_site_open(const struct pyb_bytes *value, struct pyb_site_view *view,
			      struct pyb_error *error)
{
	const struct pyb_site *const site = (const void *)value->data;
	size_t at = sizeof(*site);

	if (value->size < sizeof(*site))
		return damaged(error, "the .pth files of a folder are cut off");
	*view = (struct pyb_site_view){.name_count = site->name_count,
				       .names = (const char *)(site + 1)};
	for (uint32_t i = 0; i < site->name_count; i++) {
		const char *const name = (const char *)value->data + at;
		const char *const end = memchr(name, '\0', value->size - at);
		if (end == NULL || end == name || memchr(name, '/', (size_t)(end - name)) != NULL)
			return damaged(error, "a .pth file has an illegal name");
		at += (size_t)(end - name) + 1;
	}
	if (at != value->size)
		return damaged(error, "the .pth files of a folder have a wrong size");
	return PYB_OK;
}

/* --- everything */

/* Whether what an entry has besides its key is well-formed. */
static enum pyb_status verify_value(enum pyb_section_type type, uint64_t qualifier,
				    const struct pyb_bytes *value, struct pyb_error *error)
{
	struct pyb_regex_view regex;
	struct pyb_site_view site;

	if (type == PYB_SECTION_REGEXES)
		return pyb_regex_open(value, &regex, error);
	if (type == PYB_SECTION_SITE)
		return pyb_site_open(value, &site, error);
	if (type == PYB_SECTION_METADATA && qualifier == PYB_METADATA_WITNESSES)
		return pyb_witnesses_check(value, error);
	return type == PYB_SECTION_METADATA ? pyb_distribution_verify(value, error) : PYB_OK;
}

static bool key_is_legal(enum pyb_section_type type, const struct pyb_memo_entry *entry)
{
	const uint32_t kind = (uint32_t)entry->qualifier;

	if (type == PYB_SECTION_SITE)
		return entry->qualifier == 0 && entry->name_size == 0 && entry->text_size > 0;
	if (type == PYB_SECTION_GENERATED)
		return kind <= PYB_SOURCE_SINGLE && entry->value_size > 0;
	if (type == PYB_SECTION_METADATA)
		return entry->qualifier <= PYB_METADATA_DISTRIBUTION && entry->name_size == 0 &&
		       entry->text_size > 0;
	return (kind == 0 || kind == 1 || kind == 2 || kind == 4) && entry->name_size == 0 &&
	       (kind == 0 || entry->text_size % kind == 0);
}

/* `end` is where the data of the entry before ended; it is moved to the end of this one's. */
static bool place_is_right(const struct pyb_memo_view *view, const struct pyb_memo_entry *entry,
			   uint64_t *end)
{
	if (!entry_is_sound(view, entry) || entry->offset < *end ||
	    entry->offset - *end >= PYB_MEMO_UNIT)
		return false;
	for (; *end < entry->offset; (*end)++)
		if (view->data.data[*end] != 0)
			return false;
	*end = entry->offset + entry_size(entry);
	return true;
}

static enum pyb_status verify_entry(const struct pyb_memo_view *view, enum pyb_section_type type,
				    const struct pyb_memo_entry *entry, struct pyb_error *error)
{
	const struct pyb_memo_key key = key_of(view, entry);
	const struct pyb_memo_entry *found;
	struct pyb_bytes value;
	enum pyb_status status = find_entry(view, &key, &found, error);

	if (status != PYB_OK)
		return status;
	if (found != entry || entry->text_size > view->memo->text_max)
		return damaged(error, "an entry of a memo is not found by its text");
	if (!key_is_legal(type, entry))
		return damaged(error, "an entry of a memo has an illegal value");
	status = pyb_memo_find(view, &key, &value, error);
	return status == PYB_OK ? verify_value(type, entry->qualifier, &value, error) : status;
}

static enum pyb_status verify_memo(const struct pyb_reader *reader, enum pyb_section_type type,
				   struct pyb_error *error)
{
	struct pyb_memo_view view;
	enum pyb_status status = pyb_memo_open(reader, type, &view, error);
	uint32_t used = 0;
	uint64_t end = 0;

	if (status != PYB_OK || view.memo == NULL)
		return status;
	for (uint32_t i = 0; i < view.memo->slot_count; i++)
		used += view.slots[i] != 0;
	if (used != view.memo->entry_count)
		return damaged(error, "a memo has a wrong number of slots in use");
	for (uint32_t i = 0; i < view.memo->entry_count && status == PYB_OK; i++) {
		if (!place_is_right(&view, &view.entries[i], &end))
			return damaged(error, "an entry of a memo is malformed");
		status = verify_entry(&view, type, &view.entries[i], error);
	}
	if (status == PYB_OK && end != view.data.size)
		return damaged(error, "a memo has bytes that belong to no entry");
	return status;
}

enum pyb_status pyb_memos_verify(const struct pyb_reader *reader, struct pyb_error *error)
{
	static const enum pyb_section_type memos[] = {
		PYB_SECTION_REGEXES,
		PYB_SECTION_GENERATED,
		PYB_SECTION_SITE,
		PYB_SECTION_METADATA,
	};
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < sizeof(memos) / sizeof(*memos) && status == PYB_OK; i++)
		status = verify_memo(reader, memos[i], error);
	return status;
}
