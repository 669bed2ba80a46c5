/* SPDX-License-Identifier: MIT */
/* What a program begins with and what it leaves: the files that it was made of, open descriptors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "bundler/snapshot/facts_parts.h"
#include "lib/array.h"

static enum pyb_status process_error(struct pyb_error *error, const char *path)
{
	return pyb_error_set(error, pyb_error_of_system(errno), "cannot read %s: %s", path,
			     strerror(errno));
}

/* --- the files that the kernel has mapped */

/*
 * A file that is in its memory; `device` and `inode` are the kernel's word for which one that is. On some
 * file systems, such as those of containers, it tells another device there than stat(2) does, and there is
 * nothing to compare then.
 */
static enum pyb_status note_mapped(struct facts *facts, const char *path, uint64_t device,
				   uint64_t inode, struct pyb_error *error)
{
	struct tracee_look look = TRACEE_NOTHING;
	struct fact_note note = {.kind = FACT_PATH,
				 .call = "execve",
				 .path = path,
				 .look = &look,
				 .asked = FACT_CONTENTS | FACT_PROGRAM};

	tracee_status(AT_FDCWD, path, 0, &look.target);
	tracee_status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &look.link);
	if (look.target.error != 0 || (look.target.device == device && look.target.inode != inode))
		note = (struct fact_note){.kind = FACT_UNSTABLE, .call = "execve", .path = path};
	return facts_note(facts, &note, error);
}

static char *skip_field(char *text)
{
	text += strcspn(text, " ");
	return text + strspn(text, " ");
}

/* A line of /proc/PID/maps: addresses, permissions, offset, device, inode, path; see proc(5). */
static enum pyb_status note_mapping(struct facts *facts, char *line, struct pyb_error *error)
{
	char *text = skip_field(skip_field(skip_field(line)));

	line[strcspn(line, "\n")] = '\0';
	const unsigned long major_number = strtoul(text, &text, 16);
	const unsigned long minor_number = *text == ':' ? strtoul(text + 1, &text, 16) : 0;
	const uint64_t inode = strtoull(text, &text, 10);
	text += strspn(text, " ");
	if (*text != '/')
		return PYB_OK;
	return note_mapped(facts, text, makedev((unsigned)major_number, (unsigned)minor_number),
			   inode, error);
}

static enum pyb_status note_mappings(struct facts *facts, pid_t process, struct pyb_error *error)
{
	char name[64], *line = NULL;
	size_t capacity = 0;
	enum pyb_status status = PYB_OK;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)process);
	FILE *const stream = fopen(name, "re");
	if (stream == NULL)
		return process_error(error, name);
	while (status == PYB_OK && getline(&line, &capacity, stream) > 0)
		status = note_mapping(facts, line, error);
	if (status == PYB_OK && !feof(stream))
		status = process_error(error, name);
	free(line);
	fclose(stream);
	return status;
}

/* --- open descriptors */

/*
 * What another program, or the part of this one that does not matter, has opened by a path and left
 * open, is known by that path still. False if there is no such path.
 */
static enum pyb_status take_over(struct facts *facts, const struct facts *before,
				 const struct fact_status *found, bool *is_known,
				 struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*is_known = false;
	for (size_t i = 0; i < before->count && status == PYB_OK; i++) {
		const struct fact *const fact = &before->list[i];
		const struct tracee_look look = {.target = fact->target, .link = fact->link};
		if (fact->kind != FACT_PATH || !fact_is_of(fact, found))
			continue;
		*is_known = true;
		status = facts_note(
			facts,
			&(struct fact_note){.kind = FACT_PATH,
					    .call = fact->call,
					    .path = fact->path,
					    .asked = FACT_EXISTENCE | (fact->asked & FACT_RELATIVE),
					    .look = &look},
			error);
	}
	return status;
}

static enum pyb_status add_descriptor(struct facts *facts, int number,
				      const struct fact_status *found, struct pyb_error *error)
{
	void *inherited = facts->inherited;
	const enum pyb_status status = pyb_array_grow(&inherited, facts->inherited_count,
						      sizeof(*facts->inherited), error);

	if (status != PYB_OK)
		return status;
	facts->inherited = inherited;
	facts->inherited[facts->inherited_count++] = (struct fact_descriptor){
		.number = number, .device = found->device, .inode = found->inode};
	return PYB_OK;
}

static enum pyb_status note_begun_with(struct facts *facts, const struct facts *before, int number,
				       const struct fact_status *found, struct pyb_error *error)
{
	bool is_known = false;
	enum pyb_status status = PYB_OK;

	if (!facts_is_inherited(before, number, found))
		status = take_over(facts, before, found, &is_known, error);
	return status != PYB_OK || is_known ? status : add_descriptor(facts, number, found, error);
}

/* One that was not open when the program began is there at its end. */
static enum pyb_status note_left_open(struct facts *facts, const struct facts *before, int number,
				      const struct fact_status *found, struct pyb_error *error)
{
	const struct fact_note note = {
		.kind = FACT_KERNEL_OBJECT, .call = "open descriptor", .number = (uint64_t)number};

	(void)before;
	return facts_is_inherited(facts, number, found) ? PYB_OK : facts_note(facts, &note, error);
}

typedef enum pyb_status descriptor_function(struct facts *facts, const struct facts *before,
					    int number, const struct fact_status *found,
					    struct pyb_error *error);

/* The next number in the folder; -1: there is none, or errno says why it cannot be told. */
static int next_descriptor(DIR *folder)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(folder);
	} while (entry != NULL && entry->d_name[0] == '.');
	return entry == NULL ? -1 : (int)strtol(entry->d_name, NULL, 10);
}

/* Call a function for each open descriptor of a process. */
static enum pyb_status for_descriptors(struct facts *facts, const struct facts *before,
				       pid_t process, descriptor_function *function,
				       struct pyb_error *error)
{
	char name[64];
	int number;
	enum pyb_status status = PYB_OK;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)process);
	DIR *const folder = opendir(name);
	if (folder == NULL)
		return process_error(error, name);
	while (status == PYB_OK && (number = next_descriptor(folder)) >= 0) {
		struct fact_status found;
		tracee_descriptor(process, number, &found);
		if (found.error == 0)
			status = function(facts, before, number, &found, error);
	}
	if (status == PYB_OK && errno != 0)
		status = process_error(error, name);
	closedir(folder);
	return status;
}

bool facts_is_inherited(const struct facts *facts, int descriptor, const struct fact_status *status)
{
	for (size_t i = 0; i < facts->inherited_count; i++) {
		const struct fact_descriptor *const one = &facts->inherited[i];
		if (status->error == 0 && one->number == descriptor &&
		    one->device == status->device && one->inode == status->inode)
			return true;
	}
	return false;
}

/* --- begin and end */

bool facts_is_kernel_file(const struct facts *facts, const char *path,
			  const struct fact_status *status)
{
	static const char *const prefixes[] = {"/proc/", "/sys/", "/dev/fd/", "/dev/std"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	for (size_t i = 0; i < facts->device_count; i++)
		if (status->error == 0 && status->device == facts->devices[i])
			return true;
	return false;
}

/* What is not mounted is a folder of another file system. */
static void find_devices(struct facts *facts)
{
	static const char *const roots[] = {"/proc", "/sys"};
	struct fact_status above, found;

	tracee_status(AT_FDCWD, "/", 0, &above);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		tracee_status(AT_FDCWD, roots[i], 0, &found);
		if (found.error == 0 && found.device != above.device)
			facts->devices[facts->device_count++] = found.device;
	}
}

enum pyb_status facts_begin(struct facts *facts, pid_t process, struct pyb_error *error)
{
	struct facts before = *facts;

	*facts = (struct facts){.umask = -1};
	find_devices(facts);
	enum pyb_status status = tracee_is_readable(process, error);
	if (status == PYB_OK)
		status = for_descriptors(facts, &before, process, note_begun_with, error);
	if (status == PYB_OK)
		status = note_mappings(facts, process, error);
	facts_release(&before);
	return status;
}

static enum pyb_status note_change(struct facts *facts, const char *what, uint64_t number,
				   struct pyb_error *error)
{
	return facts_note(
		facts,
		&(struct fact_note){.kind = FACT_PROCESS_CHANGE, .call = what, .number = number},
		error);
}

static bool is_umask_changed(const struct facts *facts)
{
	const struct fact *const fact = facts_find(facts, FACT_UMASK, NULL, 0);
	int64_t then;

	if (fact == NULL || fact->value_size != sizeof(then))
		return false;
	memcpy(&then, fact->value, sizeof(then));
	return facts->umask != then;
}

enum pyb_status facts_end(struct facts *facts, pid_t process, struct pyb_error *error)
{
	enum pyb_status status = for_descriptors(facts, NULL, process, note_left_open, error);

	for (size_t i = 0; i < facts->inherited_count && status == PYB_OK; i++) {
		const struct fact_descriptor *const one = &facts->inherited[i];
		struct fact_status found;
		tracee_descriptor(process, one->number, &found);
		if (found.error != 0 || found.device != one->device || found.inode != one->inode)
			status = note_change(facts, "close", (uint64_t)one->number, error);
	}
	if (status == PYB_OK && is_umask_changed(facts))
		status = note_change(facts, "umask", (uint64_t)facts->umask, error);
	return status;
}
