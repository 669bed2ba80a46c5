/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/maps.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "importer/snapshot/dump/proc.h"
#include "lib/snapshot_format.h"

/* --- the first line of each: "start-end rwxp offset major:minor inode   name" */

static bool skip(const char **text, char character)
{
	if (**text != character)
		return false;
	++*text;
	return true;
}

static bool parse_permissions(const char **text, struct map *map)
{
	static const char letters[] = "rwx";
	static const uint32_t bits[] = {PROT_READ, PROT_WRITE, PROT_EXEC};

	map->protection = 0;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (skip(text, letters[i]))
			map->protection |= bits[i];
		else if (!skip(text, '-'))
			return false;
	}
	map->is_shared = skip(text, 's');
	return map->is_shared || skip(text, 'p');
}

static enum map_kind kind_of(const char *name)
{
	if (name[0] == '\0' || strcmp(name, "[heap]") == 0 || strncmp(name, "[anon:", 6) == 0)
		return MAP_KIND_ANONYMOUS;
	if (name[0] == '/')
		return MAP_KIND_FILE;
	if (strcmp(name, "[stack]") == 0)
		return MAP_KIND_STACK;
	if (strcmp(name, "[vdso]") == 0)
		return MAP_KIND_VDSO;
	if (strncmp(name, "[vvar", 5) == 0 || strcmp(name, "[vsyscall]") == 0)
		return MAP_KIND_KERNEL;
	return MAP_KIND_UNKNOWN;
}

static bool parse_first_line(const char *line, struct map *map)
{
	uint64_t device_major;
	uint64_t device_minor;

	*map = (struct map){0};
	if (!proc_number(&line, 16, &map->start) || !skip(&line, '-') ||
	    !proc_number(&line, 16, &map->end) || !skip(&line, ' ') ||
	    !parse_permissions(&line, map) || !skip(&line, ' ') ||
	    !proc_number(&line, 16, &map->offset) || !skip(&line, ' ') ||
	    !proc_number(&line, 16, &device_major) || !skip(&line, ':') ||
	    !proc_number(&line, 16, &device_minor) || !skip(&line, ' ') ||
	    !proc_number(&line, 10, &map->inode) || map->start >= map->end)
		return false;
	map->device = makedev((unsigned int)device_major, (unsigned int)device_minor);
	map->name = line + strspn(line, " ");
	map->kind = kind_of(map->name);
	return true;
}

/* --- the lines behind it */

/* The flags of fs/proc/task_mmu.c, show_smap_vma_flags(), that a snapshot has to care for. */
static const struct {
	char name[3];
	uint32_t advice;
	uint32_t oddity;
} flags[] = {
	{"wf", ADVICE_WIPE_ON_FORK, 0},
	{"dp", ADVICE_WIPE_ON_FORK, 0}, /* MAP_DROPPABLE: may become zeros at any time */
	{"dc", ADVICE_NOT_IN_CHILD, 0},
	{"dd", ADVICE_NOT_IN_CORE, 0},
	{"hg", ADVICE_HUGE_PAGES, 0},
	{"nh", ADVICE_SMALL_PAGES, 0},
	{"rr", ADVICE_RANDOM, 0},
	{"lo", 0, ODDITY_LOCKED},
	{"ht", 0, ODDITY_HUGE_POOL},
	{"um", 0, ODDITY_USERFAULT},
	{"uw", 0, ODDITY_USERFAULT},
	{"ui", 0, ODDITY_USERFAULT},
	{"io", 0, ODDITY_DEVICE},
	{"pf", 0, ODDITY_DEVICE},
	{"sl", 0, ODDITY_SEALED},
	{"gd", 0, ODDITY_GROWING},
	{"ss", 0, ODDITY_SHADOW},
	{"mt", 0, ODDITY_TAGGED},
};

static void parse_flags(const char *text, struct map *map)
{
	while (*(text += strspn(text, " ")) != '\0') {
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			if (strncmp(text, flags[i].name, 2) != 0)
				continue;
			map->advice |= flags[i].advice;
			map->oddities |= flags[i].oddity;
		}
		text += strcspn(text, " ");
	}
}

static void parse_detail(const char *line, struct map *map)
{
	static const char flags_name[] = "VmFlags:";
	uint64_t number;

	if (strncmp(line, flags_name, sizeof(flags_name) - 1) == 0)
		parse_flags(line + sizeof(flags_name) - 1, map);
	else if (proc_field(line, "Anonymous:", 10, &number) ||
		 proc_field(line, "Swap:", 10, &number))
		map->copied += number << 10;
	else if (proc_field(line, "ProtectionKey:", 10, &number) && number != 0)
		map->oddities |= ODDITY_WITH_KEY;
}

/* --- */

/* Ends the line at `*text`, which goes to the next one, or becomes NULL. */
static char *next_line(char **text)
{
	char *const line = *text;
	char *const end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

enum pyb_status maps_parse(char *text, struct map *maps, size_t room, size_t *count,
			   struct pyb_error *error)
{
	struct map further = {0}; /* there is no room for it */
	struct map *map = NULL;

	*count = 0;
	for (char *line; (line = next_line(&text)) != NULL;) {
		/* Numbers are in small letters, and names of details begin with a capital one. */
		if (line[0] >= 'A' && line[0] <= 'Z' && map != NULL) {
			parse_detail(line, map);
			continue;
		}
		map = *count < room ? &maps[*count] : &further;
		if (!parse_first_line(line, map))
			return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
					     "/proc/self/smaps has a line of another form: %s",
					     line);
		++*count;
	}
	return PYB_OK;
}

const struct map *maps_find(const struct map *maps, size_t count, enum map_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (maps[i].kind == kind)
			return &maps[i];
	return NULL;
}

bool maps_are_equal(const struct map *one, const struct map *other)
{
	/* The stack grows. */
	if (one->kind == MAP_KIND_STACK)
		return other->kind == MAP_KIND_STACK;
	return one->start == other->start && one->end == other->end &&
	       one->offset == other->offset && one->inode == other->inode &&
	       one->device == other->device && one->protection == other->protection &&
	       one->advice == other->advice && one->kind == other->kind &&
	       one->is_shared == other->is_shared &&
	       (one->kind != MAP_KIND_FILE || one->copied == other->copied);
}
