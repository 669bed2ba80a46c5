/* SPDX-License-Identifier: MIT */
/*
 * A process that has dumped itself and stands still, and another one that looks at it: what the dump says is
 * compared with what the kernel says.
 */
#ifndef TESTS_UNIT_DUMPED_H
#define TESTS_UNIT_DUMPED_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "importer/snapshot/dump/break.h"
#include "importer/snapshot/dump/dump.h"

enum { DESCRIPTORS_MAX = 64, PAGE = 4096, MAPS_MAX = 1024 };

/* --- a file in a folder of the test's own */

static char folder_path[] = "/tmp/pystart-dump.XXXXXX";
static char file_path[64];

/* Not there yet. */
static inline void name_file(const char *name)
{
	ck_assert_ptr_nonnull(mkdtemp(folder_path));
	snprintf(file_path, sizeof(file_path), "%s/%s", folder_path, name);
}

static inline void remove_folder(void)
{
	unlink(file_path);
	ck_assert_int_eq(rmdir(folder_path), 0);
}

/* --- asking for a dump */

/* What this process may have open: all that there is when the test begins. */
struct asked {
	struct dump_request request;
	struct initial_stack stack;
	int kept[DESCRIPTORS_MAX];
};

static char **arguments; /* of this program */

static inline size_t list_descriptors(int *descriptors)
{
	size_t count = 0;

	for (int i = 3; i < 1024 && count < DESCRIPTORS_MAX; i++)
		if (fcntl(i, F_GETFD) >= 0)
			descriptors[count++] = i;
	return count;
}

static inline void ask(struct asked *asked)
{
	ck_assert(initial_stack_find(arguments, &asked->stack));
	asked->request = (struct dump_request){
		.stack = &asked->stack,
		.kept = asked->kept,
		.kept_count = list_descriptors(asked->kept),
		.pages = memfd_create("pages", 0),
	};
	ck_assert_int_ge(asked->request.pages, 0);
}

/* The dump fails with this status, and a text that has this in it. */
static inline void expect_refusal(const struct asked *asked, enum pyb_status expected,
				  const char *text)
{
	struct pyb_error error = {0};
	struct dump dump;
	const enum pyb_status status = snapshot_dump(&asked->request, &dump, &error);

	ck_assert_msg(strstr(error.text, text) != NULL, "\"%s\" is not in \"%s\"", text,
		      error.text);
	ck_assert_int_eq(status, expected);
	ck_assert_int_eq(error.status, expected);
	ck_assert_ptr_null(dump.memory);
}

/* --- a process that has dumped itself */

/* The addresses in the tables are those of this process; what they tell of is in the other one. */
struct dumped {
	pid_t process;
	struct snapshot snapshot;
	uint64_t own, own_end; /* the dump's own memory in the other process */
	int pages;
	int memory; /* of the other process */
	char *tables;
};

struct told {
	struct dump dump;
	struct pyb_error error;
	enum pyb_status status;
};

static inline _Noreturn void dump_and_stop(struct asked *asked, void (*prepare)(void), int told)
{
	struct told all = {0};

	if (prepare != NULL)
		prepare();
	all.status = snapshot_dump(&asked->request, &all.dump, &all.error);
	if (write(told, &all, sizeof(all)) != (ssize_t)sizeof(all))
		_exit(1);
	for (;;)
		pause();
}

static inline void read_memory(const struct dumped *dumped, uint64_t address, void *bytes,
			       size_t size)
{
	ck_assert_int_eq(pread(dumped->memory, bytes, size, (off_t)address), (ssize_t)size);
}

/* The same table, in this process. */
static inline const void *here(const struct dumped *dumped, const void *table)
{
	return dumped->tables + ((uintptr_t)table - dumped->own);
}

static inline void take_tables(struct dumped *dumped, const struct dump *dump)
{
	struct snapshot *const snapshot = &dumped->snapshot;

	*snapshot = dump->snapshot;
	dumped->own = (uintptr_t)dump->memory;
	dumped->own_end = dumped->own + dump->size;
	dumped->tables = malloc(dump->size);
	ck_assert_ptr_nonnull(dumped->tables);
	read_memory(dumped, dumped->own, dumped->tables, dump->size);
	snapshot->segments = here(dumped, snapshot->segments);
	snapshot->files = here(dumped, snapshot->files);
	snapshot->fixups = here(dumped, snapshot->fixups);
	snapshot->strings = here(dumped, snapshot->strings);
}

/* A process that does what `prepare` says, if anything, and dumps itself. */
static inline struct dumped *make_dumped(void (*prepare)(void))
{
	struct dumped *const dumped = calloc(1, sizeof(*dumped));
	struct asked asked;
	struct told all;
	char path[64];
	int told[2];

	ck_assert_ptr_nonnull(dumped);
	ck_assert_int_eq(pipe(told), 0);
	ask(&asked);
	dumped->process = fork();
	if (dumped->process == 0)
		dump_and_stop(&asked, prepare, told[1]);
	ck_assert_int_eq(read(told[0], &all, sizeof(all)), (ssize_t)sizeof(all));
	ck_assert_str_eq(all.error.text, "");
	ck_assert_int_eq(all.status, PYB_OK);
	close(told[0]);
	close(told[1]);
	snprintf(path, sizeof(path), "/proc/%d/mem", dumped->process);
	dumped->pages = asked.request.pages;
	dumped->memory = open(path, O_RDONLY | O_CLOEXEC);
	take_tables(dumped, &all.dump);
	return dumped;
}

static inline void end_dumped(struct dumped *dumped)
{
	kill(dumped->process, SIGKILL);
	waitpid(dumped->process, NULL, 0);
	close(dumped->pages);
	close(dumped->memory);
	free(dumped->tables);
	free(dumped);
}

/* --- looking for an address in what was dumped */

static inline bool is_in(const struct snapshot_segment *segment, uint64_t address)
{
	return address >= segment->address && address - segment->address < segment->size;
}

static inline const struct snapshot_segment *segment_at(const struct dumped *dumped,
							const void *address)
{
	for (uint32_t i = 0; i < dumped->snapshot.segment_count; i++)
		if (is_in(&dumped->snapshot.segments[i], (uintptr_t)address))
			return &dumped->snapshot.segments[i];
	ck_abort_msg("%p is in no segment", address);
	return NULL;
}

static inline const struct snapshot_fixup *fixup_at(const struct dumped *dumped,
						    const void *address)
{
	for (uint32_t i = 0; i < dumped->snapshot.fixup_count; i++)
		if (dumped->snapshot.fixups[i].address == (uintptr_t)address)
			return &dumped->snapshot.fixups[i];
	return NULL;
}

/* A page as it is stored. */

/* --- what the kernel says of a process's mappings, read in another way than the dump does */

struct seen {
	uint64_t start, end;
	int protection;
	char name[512];
};

static inline bool is_left_out(const struct seen *seen)
{
	static const char *const names[] = {"[stack]", "[vdso]", "[vvar]", "[vvar_vclock]",
					    "[vsyscall]"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(seen->name, names[i]) == 0)
			return true;
	return false;
}

static inline size_t look_at_maps(pid_t process, struct seen *all)
{
	char path[64];
	char line[1024];
	char permissions[8];
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", process);
	FILE *const maps = fopen(path, "r");
	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		struct seen *const seen = &all[count++];
		ck_assert_uint_lt(count, MAPS_MAX);
		seen->name[0] = '\0';
		ck_assert_int_ge(sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %511[^\n]",
					&seen->start, &seen->end, permissions, seen->name),
				 3);
		seen->protection = (permissions[0] == 'r' ? PROT_READ : 0) |
				   (permissions[1] == 'w' ? PROT_WRITE : 0) |
				   (permissions[2] == 'x' ? PROT_EXEC : 0);
	}
	fclose(maps);
	return count;
}

/* --- */

static inline const char *why_not_here(void)
{
	if (getauxval(AT_SYSINFO_EHDR) == 0)
		return "the kernel has no vdso; under valgrind it seems so";
#if defined(__SANITIZE_ADDRESS__)
	return "AddressSanitizer maps terabytes, and keeps addresses of the stack";
#else
	return NULL;
#endif
}

/* A Check program of one suite, which needs a process as the kernel made it. */
static inline int run_dumps(Suite *suite, char **argv)
{
	SRunner *const runner = srunner_create(suite);
	const char *const why_not = why_not_here();

	arguments = argv;
	if (why_not != NULL)
		printf("1..0 # SKIP %s\n", why_not);
	else
		srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
