/* SPDX-License-Identifier: MIT */
/* The keys of a manifest: their names, what each may hold, and storing it. */
#include "manifest/internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

/* How one key is checked: a scalar by `set` or as a policy, each item of a list by `item`. */
struct rule {
	const char *name;
	void (*set)(struct manifest_load *load, const struct manifest_value *value);
	/* Returns the item to keep, or NULL if it is refused, which has been reported. */
	char *(*item)(struct manifest_load *load, const struct manifest_value *value);
	uint32_t policy; /* the key is one of pyb_policy_keys, and neither of the above is there */
};

static char *duplicate(struct manifest_load *load, const char *text)
{
	char *copy = strdup(text);
	if (copy == NULL)
		manifest_out_of_memory(load);
	return copy;
}

static void refuse(struct manifest_load *load, const struct manifest_value *value, const char *what,
		   const char *fault)
{
	struct manifest_excerpt excerpt;
	manifest_problem(load, value->place, "'%s' is not %s: %s",
			 manifest_excerpt(&excerpt, value->text, value->size), what, fault);
}

/* A whole number from 0 to 99 without sign, leading zeros (octal in YAML) or quotes; else -1. */
static int whole_number(const struct manifest_value *value)
{
	const char *text = value->text;
	if (!value->is_plain || value->size == 0 || value->size > 2 ||
	    strspn(text, "0123456789") != value->size || (text[0] == '0' && value->size > 1))
		return -1;
	int number = 0;
	for (; *text != '\0'; text++)
		number = number * 10 + (*text - '0');
	return number;
}

static void set_version(struct manifest_load *load, const struct manifest_value *value)
{
	struct manifest_excerpt excerpt;
	load->has_version = true;
	if (whole_number(value) == 1)
		return;
	manifest_excerpt(&excerpt, value->text, value->size);
	if (whole_number(value) > 1)
		manifest_problem(load, value->place,
				 "version %s is newer than this program, which knows version 1",
				 excerpt.text);
	else
		manifest_problem(load, value->place, "must be the number 1, not '%s'",
				 excerpt.text);
}

static void set_name(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault = manifest_bundle_name_fault(value->text);
	load->has_name = true;
	if (fault != NULL)
		refuse(load, value, "a name for a bundle", fault);
	else
		load->manifest->name = duplicate(load, value->text);
}

/* What is wrong with a path of any kind, or NULL. */
static const char *path_fault(const struct manifest_value *value)
{
	if (value->size == 0)
		return "it is empty";
	if (value->size >= PATH_MAX)
		return "it is too long for a path";
	for (size_t i = 0; i < value->size; i++)
		if ((unsigned char)value->text[i] < 0x20 || value->text[i] == 0x7f)
			return "it has a control character in it";
	if (value->text[0] == '~')
		return "'~' does not stand for the home folder here; write that out";
	if (value->text[0] == '$')
		return "variables are not replaced here; write the value";
	return NULL;
}

static const char *file_fault(const struct manifest_value *value)
{
	const char *fault = path_fault(value);
	if (fault != NULL)
		return fault;
	if (value->text[0] != '/')
		return "it must begin with '/'";
	return value->text[value->size - 1] == '/' ? "it ends with '/' as a folder does" : NULL;
}

static void set_python(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault = file_fault(value);
	if (fault != NULL)
		refuse(load, value, "the absolute path of an interpreter", fault);
	else
		load->manifest->python = duplicate(load, value->text);
}

/* Check MODULE:FUNCTION, of which `colon` is the colon's place. Returns NULL if it is right. */
static const char *function_call_fault(struct manifest_load *load, const char *text,
				       const char *colon)
{
	char *module = strndup(text, (size_t)(colon - text));
	if (module == NULL) {
		manifest_out_of_memory(load);
		return NULL;
	}
	const char *fault = manifest_module_name_fault(module);
	free(module);
	if (fault == NULL)
		return manifest_function_fault(colon + 1);
	return text == colon ? "the module before the ':' is missing" : fault;
}

static void set_entry(struct manifest_load *load, const struct manifest_value *value)
{
	const char *colon = strchr(value->text, ':'), *fault;
	if (value->text[0] == '/')
		fault = file_fault(value);
	else if (colon != NULL)
		fault = function_call_fault(load, value->text, colon);
	else
		fault = manifest_module_name_fault(value->text);
	if (fault != NULL)
		refuse(load, value, "MODULE, MODULE:FUNCTION or the absolute path of a script",
		       fault);
	else
		load->manifest->entry = duplicate(load, value->text);
}

static void set_bootstrap(struct manifest_load *load, const struct manifest_value *value)
{
	const char *colon = strchr(value->text, ':');
	const char *fault = colon == NULL ? "the ':' is missing"
					  : function_call_fault(load, value->text, colon);
	if (fault != NULL)
		refuse(load, value, "MODULE:FUNCTION", fault);
	else
		load->manifest->bootstrap = duplicate(load, value->text);
}

static void set_optimize(struct manifest_load *load, const struct manifest_value *value)
{
	const int number = whole_number(value);
	if (number < 0 || number > 2)
		refuse(load, value, "a level of optimization", "it must be 0, 1 or 2");
	else
		load->manifest->optimize = number;
}

static void set_compress(struct manifest_load *load, const struct manifest_value *value)
{
	const int number = strcmp(value->text, "none") == 0 ? 0 : whole_number(value);
	if (number < 0 || number > 19)
		refuse(load, value, "a level of compression",
		       "it must be 'none' or a number from 0 (none) to 19");
	else
		load->manifest->compression_level = number;
}

/* The number of the word that the value is. Another value is refused, and gives -1. */
static int choice(struct manifest_load *load, const struct manifest_value *value, const char *what,
		  const char *const *words, size_t count)
{
	char fault[80] = "it must be ";
	for (size_t i = 0; i < count; i++) {
		const size_t used = strlen(fault);
		if (strcmp(value->text, words[i]) == 0)
			return (int)i;
		snprintf(fault + used, sizeof(fault) - used, "%s'%s'",
			 i == 0           ? ""
			 : i < count - 1U ? ", "
					  : " or ",
			 words[i]);
	}
	refuse(load, value, what, fault);
	return -1;
}

static void set_check(struct manifest_load *load, const struct manifest_value *value)
{
	static const char *const words[] = {
		[MANIFEST_CHECK_SOURCE] = "source",
		[MANIFEST_CHECK_DIRECTORY] = "directory",
		[MANIFEST_CHECK_NEVER] = "never",
		[MANIFEST_CHECK_HASH] = "hash",
	};
	const int number = choice(load, value, "a kind of check", words, 4);
	if (number >= 0)
		load->manifest->check = (enum manifest_check)number;
}

static void set_payload(struct manifest_load *load, const struct manifest_value *value)
{
	static const char *const words[] = {
		[MANIFEST_PAYLOAD_AUTO] = "auto",
		[MANIFEST_PAYLOAD_IMAGE] = "image",
		[MANIFEST_PAYLOAD_MARSHAL] = "marshal",
	};
	const int number = choice(load, value, "a kind of payload", words, 3);
	if (number >= 0)
		load->manifest->payload = (enum manifest_payload)number;
}

static void set_policy(struct manifest_load *load, const struct manifest_value *value,
		       const struct pyb_policy_key *key)
{
	const uint32_t usual = PYB_POLICY_DEFAULT & key->policy;
	const char *const words[] = {pyb_policy_value(key, usual), pyb_policy_value(key, ~usual)};
	const int number = choice(load, value, key->what, words, 2);
	if (number >= 0)
		load->manifest->policies = (load->manifest->policies & ~key->policy) |
					   (number == 0 ? usual : usual ^ key->policy);
}

static void set_trial_run(struct manifest_load *load, const struct manifest_value *value)
{
	static const char *const words[] = {"yes", "no"};
	const int number = choice(load, value, "whether to make a trial run", words, 2);
	if (number >= 0)
		load->manifest->trial_run = number == 0;
}

const char *manifest_snapshot_word(enum manifest_snapshot snapshot)
{
	static const char *const words[] = {
		[MANIFEST_SNAPSHOT_NO] = "no",
		[MANIFEST_SNAPSHOT_AUTO] = "auto",
		[MANIFEST_SNAPSHOT_YES] = "yes",
		[MANIFEST_SNAPSHOT_SHARED] = "shared",
	};

	return snapshot < MANIFEST_SNAPSHOT_COUNT ? words[snapshot] : NULL;
}

static void set_snapshot(struct manifest_load *load, const struct manifest_value *value)
{
	const char *words[MANIFEST_SNAPSHOT_COUNT - MANIFEST_SNAPSHOT_NO];
	const size_t count = sizeof(words) / sizeof(words[0]);

	for (size_t i = 0; i < count; i++)
		words[i] = manifest_snapshot_word(MANIFEST_SNAPSHOT_NO + (unsigned)i);
	const int number = choice(load, value, "whether to make a snapshot", words, count);
	if (number >= 0)
		load->manifest->snapshot = MANIFEST_SNAPSHOT_NO + (unsigned)number;
}

static void set_snapshot_program(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault;

	if (strcmp(value->text, "no") == 0)
		return;
	fault = file_fault(value);
	if (fault != NULL)
		refuse(load, value, "the absolute path of a script or 'no'", fault);
	else
		load->manifest->snapshot_program = duplicate(load, value->text);
}

static char *module_item(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault = manifest_has_wildcard(value->text)
				    ? "patterns are for 'modules' and 'exclude' only"
				    : manifest_module_name_fault(value->text);
	if (fault == NULL)
		return duplicate(load, value->text);
	refuse(load, value, "a module's name", fault);
	return NULL;
}

static char *pattern_item(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault = manifest_pattern_fault(value->text);
	if (fault == NULL && !manifest_has_wildcard(value->text))
		fault = manifest_module_name_fault(value->text);
	if (fault == NULL)
		return duplicate(load, value->text);
	refuse(load, value, "a module's name or a pattern", fault);
	return NULL;
}

static char *variable_item(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault = manifest_variable_name_fault(value->text);
	if (fault == NULL)
		return duplicate(load, value->text);
	refuse(load, value, "the name of an environment variable", fault);
	return NULL;
}

static char *folder_item(struct manifest_load *load, const struct manifest_value *value)
{
	const char *fault = path_fault(value);
	if (fault == NULL)
		return manifest_absolute_path(load, value->text);
	refuse(load, value, "a folder", fault);
	return NULL;
}

/* MODULE in FOLDER, of which the folder is made absolute. */
static char *origin_item(struct manifest_load *load, const struct manifest_value *value)
{
	struct manifest_value folder = *value;
	const char *const word = strstr(value->text, MANIFEST_FROM_WORD);
	char *name = word == NULL ? NULL : strndup(value->text, (size_t)(word - value->text));
	char *path = NULL, *item = NULL;

	if (word == NULL) {
		refuse(load, value, "MODULE in FOLDER", "the word 'in' is missing");
		return NULL;
	}
	folder.text = word + strlen(MANIFEST_FROM_WORD);
	folder.size = value->size - (size_t)(folder.text - value->text);
	const char *fault = name == NULL ? NULL : manifest_module_name_fault(name);
	if (fault == NULL)
		fault = path_fault(&folder);
	if (fault != NULL)
		refuse(load, value, "MODULE in FOLDER", fault);
	else if (name != NULL)
		path = manifest_absolute_path(load, folder.text);
	if (name == NULL ||
	    (path != NULL && asprintf(&item, "%s" MANIFEST_FROM_WORD "%s", name, path) < 0)) {
		item = NULL;
		manifest_out_of_memory(load);
	}
	free(name);
	free(path);
	return item;
}

#define RULE_OF_POLICY(id, bit, key, ...) [KEY_##id] = {.name = (key), .policy = 1U << (bit)},

static const struct rule rules[KEY_COUNT] = {
	[KEY_VERSION] = {.name = "version", .set = set_version},
	[KEY_NAME] = {.name = "name", .set = set_name},
	[KEY_PYTHON] = {.name = "python", .set = set_python},
	[KEY_ENTRY] = {.name = "entry", .set = set_entry},
	[KEY_BOOTSTRAP] = {.name = "bootstrap", .set = set_bootstrap},
	[KEY_STARTUP] = {.name = "startup", .item = module_item},
	[KEY_MODULES] = {.name = "modules", .item = pattern_item},
	[KEY_ABSENT] = {.name = "absent", .item = module_item},
	[KEY_EXCLUDE] = {.name = "exclude", .item = pattern_item},
	[KEY_PATHS] = {.name = "paths", .item = folder_item},
	[KEY_FROM] = {.name = "from", .item = origin_item},
	[KEY_HARMLESS] = {.name = "harmless", .item = module_item},
	[KEY_VARIABLES] = {.name = "variables", .item = variable_item},
	[KEY_OPTIMIZE] = {.name = "optimize", .set = set_optimize},
	[KEY_COMPRESS] = {.name = "compress", .set = set_compress},
	[KEY_CHECK] = {.name = "check", .set = set_check},
	[KEY_PAYLOAD] = {.name = "payload", .set = set_payload},
	[KEY_TRIAL_RUN] = {.name = "trial_run", .set = set_trial_run},
	[KEY_SNAPSHOT] = {.name = "snapshot", .set = set_snapshot},
	[KEY_SNAPSHOT_PROGRAM] = {.name = "snapshot_program", .set = set_snapshot_program},
	PYB_POLICIES(RULE_OF_POLICY)};

enum manifest_key manifest_key_find(const char *text, size_t size)
{
	enum manifest_key key = 0;
	while (key < KEY_COUNT &&
	       (strlen(rules[key].name) != size || memcmp(rules[key].name, text, size) != 0))
		key++;
	return key;
}

const char *manifest_key_name(enum manifest_key key)
{
	return rules[key].name;
}

bool manifest_key_is_list(enum manifest_key key)
{
	return rules[key].item != NULL;
}

bool manifest_value_is_null(const struct manifest_value *value)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};
	for (size_t i = 0; value->is_plain && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value->text, words[i]) == 0)
			return true;
	return false;
}

/* Whether one more item may be added; the first that may not is reported. */
static bool has_place(struct manifest_load *load, struct manifest_entries *entries,
		      const struct manifest_value *value)
{
	if (entries->full)
		return false;
	if (entries->count == MANIFEST_MAX_ITEMS)
		manifest_problem(load, value->place, "a list has at most %d items",
				 (int)MANIFEST_MAX_ITEMS);
	else if (entries->patterns == MANIFEST_MAX_PATTERNS)
		manifest_problem(load, value->place, "a list has at most %d patterns",
				 (int)MANIFEST_MAX_PATTERNS);
	else
		return true;
	entries->full = true;
	return false;
}

static void add_item(struct manifest_load *load, enum manifest_key key,
		     const struct manifest_value *value)
{
	struct manifest_entries *entries = &load->entries[key];
	char *text = rules[key].item(load, value);
	if (text == NULL)
		return;
	if (!has_place(load, entries, value)) {
		free(text);
		return;
	}
	if (pyb_array_grow((void **)&entries->items, entries->count, sizeof(*entries->items),
			   NULL) != PYB_OK) {
		free(text);
		manifest_out_of_memory(load);
		return;
	}
	entries->items[entries->count++] = (struct manifest_entry){text, value->place};
	entries->patterns += rules[key].item == pattern_item && manifest_has_wildcard(text);
}

static void refuse_null_item(struct manifest_load *load, const struct manifest_value *value)
{
	if (value->size == 0)
		manifest_problem(load, value->place, "an item of the list is empty; remove it");
	else
		manifest_problem(load, value->place,
				 "'%s' means 'no value' in YAML; put it in quotes if a name is "
				 "meant",
				 value->text);
}

static void set_scalar(struct manifest_load *load, const struct rule *rule,
		       const struct manifest_value *value)
{
	if (rule->set != NULL)
		rule->set(load, value);
	for (size_t i = 0; i < PYB_POLICY_KEY_COUNT; i++)
		if (pyb_policy_keys[i].policy == rule->policy)
			set_policy(load, value, &pyb_policy_keys[i]);
}

void manifest_key_set(struct manifest_load *load, enum manifest_key key,
		      const struct manifest_value *value)
{
	const bool is_null = manifest_value_is_null(value);
	if (memchr(value->text, '\0', value->size) != NULL)
		manifest_problem(load, value->place, "there is a NUL character in the value");
	else if (rules[key].item == NULL && !is_null)
		set_scalar(load, &rules[key], value);
	else if (rules[key].item != NULL && is_null)
		refuse_null_item(load, value);
	else if (rules[key].item != NULL)
		add_item(load, key, value);
}
