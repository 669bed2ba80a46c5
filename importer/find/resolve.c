/* SPDX-License-Identifier: MIT */
#include "importer/find/resolve.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "importer/session.h"

/* A path entry as the bytes of the file system. `holder` keeps them alive; NULL: not needed. */
struct entry {
	const char *text;
	size_t size;
	PyObject *holder;
	char cwd[PATH_MAX];
};

/* Returns 1, 0 if the entry is none that can be handled here, or -1 with an exception. */
static int open_entry(PyObject *object, struct entry *entry)
{
	Py_ssize_t size;

	entry->holder = NULL;
	if (!PyUnicode_CheckExact(object))
		return 0;
	if (PyUnicode_GET_LENGTH(object) == 0) {
		entry->text = getcwd(entry->cwd, sizeof(entry->cwd));
		if (entry->text == NULL)
			return 0;
		entry->size = strlen(entry->text);
	} else if (PyUnicode_IS_ASCII(object)) {
		entry->text = PyUnicode_AsUTF8AndSize(object, &size);
		entry->size = (size_t)size;
	} else {
		entry->holder = PyUnicode_EncodeFSDefault(object);
		if (entry->holder == NULL)
			return -1;
		entry->text = PyBytes_AS_STRING(entry->holder);
		entry->size = (size_t)PyBytes_GET_SIZE(entry->holder);
	}
	/* Relative entries mean what the working directory was when their finder was made. */
	return entry->text[0] == '/' && memchr(entry->text, '\0', entry->size) == NULL;
}

/* The finder that importlib has made for an entry of the path, or NULL; borrowed. */
static PyObject *cached_finder(PyObject *cache, PyObject *object, const struct entry *entry)
{
	PyObject *finder, *cwd;

	if (PyUnicode_GET_LENGTH(object) > 0) {
		finder = PyDict_GetItemWithError(cache, object);
	} else {
		cwd = PyUnicode_DecodeFSDefaultAndSize(entry->text, (Py_ssize_t)entry->size);
		finder = cwd == NULL ? NULL : PyDict_GetItemWithError(cache, cwd);
		Py_XDECREF(cwd);
	}
	PyErr_Clear();
	return finder;
}

/* Whom importlib would ask about an entry of the path. */
enum asked {
	ASKED_FOLDER, /* a FileFinder of its own */
	ASKED_NOBODY, /* it has found before that nobody knows what to do with it */
	ASKED_FOREIGN,
};

static enum asked who_is_asked(PyObject *object, const struct entry *entry)
{
	const struct importlib *const importlib = &importer.importlib;
	PyObject *const cache = importlib_sys(importlib, importer.names.path_importer_cache);

	if (cache == NULL || !PyDict_CheckExact(cache))
		return ASKED_FOREIGN;
	PyObject *const finder = cached_finder(cache, object, entry);
	if (finder == Py_None)
		return ASKED_NOBODY;
	return finder == NULL || importlib_is_plain_finder(importlib, finder) ? ASKED_FOLDER
									      : ASKED_FOREIGN;
}

static bool is_top_level(const struct pyb_module_view *view)
{
	return memchr(view->name.text, '.', view->name.size) == NULL;
}

/* "package." of the module's name, as folder.h has it. */
static size_t prefix_size(const struct pyb_module_view *view)
{
	const char *const dot = memrchr(view->name.text, '.', view->name.size);
	return dot == NULL ? 0 : (size_t)(dot - view->name.text) + 1;
}

/* Whether a folder that is not the module's own may hold a module of its name. */
static bool may_hold(const struct folder *folder, const struct pyb_module_view *view)
{
	switch (folder->state) {
	case FOLDER_MISSING:
		return false;
	case FOLDER_UNCHANGED:
	case FOLDER_SAME_NAMES:
		return pyb_reader_is_shadowed(&importer.bundle.reader, folder->directory,
					      view->number);
	case FOLDER_LISTED:
		return folder_candidates(folder, view->number) != 0;
	default:
		return true;
	}
}

/* A recorded folder as the place of modules with this prefix; NULL if there is none. */
static struct folder *recorded_folder(uint32_t directory, const char *prefix, size_t size)
{
	const struct pyb_reader *const reader = &importer.bundle.reader;
	const struct pyb_directory *record;
	struct pyb_string path;

	if (pyb_reader_directory(reader, directory, &record, &path, NULL) != PYB_OK)
		return NULL;
	return folder_get(&importer.folders, reader, path.text, path.size, prefix, size);
}

/* The package's own folder, where its submodules are. */
static struct folder *package_folder(const struct pyb_module_view *view)
{
	char prefix[1024];

	if (view->name.size + 2 > sizeof(prefix))
		return NULL;
	memcpy(prefix, view->name.text, view->name.size);
	prefix[view->name.size] = '.';
	return recorded_folder(view->record->package_directory, prefix, view->name.size + 1);
}

static bool is_package(const struct pyb_module_view *view)
{
	return (view->record->flags & PYB_MODULE_FLAG_PACKAGE) != 0;
}

/* Whether nothing was before it where it was found; what there was may have become a file. */
static bool is_alone(const struct pyb_module_view *view)
{
	return !pyb_reader_is_shadowed(&importer.bundle.reader, view->record->directory,
				       view->number);
}

/* In a package's folder nothing but __init__.py may be what FileFinder takes for the package. */
static bool has_plain_init(const struct pyb_module_view *view, uint64_t *listed)
{
	struct folder *const folder = package_folder(view);

	if (folder == NULL || folder_refresh(folder, &importer.bundle.reader, false, listed) != 0)
		return false;
	if (folder_is_as_recorded(folder))
		return is_alone(view);
	const uint8_t wanted =
		view->record->kind == PYB_MODULE_EXTENSION ? CANDIDATE_EXTENSION : CANDIDATE_SOURCE;
	const uint8_t first = CANDIDATE_EXTENSION | CANDIDATE_EXTENSIONS | CANDIDATE_SOURCE;
	return folder->state == FOLDER_LISTED &&
	       (wanted == CANDIDATE_EXTENSION ? (folder->init_kinds & first & ~CANDIDATE_SOURCE)
					      : (folder->init_kinds & first)) == wanted;
}

/* Whether FileFinder, asked about the module's own folder, would return the bundled file. */
static bool is_still_first(const struct folder *folder, const struct pyb_module_view *view)
{
	const uint8_t kinds = folder_candidates(folder, view->number);
	const uint8_t before_source =
		CANDIDATE_FOLDER | CANDIDATE_EXTENSION | CANDIDATE_EXTENSIONS | CANDIDATE_SOURCE;

	if (folder_is_as_recorded(folder))
		return is_alone(view);
	if (folder->state != FOLDER_LISTED)
		return false;
	if (is_package(view))
		return (kinds & CANDIDATE_FOLDER) != 0;
	if (view->record->kind == PYB_MODULE_EXTENSION)
		return (kinds & before_source & ~CANDIDATE_SOURCE) == CANDIDATE_EXTENSION;
	return (kinds & before_source) == CANDIDATE_SOURCE;
}

/* One walk along a search path. */
struct search {
	const struct pyb_module_view *view;
	bool afresh;       /* do not rely on an earlier look at a folder */
	bool all_recorded; /* no folder was met that the bundle does not know */
	enum fallthrough reason;
};

/* What the search finds in one folder of the path; VERDICT_ABSENT: nothing, go on. */
static enum verdict search_folder(struct folder *folder, struct search *search)
{
	const struct pyb_module_view *const view = search->view;
	const struct pyb_reader *const reader = &importer.bundle.reader;
	uint64_t *const listed = &importer.stats.folders_listed;
	const bool own = view->record->kind != PYB_MODULE_ABSENT &&
			 folder->directory == view->record->directory;
	/* What an unchanged folder has of other packages' modules is not recorded. */
	const bool recorded = is_top_level(view) || folder->directory == view->record->directory;

	search->reason = FALLTHROUGH_SHADOWED;
	if (folder->directory == PYB_NONE)
		search->all_recorded = false;
	if (search->afresh)
		folder_look_again(folder, reader);
	if (folder_refresh(folder, reader, !recorded, listed) != 0 ||
	    folder->state == FOLDER_OPAQUE) {
		search->reason = FALLTHROUGH_FOREIGN_PATH;
		return VERDICT_LEAVE;
	}
	if (!own)
		return may_hold(folder, view) ? VERDICT_LEAVE : VERDICT_ABSENT;
	if (!is_still_first(folder, view))
		return VERDICT_LEAVE;
	if (is_package(view) && !has_plain_init(view, listed))
		return VERDICT_LEAVE;
	return VERDICT_SERVE;
}

static enum verdict search_entry_folder(const struct entry *entry, struct search *search)
{
	const struct pyb_module_view *const view = search->view;
	struct folder *const folder =
		folder_get(&importer.folders, &importer.bundle.reader, entry->text, entry->size,
			   view->name.text, prefix_size(view));

	/* Without memory for what is known about it, importlib has a look. */
	return folder == NULL ? VERDICT_LEAVE : search_folder(folder, search);
}

static enum verdict search_entry(PyObject *object, struct search *search)
{
	struct entry entry;
	enum verdict verdict = VERDICT_LEAVE;
	const int usable = open_entry(object, &entry);

	search->reason = FALLTHROUGH_FOREIGN_PATH;
	if (usable < 0)
		return VERDICT_ERROR;
	const enum asked asked = usable > 0 ? who_is_asked(object, &entry) : ASKED_FOREIGN;
	if (asked == ASKED_FOLDER)
		verdict = search_entry_folder(&entry, search);
	else if (asked == ASKED_NOBODY)
		verdict = VERDICT_ABSENT;
	Py_XDECREF(entry.holder);
	return verdict;
}

static enum verdict search_path(PyObject *entries, struct search *search)
{
	enum verdict verdict = VERDICT_ABSENT;

	search->all_recorded = true;
	for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(entries) && verdict == VERDICT_ABSENT;
	     i++)
		verdict = search_entry(PySequence_Fast_GET_ITEM(entries, i), search);
	return verdict;
}

/*
 * The path does not lead to the module's folder. As with a name that is nowhere, no look at a file
 * will tell that one of the folders on the path has got such a module meanwhile.
 */
static enum verdict search_again(PyObject *entries, struct search *search)
{
	if (pyb_reader_checks_files(&importer.bundle.reader)) {
		search->afresh = true;
		return search_path(entries, search);
	}
	search->reason = FALLTHROUGH_OFF_PATH;
	return search->all_recorded ? VERDICT_ABSENT : VERDICT_LEAVE;
}

enum verdict resolve_module(const struct pyb_module_view *view, PyObject *path,
			    enum fallthrough *reason)
{
	struct search search = {.view = view,
				.afresh = view->record->kind == PYB_MODULE_ABSENT,
				.reason = FALLTHROUGH_FOREIGN_PATH};
	enum verdict verdict = VERDICT_LEAVE;

	*reason = search.reason;
	if (!importlib_has_plain_path_hooks(&importer.importlib))
		return VERDICT_LEAVE;
	if (importlib_was_invalidated(&importer.importlib) &&
	    pyb_reader_checks_files(&importer.bundle.reader))
		folder_cache_invalidate(&importer.folders);
	/* A search path that cannot be walked is importlib's to complain about. */
	PyObject *const entries = PySequence_Fast(path, "");
	if (entries == NULL) {
		PyErr_Clear();
		return VERDICT_LEAVE;
	}
	verdict = search_path(entries, &search);
	if (verdict == VERDICT_ABSENT && view->record->kind != PYB_MODULE_ABSENT)
		verdict = search_again(entries, &search);
	Py_DECREF(entries);
	*reason = search.reason;
	return verdict;
}

bool resolve_folder_changed(const struct pyb_module_view *view)
{
	const struct folder *const folder =
		is_package(view) ? package_folder(view)
				 : recorded_folder(view->record->directory, view->name.text,
						   prefix_size(view));
	return folder == NULL || !folder_has_recorded_time(folder, &importer.bundle.reader);
}
