/* SPDX-License-Identifier: MIT */
#include "importer/resume/make.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "importer/cpython/compat.h"
#include "importer/cpython/first_imports.h"
#include "importer/cpython/hidden_arguments.h"
#include "importer/cpython/thread_state.h"
#include "importer/process.h"
#include "importer/resume/command_line.h"
#include "importer/resume/environment_before.h"
#include "importer/resume/resumed.h"
#include "importer/resume/script.h"
#include "importer/resume/stand_in.h"
#include "importer/session.h"
#include "importer/snapshot/dump/break.h"
#include "importer/snapshot/dump/dump.h"
#include "lib/snapshot.h"
#include "lib/snapshot_handoff.h"
#include "lib/snapshot_process.h"
#include "lib/trace_mark.h"

static struct {
	int pages, tables; /* descriptors */
	bool is_compared;  /* with another one of its kind; it is for nothing else */
	bool is_varied;    /* it is the second of both */
	bool is_at_site;
	enum command_kind kind; /* of what it is started with */
	/* Not if the vdso is hidden, as it is when the bundler only looks at what a start asks for. */
	bool knows_stack;
	struct initial_stack stack;
} making;

/* --- telling the bundler */

static bool write_all(const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		const ssize_t more = TEMP_FAILURE_RETRY(write(making.tables, at, size));
		if (more <= 0)
			return false;
		at += more;
		size -= (size_t)more;
	}
	return true;
}

static _Noreturn void give_up(enum snapshot_exit_status status, const char *reason)
{
	write_all(reason, strlen(reason));
	_exit((int)status);
}

static _Noreturn void refuse(const char *reason)
{
	give_up(SNAPSHOT_REFUSED, reason);
}

/* --- the process writes itself */

static bool write_tables(const struct snapshot *snapshot)
{
	struct pyb_bytes pieces[PYB_SNAPSHOT_PIECES];
	struct pyb_snapshot head;
	bool is_done = true;

	pyb_snapshot_cut(snapshot, &head, pieces);
	for (size_t i = 0; i < PYB_SNAPSHOT_PIECES && is_done; i++)
		is_done = write_all(pieces[i].data, pieces[i].size);
	return is_done;
}

static _Noreturn void write_snapshot(void)
{
	const int kept[] = {making.pages, making.tables};
	const void *renewed[THREAD_STATE_WORDS];
	const struct dump_request request = {
		.stack = &making.stack,
		.kept = kept,
		.kept_count = sizeof(kept) / sizeof(kept[0]),
		.renewed = renewed,
		.renewed_count = thread_state_stack_words(renewed),
		.pages = making.pages,
		.entry = (uintptr_t)&resumed_go_on,
		.is_written = arena_size(&process.arena) > 0,
		.is_compared = making.is_compared,
	};
	struct pyb_error error = {0};
	struct dump dump;

	thread_state_wipe();
	process.reporter = 0;
	const enum pyb_status status = snapshot_dump(&request, &dump, &error);

	if (status != PYB_OK)
		give_up(status == PYB_ERR_AGAIN ? SNAPSHOT_AGAIN : SNAPSHOT_REFUSED, error.text);
	if (!pyb_process_facts(making.stack.auxv, &dump.snapshot.process))
		refuse("it cannot be told what this process was started with");
	if (!script_describe(&dump.snapshot))
		refuse("there is no memory for the names of its modules");
	if (!write_tables(&dump.snapshot))
		refuse(strerror(errno));
	_exit(SNAPSHOT_MADE);
}

/* --- in the place of main() */

/*
 * The allocators that fill what is given back, for those that the environment asks for; PYMEM_ALLOCATOR_NOT_SET:
 * it asks for such as no snapshot is made of, or nothing is to be filled.
 */
static PyMemAllocatorName choose_filling(void)
{
	const char *const name = getenv("PYTHONMALLOC");

	if (!making.is_compared || getenv("PYTHONDEVMODE") != NULL ||
	    getenv("PYTHONTRACEMALLOC") != NULL)
		return PYMEM_ALLOCATOR_NOT_SET;
	if (name == NULL || name[0] == '\0' || strcmp(name, "default") == 0 ||
	    strcmp(name, "pymalloc") == 0)
		return PYMEM_ALLOCATOR_PYMALLOC_DEBUG;
	return strcmp(name, "malloc") == 0 ? PYMEM_ALLOCATOR_MALLOC_DEBUG : PYMEM_ALLOCATOR_NOT_SET;
}

/* As Modules/main.c: pymain_init() does. The program is not named: each start has its own. */
static PyStatus initialize(int argc, char **argv)
{
	struct command_line line;
	PyPreConfig before;
	PyConfig configuration;

	if (!command_line_read(argc, argv, &line))
		refuse("its options are none that a snapshot is made with");
	making.kind = line.kind;
	const int count = line.words;
	PyPreConfig_InitPythonConfig(&before);
	before.allocator = (int)choose_filling();
	PyStatus status = Py_PreInitializeFromBytesArgs(&before, count, argv);
	if (PyStatus_Exception(status))
		return status;
	PyConfig_InitPythonConfig(&configuration);
	status = PyConfig_SetBytesArgv(&configuration, count, argv);
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&configuration);
	PyConfig_Clear(&configuration);
	return status;
}

/*
 * What was written and is still in a buffer would be lost, for each start writes it: the bundler sees that it
 * is written now, and makes no snapshot.
 */
static void write_out(void)
{
	static const char *const names[] = {"stdout", "stderr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PyObject *const stream = PySys_GetObject(names[i]);
		PyObject *const result =
			stream == NULL ? NULL : PyObject_CallMethod(stream, "flush", NULL);
		Py_XDECREF(result);
		PyErr_Clear();
	}
	fflush(NULL);
}

/* The text of a variable that a new process would have elsewhere. */
static void refuse_moved_variable(const char *variable)
{
	char reason[200];

	snprintf(reason, sizeof(reason),
		 "the C library has replaced the variable %.*s in the environment",
		 (int)strcspn(variable, "="), variable);
	refuse(reason);
}

/*
 * What counts or checks memory (PYTHONTRACEMALLOC, PYTHONMALLOC=debug, PYTHONDEVMODE) keeps more of a start than
 * is made new. CPython's own allocators have no context, those that it puts in front of them have.
 */
static bool are_allocators_plain(void)
{
	static const PyMemAllocatorDomain domains[] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM,
						       PYMEM_DOMAIN_OBJ};
	PyMemAllocatorEx allocator;

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		PyMem_GetAllocator(domains[i], &allocator);
		if (allocator.ctx != NULL)
			return false;
	}
	return true;
}

static void look_at_start(void)
{
	if (!making.knows_stack)
		refuse("the kernel does not tell where its shared object (vdso) is");
	const char *const moved = initial_stack_moved_variable(&making.stack);
	if (moved != NULL)
		refuse_moved_variable(moved);
	if (session.phase != PHASE_READY)
		refuse("the bundle is not used by its own interpreter");
	if (choose_filling() == PYMEM_ALLOCATOR_NOT_SET && !are_allocators_plain())
		refuse("memory is traced or checked (PYTHONTRACEMALLOC, PYTHONMALLOC, PYTHONDEVMODE)");
}

/* A snapshot that is for starts of one script has what that imports first. */
static void import_for_script(int argc, char **argv)
{
	struct command_line line;

	if (!command_line_read(argc, argv, &line) || line.kind != COMMAND_FILE)
		return;
	script_begin(line.program);
	const char *const reason = first_imports_do(line.program, false);
	if (reason != NULL)
		refuse(reason);
	script_end();
	/* Other programs can have one without it as well. */
	if (script_module_count() == 0)
		refuse("it imports nothing first that is not there at each start");
}

static int main_of_snapshot(int argc, char **argv, char **envp)
{
	(void)envp;
	environment_note_before(&making.stack);
	if (PyStatus_Exception(initialize(argc, argv)))
		refuse("the interpreter cannot be initialized");
	const char *const who_asked = hidden_arguments_end();
	if (who_asked != NULL)
		refuse(who_asked);
	import_for_script(argc, argv);
	write_out();
	prctl(TRACE_MARK, TRACE_MARK_END);
	look_at_start();
	const char *const reason = resumed_prepare();
	if (reason != NULL)
		refuse(reason);
	write_snapshot();
}

/* --- being asked */

/* What glibc fills memory with that is given back; what it gives out gets the complement. */
enum { FREED_BYTE = 0xbb };

/* The number of a descriptor that is none of the standard streams; goes behind it. */
static bool read_descriptor(const char **text, int *descriptor)
{
	char *behind;
	const long number = strtol(*text, &behind, 10);

	*descriptor = (int)number;
	*text = behind;
	return number > STDERR_FILENO && number <= INT_MAX;
}

static bool read_request(const char *text)
{
	if (!read_descriptor(&text, &making.pages) || *text++ != ':' ||
	    !read_descriptor(&text, &making.tables))
		return false;
	making.is_varied = strcmp(text, SNAPSHOT_VARIED) == 0;
	making.is_compared = making.is_varied || strcmp(text, SNAPSHOT_COMPARED) == 0;
	return making.is_compared || *text == '\0';
}

bool make_if_asked(char **argv)
{
	const char *const text = getenv(SNAPSHOT_VARIABLE);
	struct pyb_error error = {0};

	if (text == NULL || !read_request(text))
		return false;
	unsetenv(SNAPSHOT_VARIABLE);
	session.makes_snapshot = true;
	making.knows_stack = initial_stack_find(argv, &making.stack);
	if (making.is_compared)
		mallopt(M_PERTURB, FREED_BYTE);
	if (break_leave_alone(&error) != PYB_OK)
		refuse(error.text);
	if (!stand_in_for_main(main_of_snapshot))
		refuse("this interpreter's program does not start as others do");
	return true;
}

void make_note_site(void)
{
	if (making.is_compared && !making.is_at_site)
		resumed_vary(making.kind, making.is_varied);
	making.is_at_site = true;
	making.is_varied = false; /* it is compared, too */
	prctl(TRACE_MARK, TRACE_MARK_SITE);
	if (!hidden_arguments_begin())
		refuse("out of memory");
}
