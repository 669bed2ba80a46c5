/* SPDX-License-Identifier: MIT */
#include "importer/find/module_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/bundle/mapping.h"
#include "importer/find/resolve.h"
#include "importer/session.h"
#include "lib/source_hash.h"
#include "lib/timestamp.h"

static bool has_flag(const struct pyb_module_view *view, uint8_t flag)
{
	return (view->record->flags & flag) != 0;
}

/* Under PYB_CHECK_DIRECTORY a folder that has changed is worth a look at its files. */
static bool is_to_be_checked(const struct pyb_module_view *view)
{
	const uint8_t check = used_bundle.reader.header->check;

	return check == PYB_CHECK_DIRECTORY ? resolve_folder_changed(view)
					    : check != PYB_CHECK_NEVER;
}

bool module_file_may_read(const char *path, const struct stat *status)
{
	const mode_t everybody = S_IRUSR | S_IRGRP | S_IROTH;

	return (status->st_mode & everybody) == everybody ||
	       faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
}

/* --- by contents */

static bool read_whole(int descriptor, char *room, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const ssize_t count = read(descriptor, room + at, size - at);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		at += (size_t)count;
	}
	return true;
}

static bool has_recorded_contents(const struct pyb_module *record, int descriptor)
{
	const size_t size = (size_t)record->file_size;
	char *const room = malloc(size + 1);
	const bool same = room != NULL && read_whole(descriptor, room, size) &&
			  pyb_source_hash(used_bundle.reader.header->fingerprint.bytecode_magic,
					  room, size) == record->source_hash;

	free(room);
	return same;
}

/* O_NONBLOCK: a FIFO in its place must not keep the program waiting for a writer. */
static enum module_file compare_contents(const struct pyb_module *record, const char *path)
{
	const int descriptor =
		(int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
	enum module_file file = MODULE_FILE_OTHER;
	struct stat status;

	/* A file that may not be read is there all the same, unless the way to it is closed too. */
	if (descriptor < 0)
		return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? MODULE_FILE_OTHER
									   : MODULE_FILE_NONE;
	if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
		file = MODULE_FILE_NONE;
	else if ((uint64_t)status.st_size == record->file_size &&
		 has_recorded_contents(record, descriptor))
		file = MODULE_FILE_SAME;
	close(descriptor);
	return file;
}

/* --- by time and size */

static enum module_file compare_times(const struct pyb_module *record, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return MODULE_FILE_NONE;
	return (uint64_t)status.st_size == record->file_size &&
			       pyb_timestamp_matches(record->mtime_ns, &status.st_mtim) &&
			       module_file_may_read(path, &status)
		       ? MODULE_FILE_SAME
		       : MODULE_FILE_OTHER;
}

static enum module_file compare(const struct pyb_module_view *view, const char *path)
{
	const bool by_contents = used_bundle.reader.header->check == PYB_CHECK_HASH ||
				 has_flag(view, PYB_MODULE_FLAG_HASHED);

	return by_contents && view->record->kind == PYB_MODULE_SOURCE
		       ? compare_contents(view->record, path)
		       : compare_times(view->record, path);
}

/* --- hash-based .pyc files */

/* Whether `--check-hash-based-pycs` has this value, which importlib asks for at each import, too. */
static bool pycs_are_checked(const char *value)
{
	PyObject *const imp = compat_dict_find(PyImport_GetModuleDict(), "_imp");
	PyObject *const set =
		imp == NULL ? NULL : PyObject_GetAttrString(imp, "check_hash_based_pycs");
	const bool same = set != NULL && PyUnicode_Check(set) &&
			  PyUnicode_CompareWithASCIIString(set, value) == 0;

	Py_XDECREF(set);
	PyErr_Clear();
	return same;
}

/* Whether .pyc files are where they are by default. */
static bool pycs_are_beside_sources(void)
{
	PyObject *const prefix = PySys_GetObject("pycache_prefix");

	return prefix == NULL || prefix == Py_None;
}

/* Whether importlib would do with the module's .pyc file what it did when the bundle was made. */
static bool pyc_means_the_same(const struct pyb_module_view *view)
{
	if (has_flag(view, PYB_MODULE_FLAG_HASHED))
		return !pycs_are_checked("never");
	if (has_flag(view, PYB_MODULE_FLAG_FROM_CACHED))
		return !pycs_are_checked("always") && pycs_are_beside_sources();
	return true;
}

/* The code is that of the .pyc file; there must be a source, whatever is in it. */
static enum module_file compare_cached(const struct pyb_module_view *view)
{
	struct stat status;

	if (stat(view->origin.text, &status) != 0 || !S_ISREG(status.st_mode))
		return MODULE_FILE_NONE;
	return compare(view, view->cached.text) == MODULE_FILE_SAME ? MODULE_FILE_SAME
								    : MODULE_FILE_OTHER;
}

enum module_file module_file_look(const struct pyb_module_view *view)
{
	enum module_file file;

	/* The folder of a .pyc file is not recorded. */
	const bool from_cached = has_flag(view, PYB_MODULE_FLAG_FROM_CACHED);
	if (used_bundle.reader.header->check == PYB_CHECK_NEVER ||
	    (!from_cached && !is_to_be_checked(view) && pyc_means_the_same(view)))
		return MODULE_FILE_SAME;
	file = from_cached ? compare_cached(view) : compare(view, view->origin.text);
	return file == MODULE_FILE_SAME && !pyc_means_the_same(view) ? MODULE_FILE_OTHER : file;
}

bool module_file_exists(const struct pyb_module_view *view)
{
	struct stat status;

	if (used_bundle.reader.header->check == PYB_CHECK_NEVER ||
	    (!has_flag(view, PYB_MODULE_FLAG_LINKED) && !resolve_folder_changed(view)))
		return true;
	return stat(view->origin.text, &status) == 0 && S_ISREG(status.st_mode);
}
