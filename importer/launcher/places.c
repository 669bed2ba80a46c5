/* SPDX-License-Identifier: MIT */
#include "importer/launcher/places.h"

#include "importer/launcher/system.h"
#include "lib/names.h"

#define LIBRARY_FOLDER "lib/pystart/"

void places_find(struct places *places, const struct surroundings *surroundings)
{
	static const char deleted[] = " (deleted)"; /* the kernel's word */
	const char *const name = surroundings->argv[0];
	const char *const execfn = surroundings->execfn;
	const long length = system_readlink("/proc/self/exe", places->real_buffer,
					    sizeof(places->real_buffer) - 1);

	places->real = NULL;
	if (length > 0) {
		places->real_buffer[length] = '\0';
		/* An upgrade has just put another file there. */
		if (text_ends_with(places->real_buffer, deleted))
			places->real_buffer[(size_t)length - (sizeof(deleted) - 1)] = '\0';
		places->real = places->real_buffer;
	}
	places->launched = execfn;
	if (execfn == NULL || name == NULL ||
	    !text_equals(text_base_name(execfn), text_base_name(name)))
		places->launched = places->real != NULL ? places->real : execfn;
	if (places->launched == NULL)
		places->launched = "pystart";
}

bool places_name_interpreter(const struct places *places)
{
	const char *const name = text_base_name(places->launched);

	return pyb_is_versioned_name(name, "pystart") || pyb_is_versioned_name(name, "python");
}

void places_name_process(char *name)
{
	const long length = system_readlink("/proc/self", name, PLACES_PROCESS_SIZE - 1);
	struct text text;

	if (length > 0 && length < PLACES_PROCESS_SIZE - 1) {
		name[length] = '\0';
	} else {
		text_begin(&text, name, PLACES_PROCESS_SIZE);
		text_add(&text, "self");
	}
}

void places_add_folder(struct text *text, const char *path)
{
	text_add_bytes(text, path, (size_t)(text_base_name(path) - path));
}

/* Of PREFIX/bin/NAME make PREFIX/lib/pystart/. Returns whether the path has that form. */
static bool add_library_folder(struct text *text, const char *path)
{
	static const char bin[] = "/bin/";
	const size_t folder = (size_t)(text_base_name(path) - path);
	const size_t tail = sizeof(bin) - 1;

	if (folder < tail || !text_starts_with(path + folder - tail, bin))
		return false;
	text_add_bytes(text, path, folder - tail + 1);
	text_add(text, LIBRARY_FOLDER);
	return true;
}

static bool folder_by_number(const struct places *places, size_t index, struct text *folder)
{
	switch (index) {
	case 0:
		places_add_folder(folder, places->launched);
		return true;
	case 1:
		if (places->real != NULL)
			places_add_folder(folder, places->real);
		return places->real != NULL;
	case 2:
		return places->real != NULL && add_library_folder(folder, places->real);
	default:
		text_add(folder, PKGLIBDIR "/");
		return true;
	}
}

bool places_folder(const struct places *places, size_t index, struct text *folder)
{
	char buffer[TEXT_PATH_SIZE];
	struct text earlier;

	text_set(folder, "");
	if (index >= PLACES_FOLDER_MAX || !folder_by_number(places, index, folder))
		return false;
	for (size_t i = 0; i < index; i++) {
		text_begin(&earlier, buffer, sizeof(buffer));
		if (folder_by_number(places, i, &earlier) &&
		    text_equals(earlier.bytes, folder->bytes))
			return false;
	}
	return true;
}

bool places_interpreter_folder(const struct places *places, size_t index, const char *name,
			       struct text *folder)
{
	if (!places_folder(places, index, folder))
		return false;
	if (index >= PLACES_FIRST_INSTALLED && *name != '\0') {
		text_add(folder, name);
		text_add(folder, "/");
	}
	return true;
}

static bool is_same_folder(const char *one, const char *other)
{
	struct stat a;
	struct stat b;

	return system_stat(one, &a) == 0 && system_stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

bool places_folder_shown(const struct places *places, size_t index, const char *name,
			 struct text *folder)
{
	char buffer[TEXT_PATH_SIZE];
	struct text later;

	if (!places_interpreter_folder(places, index, name, folder))
		return false;
	if (folder->length == 0)
		text_set(folder, "./");
	for (size_t i = index + 1; i < PLACES_FOLDER_MAX; i++) {
		text_begin(&later, buffer, sizeof(buffer));
		if (places_interpreter_folder(places, i, name, &later) &&
		    is_same_folder(folder->bytes, later.bytes))
			return false;
	}
	return true;
}
