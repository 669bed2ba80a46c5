/* SPDX-License-Identifier: MIT */
#include "importer/resume/resume.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/clock.h"
#include "importer/handoff/handoff.h"
#include "importer/memory/contents.h"
#include "importer/memory/pages.h"
#include "importer/message.h"
#include "importer/resume/checked_tables.h"
#include "importer/resume/resumed.h"
#include "importer/resume/thread_stack.h"
#include "importer/session.h"
#include "importer/snapshot/restore/restore.h"
#include "lib/header.h"
#include "lib/policy.h"
#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"
#include "lib/snapshot_handoff.h"
#include "lib/snapshot_process.h"

/* What is there of a bundle while it is looked at. */
struct candidate {
	const struct pyb_header *header; /* checked */
	void *section;                   /* SNAPSHOT; NULL: it is not mapped */
	size_t section_size;
	struct snapshot snapshot;
	struct snapshot_pages pages;
};

/* --- the bundle */

/*
 * Into `page`, of PYB_PAGE_SIZE. Each start with a bundle does so: to map the page would take two calls and a
 * page fault.
 */
static bool read_header(struct candidate *candidate, int descriptor, void *page)
{
	struct stat status;
	const char *reason;

	if (fstat(descriptor, &status) != 0 || status.st_size < PYB_PAGE_SIZE)
		return false;
	candidate->pages.descriptor = descriptor;
	candidate->pages.file_size = (uint64_t)status.st_size;
	candidate->header = page;
	return contents_read(descriptor, page, PYB_PAGE_SIZE, 0) &&
	       pyb_header_check(page, PYB_PAGE_SIZE, candidate->pages.file_size, &reason) == PYB_OK;
}

static enum pyb_status open_section(struct candidate *candidate, struct pyb_error *error)
{
	const struct pyb_section *const section =
		pyb_header_section(candidate->header, PYB_SECTION_SNAPSHOT);
	const struct pyb_section *const pages =
		pyb_header_section(candidate->header, PYB_SECTION_PAGES);

	if (pages == NULL)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "it has no pages");
	void *const mapped = mmap(NULL, section->size, PROT_READ, MAP_PRIVATE,
				  candidate->pages.descriptor, (off_t)section->offset);
	if (mapped == MAP_FAILED)
		return pyb_error_set(error, PYB_ERR_MEMORY, "it cannot be mapped");
	candidate->section = mapped;
	candidate->section_size = section->size;
	const struct pyb_bytes bytes = {candidate->section, section->size};
	candidate->pages.offset = pages->offset;
	return pyb_snapshot_take(candidate->header, &bytes, &candidate->snapshot, error);
}

static void close_candidate(const struct candidate *candidate)
{
	if (candidate->section != NULL)
		munmap(candidate->section, candidate->section_size);
}

/* --- this process */

/* With texts elsewhere it would have none when its memory is exchanged. */
static enum pyb_status look_at_variables(const struct initial_stack *stack, struct pyb_error *error)
{
	const char *const moved = initial_stack_moved_variable(stack);

	if (moved == NULL)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "a library has replaced the variable %.*s in the environment",
			     (int)strcspn(moved, "="), moved);
}

/* Whether it is among the files of the snapshot, which are compared when it is restored. */
static bool has_file(const struct snapshot *snapshot, uint64_t inode, uint64_t size)
{
	for (uint32_t i = 0; i < snapshot->file_count; i++)
		if (snapshot->files[i].inode == inode && snapshot->files[i].size == size)
			return true;
	return false;
}

static bool is_of_this_program(const struct snapshot *snapshot)
{
	struct stat status;

	return stat("/proc/self/exe", &status) == 0 &&
	       has_file(snapshot, status.st_ino, (uint64_t)status.st_size);
}

/* With one of them no interpreter starts. */
static bool is_a_stream_a_folder(void)
{
	struct stat status;

	for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
		if (fstat(stream, &status) == 0 && S_ISDIR(status.st_mode))
			return true;
	return false;
}

static enum pyb_status look_at_process(const struct snapshot *snapshot,
				       const struct handoff_received *handoff,
				       const struct initial_stack *stack, uint64_t *ignored_signals,
				       struct pyb_error *error)
{
	struct snapshot_process now;

	if (!pyb_process_facts(stack->auxv, &now))
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "it cannot be told what this process was started with");
	if (!pyb_process_is_same(&snapshot->process, &now, error->text, sizeof(error->text)))
		return error->status = PYB_ERR_MISMATCH;
	*ignored_signals = now.ignored_signals;
	if (!is_of_this_program(snapshot))
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "it is of another program than the one that runs");
	/* Which would not understand what this one tells it. */
	if (!has_file(snapshot, handoff->importer_inode, handoff->importer_size))
		return pyb_error_set(
			error, PYB_ERR_MISMATCH,
			"it was made with another importer, of another installation or "
			"version of pystart");
	if (is_a_stream_a_folder())
		return pyb_error_set(error, PYB_ERR_MISMATCH, "a standard stream is a folder");
	return PYB_OK;
}

/* As at any start that wants huge pages: what the kernel would have to collect first takes too long. */
static enum pyb_status look_at_memory(const struct snapshot *snapshot, struct pyb_error *error)
{
	size_t huge = 0;

	for (uint32_t i = 0; i < snapshot->segment_count; i++)
		if ((snapshot->segments[i].advice & ADVICE_HUGE_PAGES) != 0)
			huge += snapshot->segments[i].size;
	if (huge == 0 || pages_are_plentiful(huge))
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_MEMORY,
			     "too little memory is free in huge pages, which it wants");
}

static enum pyb_status look_at_guards(const struct snapshot *snapshot,
				      const struct initial_stack *stack, struct pyb_error *error)
{
	const struct guard_world world = {stack->argv, stack->environment};
	struct guard_miss miss;

	if (pyb_guards_hold(snapshot, &world, &miss))
		return PYB_OK;
	pyb_guard_describe_miss(snapshot, &miss, &world, error->text, sizeof(error->text));
	return error->status = PYB_ERR_MISMATCH;
}

/* --- leaving */

static enum pyb_status leave(const struct candidate *candidate, const struct initial_stack *stack,
			     struct resume_message *message, const char *path,
			     struct pyb_error *error)
{
	const size_t size = strlen(path) + 1;

	if (size > sizeof(message->bundle_path))
		return pyb_error_set(error, PYB_ERR_INVALID, "the path of its bundle is too long");
	memcpy(message->bundle_path, path, size);
	message->left_ns = clock_ns();
	const struct restore_message told = {message,
					     offsetof(struct resume_message, bundle_path) + size};
	return snapshot_restore(&candidate->snapshot, &candidate->pages, &told, stack, error);
}

static enum pyb_status go_on_with(struct candidate *candidate,
				  const struct handoff_received *handoff, int argc, char **argv,
				  struct pyb_error *error)
{
	struct resume_message message; /* its path is not wiped, for it is long */
	struct initial_stack stack;

	message.flags = handoff->flags;
	message.begin_ns = clock_ns();
	if (!command_line_read(argc, argv, &message.line) ||
	    message.line.optimize != candidate->header->optimize)
		return pyb_error_set(
			error, PYB_ERR_MISMATCH,
			"the interpreter was given other options than it was made with");
	if (!initial_stack_find(argv, &stack))
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the kernel does not tell where its shared object (vdso) is");
	if (!thread_stack_find(&message.thread_stack))
		return pyb_error_set(
			error, PYB_ERR_UNSUPPORTED,
			"the C library does not tell how large the stack of a thread is");
	enum pyb_status status = look_at_variables(&stack, error);
	if (status == PYB_OK)
		status = open_section(candidate, error);
	if (status == PYB_OK)
		status = look_at_process(&candidate->snapshot, handoff, &stack,
					 &message.ignored_signals, error);
	if (status == PYB_OK)
		status = look_at_guards(&candidate->snapshot, &stack, error);
	if (status == PYB_OK)
		status = checked_tables_verify(candidate->pages.descriptor, error);
	if (status == PYB_OK)
		status = look_at_memory(&candidate->snapshot, error);
	message.guarded_ns = clock_ns();
	if (status == PYB_OK)
		status = leave(candidate, &stack, &message, handoff->bundle_path, error);
	return status;
}

/* For those who want to know at once, and those who ask at the end. */
static void tell_why_not(const char *bundle, const char *reason)
{
	snprintf(session.stats.resume.why_not, sizeof(session.stats.resume.why_not), "%s", reason);
	message_verbose("%s: " SNAPSHOT_MISSED "%s", bundle, reason);
}

void resume(const struct handoff_received *handoff, int argc, char **argv)
{
	_Alignas(struct pyb_header) char page[PYB_PAGE_SIZE];
	struct candidate candidate = {0};
	struct pyb_error error = {0};

	if (!read_header(&candidate, handoff->bundle_descriptor, page) ||
	    (candidate.header->policies & PYB_POLICY_PRIVATE) != 0 ||
	    pyb_header_section(candidate.header, PYB_SECTION_SNAPSHOT) == NULL)
		return;
	/* With anything switched off the start is another one than that of the snapshot. */
	if (handoff->flags >> HANDOFF_WITHOUT_SHIFT != 0)
		pyb_error_set(&error, PYB_ERR_MISMATCH, "something is left out (PYSTART_WITHOUT)");
	else
		go_on_with(&candidate, handoff, argc, argv, &error);
	tell_why_not(handoff->bundle_path, error.text);
	close_candidate(&candidate);
}
