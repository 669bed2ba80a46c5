/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/own_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importer/snapshot/dump/proc.h"

static const char maps_path[] = "/proc/self/smaps";

enum {
	TEXT_MORE = 64 << 10, /* for what the mapping itself adds to the text */
	MAPS_MORE = 16,
	FIXUPS_MAX = 1 << 16, /* a hundred are usual */
	ALIGNMENT = 64,
};

/* What tables have to have room for. */
struct sizes {
	size_t text;
	size_t maps;
	size_t names;  /* bytes */
	size_t copied; /* pages that are the process's own */
};

/* --- how much is there? */

/* NULL, with PYB_ERR_MEMORY in `error`: there is none. */
static void *map_memory(size_t size, struct pyb_error *error)
{
	void *const memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	pyb_error_set(error, PYB_ERR_MEMORY, "%zu bytes for the tables of a snapshot: %s", size,
		      strerror(errno));
	return NULL;
}

static void count_maps(const struct map *maps, size_t count, uint64_t page_size,
		       struct sizes *sizes)
{
	sizes->maps = count + MAPS_MORE;
	for (size_t i = 0; i < count; i++) {
		sizes->names += strlen(maps[i].name) + 1;
		sizes->copied += maps[i].copied / page_size;
	}
}

/* The text, and behind it the maps: a map's text is longer than what is made of it. */
static enum pyb_status measure_in(char *memory, uint64_t page_size, struct sizes *sizes,
				  struct pyb_error *error)
{
	struct map *const maps = (struct map *)(void *)(memory + sizes->text);
	size_t size;
	size_t count;
	enum pyb_status status = proc_read(maps_path, memory, sizes->text, &size, error);

	if (status == PYB_OK)
		status = maps_parse(memory, maps, sizes->text / sizeof(*maps), &count, error);
	if (status == PYB_OK)
		count_maps(maps, count, page_size, sizes);
	return status;
}

static enum pyb_status measure(uint64_t page_size, struct sizes *sizes, struct pyb_error *error)
{
	enum pyb_status status = proc_measure(maps_path, &sizes->text, error);

	if (status != PYB_OK)
		return status;
	sizes->text = (sizes->text + TEXT_MORE) / ALIGNMENT * ALIGNMENT;
	void *const memory = map_memory(2 * sizes->text, error);
	if (memory == NULL)
		return PYB_ERR_MEMORY;
	status = measure_in(memory, page_size, sizes, error);
	munmap(memory, 2 * sizes->text);
	return status;
}

/* --- laying it out */

/* The next array in the mapping, or with none how far that has to go. */
static void *take(const struct dump *dump, size_t *used, size_t count, size_t size)
{
	const size_t start = *used;

	*used = start + (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return dump->memory == NULL ? NULL : (char *)dump->memory + start;
}

/*
 * At worst each page that is the process's own lies between others that are not, and each map between
 * two pieces of the one that was split by the mapping of this.
 */
static size_t lay_out(struct dumper *dumper, const struct sizes *sizes)
{
	const struct dump *const dump = dumper->dump;
	size_t used = 0;

	dumper->text_room = sizes->text;
	dumper->map_room = sizes->maps;
	dumper->segment_room = 2 * (sizes->copied + sizes->maps);
	dumper->file_room = sizes->maps;
	dumper->strings_size = 1; /* a NUL, which is what new memory has */
	dumper->strings_room = dumper->strings_size + sizes->names;
	dumper->fixup_room = FIXUPS_MAX;
	dumper->text = take(dump, &used, dumper->text_room, 1);
	dumper->text_again = take(dump, &used, dumper->text_room, 1);
	dumper->maps = take(dump, &used, dumper->map_room, sizeof(*dumper->maps));
	dumper->maps_again = take(dump, &used, dumper->map_room, sizeof(*dumper->maps_again));
	dumper->segments = take(dump, &used, dumper->segment_room, sizeof(*dumper->segments));
	dumper->files = take(dump, &used, dumper->file_room, sizeof(*dumper->files));
	dumper->strings = take(dump, &used, dumper->strings_room, 1);
	dumper->fixups = take(dump, &used, dumper->fixup_room, sizeof(*dumper->fixups));
	dumper->entries = take(dump, &used, ENTRIES_MAX, sizeof(*dumper->entries));
	dumper->buffer = take(dump, &used, BUFFER_SIZE, 1);
	return (used + dumper->page_size - 1) / dumper->page_size * dumper->page_size;
}

static enum pyb_status take_memory(struct dumper *dumper, struct pyb_error *error)
{
	struct sizes sizes = {0};
	const enum pyb_status status = measure(dumper->page_size, &sizes, error);

	if (status != PYB_OK)
		return status;
	const size_t size = lay_out(dumper, &sizes);
	dumper->dump->memory = map_memory(size, error);
	if (dumper->dump->memory == NULL)
		return PYB_ERR_MEMORY;
	dumper->dump->size = size;
	lay_out(dumper, &sizes);
	return PYB_OK;
}

/* --- */

enum pyb_status own_memory_open(struct dumper *dumper, struct pyb_error *error)
{
	enum pyb_status status;

	dumper->memory = -1;
	dumper->pagemap = -1;
	dumper->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	status = take_memory(dumper, error);
	if (status == PYB_OK)
		status = proc_open("/proc/self/mem", &dumper->memory, error);
	if (status == PYB_OK)
		status = proc_open("/proc/self/pagemap", &dumper->pagemap, error);
	return status;
}

void own_memory_close(struct dumper *dumper)
{
	if (dumper->memory >= 0)
		close(dumper->memory);
	if (dumper->pagemap >= 0)
		close(dumper->pagemap);
}

enum pyb_status own_memory_read_maps(const struct dumper *dumper, char *text, struct map *maps,
				     size_t *count, struct pyb_error *error)
{
	size_t size;
	enum pyb_status status = proc_read(maps_path, text, dumper->text_room, &size, error);

	if (status == PYB_OK)
		status = maps_parse(text, maps, dumper->map_room, count, error);
	if (status == PYB_OK && *count > dumper->map_room)
		status = pyb_error_set(error, PYB_ERR_MEMORY, "%s has %zu more lines than before",
				       maps_path, *count - dumper->map_room);
	return status;
}

enum pyb_status own_memory_read(const struct dumper *dumper, uint64_t address, size_t size,
				struct pyb_error *error)
{
	const ssize_t got = pread(dumper->memory, dumper->buffer, size, (off_t)address);

	if (got == (ssize_t)size)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_IO,
			     "the memory at %#" PRIx64 " to %#" PRIx64 " cannot be read: %s",
			     address, address + size, got < 0 ? strerror(errno) : "it ends before");
}
