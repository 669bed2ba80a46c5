/* SPDX-License-Identifier: MIT */
/*
 * snapshot/dump/dump.h and restore.h together: a program that was put to sleep goes on in a new process of the
 * same program, as if it had always been that one.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <locale.h>
#include <pthread.h>
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
#include <time.h>
#include <unistd.h>

#include "tests/unit/reborn.h"

enum { PAGE = 4096, BLOCKS = 2000 };

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
	printf("found some %d lost %u\n", objects.found > 4, objects.lost);
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

static const struct act acts[] = {
	{"state", say_state,
	 "blocks 2000 own 99 rounded 0.5 mapped 'in the middle' locale C.UTF-8 told 'by the old "
	 "process' advised 1\n"},
	{"process", say_process,
	 "argument x value of now ids 1 kill 0 random 1 auxv 1 name check_snapshot\n"},
	{"objects", find_objects, "found some 1 lost 0\n"},
	{"places", compare_places, "some 1 unknown 0\n"},
	{"random", say_random, NULL},
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]), SURE_ACTS = ACTS - 1 };

static const struct reborn reborn = {"check_snapshot", live, acts, ACTS};

/* --- the tests */

START_TEST(it_goes_on)
{
	reborn_expect(&reborn, &acts[_i]);
}
END_TEST

/* What the system gives at random is new in each process. */
START_TEST(numbers_differ)
{
	enum { STARTS = 4 };
	static char said[STARTS][REBORN_SAID];

	reborn_make(&reborn, NULL);
	for (int i = 0; i < STARTS; i++) {
		ck_assert_int_eq(reborn_start(&reborn, "random", NULL, said[i]), REBORN_RESTORED);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(said[i], said[j]);
	}
	reborn_forget();
}
END_TEST

/* What depends on where a process has its memory: each has it elsewhere. */
static const char *const chancy[] = {"state", "objects"};

START_TEST(many_starts)
{
	static char said[REBORN_SAID];
	size_t act = 0;
	int restored = 0, refused = 0;

	while (strcmp(acts[act].word, chancy[_i]) != 0)
		act++;
	reborn_make(&reborn, NULL);
	for (int i = 0; i < 300; i++) {
		const int status = reborn_start(&reborn, chancy[_i], NULL, said);
		restored += status == REBORN_RESTORED && strcmp(said, acts[act].says) == 0;
		refused += status == REBORN_REFUSED && strstr(said, "its memory lies") != NULL;
	}
	reborn_forget();
	ck_assert_int_eq(restored + refused, 300);
	ck_assert_int_ge(restored, 290);
}
END_TEST

static bool limit_both(rlim_t size)
{
	const struct rlimit limit = {size, size};

	return setrlimit(RLIMIT_AS, &limit) == 0 && setrlimit(RLIMIT_DATA, &limit) == 0;
}

static bool limit_memory(void)
{
	return limit_both(100 << 20);
}

static bool limit_memory_amply(void)
{
	return limit_both((rlim_t)8 << 30);
}

START_TEST(limited_memory)
{
	static char said[REBORN_SAID];

	reborn_make(&reborn, NULL);
	int status = reborn_start(&reborn, "state", limit_memory, said);
	ck_assert_str_eq(said, "the memory of the process is limited\n");
	ck_assert_int_eq(status, REBORN_REFUSED);
	status = reborn_start(&reborn, "state", limit_memory_amply, said);
	reborn_forget();
	ck_assert_str_eq(said, acts[0].says);
	ck_assert_int_eq(status, REBORN_RESTORED);
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
	tcase_add_test(cases, limited_memory);
	suite_add_tcase(suite, cases);
	return reborn_run(suite);
}

int main(int argc, char **argv)
{
	int status;

	return reborn_is_other(&reborn, argc, argv, &status) ? status : run_tests();
}
