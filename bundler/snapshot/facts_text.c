/* SPDX-License-Identifier: MIT */
/* Facts as sentences, of which the program is the subject. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "bundler/snapshot/facts.h"

/* What it did; of a path, the path follows. */
static const char *const did[FACT_KINDS] = {
	[FACT_WORKING_FOLDER] = "asked for its working folder",
	[FACT_SYSTEM] = "asked for the names of host and kernel",
	[FACT_IDENTITY] = "asked what user, groups or capabilities it has",
	[FACT_LIMIT] = "asked for a limit",
	[FACT_PROCESSORS] = "asked which processors it may use",
	[FACT_UMASK] = "asked for the umask",
	[FACT_SCHEDULING] = "asked how it is scheduled",
	[FACT_DESCRIPTOR] = "asked about a descriptor that it did not open itself",
	[FACT_TERMINAL] = "asked whether a descriptor is of a terminal",
	[FACT_SIGNAL] = "asked or told what is done on a signal",
	[FACT_SIGNAL_MASK] = "asked or told which signals are blocked",
	[FACT_TIME] = "asked for the time",
	[FACT_RANDOM] = "asked for random bytes",
	[FACT_PROCESS_ID] = "asked for the number of a process or thread",
	[FACT_MEMORY] = "asked how much memory there is",
	[FACT_THREAD] = "started a thread",
	[FACT_CHILD] = "started a process or waited for one",
	[FACT_SOCKET] = "used a socket",
	[FACT_KERNEL_OBJECT] = "used what is in the kernel only",
	[FACT_SHARED_MEMORY] = "shares memory",
	[FACT_INPUT] = "read from a descriptor that it did not open by a path",
	[FACT_OUTPUT] = "wrote to a descriptor that it did not open by a path",
	[FACT_FILE_CHANGE] = "changed",
	[FACT_PROCESS_CHANGE] = "changed what belongs to the process",
	[FACT_WAIT] = "waited for descriptors or signals, or sent a signal",
	[FACT_UNSTABLE] = "looked at what was changed meanwhile:",
	[FACT_UNKNOWN] = "made a system call of which the meaning is not known",
};

static int write_path(FILE *stream, const char *path)
{
	int written = 0;

	for (; *path != '\0' && written >= 0; path++) {
		const unsigned char byte = (unsigned char)*path;
		const bool is_plain = byte >= ' ' && byte < 0x7f && byte != '\\';
		written = fprintf(stream, is_plain ? "%c" : "\\x%02x", byte);
	}
	return written;
}

/* --- paths */

static const char *verb(const struct fact *fact, bool is_there)
{
	if (!is_there)
		return "looked for";
	if ((fact->asked & FACT_PROGRAM) != 0)
		return "was made of";
	if ((fact->asked & FACT_CONTENTS) != 0)
		return "read";
	if ((fact->asked & FACT_NAMES) != 0)
		return "listed";
	return (fact->asked & (FACT_STATUS | FACT_LINK)) != 0 ? "looked at" : "looked for";
}

static int write_file(FILE *stream, const struct fact *fact)
{
	const struct fact_status *const status =
		(fact->asked & FACT_LINK) != 0 ? &fact->link : &fact->target;
	const bool is_there = status->error == 0;
	int written = fprintf(stream, "%s ", verb(fact, is_there));

	if (written >= 0)
		written = write_path(stream, fact->path);
	if (written >= 0 && (fact->asked & FACT_RELATIVE) != 0)
		written = fprintf(stream, ", from its working folder");
	if (written >= 0 && fact->kind == FACT_KERNEL_FILE)
		written = fprintf(stream, ", which the kernel makes up");
	if (written < 0 || is_there)
		return written;
	return fprintf(stream, ": %s",
		       status->error == ENOENT ? "it is not there" : strerror(status->error));
}

/* --- values */

static int write_limit(FILE *stream, uint64_t limit, const char *behind)
{
	if (limit == RLIM_INFINITY)
		return fprintf(stream, "unlimited%s", behind);
	return fprintf(stream, "%" PRIu64 "%s", limit, behind);
}

static int write_bytes(FILE *stream, const struct fact *fact)
{
	int written = 0;

	for (size_t i = 0; i < fact->value_size && written >= 0; i++)
		written = fprintf(stream, "%02x", fact->value[i]);
	return written;
}

static int write_number(FILE *stream, const struct fact *fact, int64_t number)
{
	static const char *const dispositions[] = {"the default", "nothing", "something else"};

	if (fact->kind == FACT_UMASK)
		return fprintf(stream, "0%" PRIo64, (uint64_t)number);
	if (fact->kind == FACT_SIGNAL && (uint64_t)number <= FACT_SIGNAL_HANDLED)
		return fprintf(stream, "%s", dispositions[number]);
	return fprintf(stream, "%" PRId64, number);
}

static int write_value(FILE *stream, const struct fact *fact)
{
	union {
		int64_t number;
		struct rlimit limit;
		struct utsname names;
		struct winsize window;
	} value;

	if (fact->kind == FACT_WORKING_FOLDER)
		return write_path(stream, (const char *)fact->value);
	if (fact->kind == FACT_PROCESSORS || fact->value_size > sizeof(value))
		return write_bytes(stream, fact);
	memcpy(&value, fact->value, fact->value_size);
	if (fact->kind == FACT_LIMIT && fact->value_size == sizeof(value.limit)) {
		const int written = write_limit(stream, value.limit.rlim_cur, ", at most ");
		return written < 0 ? written : write_limit(stream, value.limit.rlim_max, "");
	}
	if (fact->kind == FACT_SYSTEM)
		return fprintf(stream, "%s, %s %s", value.names.nodename, value.names.sysname,
			       value.names.release);
	if (fact->kind == FACT_TERMINAL && fact->value_size == sizeof(value.window))
		return fprintf(stream, "%u rows, %u columns", value.window.ws_row,
			       value.window.ws_col);
	if (fact->value_size == sizeof(value.number) && fact->kind != FACT_SIGNAL_MASK)
		return write_number(stream, fact, value.number);
	return write_bytes(stream, fact);
}

static bool has_number(enum fact_kind kind)
{
	switch (kind) {
	case FACT_LIMIT:
	case FACT_SCHEDULING:
	case FACT_DESCRIPTOR:
	case FACT_TERMINAL:
	case FACT_SIGNAL:
	case FACT_INPUT:
	case FACT_OUTPUT:
	case FACT_UNKNOWN:
		return true;
	default:
		return false;
	}
}

static int write_other(FILE *stream, const struct fact *fact)
{
	int written = fprintf(stream, "%s", did[fact->kind]);

	if (written >= 0 && fact->path != NULL) {
		written = fprintf(stream, " ");
		if (written >= 0)
			written = write_path(stream, fact->path);
	}
	if (written >= 0 && (fact->number != 0 || has_number(fact->kind)))
		written = fprintf(stream, " (%s, %" PRIu64 ")", fact->call, fact->number);
	else if (written >= 0)
		written = fprintf(stream, " (%s)", fact->call);
	if (written < 0 || (fact->error == 0 && fact->value == NULL))
		return written;
	written = fprintf(stream, ": ");
	if (written < 0)
		return written;
	return fact->error != 0 ? fprintf(stream, "%s", strerror(fact->error))
				: write_value(stream, fact);
}

int fact_write(FILE *stream, const struct fact *fact)
{
	if (fact->kind == FACT_PATH || fact->kind == FACT_KERNEL_FILE)
		return write_file(stream, fact);
	return write_other(stream, fact);
}
