/* SPDX-License-Identifier: MIT */
#include "importer/cpython/dict_version.h"

#if COMPAT_HAS_DICT_VERSIONS

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
uint64_t dict_version(PyObject *dict)
{
	return ((PyDictObject *)dict)->ma_version_tag;
}
#pragma GCC diagnostic pop

#else

#include <stdbool.h>
#include <stdlib.h>

/*
 * A dictionary that is watched, borrowed, and how often anything was changed when it was. NULL where nothing
 * is; the address of the entry itself where a dictionary has died.
 */
struct dict_watched {
	const PyObject *dict;
	uint64_t version;
};

static struct dict_versions {
	struct dict_watched *entries; /* a table by address */
	size_t room, used;
	uint64_t changes; /* of all of them */
	int watcher;      /* ours, of the main interpreter; -1: it gave none */
	bool is_begun;
} versions;

static bool is_there(const struct dict_watched *entry)
{
	return entry->dict != NULL && entry->dict != (const PyObject *)entry;
}

/* The entry of the dictionary, or the free one in which its search ends. There is always one. */
static struct dict_watched *find(const PyObject *dict)
{
	const size_t mask = versions.room - 1;
	size_t at = ((uintptr_t)dict >> 4) & mask;

	while (versions.entries[at].dict != NULL && versions.entries[at].dict != dict)
		at = (at + 1) & mask;
	return &versions.entries[at];
}

/* At most half of the table is used, and its size is a power of two. */
static int make_room(void)
{
	const struct dict_versions old = versions;

	if (old.room > 2 * old.used)
		return 0;
	versions.room = old.room == 0 ? 256 : 2 * old.room;
	versions.entries = calloc(versions.room, sizeof(*versions.entries));
	if (versions.entries == NULL) {
		versions = old;
		return -1;
	}
	versions.used = 0;
	for (size_t i = 0; i < old.room; i++)
		if (is_there(&old.entries[i])) {
			*find(old.entries[i].dict) = old.entries[i];
			versions.used++;
		}
	free(old.entries);
	return 0;
}

/* What is about to happen to a dictionary of ours. The interpreter goes on whatever is returned. */
static int note_change(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
	struct dict_watched *const entry = find(dict);

	(void)key;
	(void)value;
	if (entry->dict == NULL)
		return 0;
	entry->version = ++versions.changes;
	if (event == PyDict_EVENT_DEALLOCATED)
		entry->dict = (const PyObject *)entry;
	return 0;
}

static bool have_watcher(void)
{
	if (!versions.is_begun) {
		versions.is_begun = true;
		versions.watcher = PyDict_AddWatcher(note_change);
		PyErr_Clear();
	}
	return versions.watcher >= 0;
}

uint64_t dict_version(PyObject *dict)
{
	if (!have_watcher() || make_room() != 0)
		return 0;
	struct dict_watched *const entry = find(dict);
	if (entry->dict == NULL) {
		if (PyDict_Watch(versions.watcher, dict) != 0) {
			PyErr_Clear();
			return 0;
		}
		*entry = (struct dict_watched){.dict = dict, .version = ++versions.changes};
		versions.used++;
	}
	return entry->version;
}

#endif
