/* SPDX-License-Identifier: MIT */
#include "importer/find/resolve.h"

#include <string.h>

#include "importer/bundle/mapping.h"
#include "importer/cpython/importlib.h"
#include "importer/find/entry.h"
#include "importer/find/folder.h"
#include "importer/find/owed.h"
#include "importer/session.h"

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
	const size_t package_size = prefix_size(view);

	switch (folder->state) {
	case FOLDER_MISSING:
		return false;
	case FOLDER_UNCHANGED:
	case FOLDER_SAME_NAMES:
		if (!pyb_reader_is_shadowed(&used_bundle.reader, folder->directory, view->number))
			return false;
		break;
	case FOLDER_LISTED:
		if (folder_candidates(folder, view->number) == 0)
			return false;
		break;
	case FOLDER_ASKED:
		break;
	default:
		return true;
	}
	return folder_holds(folder, view->name.text + package_size, view->name.size - package_size);
}

/* A recorded folder as the place of modules with this prefix; NULL if there is none. */
static struct folder *recorded_folder(uint32_t directory, const char *prefix, size_t size)
{
	const struct pyb_reader *const reader = &used_bundle.reader;
	const struct pyb_directory *record;
	struct pyb_string path;

	if (pyb_reader_directory(reader, directory, &record, &path, NULL) != PYB_OK)
		return NULL;
	return folder_get(&seen_folders, reader, path.text, path.size, prefix, size);
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

/* What its file is among the candidates. */
static enum candidate file_kind(const struct pyb_module_view *view)
{
	return view->record->kind == PYB_MODULE_EXTENSION ? CANDIDATE_EXTENSION : CANDIDATE_SOURCE;
}

/* Whether nothing was before it where it was found; what there was may have become a file. */
static bool is_alone(const struct pyb_module_view *view)
{
	return !pyb_reader_is_shadowed(&used_bundle.reader, view->record->directory, view->number);
}

/* In a package's folder nothing but __init__.py may be what FileFinder takes for the package. */
static bool has_plain_init(const struct pyb_module_view *view, uint64_t *listed)
{
	struct folder *const folder = package_folder(view);

	if (folder == NULL || folder_refresh(folder, &used_bundle.reader, false, listed) != 0)
		return false;
	if (folder_is_as_recorded(folder))
		return is_alone(view);
	/* A folder of that name is nothing to FileFinder. */
	return folder->state == FOLDER_LISTED &&
	       candidates_begin_with(folder->init_kinds & ~(unsigned int)CANDIDATE_FOLDER,
				     file_kind(view));
}

/* Whether FileFinder, asked about the module's own folder, would return the bundled file. */
static bool is_still_first(const struct folder *folder, const struct pyb_module_view *view)
{
	const size_t package_size = prefix_size(view);
	unsigned kinds = 0;

	if (folder_is_as_recorded(folder))
		return is_alone(view);
	if (folder->state == FOLDER_LISTED)
		kinds = folder_candidates(folder, view->number);
	else if (folder->state == FOLDER_ASKED)
		kinds = folder_ask(folder, view->name.text + package_size,
				   view->name.size - package_size);
	return candidates_begin_with(kinds, is_package(view) ? CANDIDATE_FOLDER : file_kind(view));
}

/* One walk along a search path. */
struct search {
	const struct pyb_module_view *view;
	const struct question *question;
	enum path_hooks hooks;
	bool afresh;       /* do not rely on an earlier look at a folder */
	bool all_recorded; /* no folder was met that the bundle does not know */
	bool again;        /* the second walk: other finders than importlib's were asked */
	bool has_portions; /* one of them has a part of a namespace package */
	PyObject *spec;    /* VERDICT_FOUND: what one of them has found; owned */
	enum fallthrough reason;
};

/*
 * What the search finds in one folder of the path. VERDICT_ABSENT: nothing, go on; VERDICT_LEAVE: only
 * its finder can tell.
 */
static enum verdict search_folder(struct folder *folder, struct search *search)
{
	const struct pyb_module_view *const view = search->view;
	const struct pyb_reader *const reader = &used_bundle.reader;
	uint64_t *const listed = &session.stats.folders_listed;
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

/* The key is the entry, or the working folder for an empty one. */
static void note_owed_finder(struct folder *folder, const struct path_entry *entry)
{
	PyObject *const key = entry->cwd == NULL ? Py_NewRef(entry->object)
						 : PyUnicode_DecodeFSDefault(entry->cwd);

	if (key != NULL)
		owed_note(folder, key);
	PyErr_Clear();
	Py_XDECREF(key);
}

static enum verdict search_entry_folder(const struct path_entry *entry, struct search *search)
{
	const struct pyb_module_view *const view = search->view;
	struct folder *const folder = folder_get(&seen_folders, &used_bundle.reader, entry->text,
						 entry->size, view->name.text, prefix_size(view));

	/* Without memory for what is known about it, its finder has a look. */
	if (folder == NULL)
		return VERDICT_LEAVE;
	/* That nobody finds there was noted, and the program has cleared the cache. */
	if (entry->finder == NULL && folder->state == FOLDER_MISSING)
		folder_look_again(folder, &used_bundle.reader);
	const enum verdict verdict = search_folder(folder, search);
	if (entry->finder != NULL || verdict == VERDICT_LEAVE)
		return verdict;
	/* What is no folder goes to the hooks behind the one for folders. */
	if (folder->state == FOLDER_MISSING && search->hooks != PATH_HOOKS_PLAIN) {
		search->reason = FALLTHROUGH_FOREIGN_PATH;
		return VERDICT_LEAVE;
	}
	/* What is not looked at each time may be there by now. */
	if (folder->state != FOLDER_MISSING || pyb_reader_checks_files(&used_bundle.reader))
		note_owed_finder(folder, entry);
	return verdict;
}

static enum verdict ask(const struct path_entry *entry, struct search *search)
{
	switch (entry_ask(entry, search->question, &search->spec)) {
	case ANSWER_NOTHING:
		return VERDICT_ABSENT;
	case ANSWER_PORTION:
		search->has_portions = true;
		return VERDICT_ABSENT;
	case ANSWER_FOUND:
		return VERDICT_FOUND;
	case ANSWER_UNKNOWN:
		return VERDICT_LEAVE;
	case ANSWER_ERROR:
		return VERDICT_ERROR;
	}
	return VERDICT_LEAVE;
}

static enum verdict search_entry(PyObject *object, struct search *search)
{
	struct path_entry entry;
	enum verdict verdict = VERDICT_LEAVE;

	search->reason = FALLTHROUGH_FOREIGN_PATH;
	switch (entry_open(&entry, object, search->hooks, search->question)) {
	case ENTRY_FOLDER:
		verdict = search_entry_folder(&entry, search);
		break;
	case ENTRY_NOBODY:
		verdict = VERDICT_ABSENT;
		break;
	case ENTRY_FOREIGN:
		if (search->again)
			verdict = VERDICT_ABSENT;
		break;
	case ENTRY_ERROR:
		verdict = VERDICT_ERROR;
		break;
	}
	if (verdict == VERDICT_LEAVE)
		verdict = ask(&entry, search);
	entry_close(&entry);
	return verdict;
}

/* A finder may change the path while it is asked, so a list is walked as a for loop does. */
static enum verdict search_path(PyObject *entries, struct search *search)
{
	enum verdict verdict = VERDICT_ABSENT;

	search->all_recorded = true;
	for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(entries) && verdict == VERDICT_ABSENT;
	     i++) {
		PyObject *const object = Py_NewRef(PySequence_Fast_GET_ITEM(entries, i));
		verdict = search_entry(object, search);
		Py_DECREF(object);
	}
	/* Only importlib makes namespace packages. */
	return verdict == VERDICT_ABSENT && search->has_portions ? VERDICT_LEAVE : verdict;
}

/*
 * The path does not lead to the module's folder. As with a name that is nowhere, no look at a file
 * will tell that one of the folders on the path has got such a module meanwhile.
 */
static enum verdict search_again(PyObject *entries, struct search *search)
{
	if (!pyb_reader_checks_files(&used_bundle.reader)) {
		search->reason = FALLTHROUGH_OFF_PATH;
		return search->all_recorded ? VERDICT_ABSENT : VERDICT_LEAVE;
	}
	if (search->afresh)
		return VERDICT_ABSENT;
	search->afresh = search->again = true;
	return search_path(entries, search);
}

/*
 * The entries of a path as a sequence, if they can be asked for a second time, as importlib does where
 * the module is left to it: an iterator would be used up. A new reference; NULL with no exception set
 * if only importlib can walk the path, or with one that is not its own.
 */
static PyObject *entries_of(PyObject *path)
{
	const getiterfunc walk = Py_TYPE(path)->tp_iter;
	PyObject *entries;

	if (walk != PyList_Type.tp_iter && walk != PyTuple_Type.tp_iter &&
	    !Py_IS_TYPE(path, stock_importlib.namespace_path))
		return NULL;
	entries = PySequence_Fast(path, "");
	/* A signal may have come while Python code was running. */
	if (entries == NULL && PyErr_ExceptionMatches(PyExc_Exception))
		PyErr_Clear();
	return entries;
}

enum verdict resolve_module(const struct pyb_module_view *view, PyObject *path,
			    const struct question *question, PyObject **spec,
			    enum fallthrough *reason)
{
	const enum path_hooks hooks = entry_path_hooks();
	/* Where others are asked besides, there is one walk, for they are to be asked once. */
	struct search search = {.view = view,
				.question = question,
				.hooks = hooks,
				.afresh = view->record->kind == PYB_MODULE_ABSENT ||
					  hooks == PATH_HOOKS_FOREIGN,
				.reason = FALLTHROUGH_FOREIGN_PATH};
	enum verdict verdict = VERDICT_LEAVE;

	*reason = search.reason;
	if (importlib_was_invalidated(&stock_importlib) &&
	    pyb_reader_checks_files(&used_bundle.reader))
		folder_cache_invalidate(&seen_folders);
	PyObject *const entries = entries_of(path);
	if (entries == NULL)
		return PyErr_Occurred() ? VERDICT_ERROR : VERDICT_LEAVE;
	verdict = search_path(entries, &search);
	if (verdict == VERDICT_ABSENT && view->record->kind != PYB_MODULE_ABSENT)
		verdict = search_again(entries, &search);
	Py_DECREF(entries);
	*spec = search.spec;
	*reason = search.reason;
	return verdict;
}

bool resolve_folder_changed(const struct pyb_module_view *view)
{
	const struct folder *const folder =
		is_package(view) ? package_folder(view)
				 : recorded_folder(view->record->directory, view->name.text,
						   prefix_size(view));
	return folder == NULL || !folder_is_untouched(folder);
}
