/* SPDX-License-Identifier: MIT */
#include "bundler/inspect/snapshot_fitness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/header.h"
#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"
#include "lib/snapshot_process.h"

enum { TEXT_SIZE = 8192 };

struct looking {
	const struct snapshot *snapshot;
	snapshot_miss *report;
	void *context;
};

/* --- our own process, in the place of the one that would be started */

enum { AUXV_MAX = 256 };

/* As the kernel has given it to us; it ends with AT_NULL. */
static enum pyb_status read_auxv(Elf64_auxv_t auxv[AUXV_MAX], struct pyb_error *error)
{
	const size_t room = (AUXV_MAX - 1) * sizeof(*auxv);
	const int file = open("/proc/self/auxv", O_RDONLY | O_CLOEXEC);

	memset(auxv, 0, AUXV_MAX * sizeof(*auxv));
	const ssize_t got = file < 0 ? -1 : TEMP_FAILURE_RETRY(read(file, auxv, room));
	const int number = errno;
	if (file >= 0)
		close(file);
	if (got >= 0)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_IO, "cannot read /proc/self/auxv: %s",
			     strerror(number));
}

static enum pyb_status look_at_process(const struct looking *looking, struct pyb_error *error)
{
	Elf64_auxv_t auxv[AUXV_MAX];
	struct snapshot_process now;
	char text[TEXT_SIZE];
	const enum pyb_status status = read_auxv(auxv, error);

	if (status != PYB_OK)
		return status;
	if (!pyb_process_facts(auxv, &now))
		looking->report(looking->context, false,
				"this machine does not tell what it can do");
	else if (!pyb_process_is_same(&looking->snapshot->process, &now, text, sizeof(text)))
		looking->report(looking->context, false, text);
	return PYB_OK;
}

/* --- files */

static bool is_same(const struct snapshot_file *then, const struct guard_status *now)
{
	return now->error == 0 && then->inode == now->inode && then->size == now->size &&
	       then->mtime_ns == now->mtime_ns && then->ctime_ns == now->ctime_ns;
}

static void look_at_files(const struct looking *looking)
{
	const struct snapshot *const snapshot = looking->snapshot;
	struct guard_status now;
	char text[TEXT_SIZE];

	for (uint32_t i = 0; i < snapshot->file_count; i++) {
		const char *const path = snapshot->strings + snapshot->files[i].path;
		pyb_guard_look(path, true, &now);
		if (is_same(&snapshot->files[i], &now))
			continue;
		snprintf(text, sizeof(text), "%s is not as it was", path);
		looking->report(looking->context, true, text);
	}
}

/* --- guards */

static bool is_of_path(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_PATH || guard->kind == GUARD_LINK ||
	       guard->kind == GUARD_PRESENT || guard->kind == GUARD_NAMES ||
	       guard->kind == GUARD_NO_LINK;
}

/* What a start is told to run: there is none of which it could be asked. */
static bool is_of_command(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_SCRIPT || (guard->kind == GUARD_ARGUMENT && guard->number > 0);
}

static void look_at_guards(const struct looking *looking, const struct guard_world *world)
{
	const struct snapshot *const snapshot = looking->snapshot;
	struct guard_miss miss;
	char text[TEXT_SIZE];

	for (uint32_t i = 0; i < snapshot->guard_count; i++) {
		if (is_of_command(&snapshot->guards[i]) ||
		    pyb_guard_holds(snapshot, i, world, &miss))
			continue;
		pyb_guard_describe_miss(snapshot, &miss, world, text, sizeof(text));
		looking->report(looking->context, is_of_path(&snapshot->guards[i]), text);
	}
}

enum pyb_status snapshot_fitness(const struct pyb_reader *reader, snapshot_miss *report,
				 void *context, struct pyb_error *error)
{
	struct pyb_error fault = {0};
	struct snapshot snapshot;
	const struct looking looking = {&snapshot, report, context};

	if (pyb_reader_section(reader, PYB_SECTION_SNAPSHOT) == NULL)
		return PYB_OK;
	enum pyb_status status = pyb_snapshot_find(reader, &snapshot, &fault);
	/* What a later version has written is no damage. */
	if (status == PYB_ERR_UNSUPPORTED) {
		report(context, false, fault.text);
		return PYB_OK;
	}
	if (status != PYB_OK)
		return pyb_error_set(error, status, "%s", fault.text);
	const char *const interpreter =
		pyb_header_string(reader->header, reader->header->interpreter);
	char *const arguments[] = {(char *)interpreter, NULL};
	const struct guard_world world = {arguments, environ};
	status = look_at_process(&looking, error);
	look_at_files(&looking);
	look_at_guards(&looking, &world);
	return status;
}
