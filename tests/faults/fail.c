/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded: makes allocations of the program fail, as fail.h says. It stands in front of the
 * C library's functions, or of those of AddressSanitizer, and counts what goes through.
 */
#include "tests/faults/fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct fail_plan *plan;   /* NULL: nothing fails */
static bool is_ready;            /* the plan was looked for */
static __thread bool is_looking; /* what this file itself does is not counted */
static struct range {
	uintptr_t start, end;
} object, interpreter; /* of the latter what ends the search */

struct fail_plan *fail_plan(void)
{
	return plan;
}

/* --- whose allocation is it? */

static bool is_in(const struct range *range, uintptr_t address)
{
	return address >= range->start && address < range->end;
}

static struct range range_of(const struct dl_phdr_info *found)
{
	struct range range = {.start = UINTPTR_MAX};

	for (int i = 0; i < found->dlpi_phnum; i++) {
		const ElfW(Phdr) *const segment = &found->dlpi_phdr[i];
		const uintptr_t start = found->dlpi_addr + segment->p_vaddr;
		if (segment->p_type != PT_LOAD)
			continue;
		range.start = start < range.start ? start : range.start;
		range.end = start + segment->p_memsz;
	}
	return range;
}

static int find_object(struct dl_phdr_info *found, size_t size, void *argument)
{
	(void)size;
	(void)argument;
	/* A library that is loaded by a descriptor has no better name yet. */
	if (strstr(found->dlpi_name, plan->object) == NULL &&
	    strstr(found->dlpi_name, "/self/fd/") == NULL)
		return 0;
	object = range_of(found);
	return 1;
}

static int find_interpreter(struct dl_phdr_info *found, size_t size, void *loop)
{
	const struct range range = range_of(found);

	(void)size;
	if (!is_in(&range, (uintptr_t)loop))
		return 0;
	interpreter = range;
	return 1;
}

static void find_loop(void)
{
	void *const loop = dlsym(RTLD_DEFAULT, "_PyEval_EvalFrameDefault");
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	if (loop == NULL || dladdr1(loop, &info, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
	    symbol == NULL)
		return;
	if (plan->scope == FAIL_BY_OBJECT)
		dl_iterate_phdr(find_interpreter, loop);
	else
		interpreter = (struct range){(uintptr_t)loop, (uintptr_t)loop + symbol->st_size};
}

static int is_in_scope(void **frames, int count)
{
	if (plan->scope == FAIL_ALL)
		return true;
	if (object.start == 0) {
		dl_iterate_phdr(find_object, NULL);
		find_loop();
	}
	for (int i = 0; i < count; i++) {
		const uintptr_t address = (uintptr_t)frames[i];
		if (is_in(&object, address))
			return true;
		if (is_in(&interpreter, address))
			return false;
	}
	return false;
}

static void add_name(const char *name)
{
	const size_t used = strlen(plan->names), size = name == NULL ? 0 : strlen(name);

	if (size > 0 && size < sizeof(plan->names) - used - 1) {
		memcpy(plan->names + used, name, size);
		memcpy(plan->names + used + size, " ", 2);
	}
}

static void note_frames(void **frames, int count)
{
	plan->names[0] = '\0';
	for (int i = 0; i < count && i < FAIL_FRAMES; i++) {
		Dl_info info;
		plan->frames[i] = (uintptr_t)frames[i];
		const bool is_known = dladdr(frames[i], &info) != 0;
		plan->bases[i] = is_known ? (uintptr_t)info.dli_fbase : 0;
		add_name(is_known ? info.dli_sname : NULL);
	}
}

/* Whether this allocation is to fail. */
static bool decide(void)
{
	enum { OWN_FRAMES = 3 };
	void *frames[OWN_FRAMES + FAIL_FRAMES];
	const int depth = OWN_FRAMES + (int)plan->depth;
	const int all = plan->scope == FAIL_ALL ? 0 : backtrace(frames, depth);

	if (!is_in_scope(frames, all))
		return false;
	const uint64_t number = __atomic_add_fetch(&plan->count, 1, __ATOMIC_RELAXED);
	if (plan->first == 0 || number < plan->first || number > plan->last)
		return false;
	if (plan->failed++ == 0)
		note_frames(frames, backtrace(frames, OWN_FRAMES + FAIL_FRAMES));
	return true;
}

static bool fails(void)
{
	if (!is_ready || plan == NULL || is_looking ||
	    (plan->process != 0 && plan->process != (uint64_t)getpid()))
		return false;
	is_looking = true;
	const bool ret = decide();
	is_looking = false;
	if (ret)
		errno = ENOMEM;
	return ret;
}

/* --- the plan */

static bool is_program(void)
{
	char path[4096];
	const ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (size <= 0)
		return false;
	path[size] = '\0';
	const char *const slash = strrchr(path, '/');
	return strcmp(slash == NULL ? path : slash + 1, plan->program) == 0;
}

__attribute__((constructor)) static void read_plan(void)
{
	const char *const path = getenv("FAIL_PLAN");
	void *frames[1];

	if (path == NULL)
		return;
	const int descriptor = open(path, O_RDWR | O_CLOEXEC);
	if (descriptor < 0)
		return;
	plan = (struct fail_plan *)syscall(SYS_mmap, NULL, sizeof(*plan), PROT_READ | PROT_WRITE,
					   MAP_SHARED, descriptor, 0);
	close(descriptor);
	if ((void *)plan == MAP_FAILED || !is_program())
		plan = NULL;
	/* Loads what it needs. */
	(void)backtrace(frames, 1);
	is_ready = true;
}

/* --- instead of the C library's */

#define NEXT(name)                     \
	static __typeof__(&name) next; \
	if (next == NULL)              \
	next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void *malloc(size_t size)
{
	NEXT(malloc);
	return fails() ? NULL : next(size);
}

void *calloc(size_t count, size_t size)
{
	NEXT(calloc);
	return fails() ? NULL : next(count, size);
}

void *realloc(void *memory, size_t size)
{
	NEXT(realloc);
	return fails() ? NULL : next(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	NEXT(reallocarray);
	return fails() ? NULL : next(memory, count, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	NEXT(aligned_alloc);
	return fails() ? NULL : next(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	NEXT(posix_memalign);
	return fails() ? ENOMEM : next(memory, alignment, size);
}

void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset)
{
	NEXT(mmap);
	return fails() ? MAP_FAILED : next(address, size, protection, flags, descriptor, offset);
}

/* AddressSanitizer has its own ones, which do not come by here again. */
char *strdup(const char *text)
{
	NEXT(strdup);
	return fails() ? NULL : next(text);
}

char *strndup(const char *text, size_t size)
{
	NEXT(strndup);
	return fails() ? NULL : next(text, size);
}
