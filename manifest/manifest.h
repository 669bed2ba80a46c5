/* SPDX-License-Identifier: MIT */
/* The manifest: YAML text in, a checked list of modules and options out. See pystart-manifest(5). */
#ifndef MANIFEST_H
#define MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

enum manifest_check {
	MANIFEST_CHECK_SOURCE,
	MANIFEST_CHECK_DIRECTORY,
	MANIFEST_CHECK_NEVER,
	MANIFEST_CHECK_HASH,
};

/* Key `payload`: what a bundle keeps its code as. */
enum manifest_payload {
	MANIFEST_PAYLOAD_AUTO,    /* an image if it can be made and is not to be compressed */
	MANIFEST_PAYLOAD_IMAGE,   /* an image, or no bundle */
	MANIFEST_PAYLOAD_MARSHAL, /* marshal streams */
};

/* Key `snapshot`: whether a bundle has one, and who may read it then. */
enum manifest_snapshot {
	MANIFEST_SNAPSHOT_UNSAID, /* as with AUTO, where it takes the bundle from nobody */
	MANIFEST_SNAPSHOT_NO,
	MANIFEST_SNAPSHOT_AUTO, /* if it can be made */
	MANIFEST_SNAPSHOT_YES,  /* or no bundle */
	MANIFEST_SNAPSHOT_SHARED, /* or no bundle; for whoever may read the bundle, not its owner alone */
	MANIFEST_SNAPSHOT_COUNT
};

/* The words for it, as manifests have them; NULL for a number that is none. In static storage. */
const char *manifest_snapshot_word(enum manifest_snapshot snapshot);

/* A list of strings in the order of the file. */
struct manifest_list {
	char **items;
	size_t *lines; /* for each item the line of the file it comes from, from 1 on */
	size_t count;
};

/* A checked manifest. Owned by the caller, released with manifest_release(). */
struct manifest {
	char *file;      /* the name it was read from, for messages */
	char *name;      /* key `name`; by default the file's name without folder and suffix */
	char *python;    /* key `python`: absolute path of the interpreter, or NULL */
	char *entry;     /* key `entry`: MODULE, MODULE:FUNCTION or /absolute/script; or NULL */
	char *bootstrap; /* key `bootstrap`: MODULE:FUNCTION, or NULL */
	struct manifest_list startup; /* module names */
	struct manifest_list modules; /* module names and patterns */
	struct manifest_list absent;  /* names that are searched for and not found */
	struct manifest_list exclude; /* module names and patterns */
	struct manifest_list
		paths; /* absolute folders (made so relative to the manifest's folder) */
	struct manifest_list from; /* "MODULE in FOLDER", the folder as above; each module once */
	struct manifest_list harmless;  /* names of extension modules and packages, for `exit` */
	struct manifest_list variables; /* of the environment, for `snapshot` */
	int optimize;                   /* 0 to 2 */
	int compression_level;          /* key `compress`: 0 none, 1 to 19 zstd */
	enum manifest_check check;
	enum manifest_payload payload;
	enum manifest_snapshot snapshot;
	char *snapshot_program; /* key `snapshot_program`: absolute path of a script, or NULL */
	uint32_t policies;      /* enum pyb_policy, or-ed: what the keys of lib/policy.h say */
	bool trial_run;         /* key `trial_run`: true for `yes`, the default */
};

/* What stands between module and folder in an item of `from`. No module's name has a space. */
#define MANIFEST_FROM_WORD " in "

/* Everything that is wrong with a manifest, in the order of the file. */
struct manifest_problems {
	char **lines; /* each "file:line:column: [key 'xyz': ]message", without a newline */
	size_t count;
};

enum {
	MANIFEST_MAX_SIZE = 16 << 20,    /* bytes of a manifest */
	MANIFEST_MAX_PROBLEMS = 100,     /* then one further line says that there are more */
	MANIFEST_MAX_ITEMS = 65536,      /* entries of one list */
	MANIFEST_MAX_PATTERNS = 1024,    /* those among them that have a wildcard */
	MANIFEST_MAX_MODULE_NAME = 1023, /* bytes of a module name or a pattern */
	MANIFEST_MAX_NAME = 200,         /* bytes of the name of a bundle or of a variable */
};

/*
 * Read and check the manifest in the file `path`. All problems that can be found in one run are
 * collected.
 * Returns PYB_OK with *manifest filled in and *problems empty; PYB_ERR_INVALID with at least one
 * problem; or PYB_ERR_IO / PYB_ERR_MEMORY with `error` set. *manifest is empty unless PYB_OK.
 * Both out-structures are the caller's to release, whatever is returned. Thread-safe.
 */
enum pyb_status manifest_read(const char *path, struct manifest *manifest,
			      struct manifest_problems *problems, struct pyb_error *error);

/* The same from memory: `size` bytes at `text`; `file` is the name for messages and for `name`. */
enum pyb_status manifest_parse(const char *file, const char *text, size_t size,
			       struct manifest *manifest, struct manifest_problems *problems,
			       struct pyb_error *error);

/*
 * Release what the functions above allocated, which leaves an empty manifest. An empty or zeroed
 * structure is allowed.
 */
void manifest_release(struct manifest *manifest);
void manifest_problems_release(struct manifest_problems *problems);

/*
 * Whether the module name matches the pattern. Both are compared component by component: `*` stands
 * for any characters and `?` for one character of one component; a component `**` stands for any
 * number of components, none included; a final component `*` stands for one or more. So `email.*`
 * matches `email.mime.text` but not `email`, `email.**` matches both, `**.tests.*` what is below
 * any `tests`, and `**` everything. A pattern without wildcards matches the name that it spells.
 * Both are UTF-8; damaged UTF-8 is compared byte by byte. Thread-safe.
 */
bool manifest_pattern_matches(const char *pattern, const char *module_name);

/*
 * Whether a manifest may list this module: 1 to MANIFEST_MAX_MODULE_NAME bytes of UTF-8, components
 * of letters, digits, `_` and `-` (not at their start), none empty, and not a number as a whole.
 * Whoever writes a manifest asks this first. Thread-safe.
 */
bool manifest_is_module_name(const char *text);

/* The same for a pattern: as above with at least one wildcard, used as described there. */
bool manifest_is_pattern(const char *text);

/*
 * Whether the key `paths` takes two absolute paths for the same folder: it counts `.`, `..` and
 * doubled slashes out. Returns false, too, if there is no memory to find out. Thread-safe.
 */
bool manifest_is_same_folder(const char *path, const char *other);

/* Whether `text` can be the name of a bundle, key `name`. Thread-safe. */
bool manifest_is_bundle_name(const char *text);

#endif
