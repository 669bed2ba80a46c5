/* SPDX-License-Identifier: MIT */
/* What the parts of the manifest library share with each other; not for use outside of it. */
#ifndef MANIFEST_INTERNAL_H
#define MANIFEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy.h"
#include "manifest/manifest.h"

/* A place in the text; both count from 1 on, columns in characters. Line 0: nowhere. */
struct manifest_place {
	size_t line;
	size_t column;
};

#define KEY_OF_POLICY(name, ...) KEY_##name,
enum manifest_key {
	KEY_VERSION,
	KEY_NAME,
	KEY_PYTHON,
	KEY_ENTRY,
	KEY_BOOTSTRAP,
	KEY_STARTUP,
	KEY_MODULES,
	KEY_ABSENT,
	KEY_EXCLUDE,
	KEY_PATHS,
	KEY_FROM,
	KEY_HARMLESS,
	KEY_VARIABLES,
	KEY_OPTIMIZE,
	KEY_COMPRESS,
	KEY_CHECK,
	KEY_PAYLOAD,
	PYB_POLICIES(KEY_OF_POLICY) KEY_TRIAL_RUN,
	KEY_SNAPSHOT,
	KEY_SNAPSHOT_PROGRAM,
	KEY_COUNT,
};
#undef KEY_OF_POLICY

/* An item of a list while the manifest is being checked. */
struct manifest_entry {
	char *text;
	struct manifest_place place;
};

struct manifest_entries {
	struct manifest_entry *items;
	size_t count;
	size_t patterns; /* how many of them have wildcards */
	bool full;       /* a limit was passed, and that was reported */
};

struct manifest_problem {
	struct manifest_place place;
	size_t order; /* in which it was found */
	char *line;
};

/* The state of one reading. */
struct manifest_load {
	const char *file;
	const char *key; /* that messages name, or NULL */
	struct manifest *manifest;
	struct manifest_place given[KEY_COUNT];     /* where each key stands */
	struct manifest_entries entries[KEY_COUNT]; /* of the keys that are lists */
	bool has_version;
	bool has_name; /* right or wrong */
	bool complete; /* the text was read to its end */
	struct manifest_problem *problems;
	size_t problem_count;
	bool more_problems;
	enum pyb_status failure; /* what ends the reading for good: no memory, say */
	struct pyb_error *error;
};

/* A scalar of the YAML text; `text` has a NUL behind it and none in it once it reaches a rule. */
struct manifest_value {
	const char *text;
	size_t size;
	bool is_plain; /* neither quoted nor a block */
	struct manifest_place place;
};

/* problems.c */

/* A piece of the user's text made fit for a message: shortened, control characters escaped. */
struct manifest_excerpt {
	char text[160];
};
const char *manifest_excerpt(struct manifest_excerpt *excerpt, const char *text, size_t size);

/* Keep a problem at `place`, under load->key where that is set. */
void manifest_problem(struct manifest_load *load, struct manifest_place place, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));
/* Note that memory ran out. The first failure stays. */
void manifest_out_of_memory(struct manifest_load *load);
/* Hand all problems over in the order of the file. */
void manifest_problems_finish(struct manifest_load *load, struct manifest_problems *ret);

/* text.c */

/* Whether YAML can be made of these bytes; if not, a problem says where and why. */
bool manifest_check_text(struct manifest_load *load, const char *text, size_t size);

/* names.c: each returns NULL if the text is right, else what is wrong, as the end of a sentence. */
const char *manifest_module_name_fault(const char *text);
const char *manifest_pattern_fault(const char *text);
const char *manifest_function_fault(const char *text);
const char *manifest_bundle_name_fault(const char *text);
const char *manifest_variable_name_fault(const char *text);
bool manifest_has_wildcard(const char *text);

/* paths.c */

/*
 * Make the path absolute, starting from the folder of load->file, and take `.`, `..` and doubled
 * slashes out of it. Returns NULL after a failure, which is noted; the result is the caller's.
 */
char *manifest_absolute_path(struct manifest_load *load, const char *path);
/* The last component of the path. */
const char *manifest_base_name(const char *path);

/* keys.c */

/* KEY_COUNT if there is no such key. */
enum manifest_key manifest_key_find(const char *text, size_t size);
const char *manifest_key_name(enum manifest_key key);
bool manifest_key_is_list(enum manifest_key key);
/* Check a scalar and store it as the value of the key, or as a further item of its list. */
void manifest_key_set(struct manifest_load *load, enum manifest_key key,
		      const struct manifest_value *value);
/* Whether the scalar is one of the ways in which YAML writes "no value". */
bool manifest_value_is_null(const struct manifest_value *value);

/* nearest.c: the key that somebody who wrote this may have meant, or NULL. */
const char *manifest_key_nearest(const char *text, size_t size);

/* parse.c: take the YAML apart and give each value to its key. */
void manifest_parse_yaml(struct manifest_load *load, const char *text, size_t size);

/* rules.c: rules that concern several items or keys, once all are known. */
void manifest_check_rules(struct manifest_load *load);

#endif
