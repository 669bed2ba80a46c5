/* SPDX-License-Identifier: MIT */
/*
 * Asking an interpreter for modules. The resolver script, which runs inside of it, finds them
 * without executing any; its answer is checked here as strictly as a file from a stranger.
 */
#ifndef BUNDLER_RESOLVE_RESOLVER_H
#define BUNDLER_RESOLVE_RESOLVER_H

#include <stdbool.h>

#include "bundler/message.h"
#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/format.h"
#include "manifest/manifest.h"

/* What is to be told of a source beside where it is. */
enum resolve_detail {
	RESOLVE_PLACES, /* its time and size */
	RESOLVE_HASHES, /* a hash of its contents, too */
	RESOLVE_CODE,   /* its code, too */
};

/* What is asked for. Lists may be empty; nothing is owned. */
struct resolve_request {
	const char *python; /* the interpreter, as posix_spawnp() takes it */
	int optimize;       /* 0 to 2 */
	enum resolve_detail detail;
	const struct pyb_buffer *known; /* records 'k', as exchange.py has them; NULL: none */
	struct manifest_list startup;   /* module names, in order */
	struct manifest_list modules;   /* names and patterns */
	struct manifest_list optional;  /* names; those that are not found are not mentioned */
	struct manifest_list absent;    /* names that should not be found */
	struct manifest_list exclude;   /* names and patterns */
	struct manifest_list paths;     /* folders in front of sys.path */
	struct manifest_list from;      /* "MODULE in FOLDER": where to look for it instead */
	const char *script;             /* its folder comes first on sys.path; NULL: none */
	int seconds;                    /* how long the interpreter may be silent; 0: for ever */
};

struct resolved_directory {
	const char *path;
	int64_t mtime_ns, ctime_ns;
	uint64_t inode;    /* 0: not to be recorded */
	uint32_t sys_path; /* 1 + position on sys.path, or 0 */
	uint32_t root;     /* 1 + position among the request's `paths`, or 0 */
	bool missing;
	bool listed;      /* its entries were read */
	uint64_t entries; /* their digest, as lib/format.md has it */
};

struct resolved_module {
	const char *name, *origin, *cached; /* "" for none */
	enum pyb_module_kind kind;
	bool package, startup;
	bool placed;                           /* the request says in which folder it is */
	uint32_t directory, package_directory; /* numbers of directories, or PYB_NONE */
	int64_t mtime_ns;
	uint64_t file_size;
	const uint8_t *code; /* marshal stream as the interpreter made it */
	size_t code_size;
	bool sets_in_order; /* the stream has sets in the order in which Python reads them */
	uint64_t source_hash;
	bool linked;              /* the file at `origin` is a symbolic link */
	bool hashed, from_cached; /* see format.md; the file is then that at `cached` */
	bool is_reused;           /* its source is known, so that there is no code */
};

/* What the resolver has to say about a name. */
enum note_kind {
	NOTE_MISSING = 'm',    /* asked for by name, not found */
	NOTE_NO_MATCH = 'p',   /* a pattern that matches nothing */
	NOTE_BROKEN = 'c',     /* found, but cannot be compiled or read */
	NOTE_SKIPPED = 's',    /* asked for by name, found, and not a kind that is bundled */
	NOTE_NOT_NEEDED = 'b', /* nothing to bundle, which is no loss */
	NOTE_NOT_ABSENT = 'a', /* called absent and found */
};

struct resolved_note {
	enum note_kind kind;
	const char *name, *text;
};

/* A .pth file in a site folder, or with an empty name, the folder; its files follow it. */
struct resolved_pth_file {
	uint32_t directory; /* number of a directory */
	const char *name;
};

/* A module that is frozen into the interpreter, which does not have its code ready-made. */
struct resolved_frozen {
	const char *name;
	bool startup;        /* every start imports it */
	const uint8_t *code; /* marshal stream as the interpreter has it */
	size_t code_size;
};

/* An answer. Strings and code live as long as it does. */
struct resolution {
	struct pyb_fingerprint fingerprint; /* complete, with build ids */
	const char *executable;             /* sys.executable */
	const char *version;                /* such as "3.11.2" */
	struct resolved_directory *directories;
	struct resolved_module *modules;
	struct resolved_note *notes;
	struct pyb_shadow *shadows; /* numbers of directories and modules in here */
	struct resolved_pth_file *pth_files;
	struct resolved_frozen *frozen; /* those of the start first */
	uint32_t directory_count, module_count, note_count, shadow_count, pth_file_count,
		frozen_count;
	void **payloads; /* what the strings lie in */
	uint32_t payload_count;
};

/*
 * Run the resolver and take its answer. `progress` may be NULL. *resolution is the caller's to
 * release, whatever is returned.
 * Errors: PYB_ERR_IO if the interpreter cannot be started or read, ends before it is done, or is
 * silent for too long;
 * PYB_ERR_DAMAGED if its answer breaks a rule; PYB_ERR_UNSUPPORTED if it is no CPython that bundles
 * can be made for; PYB_ERR_MEMORY.
 */
enum pyb_status resolve(const struct resolve_request *request, struct progress *progress,
			struct resolution *resolution, struct pyb_error *error);

void resolution_release(struct resolution *resolution);

#endif
