/* SPDX-License-Identifier: MIT */
/*
 * In the place of the launcher and the importer: does what the lines of the file beside it say, its name with
 * ".plan" behind it, and leaves a snapshot that has the right form. It asks the system for nothing else.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/format.h"
#include "lib/snapshot_handoff.h"
#include "lib/snapshot_writer.h"
#include "lib/trace_mark.h"

enum { FAILED = 99 };

#define BASE UINT64_C(0x210000000000)

static int pages, tables;

static void write_all(int file, const void *data, size_t size)
{
	if (write(file, data, size) != (ssize_t)size)
		_exit(FAILED);
}

/* --- what a snapshot cannot be made of, and what it can */

static void crash(int unused)
{
	(void)unused;
	abort();
}

static void use_socket(const char *unused)
{
	(void)unused;
	close(socket(AF_UNIX, SOCK_STREAM, 0));
}

static void start_child(const char *unused)
{
	(void)unused;
	if (fork() == 0)
		_exit(0);
}

static void write_file(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

static void ask_time(const char *unused)
{
	struct timespec time;

	(void)unused;
	clock_gettime(CLOCK_REALTIME, &time);
}

static void ask_as_locks_do(const char *unused)
{
	struct timespec time;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &time);
}

static void ask_folder(const char *unused)
{
	char folder[4096];

	(void)unused;
	if (getcwd(folder, sizeof(folder)) == NULL)
		_exit(FAILED);
}

static void look_at(const char *path)
{
	struct stat status;

	(void)!stat(path, &status);
}

static void read_file(const char *path)
{
	char byte;
	const int file = open(path, O_RDONLY | O_CLOEXEC);

	(void)!read(file, &byte, 1);
	close(file);
}

/* What other processes may be told otherwise, and can be compared. */
static void ask_values(const char *unused)
{
	struct rlimit limit;
	struct utsname names;
	cpu_set_t processors;

	(void)unused;
	getrlimit(RLIMIT_FSIZE, &limit);
	uname(&names);
	sched_getaffinity(0, sizeof(processors), &processors);
	umask(umask(077));
}

static void look_at_link(const char *path)
{
	struct stat status;

	(void)!lstat(path, &status);
}

static void look_for(const char *path)
{
	(void)!access(path, R_OK);
}

static void handle_signal(const char *unused)
{
	(void)unused;
	signal(SIGUSR1, crash);
}

static void ask_for_user(const char *unused)
{
	(void)unused;
	(void)getuid();
}

/* --- how it goes on */

static void raise_mark(const char *number)
{
	prctl(TRACE_MARK, strtoul(number, NULL, 10), 0, 0, 0);
}

static void end_with(const char *text)
{
	char *why;
	const long status = strtol(text, &why, 10);

	why += *why == ' ';
	write_all(tables, why, strlen(why));
	_exit((int)status);
}

/* It has been given nothing else: whatever pybundle was started with is no matter of the snapshot. */
static void be_alone(const char *unused)
{
	struct sigaction action;

	(void)unused;
	for (int number = tables + 1; number < 64; number++)
		if (fcntl(number, F_GETFD) >= 0)
			end_with("3 a descriptor is open");
	if (sigaction(SIGHUP, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
		end_with("3 a signal is ignored");
}

/* The first time only, of which the file tells the second time. */
static void try_again_once(const char *path)
{
	if (access(path, F_OK) == 0)
		return;
	write_file(path);
	end_with("4 the first time");
}

/* The file tells which process it is. */
static void hang(const char *path)
{
	FILE *const file = fopen(path, "we");

	if (file == NULL || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) != 0)
		_exit(FAILED);
	for (;;)
		pause();
}

static void end_badly(const char *unused)
{
	(void)unused;
	crash(SIGABRT);
}

static void describe_bundle(const char *path, struct snapshot_file *file)
{
	struct stat status;

	if (path == NULL || stat(path, &status) != 0)
		_exit(FAILED);
	*file = (struct snapshot_file){
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = (uint64_t)status.st_size,
		.mtime_ns = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec,
		.ctime_ns = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec,
		.path = 1,
	};
}

/* --- what is in the page that is its own */

static char page[PYB_PAGE_SIZE] = "a page of the process";

enum { KEPT = 64 }; /* where in it */

static void keep_pid(const char *unused)
{
	(void)unused;
	snprintf(page + KEPT, KEPT, "%d", (int)getpid());
}

static void keep_time(const char *unused)
{
	struct timespec time;

	(void)unused;
	clock_gettime(CLOCK_REALTIME, &time);
	memcpy(page + KEPT, &time.tv_sec, sizeof(time.tv_sec));
}

static void keep_random(const char *unused)
{
	(void)unused;
	if (getrandom(page + KEPT, KEPT, 0) != KEPT)
		_exit(FAILED);
}

static void keep_variables(const char *unused)
{
	(void)unused;
	for (char **variable = environ; *variable != NULL; variable++)
		snprintf(page + KEPT, KEPT, "%s", *variable);
}

/* A page of its own, one of the bundle, and one that is empty. */
static void dump(const char *unused)
{
	const char *const bundle = getenv("PYSTART_BUNDLE");
	struct snapshot_segment segments[3];
	struct snapshot_file file;
	struct pyb_buffer strings = {0}, section = {0};

	(void)unused;
	for (size_t i = 0; i < 3; i++)
		segments[i] = (struct snapshot_segment){
			.address = BASE + i * PYB_PAGE_SIZE,
			.size = PYB_PAGE_SIZE,
			.source = i == 0   ? SEGMENT_PAGES
				  : i == 1 ? SEGMENT_FILE
					   : SEGMENT_ZERO,
			.protection = PROT_READ,
		};
	describe_bundle(bundle, &file);
	if (pyb_buffer_append(&strings, "", 1, NULL) != PYB_OK ||
	    pyb_buffer_append(&strings, bundle, strlen(bundle) + 1, NULL) != PYB_OK)
		_exit(FAILED);
	const struct snapshot snapshot = {
		.process = {.page_size = PYB_PAGE_SIZE},
		.segments = segments,
		.segment_count = 3,
		.files = &file,
		.file_count = 1,
		.strings = (const char *)strings.data,
		.strings_size = (uint32_t)strings.size,
		.pages_size = sizeof(page),
	};
	if (pyb_snapshot_compose(&snapshot, &section, NULL) != PYB_OK)
		_exit(FAILED);
	write_all(pages, page, sizeof(page));
	write_all(tables, section.data, section.size);
	_exit(SNAPSHOT_MADE);
}

/* --- a start that goes on with the snapshot, or says so */

static const char *python;
static const char *told = SNAPSHOT_USED;

static void know_python(const char *path)
{
	python = path;
}

static void tell_of_miss(const char *unused)
{
	(void)unused;
	told = SNAPSHOT_MISSED "it is not wanted";
}

static void differ(const char *unused)
{
	(void)unused;
	umask(077);
}

/* The interpreter, as it is without a launcher. */
static void be_started(char **argv)
{
	fprintf(stderr, "pystart: app.pyb: %s\n", told);
	argv[0] = (char *)python;
	execv(python, argv);
	_exit(FAILED);
}

/* --- the plan */

struct act {
	const char *word;
	void (*act)(const char *rest);
};

/* What is in neither of both lists is for the other way of being started. */
static const struct act acts_of_dump[] = {
	{"socket", use_socket},
	{"child", start_child},
	{"write", write_file},
	{"time", ask_time},
	{"lock", ask_as_locks_do},
	{"folder", ask_folder},
	{"stat", look_at},
	{"read", read_file},
	{"mark", raise_mark},
	{"end", end_with},
	{"once", try_again_once},
	{"hang", hang},
	{"crash", end_badly},
	{"dump", dump},
	{"alone", be_alone},
	{"values", ask_values},
	{"lstat", look_at_link},
	{"access", look_for},
	{"handle", handle_signal},
	{"user", ask_for_user},
	{"python", know_python},
	{"keep-pid", keep_pid},
	{"keep-time", keep_time},
	{"keep-random", keep_random},
	{"keep-variables", keep_variables},
	{NULL, NULL},
};

static const struct act acts_of_trial[] = {
	{"python", know_python},
	{"misses", tell_of_miss},
	{"differs", differ},
	{"crashes", end_badly},
	{NULL, NULL},
};

static const struct act *find_act(const struct act *acts, const char *word)
{
	while (acts->word != NULL && strcmp(acts->word, word) != 0)
		acts++;
	return acts;
}

static void follow_line(char *line, bool is_dump)
{
	char *rest = line + strcspn(line, " ");

	if (*rest == ' ')
		*rest++ = '\0';
	const struct act *const mine = find_act(is_dump ? acts_of_dump : acts_of_trial, line);
	const struct act *const others = find_act(is_dump ? acts_of_trial : acts_of_dump, line);
	if (mine->word != NULL)
		mine->act(rest);
	else if (others->word == NULL)
		_exit(FAILED);
}

static void know_files(const char *numbers)
{
	char *rest;

	pages = (int)strtol(numbers, &rest, 10);
	tables = (int)strtol(rest + 1, NULL, 10);
}

int main(int argc, char **argv)
{
	const char *const numbers = getenv(SNAPSHOT_VARIABLE);
	static char name[4096], plan[4096];

	if (argc < 3 || strcmp(argv[1], "-c") != 0)
		return FAILED;
	if (numbers != NULL)
		know_files(numbers);
	snprintf(name, sizeof(name), "%s.plan", argv[0]);
	const int file = open(name, O_RDONLY | O_CLOEXEC);
	if (file < 0 || read(file, plan, sizeof(plan) - 1) <= 0)
		return FAILED;
	close(file);
	for (char *line = plan, *end; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end == '\n')
			*end++ = '\0';
		follow_line(line, numbers != NULL);
	}
	if (numbers == NULL)
		be_started(argv);
	return 0;
}
