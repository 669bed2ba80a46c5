/* SPDX-License-Identifier: MIT */
/* Calls with a path: what was asked about it, or done to it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundler/snapshot/facts_parts.h"
#include "lib/snapshot_format.h"
#include "lib/trace_mark.h"

static uint64_t argument(const struct trace_call *call, unsigned number)
{
	return number == 0 ? 0 : call->arguments[number - 1];
}

static int folder_of(const struct call *kind, const struct trace_call *call)
{
	return kind->folder == 0 ? AT_FDCWD : (int)argument(call, kind->folder);
}

static bool takes_flags_of_at(enum call_form form)
{
	return form == CALL_STATUS || form == CALL_ACCESS || form == CALL_EXECUTE;
}

static bool is_about_folder(const struct call *kind, const struct trace_call *call)
{
	return takes_flags_of_at(kind->form) && (argument(call, kind->flags) & AT_EMPTY_PATH) != 0;
}

enum pyb_status observe_path_before(const struct call *kind, const struct trace_call *call,
				    struct fact_pending *pending, struct pyb_error *error)
{
	const uint64_t address = argument(call, kind->path);
	const int folder = folder_of(kind, call);
	char path[PATH_MAX];

	/* No path at all may stand for an empty one (Linux 6.11). */
	if (address == 0 && is_about_folder(kind, call))
		path[0] = '\0';
	else
		pending->unreadable = tracee_read_path(call->thread, address, path);
	if (pending->unreadable != 0)
		return PYB_OK;
	pending->is_empty = path[0] == '\0';
	if (!pending->is_empty)
		return tracee_look(call->thread, folder, path, &pending->look, error);
	/* The working folder is the only one that is not a descriptor. */
	if (is_about_folder(kind, call) && folder == AT_FDCWD) {
		pending->is_empty = false;
		return tracee_look(call->thread, folder, ".", &pending->look, error);
	}
	return PYB_OK;
}

/* --- what was asked */

/* What the kernel found is not what we found just before. */
static bool has_moved(const struct trace_call *call, const struct fact_status *status)
{
	return (call->result >= 0 && status->error != 0) ||
	       (call->result == -ENOENT && status->error == 0);
}

static enum pyb_status note_path(struct facts *facts, const struct call *kind,
				 const struct trace_call *call, const struct tracee_look *look,
				 unsigned asked, struct pyb_error *error)
{
	const struct fact_status *const status =
		(asked & FACT_LINK) != 0 ? &look->link : &look->target;
	struct fact_note note = {.kind = FACT_PATH,
				 .call = kind->name,
				 .path = look->path,
				 .asked = asked | (look->is_relative ? FACT_RELATIVE : 0),
				 .error = call_error(call),
				 .look = look};

	if (look->descriptor >= 0)
		return observe_descriptor(facts, kind, call, look->descriptor, error);
	if (look->is_lost)
		note.kind = FACT_UNKNOWN;
	else if (facts_is_kernel_file(facts, look->path, status))
		note.kind = FACT_KERNEL_FILE;
	/* execve(2) may miss another file than the one that it was given. */
	else if (kind->form != CALL_EXECUTE && has_moved(call, status))
		note.kind = FACT_UNSTABLE;
	return facts_note(facts, &note, error);
}

static enum pyb_status note_act(struct facts *facts, enum fact_kind fact, const struct call *kind,
				const struct tracee_look *look, struct pyb_error *error)
{
	return facts_note(facts,
			  &(struct fact_note){.kind = fact, .call = kind->name, .path = look->path},
			  error);
}

/* --- what was to be changed, and is as it was */

/* Where something was to be made in a folder that is not there: that is what has been told. */
static enum pyb_status note_missing_folder(struct facts *facts, const struct call *kind,
					   const struct trace_call *call,
					   const struct tracee_look *look, struct pyb_error *error)
{
	struct tracee_look parent = {.path = strdup(look->path),
				     .is_relative = look->is_relative,
				     .is_lost = look->is_lost,
				     .descriptor = look->descriptor};
	enum pyb_status status;

	if (parent.path == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	char *const name = parent.path;
	parent.path = dirname(name);
	tracee_status(AT_FDCWD, parent.path, 0, &parent.target);
	tracee_status(AT_FDCWD, parent.path, AT_SYMLINK_NOFOLLOW, &parent.link);
	if (parent.target.error == ENOENT)
		status = note_path(facts, kind, call, &parent, FACT_EXISTENCE, error);
	else
		status = note_act(facts, FACT_FILE_CHANGE, kind, look, error);
	free(name);
	return status;
}

/* Something that is there already, whatever it is, or cannot be, for its folder is not there, is not made. */
static enum pyb_status observe_making(struct facts *facts, const struct call *kind,
				      const struct trace_call *call, const struct tracee_look *look,
				      struct pyb_error *error)
{
	if (call->result == -EEXIST)
		return note_path(facts, kind, call, look, FACT_LINK, error);
	if (call->result == -ENOENT)
		return note_missing_folder(facts, kind, call, look, error);
	return note_act(facts, FACT_FILE_CHANGE, kind, look, error);
}

static enum pyb_status observe_removal(struct facts *facts, const struct call *kind,
				       const struct trace_call *call,
				       const struct tracee_look *look, struct pyb_error *error)
{
	if (call->result == -ENOENT)
		return note_path(facts, kind, call, look, FACT_LINK, error);
	return note_act(facts, FACT_FILE_CHANGE, kind, look, error);
}

/* --- what was opened, or asked for */

/* Whether opening it in this way may change it, or makes it possible to. */
static bool opens_for_change(const struct trace_call *call, const struct tracee_look *look,
			     uint64_t flags)
{
	const bool is_made = (flags & O_CREAT) != 0;

	if ((flags & O_PATH) != 0 ||
	    ((flags & O_ACCMODE) == O_RDONLY && !is_made && (flags & O_TRUNC) == 0))
		return false;
	return call->result != -ENOENT && !facts_is_plain_device(&look->target);
}

/* For reading and so on, and the answer: F_OK is no question of its own. */
static unsigned access_asked(const struct trace_call *call, uint64_t mode)
{
	const int error = call_error(call);
	const unsigned bit = 1U << (mode % GUARD_ACCESS_MODES) & GUARD_ACCESS_ASKED;

	if (error != 0 && error != EACCES && error != EPERM && error != EROFS)
		return 0;
	return (error == 0 ? bit | bit << GUARD_ACCESS_MODES : bit) << FACT_ACCESS_SHIFT;
}

static enum pyb_status observe_open(struct facts *facts, const struct call *kind,
				    const struct trace_call *call, const struct tracee_look *look,
				    uint64_t flags, struct pyb_error *error)
{
	unsigned asked = (flags & O_NOFOLLOW) != 0 ? FACT_LINK : FACT_EXISTENCE;

	if ((flags & O_CREAT) != 0 && call->result < 0)
		return observe_making(facts, kind, call, look, error);
	if ((flags & (O_NOFOLLOW | O_PATH)) == 0)
		asked |= access_asked(call, R_OK);
	if (opens_for_change(call, look, flags))
		return note_act(facts, FACT_FILE_CHANGE, kind, look, error);
	enum pyb_status status = note_path(facts, kind, call, look, asked, error);
	if (status == PYB_OK && call->result >= 0 && facts_is_random_device(&look->target))
		status = note_act(facts, FACT_RANDOM, kind, look, error);
	return status;
}

static enum pyb_status observe_open_how(struct facts *facts, const struct call *kind,
					const struct trace_call *call,
					const struct tracee_look *look, struct pyb_error *error)
{
	struct open_how how;

	if (!tracee_read(call->thread, call->arguments[2], &how, sizeof(how)))
		return call_error(call) == EFAULT ? PYB_OK : observe_unknown(facts, kind, 0, error);
	/* A path may lead elsewhere then. */
	if (how.resolve != 0)
		return observe_unknown(facts, kind, how.resolve, error);
	return observe_open(facts, kind, call, look, how.flags, error);
}

static unsigned asked_by(const struct facts *facts, const struct call *kind,
			 const struct trace_call *call)
{
	const bool is_of_link = kind->form == CALL_LINK || kind->form == CALL_LINK_STATUS ||
				(takes_flags_of_at(kind->form) &&
				 (argument(call, kind->flags) & AT_SYMLINK_NOFOLLOW) != 0);
	const bool is_status = kind->form == CALL_LINK_STATUS || kind->form == CALL_STATUS ||
			       kind->form == CALL_ACCESS;

	if (is_of_link)
		return is_status && (facts->harmless & TRACE_BODY_LINKS) == 0
			       ? FACT_LINK | FACT_LINK_STATUS
			       : FACT_LINK;
	if (kind->form == CALL_ACCESS)
		return FACT_EXISTENCE | access_asked(call, argument(call, kind->path + 1U));
	return kind->form == CALL_STATUS ? FACT_STATUS : FACT_EXISTENCE;
}

static enum pyb_status observe_look(struct facts *facts, const struct call *kind,
				    const struct trace_call *call, const struct tracee_look *look,
				    struct pyb_error *error)
{
	switch (kind->form) {
	case CALL_OPEN:
		return observe_open(facts, kind, call, look, argument(call, kind->flags), error);
	case CALL_OPEN_HOW:
		return observe_open_how(facts, kind, call, look, error);
	case CALL_CHANGE:
		return note_act(facts, FACT_FILE_CHANGE, kind, look, error);
	case CALL_MAKE:
		return observe_making(facts, kind, call, look, error);
	case CALL_REMOVE:
		return observe_removal(facts, kind, call, look, error);
	case CALL_MOVE:
		if (call->result == 0)
			return note_act(facts, FACT_PROCESS_CHANGE, kind, look, error);
		break;
	default:
		break;
	}
	return note_path(facts, kind, call, look, asked_by(facts, kind, call), error);
}

enum pyb_status observe_path(struct facts *facts, const struct call *kind,
			     const struct trace_call *call, const struct fact_pending *pending,
			     struct pyb_error *error)
{
	const struct tracee_look *const look = &pending->look;
	const int folder = folder_of(kind, call);
	enum pyb_status status = PYB_OK;

	/* What the kernel could read and we could not has been changed in between. */
	if (pending->unreadable != 0)
		return call_error(call) == pending->unreadable
			       ? PYB_OK
			       : observe_unknown(facts, kind, 0, error);
	if (pending->is_empty)
		return is_about_folder(kind, call)
			       ? observe_descriptor(facts, kind, call, folder, error)
			       : PYB_OK;
	if (folder != AT_FDCWD && (look->path == NULL || look->is_from_folder))
		status = observe_descriptor(facts, kind, call, folder, error);
	/* A call that has not failed, relative to nothing: not as we found it. */
	if (status == PYB_OK && look->path == NULL && (folder == AT_FDCWD || call->result >= 0))
		return observe_unknown(facts, kind, 0, error);
	if (status != PYB_OK || look->path == NULL)
		return status;
	return observe_look(facts, kind, call, look, error);
}
