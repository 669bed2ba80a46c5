/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/fixups.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "importer/snapshot/dump/machine.h"
#include "importer/snapshot/dump/owner.h"

/* Where glibc keeps the program break. */
extern void *__curbrk; /* NOLINT(bugprone-reserved-identifier,cert-*): the library's name */

/* --- what is looked for */

enum { VALUE_ARGV = 1 }; /* its place among them */

static void know_values(struct fixup_search *search, const struct initial_stack *stack,
			const void *frame)
{
	const struct {
		const void *value;
		enum fixup_kind kind;
	} values[] = {
		{stack->pointer, FIXUP_STACK},
		{stack->argv, FIXUP_ARGV},
		{stack->environment, FIXUP_ENVIRONMENT},
		{stack->auxv, FIXUP_AUXV},
		{stack->argv[0], FIXUP_ARGUMENT},
		{stack->name, FIXUP_NAME},
		{stack->platform, FIXUP_PLATFORM},
		{stack->random, FIXUP_RANDOM},
		{frame, FIXUP_NULL},
	};
	_Static_assert(sizeof(values) / sizeof(values[0]) <= KNOWN_VALUES, "all have room");

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		search->values[i].value = (uintptr_t)values[i].value;
		search->values[i].kind = values[i].kind;
	}
}

static void know_place(struct fixup_search *search, uint64_t address, enum fixup_kind kind)
{
	search->places[search->place_count].address = address;
	search->places[search->place_count++].kind = kind;
}

/*
 * A first argument without a slash is its own name: then the value does not tell which of both a word
 * means, but where glibc keeps the name is known.
 */
static void know_places(struct fixup_search *search, const struct dumper *dumper)
{
	const struct initial_stack *const stack = dumper->request->stack;

	search->place_count = 0;
	search->places_found = 0;
	know_place(search, dumper->number_address, FIXUP_THREAD_ID);
	know_place(search, machine_canary_address(), FIXUP_CANARY);
	if (__curbrk != NULL)
		know_place(search, (uintptr_t)&__curbrk, FIXUP_BREAK);
	if (stack->name == stack->argv[0] && program_invocation_short_name == stack->name)
		know_place(search, (uintptr_t)&program_invocation_short_name, FIXUP_NAME);
}

/* setenv(3) copies the vector of variables, but not those that it does not change. */
static void know_variables(struct fixup_search *search)
{
	const uint64_t variables = (uintptr_t)environ;
	size_t count = 0;

	if (environ == NULL || variables - search->stack < search->stack_end - search->stack)
		return;
	while (environ[count] != NULL)
		count++;
	search->variables = variables;
	search->variables_end = variables + count * sizeof(*environ);
}

/*
 * It may grow, and bounds are kept of what it may grow to (pthread_getattr_np(3)): down to the limit, or to
 * the mapping below it. Its end is such a bound, too.
 */
static uint64_t lowest_address(const struct dumper *dumper, const struct map *stack)
{
	const uint64_t below = stack == dumper->maps ? 0 : stack[-1].end;
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= stack->end - below)
		return below;
	return limit.rlim_cur > stack->end - stack->start ? stack->end - limit.rlim_cur
							  : stack->start;
}

static bool is_renewed(const struct dump_request *request, uint64_t address)
{
	for (size_t i = 0; i < request->renewed_count; i++)
		if ((uintptr_t)request->renewed[i] == address)
			return true;
	return false;
}

static bool is_of_old_variable(const struct fixup_search *search, uint64_t address)
{
	return address - search->variables < search->variables_end - search->variables;
}

enum pyb_status fixups_begin(struct fixup_search *search, const struct dumper *dumper,
			     const void *frame, struct pyb_error *error)
{
	const struct map *const stack = maps_find(dumper->maps, dumper->map_count, MAP_KIND_STACK);
	const struct map *const vdso = maps_find(dumper->maps, dumper->map_count, MAP_KIND_VDSO);
	const uint64_t pointer = (uintptr_t)dumper->request->stack->pointer;

	if (stack == NULL || pointer < stack->start || pointer >= stack->end)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "/proc/self/smaps does not tell where the stack is");
	if (vdso == NULL)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "/proc/self/smaps does not tell where the vdso is");
	if (__curbrk != NULL && __curbrk != (void *)syscall(SYS_brk, 0))
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the C library does not keep the program break where glibc "
				     "does");
	*search = (struct fixup_search){
		.stack = lowest_address(dumper, stack),
		.stack_end = stack->end + 1,
		.deepest = stack->start,
		.frame = (uintptr_t)frame,
		.vdso = vdso->start,
		.vdso_end = vdso->end,
	};
	search->has_entry = object_table_look_up(vdso->start, search->entry);
	know_variables(search);
	know_values(search, dumper->request->stack, frame);
	know_places(search, dumper);
	return PYB_OK;
}

/* --- words */

static enum pyb_status refuse(const struct dumper *dumper, uint64_t address, uint64_t value,
			      struct pyb_error *error)
{
	char owner[PYB_ERROR_TEXT_SIZE / 3];
	char target[PYB_ERROR_TEXT_SIZE / 3];

	owner_name(dumper, address, owner, sizeof(owner));
	owner_name_target(dumper, value, target, sizeof(target));
	return pyb_error_set(error, PYB_ERR_AGAIN,
			     "the word at %#" PRIx64 " (%s) points to %#" PRIx64 ", %s; what a new "
			     "process would need there is not known",
			     address, owner, value, target);
}

static enum pyb_status add(struct dumper *dumper, uint64_t address, uint32_t kind, int32_t addend,
			   struct pyb_error *error)
{
	if (dumper->fixup_count == dumper->fixup_room)
		return pyb_error_set(error, PYB_ERR_MEMORY,
				     "more than %zu words depend on the process",
				     dumper->fixup_room);
	dumper->fixups[dumper->fixup_count++] =
		(struct snapshot_fixup){.address = address, .addend = addend, .kind = kind};
	return PYB_OK;
}

/*
 * Of a function that has returned: the stack grows downwards. CPython leaves such addresses in memory
 * that it has freed (PyMemoryView_FromBuffer() copies a buffer whose shape is in its own frame).
 */
static bool is_of_frame_that_is_gone(const struct fixup_search *search, uint64_t value)
{
	return value >= search->deepest && value < search->frame;
}

static enum pyb_status add_stack_address(const struct fixup_search *search, struct dumper *dumper,
					 uint64_t address, uint64_t value, struct pyb_error *error)
{
	for (size_t i = 0; i < KNOWN_VALUES; i++)
		if (search->values[i].value == value)
			return add(dumper, address, search->values[i].kind, 0, error);
	if (is_of_old_variable(search, address) || is_renewed(dumper->request, address) ||
	    is_of_frame_that_is_gone(search, value))
		return add(dumper, address, FIXUP_NULL, 0, error);
	return refuse(dumper, address, value, error);
}

/* The places in this word; `*is_place` says whether there was one. */
static enum pyb_status add_places(struct fixup_search *search, struct dumper *dumper,
				  uint64_t address, bool *is_place, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*is_place = false;
	for (size_t i = 0; i < search->place_count && status == PYB_OK; i++) {
		if (search->places[i].address - address >= sizeof(uint64_t))
			continue;
		*is_place = true;
		search->places_found++;
		status = add(dumper, search->places[i].address, search->places[i].kind, 0, error);
	}
	return status;
}

static bool has_argv(const struct fixup_search *search, const struct dumper *dumper,
		     uint64_t address)
{
	uint64_t word;

	return pread(dumper->memory, &word, sizeof(word), (off_t)address) == sizeof(word) &&
	       word == search->values[VALUE_ARGV].value;
}

/*
 * glibc and ld.so keep the number of arguments beside the list of them (__libc_argc, _dl_argc), and give both to the
 * constructors of libraries that are loaded later. That it is one is told by its value, of which the process that a
 * snapshot is made of has an unusual one.
 */
static enum pyb_status add_count(const struct fixup_search *search, struct dumper *dumper,
				 uint64_t address, uint64_t value, struct pyb_error *error)
{
	const uint32_t count = (uint32_t)*dumper->request->stack->pointer;
	const uint32_t halves[] = {(uint32_t)value, (uint32_t)(value >> 32)};
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < 2 && status == PYB_OK; i++)
		if (halves[i] == count && (has_argv(search, dumper, address - sizeof(value)) ||
					   has_argv(search, dumper, address + sizeof(value))))
			status = add(dumper, address + i * sizeof(count), FIXUP_ARGC, 0, error);
	return status;
}

/* The vdso's entry in the table of objects; the buffer may end within it. */
static bool is_entry(const struct fixup_search *search, const struct dumper *dumper,
		     uint64_t address)
{
	uint64_t words[OBJECT_WORDS];

	return search->has_entry &&
	       pread(dumper->memory, words, sizeof(words), (off_t)address) == sizeof(words) &&
	       memcmp(words, search->entry, sizeof(words)) == 0;
}

static enum pyb_status add_vdso_address(struct fixup_search *search, struct dumper *dumper,
					uint64_t address, uint64_t value, struct pyb_error *error)
{
	if (value == search->entry[OBJECT_START] && is_entry(search, dumper, address))
		search->entry_address = address;
	if (address - search->entry_address >= sizeof(search->entry))
		return add(dumper, address, FIXUP_VDSO, (int32_t)(value - search->vdso), error);
	if (address - search->entry_address == OBJECT_END * sizeof(value))
		return add(dumper, address, FIXUP_NULL, 0, error);
	return PYB_OK;
}

enum pyb_status fixups_scan(struct fixup_search *search, struct dumper *dumper, uint64_t address,
			    size_t size, struct pyb_error *error)
{
	const uint64_t *const words = (const uint64_t *)(const void *)dumper->buffer;
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < size / sizeof(*words) && status == PYB_OK; i++) {
		const uint64_t value = words[i];
		const uint64_t at = address + i * sizeof(*words);
		bool is_place;
		status = add_places(search, dumper, at, &is_place, error);
		if (is_place || status != PYB_OK)
			continue;
		if (value - search->stack < search->stack_end - search->stack)
			status = add_stack_address(search, dumper, at, value, error);
		else if (value - search->vdso < search->vdso_end - search->vdso)
			status = add_vdso_address(search, dumper, at, value, error);
		else if (value != 0)
			status = add_count(search, dumper, at, value, error);
	}
	return status;
}

enum pyb_status fixups_end(const struct fixup_search *search, struct pyb_error *error)
{
	if (search->places_found != search->place_count)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the C library keeps what depends on the process in memory "
				     "that is not the process's own");
	if (search->has_entry && search->entry_address == 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the C library's table of objects has another form than "
				     "glibc's");
	return PYB_OK;
}
