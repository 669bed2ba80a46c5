/* SPDX-License-Identifier: MIT */
#include "importer/handoff/take.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/handoff/environment.h"
#include "importer/handoff/handoff.h"

extern char **environ;

static struct link_map *own_link_map(void)
{
	Dl_info info;
	struct link_map *map = NULL;

	if (dladdr1((void *)&handoff_take, &info, (void **)&map, RTLD_DL_LINKMAP) == 0)
		return NULL;
	return map;
}

/* The descriptor in the name that the launcher has an object loaded by; -1 for any other name. */
static int descriptor_in(const char *name)
{
	const char *const number = strstr(name, HANDOFF_DESCRIPTORS);
	char *end;

	if (strncmp(name, HANDOFF_PROCESSES, strlen(HANDOFF_PROCESSES)) != 0 || number == NULL)
		return -1;
	const char *const digits = number + strlen(HANDOFF_DESCRIPTORS);
	const long descriptor = strtol(digits, &end, 10);
	return end == digits || *end != '\0' || descriptor < 0 || descriptor > INT_MAX
		       ? -1
		       : (int)descriptor;
}

/*
 * Debuggers and dl_iterate_phdr() users open objects by name, and the one that this was loaded by
 * leads to it only until the descriptor is closed, as it is now: give the object its real name.
 */
static void adopt_real_name(struct link_map *map, int descriptor)
{
	static char real_name[PATH_MAX];
	const ssize_t size = readlink(map->l_name, real_name, sizeof(real_name) - 1);

	if (size > 0) {
		real_name[size] = '\0';
		map->l_name = real_name;
	}
	close(descriptor);
}

/* Which of the files that importers are installed as was loaded: only its descriptor tells for certain. */
static void note_importer(int descriptor, struct handoff_received *ret)
{
	struct stat status;
	const bool is_known = fstat(descriptor, &status) == 0;

	ret->importer_inode = is_known ? status.st_ino : 0;
	ret->importer_size = is_known ? (uint64_t)status.st_size : 0;
}

/* The end of the strings that the kernel has put on the stack: the program's name follows them. */
static char *end_of_strings(const char *start)
{
	char *const end = (char *)getauxval(AT_EXECFN); /* NOLINT(performance-no-int-to-ptr) */

	return start != NULL && end > start ? end : NULL;
}

/* Where the launcher's entry is, from the vector that counts to the bytes that nothing leads to. */
static char *find(char **argv, char **envp, struct handoff_received *ret)
{
	char *entry = handoff_find(environ, ret);

	if (entry == NULL && envp != environ)
		entry = handoff_find(envp, ret);
	char *const end = end_of_strings(argv[0]);
	if (entry == NULL && end != NULL)
		entry = handoff_find_behind(argv[0], end, ret);
	return entry;
}

static bool copy_path(struct handoff_received *received)
{
	static char path[PATH_MAX];
	const size_t size = strlen(received->bundle_path) + 1;

	if (size > sizeof(path))
		return false;
	memcpy(path, received->bundle_path, size);
	received->bundle_path = path;
	return true;
}

static bool is_in(char *const *vector, const char *entry)
{
	for (; vector != NULL && *vector != NULL; vector++)
		if (*vector == entry)
			return true;
	return false;
}

/*
 * The entry's bytes, and those of the launcher's LD_PRELOAD behind it, which a library may have taken
 * out of the vectors, so that nobody has wiped it.
 */
static void wipe(char *entry, const char *start, char *const *envp)
{
	const char *const end = end_of_strings(start);
	char *const next = entry + strlen(entry) + 1;
	const bool is_among_strings = end != NULL && entry > start && next < end;
	const bool is_last = is_among_strings &&
			     strncmp(next, HANDOFF_PRELOAD, strlen(HANDOFF_PRELOAD)) == 0 &&
			     next + strlen(next) + 1 == end;

	memset(entry, 0, (size_t)(next - entry));
	if (is_last && !is_in(environ, next) && !is_in(envp, next))
		memset(next, 0, (size_t)(end - next));
}

static bool take_entry(char **argv, char **envp, const char *object, struct handoff_received *ret)
{
	char *const entry = find(argv, envp, ret);
	const bool is_usable = entry != NULL && copy_path(ret);

	handoff_remove(environ, entry, object);
	if (envp != environ)
		handoff_remove(envp, entry, object);
	if (entry == NULL)
		return false;
	wipe(entry, argv[0], envp);
	/* No program that is started meanwhile is to inherit it. */
	if (fcntl(ret->bundle_descriptor, F_SETFD, FD_CLOEXEC) == 0 && is_usable)
		return true;
	close(ret->bundle_descriptor);
	return false;
}

bool handoff_take(char **argv, char **envp, struct handoff_received *ret)
{
	struct link_map *const map = own_link_map();
	const int descriptor = map == NULL ? -1 : descriptor_in(map->l_name);

	if (descriptor < 0)
		return false;
	const bool is_taken = take_entry(argv, envp, map->l_name, ret);
	note_importer(descriptor, ret);
	adopt_real_name(map, descriptor);
	return is_taken;
}
