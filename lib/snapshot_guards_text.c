/* SPDX-License-Identifier: MIT */
/* Guards in words. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/snapshot_guards_parts.h"

enum { VALUE_MAX = 200, DATE_SIZE = 40, NANOSECONDS = 1000000000 };

/* A text that is being written. */
struct words {
	char *text;
	size_t size, length; /* length < size */
};

static void say(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct words *words, const char *format, ...)
{
	const size_t room = words->size - words->length;
	va_list arguments;

	va_start(arguments, format);
	const int written = vsnprintf(words->text + words->length, room, format, arguments);
	va_end(arguments);
	if (written > 0)
		words->length += (size_t)written < room ? (size_t)written : room - 1;
}

static void say_byte(struct words *words, char character)
{
	const unsigned char byte = (unsigned char)character;
	const bool is_plain = byte >= ' ' && byte < 0x7f && byte != '\\';

	say(words, is_plain ? "%c" : "\\x%02x", byte);
}

/* Whole; `end` ends it, or a NUL. */
static void say_name(struct words *words, const char *name, char end)
{
	for (; *name != '\0' && *name != end; name++)
		say_byte(words, *name);
}

static void say_path(struct words *words, const char *path)
{
	say_name(words, path, '\0');
}

/* Of a long value, the beginning. */
static void say_beginning(struct words *words, const char *value)
{
	for (size_t i = 0; i < VALUE_MAX && value[i] != '\0'; i++)
		say_byte(words, value[i]);
	if (strnlen(value, VALUE_MAX + 1) > VALUE_MAX)
		say(words, "...");
}

static void say_value(struct words *words, const char *value)
{
	if (value[0] == '\0')
		say(words, "empty");
	else
		say_beginning(words, value);
}

static void say_date(struct words *words, int64_t time_ns)
{
	const time_t seconds = time_ns / NANOSECONDS - (time_ns % NANOSECONDS < 0);
	char date[DATE_SIZE] = "an unknown time";
	struct tm parts;

	if (gmtime_r(&seconds, &parts) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &parts);
	say(words, "%s", date);
}

/* ---- paths ---- */

static const char *kind_of_file(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "folder";
	case S_IFLNK:
		return "symbolic link";
	case S_IFIFO:
		return "pipe";
	case S_IFSOCK:
		return "socket";
	default:
		return "device";
	}
}

static void describe_path(struct words *words, const struct snapshot_guard *guard, const char *path)
{
	const struct guard_status *const status = &guard->status;

	if (status->error != 0) {
		say(words, "there is no ");
		say_path(words, path);
		if (status->error != ENOENT)
			say(words, " (%s)", strerror(status->error));
	} else if (guard_is_of_mode(guard)) {
		say(words, "there is ");
		say_path(words, path);
		say(words, guard->kind == GUARD_NO_LINK ? ", which is no link" : "");
		say(words, guard->number != 0 ? ", and who may use it" : "");
	} else {
		say(words, "the %s ", kind_of_file(status->mode));
		say_path(words, path);
		say(words, ", as of ");
		say_date(words, status->mtime_ns);
	}
}

static void describe_missed_path(struct words *words, const struct snapshot_guard *guard,
				 const char *path)
{
	const struct guard_status *const then = &guard->status;
	struct guard_status now;

	pyb_guard_look(path, guard_follows_links(guard), &now);
	say_path(words, path);
	if (then->error == ENOENT && now.error == 0)
		say(words, " was not there when the snapshot was made");
	else if (then->error == 0 && now.error == ENOENT)
		say(words, " is not there; it was when the snapshot was made");
	else if (then->error != now.error)
		say(words, " cannot be found as it was when the snapshot was made: %s",
		    now.error != 0 ? strerror(now.error) : "it is there now");
	else if (!guard_is_of_mode(guard) && then->inode != now.inode)
		say(words, " has been replaced since the snapshot was made");
	else if (guard->number != 0 && then->mode == now.mode)
		say(words, " may be used otherwise than when the snapshot was made");
	else
		say(words, " has changed since the snapshot was made");
}

static unsigned count_names(const char *names)
{
	unsigned count = 1;

	for (; *names != '\0'; names++)
		count += *names == '/';
	return count;
}

static void describe_names(struct words *words, const struct snapshot *snapshot,
			   const struct snapshot_guard *guard)
{
	say_path(words, guard_name(snapshot, guard));
	say(words, " has none of %u names, such as ", count_names(guard_value(snapshot, guard)));
	say_name(words, guard_value(snapshot, guard), '/');
}

/* It may be gone again. */
static void describe_missed_names(struct words *words, const struct snapshot *snapshot,
				  const struct snapshot_guard *guard)
{
	char path[GUARD_PATH_MAX];

	say_path(words,
		 guard_find_name(snapshot, guard, path) ? path : guard_name(snapshot, guard));
	say(words, " was not there when the snapshot was made");
}

/* ---- variables ---- */

static bool begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/*
 * What users set to have a program speak, look and find its files, and nobody puts a secret into. Of all
 * others, only the names are told. CPython's older names have no underscore; those of services do.
 */
static bool may_be_shown(const char *name)
{
	static const char *const shown[] = {
		"COLUMNS",
		"FORCE_COLOR",
		"GLIBC_TUNABLES",
		"HOME",
		"LANG",
		"LANGUAGE",
		"LD_LIBRARY_PATH",
		"LD_PRELOAD",
		"LINES",
		"LOCPATH",
		"NO_COLOR",
		"PATH",
		"PYTHON_GIL",
		"PYTHON_COLORS",
		"PYTHON_CPU_COUNT",
		"PYTHON_FROZEN_MODULES",
		"PYTHON_TLBC",
		"PYTHON_BASIC_REPL",
		"TERM",
		"TZ",
		"TZDIR",
	};

	if (begins_with(name, "LC_"))
		return true;
	if (begins_with(name, "PYTHON") && strchr(name, '_') == NULL)
		return strcmp(name, "PYTHONHASHSEED") != 0;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (strcmp(name, shown[i]) == 0)
			return true;
	return false;
}

static void describe_variable(struct words *words, const char *name, const char *value)
{
	say(words, "the variable ");
	say_path(words, name);
	say(words, " is ");
	if (may_be_shown(name))
		say_value(words, value);
	else
		say(words, "as it was");
}

static void describe_missed_variable(struct words *words, const char *name, const char *then,
				     const char *now)
{
	const bool is_shown = may_be_shown(name);

	if (is_shown) {
		say(words, "the snapshot was made with %s=", name);
		say_beginning(words, then);
	} else {
		say(words, "the snapshot was made with %s value of ",
		    now == NULL ? "a" : "another");
		say_path(words, name);
	}
	if (now == NULL) {
		say(words, "; it is not set now");
	} else if (is_shown) {
		say(words, "; it is ");
		say_value(words, now);
		say(words, " now");
	}
}

/* Whether a text, which may have a value too, is of this variable. */
static bool is_variable(const char *text, const char *name)
{
	return begins_with(text, name) && (text[strlen(name)] == '\0' || text[strlen(name)] == '=');
}

/* Some are passed on to each start that a snapshot is made of; a snapshot has a seed of its own. */
static void advise_to_make_with(struct words *words, const char *name)
{
	if (is_variable(name, "PYTHONHASHSEED"))
		return;
	say(words, ". If it always is, ");
	if (!begins_with(name, "LC_") && !is_variable(name, "LANG") && !is_variable(name, "HOME")) {
		say(words, "say 'variables: [");
		say_name(words, name, '=');
		say(words, "]' in the manifest and ");
	}
	say(words, "build the bundle again");
}

/* The name is followed by an equals sign, or ends. Whose value nobody has expected is not told. */
static void describe_new_variable(struct words *words, const char *name)
{
	say_name(words, name, '=');
	say(words, " is set; it was not when the snapshot was made");
	advise_to_make_with(words, name);
}

/* ---- what is left ---- */

/* As taskset(1) has it. */
static void say_processors(struct words *words, const char *set, size_t size)
{
	for (size_t i = size; i > 0; i--)
		say(words, i == size ? "%x" : "%02x", (unsigned)(uint8_t)set[i - 1]);
}

static void say_limit(struct words *words, uint64_t limit)
{
	if (limit == RLIM_INFINITY)
		say(words, "unlimited");
	else
		say(words, "%" PRIu64, limit);
}

static void say_limits(struct words *words, const char *value)
{
	uint64_t limits[2];

	memcpy(limits, value, sizeof(limits));
	say_limit(words, limits[0]);
	say(words, " (at most ");
	say_limit(words, limits[1]);
	say(words, ")");
}

/* As `ulimit -a` has them. */
static const char *name_of_limit(uint64_t number)
{
	static const char *const names[] = {
		[RLIMIT_AS] = "virtual memory",
		[RLIMIT_CORE] = "core files",
		[RLIMIT_CPU] = "processor time",
		[RLIMIT_DATA] = "data segments",
		[RLIMIT_FSIZE] = "file sizes",
		[RLIMIT_LOCKS] = "file locks",
		[RLIMIT_MEMLOCK] = "locked memory",
		[RLIMIT_MSGQUEUE] = "message queues",
		[RLIMIT_NICE] = "niceness",
		[RLIMIT_NOFILE] = "open files",
		[RLIMIT_NPROC] = "processes",
		[RLIMIT_RSS] = "resident memory",
		[RLIMIT_RTPRIO] = "real-time priority",
		[RLIMIT_RTTIME] = "real-time processor time",
		[RLIMIT_SIGPENDING] = "pending signals",
		[RLIMIT_STACK] = "the stack",
	};

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : "an unknown resource";
}

static void say_subject(struct words *words, const struct snapshot *snapshot,
			const struct snapshot_guard *guard)
{
	switch (guard->kind) {
	case GUARD_ARGUMENT:
		if (guard->number == 0)
			say(words, "the program is called ");
		else
			say(words, "argument %" PRIu64, guard->number);
		break;
	case GUARD_FOLDER:
		say(words, "the working folder is ");
		break;
	case GUARD_MASK:
		say(words, "the umask is ");
		break;
	case GUARD_PROCESSORS:
		say(words, "the mask of processors is ");
		break;
	case GUARD_LIMIT:
		say(words, "the limit of %s is ", name_of_limit(guard->number));
		break;
	case GUARD_PLACE:
		say_path(words, guard_name(snapshot, guard));
		say(words, " leads to the folder ");
		break;
	case GUARD_EPOLL:
		say(words, "epoll_create1() is ");
		break;
	case GUARD_SCRIPT:
		say(words, "argument %" PRIu64 " is the script ", guard->number);
		break;
	default:
		say(words, "the host is called ");
		break;
	}
}

static void say_what(struct words *words, const struct snapshot_guard *guard, const char *value,
		     size_t size)
{
	if (value == NULL)
		say(words, "unknown");
	else if (guard->kind == GUARD_PROCESSORS)
		say_processors(words, value, size);
	else if (guard->kind == GUARD_LIMIT)
		say_limits(words, value);
	else if (guard->kind == GUARD_EPOLL)
		say(words, "to be had");
	else
		say_value(words, value);
}

/* Arguments can be secrets, but for the program's name. */
static bool is_secret(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_ARGUMENT && guard->number > 0;
}

static void describe_value(struct words *words, const struct snapshot *snapshot,
			   const struct snapshot_guard *guard)
{
	say_subject(words, snapshot, guard);
	if (is_secret(guard))
		say(words, " is as it was");
	else if (guard->kind == GUARD_MASK)
		say(words, "%04" PRIo64, guard->number);
	else
		say_what(words, guard, guard_value(snapshot, guard), guard->value_size);
}

static void describe_missed_value(struct words *words, const struct snapshot *snapshot,
				  const struct snapshot_guard *guard,
				  const struct guard_world *world)
{
	struct guard_answer now;

	if (guard->kind == GUARD_SCRIPT) {
		say(words, "it is for the script ");
		say_path(words, guard_value(snapshot, guard));
		say(words, ", which is not argument %" PRIu64, guard->number);
		return;
	}
	guard_ask(guard, guard_name(snapshot, guard), world, &now);
	say_subject(words, snapshot, guard);
	if (is_secret(guard)) {
		say(words, " is not what it was when the snapshot was made");
		return;
	}
	if (guard->kind == GUARD_MASK) {
		say(words, "%04" PRIo64 "; it was %04" PRIo64, now.number, guard->number);
	} else {
		say_what(words, guard, now.value, now.value_size);
		say(words, "; it was ");
		say_what(words, guard, guard_value(snapshot, guard), guard->value_size);
	}
	say(words, " when the snapshot was made");
}

/* ---- all ---- */

void pyb_guard_describe(const struct snapshot *snapshot, const struct snapshot_guard *guard,
			char *text, size_t size)
{
	const char *const name = guard_name(snapshot, guard);
	struct words words = {.text = text, .size = size};

	text[0] = '\0';
	switch (guard->kind) {
	case GUARD_PATH:
	case GUARD_LINK:
	case GUARD_PRESENT:
	case GUARD_NO_LINK:
		describe_path(&words, guard, name);
		break;
	case GUARD_VARIABLE:
		describe_variable(&words, name, guard_value(snapshot, guard));
		break;
	case GUARD_ABSENT:
		say(&words, "the variable ");
		say_path(&words, name);
		say(&words, " is not set");
		break;
	case GUARD_FAMILY:
		say(&words, "no other variable begins with ");
		say_path(&words, name);
		break;
	case GUARD_NAMES:
		describe_names(&words, snapshot, guard);
		break;
	default:
		describe_value(&words, snapshot, guard);
		break;
	}
}

void pyb_guard_describe_miss(const struct snapshot *snapshot, const struct guard_miss *miss,
			     const struct guard_world *world, char *text, size_t size)
{
	const struct snapshot_guard *const guard = &snapshot->guards[miss->guard];
	const char *const name = guard_name(snapshot, guard);
	struct words words = {.text = text, .size = size};

	text[0] = '\0';
	switch (guard->kind) {
	case GUARD_PATH:
	case GUARD_LINK:
	case GUARD_PRESENT:
	case GUARD_NO_LINK:
		describe_missed_path(&words, guard, name);
		break;
	case GUARD_VARIABLE:
		describe_missed_variable(&words, name, guard_value(snapshot, guard),
					 guard_find_variable(world->environment, name));
		break;
	case GUARD_ABSENT:
		describe_new_variable(&words, name);
		break;
	case GUARD_FAMILY:
		describe_new_variable(&words, miss->entry != NULL ? miss->entry : name);
		break;
	case GUARD_NAMES:
		describe_missed_names(&words, snapshot, guard);
		break;
	default:
		describe_missed_value(&words, snapshot, guard, world);
		break;
	}
}
