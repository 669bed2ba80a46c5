/* SPDX-License-Identifier: MIT */
/*
 * What the folders of the search path hold, as far as it matters to modules of the bundle. A folder
 * that nobody has touched since the bundle was made is known from one stat(); any other is listed, as
 * importlib's FileFinder does, and is known too if it has the names that it had. Else the names of
 * bundled modules in it are kept.
 */
#ifndef IMPORTER_FIND_FOLDER_H
#define IMPORTER_FIND_FOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/reader.h"

enum folder_state {
	FOLDER_UNSEEN,
	FOLDER_UNCHANGED,  /* the very folder, untouched since the bundle was made */
	FOLDER_SAME_NAMES, /* touched or replaced, with the names that it had */
	FOLDER_MISSING,    /* does not exist */
	FOLDER_LISTED,     /* its candidates were read */
	FOLDER_OPAQUE,     /* not a readable folder: only importlib knows what to do with it */
	FOLDER_ASKED,      /* nothing is known of it: each name is asked for, folder_ask() */
};

/*
 * What a folder has under the last name component of a module, in FileFinder's terms and in the order
 * in which it looks for them.
 */
enum candidate {
	CANDIDATE_FOLDER = 1,     /* NAME/ */
	CANDIDATE_EXTENSION = 2,  /* NAME with a suffix of an extension module */
	CANDIDATE_EXTENSIONS = 4, /* several of these */
	CANDIDATE_SOURCE = 8,     /* NAME.py */
	CANDIDATE_BYTECODE = 16,  /* NAME.pyc */
};

struct folder_candidate {
	uint32_t module;
	uint8_t kinds; /* enum candidate, or-ed */
};

struct folder {
	char *path;   /* absolute; owned */
	char *prefix; /* "package." of the modules that are searched for here, or ""; owned */
	uint64_t hash;
	uint32_t directory; /* record in the bundle, or PYB_NONE */
	enum folder_state state;
	bool look_again;                     /* before its state is believed */
	bool owes_finder;                    /* importlib would have made one: owed.h */
	struct timespec mtime;               /* when it was last looked at */
	uint64_t entries;                    /* digest of its names when it was last listed */
	struct folder_candidate *candidates; /* owned */
	uint32_t candidate_count;
	uint8_t init_kinds; /* candidates for __init__ */
};

struct folder_cache {
	struct folder **slots; /* hash table by path and prefix; owned */
	uint32_t slot_count;   /* a power of two, or 0 */
	uint32_t folder_count;
	const char *asked; /* a folder that is not to be looked at as a whole, or NULL; not owned */
};

/* What this process has seen of the search path. Used under the GIL of the main interpreter. */
extern struct folder_cache seen_folders;

/*
 * The folder `path` as a place to search for modules whose names begin with `prefix`. It is made
 * when it is first asked for and lives as long as the cache. NULL when out of memory.
 */
struct folder *folder_get(struct folder_cache *cache, const struct pyb_reader *reader,
			  const char *path, size_t path_size, const char *prefix,
			  size_t prefix_size);

/*
 * Bring folder->state up to date: a recorded folder is looked at once a process (never, under
 * PYB_CHECK_NEVER), any other each time where files are checked, as stock Python does, else once.
 * `must_list`: names are needed, being unchanged is not enough.
 * Returns 0, or -1 when out of memory. Adds to *listed for each listing.
 */
int folder_refresh(struct folder *folder, const struct pyb_reader *reader, bool must_list,
		   uint64_t *listed);

/* Whether all that the bundle says about names in the folder holds. */
static inline bool folder_is_as_recorded(const struct folder *folder)
{
	return folder->state == FOLDER_UNCHANGED || folder->state == FOLDER_SAME_NAMES;
}

/*
 * Whether no file of the folder was replaced since the bundle was made: what PYB_CHECK_DIRECTORY asks.
 * That its names are the same proves nothing, nor does its time of modification, which can be set.
 */
static inline bool folder_is_untouched(const struct folder *folder)
{
	return folder->state == FOLDER_UNCHANGED;
}

/*
 * Let the next folder_refresh() look at the folder even if it was looked at before, where stock Python
 * would: only where files are checked.
 */
void folder_look_again(struct folder *folder, const struct pyb_reader *reader);

/* Whether FileFinder comes to `wanted` before all else, given what there is. */
bool candidates_begin_with(unsigned int kinds, enum candidate wanted);

/* The candidates for module record `module` in a listed folder. */
uint8_t folder_candidates(const struct folder *folder, uint32_t module);

/*
 * Whether FileFinder, asked now, would find anything for the last component of a module's name, a part
 * of a namespace package included: where a link or a folder of that name is recorded, it need not have
 * become a module. Looks at each file that it could be, which takes less time than to list a large
 * folder, as FileFinder does first. True when out of memory.
 */
bool folder_holds(const struct folder *folder, const char *name, size_t name_size);

/*
 * What FileFinder could find for such a name, by looking at each file that it could be, up to the first: enum candidate,
 * or-ed. Who looks at us sees which names were asked for, where a listing would tell of all.
 */
uint8_t folder_ask(const struct folder *folder, const char *name, size_t name_size);

/* Look at every folder again when it is next needed, for importlib.invalidate_caches(). */
void folder_cache_invalidate(struct folder_cache *cache);

/* Free everything. */
void folder_cache_release(struct folder_cache *cache);

#endif
