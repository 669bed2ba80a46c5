/* SPDX-License-Identifier: MIT */
/*
 * snapshot/dump/dump.h and restore.h together: a program that was put to sleep goes on in a new process of the
 * same program, as if it had always been that one. This program is both: with a word as its first
 * argument it makes a snapshot of itself, or becomes one.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "importer/snapshot/dump/break.h"
#include "importer/snapshot/dump/dump.h"
#include "importer/snapshot/restore/restore.h"

#define MAKE "make"   /* PATH: write a snapshot of this process */
#define START "start" /* PATH WHAT: become it, and do this */

enum {
	PAGE = 4096,
	STATUS_RESTORED = 42,
	STATUS_REFUSED = 43, /* the process stayed what it was */
	STATUS_AGAIN = 44,   /* a new process may succeed */
	BLOCKS = 2000,
	TRIES = 50,
};

/* --- what is in the memory of the program */

struct block {
	struct block *next;
	size_t size;
	unsigned char bytes[];
};

static struct block *blocks;
static _Thread_local unsigned int own = 7;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static double rounded;
static char *mapped;
static char *advised; /* to have huge pages; its first page is read-only, some hold nothing */

static unsigned char byte_of(size_t number)
{
	return (unsigned char)(number * 7 + 3);
}

/* Each other one is freed again. */
static void fill_heap(void)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		const size_t size = i % 100 == 0 ? 300000 : 10 + i % 3000;
		struct block *const block = malloc(sizeof(*block) + size);
		void *const other = malloc(size / 2 + 1);
		if (block == NULL || other == NULL)
			exit(1);
		block->next = blocks;
		block->size = size;
		memset(block->bytes, byte_of(size), size);
		blocks = block;
		free(other);
	}
}

static size_t count_blocks(void)
{
	size_t count = 0;

	for (const struct block *block = blocks; block != NULL; block = block->next)
		for (size_t i = 0; i <= block->size; i++) {
			if (i == block->size)
				count++;
			else if (block->bytes[i] != byte_of(block->size))
				break;
		}
	return count;
}

/* From the system. The C library may have some in stock: glibc does so since 2.41. */
static uint64_t draw(void)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		exit(1);
	return number;
}

/* --- where it is */

struct place {
	unsigned long start, end;
};

enum { PLACES_MAX = 200 };

static struct place places[PLACES_MAX]; /* when the snapshot was made */

/* Returns how many mappings there are, without the kernel's. No stream keeps a buffer. */
static size_t list_places(struct place *list)
{
	static char text[1 << 16];
	const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t size = 0, count = 0;
	ssize_t more;

	while ((more = read(maps, text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)more;
	close(maps);
	text[size] = '\0';
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		if (strstr(line, "[v") == NULL && strstr(line, "[stack]") == NULL &&
		    count < PLACES_MAX &&
		    sscanf(line, "%lx-%lx", &list[count].start, &list[count].end) == 2)
			count++;
	memset(text, 0, sizeof(text));
	return count;
}

enum { HUGE_PAGE = 2 << 20, ADVISED = HUGE_PAGE + 8 * PAGE };

/* What was advised is anonymous memory in the second life too, and not mapped from a file. */
static void write_advised(void)
{
	char *const room = mmap(NULL, (size_t)ADVISED + HUGE_PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	advised = room + -(uintptr_t)room % HUGE_PAGE;
	madvise(advised, ADVISED, MADV_HUGEPAGE);
	strcpy(advised, "first");
	strcpy(advised + HUGE_PAGE / 2, "middle");
	strcpy(advised + ADVISED - PAGE, "last");
	mprotect(advised, PAGE, PROT_READ);
}

/* Whether all but what was written is zero. */
static bool is_advised_whole(void)
{
	size_t others = 0;

	for (size_t i = 0; i < ADVISED; i++)
		others += advised[i] != '\0';
	advised[HUGE_PAGE + 1] = 'x';
	return others == strlen("first") + strlen("middle") + strlen("last") &&
	       strcmp(advised, "first") == 0 && strcmp(advised + HUGE_PAGE / 2, "middle") == 0 &&
	       strcmp(advised + ADVISED - PAGE, "last") == 0;
}

static void live(void)
{
	write_advised();
	fill_heap();
	own = 99;
	setlocale(LC_ALL, "C.UTF-8");
	rounded = strtod("0.5", NULL);
	mapped = mmap(NULL, 3 * (size_t)PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	strcpy(mapped + PAGE, "in the middle");
	mprotect(mapped + PAGE, PAGE, PROT_READ);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	(void)time(NULL);
	(void)draw();
	list_places(places);
	fflush(stdout);
}

/* --- what it does in its second life. Each says what it finds in a line. */

static void say_state(const struct restored *restored)
{
	printf("blocks %zu own %u rounded %.1f mapped '%s' locale %s told '%s' advised %d\n",
	       count_blocks(), own, rounded, mapped + PAGE, setlocale(LC_ALL, NULL),
	       (const char *)restored->message, is_advised_whole());
}

static void say_process(const struct restored *restored)
{
	const char *const value = getenv("PYSTART_CHECK");
	const pid_t thread = (pid_t)syscall(SYS_gettid);

	printf("argument %s value %s ids %d kill %d random %d auxv %d name %s\n",
	       restored->stack.argv[4], value != NULL ? value : "-", thread == getpid(),
	       pthread_kill(pthread_self(), 0),
	       getauxval(AT_RANDOM) == (uintptr_t)restored->stack.random,
	       getauxval(AT_SYSINFO_EHDR) == (uintptr_t)restored->stack.vdso,
	       program_invocation_short_name);
}

static void say_time(const struct restored *restored)
{
	struct timespec by_library, by_kernel;

	(void)restored;
	clock_gettime(CLOCK_REALTIME, &by_library);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &by_kernel);
	printf("seconds apart %d time %d cpu %d\n", (int)(by_kernel.tv_sec - by_library.tv_sec) / 2,
	       time(NULL) - by_kernel.tv_sec < 2, sched_getcpu() >= 0);
}

static void *answer(void *argument)
{
	void *const block = malloc(100000);

	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	free(block);
	own += *(const unsigned int *)argument;
	return (void *)(uintptr_t)own; /* NOLINT(performance-no-int-to-ptr) */
}

static void use_threads(const struct restored *restored)
{
	unsigned int numbers[8];
	pthread_t threads[8];
	uintptr_t sum = 0;
	void *result;

	(void)restored;
	for (unsigned int i = 0; i < 8; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, answer, &numbers[i]) != 0)
			exit(1);
	}
	for (unsigned int i = 0; i < 8; i++) {
		pthread_join(threads[i], &result);
		sum += (uintptr_t)result;
	}
	printf("sum %lu own %u\n", (unsigned long)sum, own);
}

/* glibc looks at the break when its heap has to grow. */
static void use_heap(const struct restored *restored)
{
	size_t sum = 0;

	(void)restored;
	for (size_t i = 0; i < 3000; i++) {
		char *const block = malloc(i * 100 + 1);
		memset(block, 1, i * 100 + 1);
		sum += (size_t)block[i * 100];
		if (i % 3 == 0)
			free(block);
	}
	printf("sum %zu break %d\n", sum, sbrk(0) == (void *)syscall(SYS_brk, 0));
}

static unsigned int recurse(unsigned int depth)
{
	volatile char room[1000];

	room[0] = (char)depth;
	return depth == 0 ? 0 : recurse(depth - 1) + 1 + (unsigned int)(room[0] - (char)depth);
}

static void use_stack(const struct restored *restored)
{
	pthread_attr_t attributes;
	void *low;
	size_t size;
	char here;

	(void)restored;
	const unsigned int depth = recurse(6000); /* 6 MB and more of the usual 8 */
	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &low, &size);
	pthread_attr_destroy(&attributes);
	printf("depth %u inside %d\n", depth, &here > (char *)low && &here < (char *)low + size);
}

static void use_children(const struct restored *restored)
{
	int status;

	(void)restored;
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0)
		_exit(count_blocks() == BLOCKS ? 5 : 6);
	waitpid(child, &status, 0);
	printf("child %d ", WEXITSTATUS(status));
	fflush(stdout);
	printf("shell %d\n", WEXITSTATUS(system("echo $PYSTART_CHECK; exit 3")));
}

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
	(void)number;
	signals++;
}

static void use_signals(const struct restored *restored)
{
	static char room[64 << 10];
	const stack_t stack = {.ss_sp = room, .ss_size = sizeof(room)};
	const struct sigaction action = {.sa_handler = count_signal, .sa_flags = SA_ONSTACK};

	(void)restored;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sigaltstack(&stack, NULL);
	raise(SIGUSR1);
	printf("signals %d\n", (int)signals);
}

struct objects {
	uintptr_t vdso;
	unsigned int found, lost;
};

static int find_object(struct dl_phdr_info *info, size_t size, void *result)
{
	struct objects *const objects = result;
	struct dl_find_object found;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum && info->dlpi_addr != objects->vdso; i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
		void *const address = (void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		if (_dl_find_object(address, &found) == 0 &&
		    found.dlfo_link_map->l_addr == info->dlpi_addr)
			objects->found++;
		else
			objects->lost++;
	}
	return 0;
}

/* Those who unwind the stack look for the object that an address is of. */
static void find_objects(const struct restored *restored)
{
	struct objects objects = {.vdso = (uintptr_t)restored->stack.vdso};

	dl_iterate_phdr(find_object, &objects);
	printf("found some %d lost %u\n", objects.found > 10, objects.lost);
}

static bool is_known(unsigned long address)
{
	for (size_t i = 0; i < PLACES_MAX; i++)
		if (address >= places[i].start && address < places[i].end)
			return true;
	return false;
}

/* Nothing of the process that was there before, but for what is to be unmapped here. */
static void compare_places(const struct restored *restored)
{
	struct place now[PLACES_MAX];
	const size_t count = list_places(now);
	unsigned int unknown = 0;

	for (size_t i = 0; i < count; i++)
		if ((now[i].start < restored->room.start || now[i].end > restored->room.end) &&
		    (!is_known(now[i].start) || !is_known(now[i].end - 1)))
			unknown++;
	printf("some %d unknown %u\n", count > 5, unknown);
}

static void say_random(const struct restored *restored)
{
	(void)restored;
	printf("%016" PRIx64 "\n", draw());
}

static const struct {
	const char *word;
	void (*act)(const struct restored *restored);
	const char *says;
} acts[] = {
	{"state", say_state,
	 "blocks 2000 own 99 rounded 0.5 mapped 'in the middle' locale C.UTF-8 told 'by the old "
	 "process' advised 1\n"},
	{"process", say_process,
	 "argument x value of now ids 1 kill 0 random 1 auxv 1 name check_snapshot\n"},
	{"time", say_time, "seconds apart 0 time 1 cpu 1\n"},
	{"threads", use_threads, "sum 84 own 99\n"},
	{"heap", use_heap, "sum 3000 break 1\n"},
	{"stack", use_stack, "depth 6000 inside 1\n"},
	{"children", use_children, "child 5 of now\nshell 3\n"},
	{"signals", use_signals, "signals 2\n"},
	{"objects", find_objects, "found some 1 lost 0\n"},
	{"places", compare_places, "some 1 unknown 0\n"},
	{"random", say_random, NULL},
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]), SURE_ACTS = ACTS - 1 };

static __attribute__((used)) _Noreturn void go_on(const struct restored *restored)
{
	const char *const word = restored->stack.argv[3];

	for (size_t i = 0; i < ACTS; i++)
		if (strcmp(acts[i].word, word) == 0)
			acts[i].act(restored);
	exit(STATUS_RESTORED);
}

/* --- a file for the snapshot: this, the pages, the tables */

struct stored {
	struct snapshot snapshot; /* its pointers are offsets in the tables */
	uint64_t tables;
	uint64_t tables_size;
};

static uint64_t offset_in(const struct dump *dump, const void *table)
{
	return table == NULL ? 0 : (uintptr_t)table - (uintptr_t)dump->memory;
}

#define AS_OFFSET(dump, table) ((const void *)offset_in((dump), (table)))
#define AS_POINTER(tables, offset) ((const void *)((tables) + (uintptr_t)(offset)))

static void store(int file, const struct dump *dump)
{
	const off_t end = lseek(file, 0, SEEK_END);
	struct stored stored = {dump->snapshot, (uint64_t)end, dump->size};
	struct snapshot *const snapshot = &stored.snapshot;

	snapshot->segments = AS_OFFSET(dump, snapshot->segments);
	snapshot->files = AS_OFFSET(dump, snapshot->files);
	snapshot->fixups = AS_OFFSET(dump, snapshot->fixups);
	snapshot->strings = AS_OFFSET(dump, snapshot->strings);
	for (uint64_t done = 0; done < dump->size;) {
		const ssize_t more =
			write(file, (const char *)dump->memory + done, dump->size - done);
		if (more <= 0)
			exit(1);
		done += (uint64_t)more;
	}
	if (pwrite(file, &stored, sizeof(stored), 0) != (ssize_t)sizeof(stored))
		exit(1);
}

static int make(char **argv)
{
	const int file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct pyb_error error = {0};
	struct initial_stack stack;
	struct dump dump;

	if (file < 0 || lseek(file, PAGE, SEEK_SET) != PAGE || !initial_stack_find(argv, &stack))
		return 1;
	const struct dump_request request = {.stack = &stack,
					     .kept = &file,
					     .kept_count = 1,
					     .pages = file,
					     .entry = (uintptr_t)go_on};
	if (break_leave_alone(&error) != PYB_OK)
		return 1;
	live();
	const enum pyb_status status = snapshot_dump(&request, &dump, &error);
	if (status == PYB_OK) {
		store(file, &dump);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "%s\n", error.text);
	return status == PYB_ERR_AGAIN ? STATUS_AGAIN : 1;
}

static const char greeting[] = "by the old process";

static int start(char **argv)
{
	const struct restore_message message = {greeting, sizeof(greeting)};
	const int file = open(argv[2], O_RDONLY | O_CLOEXEC);
	struct pyb_error error = {0};
	struct initial_stack stack;
	struct stored stored;

	if (file < 0 || read(file, &stored, sizeof(stored)) != (ssize_t)sizeof(stored) ||
	    !initial_stack_find(argv, &stack))
		return 1;
	char *const tables = malloc(stored.tables_size);
	if (tables == NULL || pread(file, tables, stored.tables_size, (off_t)stored.tables) !=
				      (ssize_t)stored.tables_size)
		return 1;
	struct snapshot *const snapshot = &stored.snapshot;
	snapshot->segments = AS_POINTER(tables, snapshot->segments);
	snapshot->files = AS_POINTER(tables, snapshot->files);
	snapshot->fixups = AS_POINTER(tables, snapshot->fixups);
	snapshot->strings = AS_POINTER(tables, snapshot->strings);
	const struct snapshot_pages pages = {
		.descriptor = file, .offset = PAGE, .file_size = stored.tables};
	(void)snapshot_restore(snapshot, &pages, &message, &stack, &error);
	fprintf(stderr, "%s\n", error.text);
	return STATUS_REFUSED;
}

/* --- the tests */

static char program[PATH_MAX];
static char path[] = "/tmp/pystart-check.XXXXXX";

/* Run this program with these arguments; what it says is in `said`. Returns its exit status. */
static int run(char *const *arguments, char *said, size_t size)
{
	static char value[] = "PYSTART_CHECK=of now";
	char *const environment[] = {value, NULL};
	int ends[2], status;
	size_t length = 0;
	ssize_t more;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close_range(3, ~0U, 0); /* what Check leaves open */
		execve(program, arguments, environment);
		_exit(127);
	}
	close(ends[1]);
	while ((more = read(ends[0], said + length, size - 1 - length)) > 0)
		length += (size_t)more;
	said[length] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "signal %d: %s", WTERMSIG(status), said);
	return WEXITSTATUS(status);
}

/* Where it lies is chance. */
static void make_snapshot(void)
{
	char word[] = MAKE, name[] = "check_snapshot", said[4096];
	char *const arguments[] = {name, word, path, NULL};
	const int descriptor = mkstemp(path);

	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
	for (int i = 0; i < TRIES; i++) {
		const int status = run(arguments, said, sizeof(said));
		if (status == EXIT_SUCCESS)
			return;
		ck_assert_msg(status == STATUS_AGAIN, "%s", said);
	}
	ck_abort_msg("no try succeeded: %s", said);
}

static void remove_snapshot(void)
{
	unlink(path);
	strcpy(path + strlen(path) - 6, "XXXXXX");
}

static int start_snapshot(const char *what, char *said, size_t size)
{
	char word[] = START, name[] = "./check_snapshot", last[] = "x", act[32];
	char *const arguments[] = {name, word, path, act, last, NULL};

	snprintf(act, sizeof(act), "%s", what);
	return run(arguments, said, size);
}

START_TEST(it_goes_on)
{
	char said[4096];

	make_snapshot();
	const int status = start_snapshot(acts[_i].word, said, sizeof(said));
	remove_snapshot();
	ck_assert_str_eq(said, acts[_i].says);
	ck_assert_int_eq(status, STATUS_RESTORED);
}
END_TEST

/* What the system gives at random is new in each process. */
START_TEST(numbers_differ)
{
	enum { STARTS = 4 };
	char said[STARTS][4096];

	make_snapshot();
	for (int i = 0; i < STARTS; i++) {
		ck_assert_int_eq(start_snapshot("random", said[i], sizeof(said[i])),
				 STATUS_RESTORED);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(said[i], said[j]);
	}
	remove_snapshot();
}
END_TEST

/* What depends on where a process has its memory: each has it elsewhere. */
static const char *const chancy[] = {"state", "objects"};

START_TEST(many_starts)
{
	size_t act = 0;
	char said[4096];
	int restored = 0, refused = 0;

	while (strcmp(acts[act].word, chancy[_i]) != 0)
		act++;
	make_snapshot();
	for (int i = 0; i < 300; i++) {
		const int status = start_snapshot(chancy[_i], said, sizeof(said));
		restored += status == STATUS_RESTORED && strcmp(said, acts[act].says) == 0;
		refused += status == STATUS_REFUSED && strstr(said, "its memory lies") != NULL;
	}
	remove_snapshot();
	ck_assert_int_eq(restored + refused, 300);
	ck_assert_int_ge(restored, 290);
}
END_TEST

START_TEST(limited_memory_is_left_alone)
{
	struct rlimit limit;
	char said[4096];

	make_snapshot();
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = RLIM_INFINITY / 4;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
	const int status = start_snapshot("state", said, sizeof(said));
	remove_snapshot();
	ck_assert_str_eq(said, "the memory of the process is limited\n");
	ck_assert_int_eq(status, STATUS_REFUSED);
}
END_TEST

static int run_tests(void)
{
	Suite *const suite = suite_create("snapshot");
	TCase *const cases = tcase_create("restored");

	tcase_set_timeout(cases, 120);
	tcase_add_loop_test(cases, it_goes_on, 0, SURE_ACTS);
	tcase_add_test(cases, numbers_differ);
	tcase_add_loop_test(cases, many_starts, 0, sizeof(chancy) / sizeof(chancy[0]));
	tcase_add_test(cases, limited_memory_is_left_alone);
	suite_add_tcase(suite, cases);

	SRunner *const runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], MAKE) == 0)
		return make(argv);
	if (argc == 5 && strcmp(argv[1], START) == 0)
		return start(argv);
	const char *const sanitized = getenv("SANITIZE_CFLAGS");
	if (getauxval(AT_SYSINFO_EHDR) == 0 || (sanitized != NULL && *sanitized != '\0')) {
		puts("1..0 # SKIP no vdso, as under valgrind, or built with sanitizers");
		return EXIT_SUCCESS;
	}
	const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	return length < 0 ? EXIT_FAILURE : run_tests();
}
