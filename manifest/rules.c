/* SPDX-License-Identifier: MIT */
/* Rules that concern several items or keys: duplicates, contradictions, what is missing. */
#include "manifest/internal.h"

#include <stdlib.h>
#include <string.h>

/* The entries of one list in the order of their texts. */
struct sorted {
	const struct manifest_entry **items;
	size_t count;
};

static int compare_places(struct manifest_place a, struct manifest_place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return (a.column > b.column) - (a.column < b.column);
}

static int compare_entries(const void *left, const void *right)
{
	const struct manifest_entry *a = *(const struct manifest_entry *const *)left;
	const struct manifest_entry *b = *(const struct manifest_entry *const *)right;
	const int order = strcmp(a->text, b->text);
	return order != 0 ? order : compare_places(a->place, b->place);
}

static bool sort_entries(struct manifest_load *load, enum manifest_key key, struct sorted *ret)
{
	const struct manifest_entries *entries = &load->entries[key];
	if (entries->count == 0)
		return true;
	ret->items = calloc(entries->count, sizeof(*ret->items));
	if (ret->items == NULL) {
		manifest_out_of_memory(load);
		return false;
	}
	for (size_t i = 0; i < entries->count; i++)
		ret->items[i] = &entries->items[i];
	ret->count = entries->count;
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_entries);
	return true;
}

static int compare_text(const void *text, const void *item)
{
	return strcmp(text, (*(const struct manifest_entry *const *)item)->text);
}

static const struct manifest_entry *find(const struct sorted *sorted, const char *text)
{
	if (sorted->count == 0)
		return NULL;
	const struct manifest_entry **found =
		bsearch(text, sorted->items, sorted->count, sizeof(*sorted->items), compare_text);
	return found == NULL ? NULL : *found;
}

static void check_duplicates(struct manifest_load *load, const struct sorted *sorted)
{
	struct manifest_excerpt excerpt;
	size_t first = 0;
	for (size_t i = 1; i < sorted->count; i++) {
		const struct manifest_entry *item = sorted->items[i];
		if (strcmp(item->text, sorted->items[first]->text) != 0)
			first = i;
		else
			manifest_problem(load, item->place,
					 "'%s' is listed twice, first on line %zu",
					 manifest_excerpt(&excerpt, item->text, strlen(item->text)),
					 sorted->items[first]->place.line);
	}
}

/* The entry of `exclude` that takes the module out, or NULL. */
static const struct manifest_entry *excluding(const struct manifest_load *load,
					      const struct sorted *exclude, const char *name)
{
	const struct manifest_entry *found = find(exclude, name);
	const struct manifest_entries *entries = &load->entries[KEY_EXCLUDE];
	if (found != NULL || entries->patterns == 0)
		return found;
	for (size_t i = 0; i < entries->count; i++)
		if (manifest_has_wildcard(entries->items[i].text) &&
		    manifest_pattern_matches(entries->items[i].text, name))
			return &entries->items[i];
	return NULL;
}

/* What is looked for in a folder is neither absent nor in another folder. */
static void check_from(struct manifest_load *load, const struct sorted *from,
		       const struct sorted *absent)
{
	struct manifest_excerpt excerpt;
	char *before = NULL;
	load->key = manifest_key_name(KEY_FROM);
	for (size_t i = 0; i < from->count; i++) {
		const struct manifest_entry *item = from->items[i];
		char *name = strndup(item->text, strcspn(item->text, " "));
		if (name == NULL) {
			manifest_out_of_memory(load);
			break;
		}
		const struct manifest_entry *other = find(absent, name);
		manifest_excerpt(&excerpt, name, strlen(name));
		if (other != NULL)
			manifest_problem(load, item->place,
					 "'%s' also stands under 'absent', line %zu", excerpt.text,
					 other->place.line);
		if (before != NULL && strcmp(name, before) == 0 &&
		    strcmp(item->text, from->items[i - 1]->text) != 0)
			manifest_problem(load, item->place, "'%s' has another folder on line %zu",
					 excerpt.text, from->items[i - 1]->place.line);
		free(before);
		before = name;
	}
	free(before);
}

/* Items of one list that must not stand in the other as well. */
static void check_contradiction(struct manifest_load *load, enum manifest_key key,
				enum manifest_key other_key, const struct sorted *other)
{
	const struct manifest_entries *entries = &load->entries[key];
	struct manifest_excerpt excerpt;
	load->key = manifest_key_name(key);
	for (size_t i = 0; i < entries->count; i++) {
		const struct manifest_entry *item = &entries->items[i];
		const struct manifest_entry *found = find(other, item->text);
		if (found != NULL)
			manifest_problem(load, item->place, "'%s' also stands under '%s', line %zu",
					 manifest_excerpt(&excerpt, item->text, strlen(item->text)),
					 manifest_key_name(other_key), found->place.line);
	}
}

/* The module of `entry` or `bootstrap` is needed, so it can neither be absent nor left out. */
static void check_call(struct manifest_load *load, enum manifest_key key, const char *call,
		       const struct sorted sorted[KEY_COUNT])
{
	struct manifest_excerpt excerpt, pattern;
	if (call == NULL || call[0] == '/')
		return;
	char *module = strndup(call, strcspn(call, ":"));
	if (module == NULL) {
		manifest_out_of_memory(load);
		return;
	}
	const struct manifest_entry *absent = find(&sorted[KEY_ABSENT], module);
	const struct manifest_entry *excluded = excluding(load, &sorted[KEY_EXCLUDE], module);
	manifest_excerpt(&excerpt, module, strlen(module));
	load->key = manifest_key_name(key);
	if (absent != NULL)
		manifest_problem(load, load->given[key],
				 "the module '%s' also stands under 'absent', line %zu",
				 excerpt.text, absent->place.line);
	if (excluded != NULL)
		manifest_problem(load, load->given[key],
				 "the module '%s' is taken out by '%s' under 'exclude', line %zu",
				 excerpt.text,
				 manifest_excerpt(&pattern, excluded->text, strlen(excluded->text)),
				 excluded->place.line);
	free(module);
}

static void check_required(struct manifest_load *load)
{
	const struct manifest_place start = {1, 1};
	const struct manifest_place given = load->given[KEY_VERSION];
	if (load->has_version || !load->complete)
		return;
	load->key = manifest_key_name(KEY_VERSION);
	if (given.line != 0)
		manifest_problem(load, given, "has no value; write 'version: 1'");
	else
		manifest_problem(load, start, "is missing; begin with 'version: 1'");
}

/* The objects of an image are used where they lie in the file. */
static void check_payload(struct manifest_load *load)
{
	const struct manifest *manifest = load->manifest;
	load->key = manifest_key_name(KEY_COMPRESS);
	if (manifest->payload == MANIFEST_PAYLOAD_IMAGE && manifest->compression_level > 0)
		manifest_problem(load, load->given[KEY_COMPRESS],
				 "an image, which 'payload' asks for on line %zu, cannot be "
				 "compressed; take one of the two out",
				 load->given[KEY_PAYLOAD].line);
}

void manifest_check_rules(struct manifest_load *load)
{
	struct sorted sorted[KEY_COUNT] = {{NULL, 0}};
	check_required(load);
	for (enum manifest_key key = 0; key < KEY_COUNT; key++) {
		if (!sort_entries(load, key, &sorted[key]))
			goto out;
		load->key = manifest_key_name(key);
		check_duplicates(load, &sorted[key]);
	}
	check_from(load, &sorted[KEY_FROM], &sorted[KEY_ABSENT]);
	check_contradiction(load, KEY_ABSENT, KEY_STARTUP, &sorted[KEY_STARTUP]);
	check_contradiction(load, KEY_ABSENT, KEY_MODULES, &sorted[KEY_MODULES]);
	check_contradiction(load, KEY_EXCLUDE, KEY_MODULES, &sorted[KEY_MODULES]);
	check_call(load, KEY_ENTRY, load->manifest->entry, sorted);
	check_call(load, KEY_BOOTSTRAP, load->manifest->bootstrap, sorted);
	check_payload(load);
out:
	load->key = NULL;
	for (enum manifest_key key = 0; key < KEY_COUNT; key++)
		free(sorted[key].items);
}
