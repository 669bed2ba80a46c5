/* SPDX-License-Identifier: MIT */
#include "importer/find/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/digest.h"
#include "lib/timestamp.h"

struct folder_cache seen_folders;

/* Suffixes of extension modules, Python/dynload_shlib.c _PyImport_DynLoadFiletab. */
static const char *const extension_suffixes[] = {"." PYTHON_SOABI ".so", ".abi3.so", ".so"};

enum { SUFFIX_MAX = sizeof("." PYTHON_SOABI ".so") }; /* no suffix is longer */

/* --- the cache */

static uint64_t hash_key(const char *path, size_t path_size, const char *prefix, size_t prefix_size)
{
	return pyb_digest64(path, path_size) ^ (pyb_digest64(prefix, prefix_size) << 1);
}

static bool is_string(const char *text, const char *other, size_t other_size)
{
	return strncmp(text, other, other_size) == 0 && text[other_size] == '\0';
}

/* The slot where the folder is, or where it belongs. There is always a free slot. */
static struct folder **find_slot(const struct folder_cache *cache, uint64_t hash, const char *path,
				 size_t path_size, const char *prefix, size_t prefix_size)
{
	uint32_t slot = (uint32_t)hash & (cache->slot_count - 1);

	for (;; slot = (slot + 1) & (cache->slot_count - 1)) {
		const struct folder *const folder = cache->slots[slot];
		if (folder == NULL ||
		    (folder->hash == hash && is_string(folder->path, path, path_size) &&
		     is_string(folder->prefix, prefix, prefix_size)))
			return &cache->slots[slot];
	}
}

static int grow_cache(struct folder_cache *cache)
{
	const struct folder_cache old = *cache;
	const uint32_t slot_count = old.slot_count == 0 ? 64 : old.slot_count * 2;

	if (slot_count < old.slot_count)
		return -1;
	struct folder **const slots = calloc(slot_count, sizeof(struct folder *));
	if (slots == NULL)
		return -1;
	cache->slots = slots;
	cache->slot_count = slot_count;
	for (uint32_t i = 0; i < old.slot_count; i++) {
		struct folder *const folder = old.slots[i];
		if (folder != NULL)
			*find_slot(cache, folder->hash, folder->path, strlen(folder->path),
				   folder->prefix, strlen(folder->prefix)) = folder;
	}
	free(old.slots);
	return 0;
}

static void free_folder(struct folder *folder)
{
	if (folder == NULL)
		return;
	free(folder->path);
	free(folder->prefix);
	free(folder->candidates);
	free(folder);
}

static struct folder *new_folder(const struct pyb_reader *reader, const char *path,
				 size_t path_size, const char *prefix, size_t prefix_size)
{
	struct folder *const folder = calloc(1, sizeof(*folder));

	if (folder == NULL)
		return NULL;
	folder->path = strndup(path, path_size);
	folder->prefix = strndup(prefix, prefix_size);
	folder->hash = hash_key(path, path_size, prefix, prefix_size);
	folder->directory = pyb_reader_find_directory(reader, path, path_size);
	if (folder->path == NULL || folder->prefix == NULL) {
		free_folder(folder);
		return NULL;
	}
	return folder;
}

struct folder *folder_get(struct folder_cache *cache, const struct pyb_reader *reader,
			  const char *path, size_t path_size, const char *prefix,
			  size_t prefix_size)
{
	if (cache->folder_count >= cache->slot_count / 2 && grow_cache(cache) != 0)
		return NULL;
	struct folder **const slot =
		find_slot(cache, hash_key(path, path_size, prefix, prefix_size), path, path_size,
			  prefix, prefix_size);
	if (*slot == NULL) {
		*slot = new_folder(reader, path, path_size, prefix, prefix_size);
		cache->folder_count += *slot != NULL;
	}
	return *slot;
}

void folder_cache_invalidate(struct folder_cache *cache)
{
	for (uint32_t i = 0; i < cache->slot_count; i++)
		if (cache->slots[i] != NULL)
			cache->slots[i]->state = FOLDER_UNSEEN;
}

void folder_cache_release(struct folder_cache *cache)
{
	for (uint32_t i = 0; i < cache->slot_count; i++)
		free_folder(cache->slots[i]);
	free(cache->slots);
	*cache = (struct folder_cache){0};
}

/* --- listing */

/*
 * Where a link leads can change while the folder that it is in stays as it is, so that a link may be a
 * folder at any time.
 */
static bool may_be_folder(const struct dirent *entry, int descriptor)
{
	struct stat status;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR || entry->d_type == DT_LNK;
	return fstatat(descriptor, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode));
}

/* What the entry is a candidate for, under its name up to `stem_size`; 0 if for nothing. */
static uint8_t classify(const struct dirent *entry, size_t stem_size, int descriptor)
{
	const char *const suffix = entry->d_name + stem_size;

	if (*suffix == '\0')
		return may_be_folder(entry, descriptor) ? CANDIDATE_FOLDER : 0;
	if (strcmp(suffix, ".py") == 0)
		return CANDIDATE_SOURCE;
	if (strcmp(suffix, ".pyc") == 0)
		return CANDIDATE_BYTECODE;
	for (size_t i = 0; i < sizeof(extension_suffixes) / sizeof(*extension_suffixes); i++)
		if (strcmp(suffix, extension_suffixes[i]) == 0)
			return CANDIDATE_EXTENSION;
	return 0;
}

bool candidates_begin_with(unsigned int kinds, enum candidate wanted)
{
	/* Which of several extension modules comes first is not known. */
	const unsigned int last = wanted == CANDIDATE_EXTENSION ? CANDIDATE_EXTENSIONS : wanted;

	return (kinds & (2 * last - 1)) == (unsigned int)wanted;
}

static uint8_t merge_kinds(uint8_t kinds, uint8_t kind)
{
	const bool again = (kinds & kind & CANDIDATE_EXTENSION) != 0;
	return (uint8_t)(kinds | kind | (again ? CANDIDATE_EXTENSIONS : 0));
}

static int add_candidate(struct folder *folder, uint32_t module, uint8_t kind)
{
	for (uint32_t i = 0; i < folder->candidate_count; i++) {
		struct folder_candidate *const candidate = &folder->candidates[i];
		if (candidate->module == module) {
			candidate->kinds = merge_kinds(candidate->kinds, kind);
			return 0;
		}
	}
	struct folder_candidate *const grown =
		reallocarray(folder->candidates, (size_t)folder->candidate_count + 1,
			     sizeof(*folder->candidates));
	if (grown == NULL)
		return -1;
	folder->candidates = grown;
	grown[folder->candidate_count++] = (struct folder_candidate){module, kind};
	return 0;
}

/* The bundled module that an entry named `stem` in this folder would be, or PYB_NONE. */
static uint32_t module_of(const struct folder *folder, const struct pyb_reader *reader,
			  const char *stem, size_t stem_size)
{
	const size_t prefix_size = strlen(folder->prefix);
	struct pyb_module_view view;
	char name[1024];

	if (stem_size > sizeof(name) || prefix_size > sizeof(name) - stem_size)
		return PYB_NONE;
	memcpy(name, folder->prefix, prefix_size);
	memcpy(name + prefix_size, stem, stem_size);
	if (pyb_reader_find(reader, name, prefix_size + stem_size, &view, NULL) != PYB_OK ||
	    view.record == NULL)
		return PYB_NONE;
	return view.number;
}

/* Folders of caches come with any run; no bundle says anything about that name. */
static bool is_told_of(const struct dirent *entry)
{
	return strcmp(entry->d_name, "__pycache__") != 0;
}

static int take_entry(struct folder *folder, const struct pyb_reader *reader,
		      const struct dirent *entry, int descriptor)
{
	const size_t stem_size = strcspn(entry->d_name, ".");
	const uint8_t kind = classify(entry, stem_size, descriptor);

	if (kind == 0 || !is_told_of(entry))
		return 0;
	folder->entries =
		pyb_digest_with_name(folder->entries, entry->d_name, strlen(entry->d_name));
	if (is_string("__init__", entry->d_name, stem_size))
		folder->init_kinds = merge_kinds(folder->init_kinds, kind);
	const uint32_t module = module_of(folder, reader, entry->d_name, stem_size);
	return module == PYB_NONE ? 0 : add_candidate(folder, module, kind);
}

static void forget_entries(struct folder *folder)
{
	folder->candidate_count = 0;
	folder->init_kinds = 0;
	folder->entries = 0;
}

static int read_entries(struct folder *folder, const struct pyb_reader *reader, DIR *stream)
{
	const struct dirent *entry;

	forget_entries(folder);
	for (;;) {
		errno = 0;
		entry = readdir(stream);
		if (entry == NULL)
			break;
		if (take_entry(folder, reader, entry, dirfd(stream)) != 0)
			return -1;
	}
	folder->state = errno == 0 ? FOLDER_LISTED : FOLDER_OPAQUE;
	return 0;
}

/*
 * Whether the process may list the folder (R_OK) or use what is in it (X_OK). Everybody may as a rule,
 * so the system is seldom asked. What an access control list takes away from one user is not noticed.
 */
static bool may(int what, const char *path, const struct stat *status)
{
	const mode_t everybody =
		what == R_OK ? S_IRUSR | S_IRGRP | S_IROTH : S_IXUSR | S_IXGRP | S_IXOTH;

	return (status->st_mode & everybody) == everybody ||
	       faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0;
}

/* To FileFinder a folder that may not be listed is an empty one. */
static void set_unreadable(struct folder *folder, int error)
{
	struct stat status;

	folder->state = error == ENOENT ? FOLDER_MISSING : FOLDER_OPAQUE;
	if (error != EACCES || stat(folder->path, &status) != 0 || !S_ISDIR(status.st_mode))
		return;
	folder->state = FOLDER_LISTED;
	folder->mtime = status.st_mtim;
	forget_entries(folder);
}

static int list_folder(struct folder *folder, const struct pyb_reader *reader, uint64_t *listed)
{
	struct stat status;
	DIR *const stream = opendir(folder->path);
	int result = 0;

	if (stream == NULL) {
		set_unreadable(folder, errno);
		return 0;
	}
	folder->state = FOLDER_OPAQUE;
	/* Taken before the entries are read, so that a later change shows. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): an open stream has a descriptor */
	if (fstat(dirfd(stream), &status) == 0 && may(X_OK, folder->path, &status)) {
		folder->mtime = status.st_mtim;
		result = read_entries(folder, reader, stream);
		++*listed;
	}
	closedir(stream);
	return result;
}

/* --- freshness */

/*
 * Whether it is the folder that was recorded, and untouched. Its time of modification is no proof: it
 * can be set, and archives, images and reproducible builds do so. That of its last change cannot.
 */
static bool is_untouched(const struct pyb_directory *record, const struct stat *status)
{
	return record->flags == 0 && record->inode != 0 && S_ISDIR(status->st_mode) &&
	       status->st_ino == record->inode &&
	       pyb_timestamp(&status->st_ctim) == record->ctime_ns &&
	       pyb_timestamp(&status->st_mtim) == record->mtime_ns;
}

static int look_into_recorded(struct folder *folder, const struct pyb_reader *reader,
			      uint64_t *listed)
{
	const struct pyb_directory *const record = &reader->directories[folder->directory];
	const int result = list_folder(folder, reader, listed);

	if (result == 0 && folder->state == FOLDER_LISTED && record->flags == 0 &&
	    folder->entries == record->entries)
		folder->state = FOLDER_SAME_NAMES;
	return result;
}

static int look_at_recorded(struct folder *folder, const struct pyb_reader *reader,
			    uint64_t *listed)
{
	const struct pyb_directory *const record = &reader->directories[folder->directory];
	struct stat status;

	if (reader->header->check == PYB_CHECK_NEVER) {
		folder->state = (record->flags & PYB_DIRECTORY_FLAG_MISSING) != 0
					? FOLDER_MISSING
					: FOLDER_UNCHANGED;
		return 0;
	}
	if (stat(folder->path, &status) != 0) {
		/* What is below a file may be in an archive. */
		folder->state = errno == ENOENT ? FOLDER_MISSING : FOLDER_OPAQUE;
		return 0;
	}
	if (!is_untouched(record, &status) || !may(R_OK, folder->path, &status) ||
	    !may(X_OK, folder->path, &status))
		return look_into_recorded(folder, reader, listed);
	folder->state = FOLDER_UNCHANGED;
	folder->mtime = status.st_mtim;
	return 0;
}

static int look(struct folder *folder, const struct pyb_reader *reader, uint64_t *listed)
{
	return folder->directory == PYB_NONE ? list_folder(folder, reader, listed)
					     : look_at_recorded(folder, reader, listed);
}

/* By the time of modification alone, as FileFinder notices it in a process. */
static bool has_changed(const struct folder *folder)
{
	struct stat status;

	if (stat(folder->path, &status) != 0)
		return folder->state != FOLDER_MISSING || errno != ENOENT;
	return (folder->state != FOLDER_LISTED && !folder_is_as_recorded(folder)) ||
	       pyb_timestamp(&status.st_mtim) != pyb_timestamp(&folder->mtime);
}

/* What may not be listed is empty to FileFinder, whatever is in it. */
static bool is_asked(const struct folder *folder, const struct pyb_reader *reader)
{
	return seen_folders.asked != NULL && folder->prefix[0] == '\0' &&
	       (folder->directory == PYB_NONE || pyb_reader_checks_files(reader)) &&
	       strcmp(folder->path, seen_folders.asked) == 0 &&
	       faccessat(AT_FDCWD, folder->path, R_OK | X_OK, AT_EACCESS) == 0;
}

int folder_refresh(struct folder *folder, const struct pyb_reader *reader, bool must_list,
		   uint64_t *listed)
{
	const bool again = folder->look_again ||
			   (folder->directory == PYB_NONE && pyb_reader_checks_files(reader));
	int result = 0;

	folder->look_again = false;
	if (is_asked(folder, reader)) {
		folder->state = FOLDER_ASKED;
		return 0;
	}
	if (folder->state == FOLDER_UNSEEN || (again && has_changed(folder)))
		result = look(folder, reader, listed);
	if (result == 0 && must_list && folder_is_as_recorded(folder))
		result = list_folder(folder, reader, listed);
	return result;
}

void folder_look_again(struct folder *folder, const struct pyb_reader *reader)
{
	folder->look_again = pyb_reader_checks_files(reader) &&
			     (folder_is_as_recorded(folder) || folder->state == FOLDER_LISTED ||
			      folder->state == FOLDER_MISSING);
}

uint8_t folder_candidates(const struct folder *folder, uint32_t module)
{
	for (uint32_t i = 0; i < folder->candidate_count; i++)
		if (folder->candidates[i].module == module)
			return folder->candidates[i].kinds;
	return 0;
}

/* Whether there is a file of this type, S_IFREG or S_IFDIR, where links lead. */
static bool is_there(const char *path, mode_t type)
{
	struct stat status;

	return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

/* What there is under a name, up to the first of these kinds. All of them when out of memory. */
static uint8_t ask_for(const struct folder *folder, const char *name, size_t name_size,
		       unsigned int last)
{
	static const struct {
		const char *suffix;
		mode_t type;
		uint8_t kind;
	} forms[] = {{"", S_IFDIR, CANDIDATE_FOLDER},
		     {"." PYTHON_SOABI ".so", S_IFREG, CANDIDATE_EXTENSION},
		     {".abi3.so", S_IFREG, CANDIDATE_EXTENSION},
		     {".so", S_IFREG, CANDIDATE_EXTENSION},
		     {".py", S_IFREG, CANDIDATE_SOURCE},
		     {".pyc", S_IFREG, CANDIDATE_BYTECODE}};
	const size_t path_size = strlen(folder->path);
	const size_t base_size = path_size + 1 + name_size;
	char *const path = malloc(base_size + SUFFIX_MAX + 1);
	uint8_t kinds = 0;

	if (path == NULL)
		return UINT8_MAX;
	memcpy(path, folder->path, path_size);
	path[path_size] = '/';
	memcpy(path + path_size + 1, name, name_size);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms) && (kinds & last) == 0; i++) {
		memcpy(path + base_size, forms[i].suffix, strlen(forms[i].suffix) + 1);
		if (is_there(path, forms[i].type))
			kinds = merge_kinds(kinds, forms[i].kind);
	}
	free(path);
	return kinds;
}

bool folder_holds(const struct folder *folder, const char *name, size_t name_size)
{
	return ask_for(folder, name, name_size, UINT8_MAX) != 0;
}

uint8_t folder_ask(const struct folder *folder, const char *name, size_t name_size)
{
	/* Of extension modules there may be several. */
	return ask_for(folder, name, name_size, CANDIDATE_FOLDER | CANDIDATE_SOURCE);
}
