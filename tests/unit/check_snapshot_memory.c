/* SPDX-License-Identifier: MIT */
/*
 * What must come from the snapshot: mappings with their protection, advice and contents, of files too, and holes
 * between them. Looked at by the program itself, in an ordinary life and in a second one, and by the kernel.
 * See the table in tests/README.
 */
#include <check.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/reborn.h"

enum {
	PAGE = 4096,
	PROTECTIONS = 7,
	BETWEEN = 20, /* pages: more than are stored with their neighbours */
	FILE_PAGES = 64,
	HUGE_PAGE = 2 << 20,
	VECTOR = 1024,
	BLOCKS = 4,
	BLOCK = 3 << 20,
	LARGE = 200 << 20, /* more than the file with the snapshot has behind any block */
};

/* Without PROT_EXEC alone, for which the kernel uses a protection key; that is refused. */
static const int protections[PROTECTIONS] = {0, 1, 2, 3, 5, 6, 7};

static const int advices[] = {MADV_DONTDUMP, MADV_DONTFORK, MADV_WIPEONFORK, MADV_HUGEPAGE,
			      MADV_NOHUGEPAGE};

enum { ADVICES = sizeof(advices) / sizeof(advices[0]) };

static char *protected, *full, *advised, *of_file, *shared, *hole, *shrunk, *moved;
static char *blocks[BLOCKS]; /* of malloc(), each a mapping of its own */
static double vector[VECTOR];
static char file_path[64];

static char *map_pages(size_t count)
{
	char *const memory = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	return memory;
}

/* One run of pages holds nothing, the other something. */
static void make_protections(void)
{
	protected = map_pages(PROTECTIONS);
	full = map_pages(PROTECTIONS);
	for (int i = 0; i < PROTECTIONS; i++) {
		full[i * PAGE] = (char)('a' + i);
		mprotect(protected + i * PAGE, PAGE, protections[i]);
		mprotect(full + i * PAGE, PAGE, protections[i]);
	}
}

static void make_advised(void)
{
	advised = map_pages((size_t)ADVICES * BETWEEN);
	for (int i = 0; i < ADVICES; i++) {
		strcpy(advised + i * BETWEEN * PAGE, "advised");
		madvise(advised + i * BETWEEN * PAGE, (size_t)BETWEEN * PAGE, advices[i]);
	}
}

/* The file stays as it is while the snapshot lives; what is written to its memory is the process's own. */
static void map_file(void)
{
	char page[PAGE];

	snprintf(file_path, sizeof(file_path), "/tmp/pystart-check-file.%d", (int)getppid());
	const int file = open(file_path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	for (int i = 0; i < FILE_PAGES; i++) {
		memset(page, 'A' + i % 26, sizeof(page));
		if (write(file, page, sizeof(page)) != PAGE)
			exit(1);
	}
	of_file =
		mmap(NULL, (size_t)FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	shared = mmap(NULL, (size_t)FILE_PAGES * PAGE, PROT_READ, MAP_SHARED, file, 0);
	of_file[30 * PAGE] = 'x';
	close(file);
}

/* Memory that was unmapped in the middle, cut off, and moved to make it larger. */
static void change_mappings(void)
{
	hole = map_pages(9);
	memset(hole, 'h', (size_t)9 * PAGE);
	munmap(hole + 3 * PAGE, (size_t)3 * PAGE);
	shrunk = map_pages(8);
	memset(shrunk, 's', (size_t)8 * PAGE);
	shrunk = mremap(shrunk, (size_t)8 * PAGE, (size_t)2 * PAGE, 0);
	moved = map_pages(2);
	memset(moved, 'm', (size_t)2 * PAGE);
	moved = mremap(moved, (size_t)2 * PAGE, (size_t)50 * PAGE, MREMAP_MAYMOVE);
	madvise(moved + PAGE, PAGE, MADV_DONTNEED);
}

static void make_blocks(void)
{
	blocks[0] = malloc(BLOCK);
	blocks[1] = aligned_alloc(256, BLOCK);
	blocks[2] = calloc(BLOCK, 1);
	blocks[3] = aligned_alloc(64 << 10, BLOCK);
	for (int i = 0; i < BLOCKS; i++)
		memset(blocks[i], 'b', i != 2 ? BLOCK : PAGE);
}

static void fill_vector(void)
{
	for (int i = 0; i < VECTOR; i++)
		vector[i] = 1.0 / (i + 1);
}

static void live(void)
{
	make_protections();
	make_advised();
	map_file();
	change_mappings();
	make_blocks();
	fill_vector();
}

/* --- what may be done with memory */

static sigjmp_buf way_out;

static void get_out(int number)
{
	siglongjmp(way_out, number);
}

static bool can_read(const volatile char *at)
{
	return sigsetjmp(way_out, 1) == 0 && (*at || true);
}

static bool can_write(volatile char *at)
{
	if (sigsetjmp(way_out, 1) != 0)
		return false;
	const char value = *at;

	*at = value;
	return true;
}

static void expect_faults(void)
{
	const struct sigaction action = {.sa_handler = get_out};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* What it holds is seen when it may be read at last. */
static void try_protections(const struct restored *restored)
{
	(void)restored;
	expect_faults();
	for (int i = 0; i < PROTECTIONS; i++) {
		char *const pages[] = {protected + i * PAGE, full + i * PAGE};
		for (int j = 0; j < 2; j++) {
			printf("%d%d ", can_read(pages[j]),
			       (protections[i] & PROT_READ) != 0 && can_write(pages[j]));
			mprotect(pages[j], PAGE, PROT_READ);
			printf("%c ", pages[j][0] == '\0' ? '0' : pages[j][0]);
		}
	}
	puts("");
}

/* Of the mapping at an address, as the kernel tells: its flags of two letters are in the text. */
static bool read_flags(const char *address, char *permissions, char *flags, size_t size)
{
	FILE *const file = fopen("/proc/self/smaps", "re");
	bool is_there = false, is_done = false;
	unsigned long start, end;
	char line[1024];

	while (file != NULL && !is_done && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) == 3)
			is_there = (unsigned long)address >= start && (unsigned long)address < end;
		else if (is_there && strncmp(line, "VmFlags:", 8) == 0)
			is_done = snprintf(flags, size, "%s", line + 8) > 0;
	}
	if (file != NULL)
		fclose(file);
	return is_done;
}

static void say_advice(const struct restored *restored)
{
	static const char *const names[] = {" dd", " dc", " wf", " hg", " nh"};
	char permissions[8], flags[256];

	(void)restored;
	for (int i = 0; i < ADVICES; i++) {
		const char *const at = advised + i * BETWEEN * PAGE;
		unsigned int found = 0;
		if (!read_flags(at, permissions, flags, sizeof(flags)))
			exit(1);
		for (unsigned int j = 0; j < ADVICES; j++)
			found |= (unsigned int)(strstr(flags, names[j]) != NULL) << j;
		printf("%s %x '%s' ", permissions, found, at);
	}
	puts("");
}

/* What a child finds of it, and that its parent keeps what it has. */
static void look_in_child(const struct restored *restored)
{
	int status;

	(void)restored;
	strcpy(advised + 2 * BETWEEN * PAGE, "written");
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		expect_faults();
		printf("child %d %d '%s' '%s' ", can_read(advised),
		       can_read(advised + BETWEEN * PAGE), advised + 2 * BETWEEN * PAGE,
		       advised + 3 * BETWEEN * PAGE);
		strcpy(advised, "by the child");
		memset(of_file, 'c', (size_t)FILE_PAGES * PAGE);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("parent '%s' '%s' %c %c\n", advised, advised + 2 * BETWEEN * PAGE, of_file[0],
	       of_file[30 * PAGE]);
}

static unsigned int count_of(const char *memory, size_t size, char byte)
{
	unsigned int count = 0;

	for (size_t i = 0; i < size; i++)
		count += memory[i] == byte;
	return count;
}

/* Pages that nobody had written to are still the file's. */
static void look_at_file(const struct restored *restored)
{
	unsigned int wrong = 0;

	(void)restored;
	for (int i = 0; i < FILE_PAGES; i++) {
		const bool is_written = i == 30;
		wrong += count_of(of_file + i * PAGE, PAGE, (char)('A' + i % 26)) !=
			 PAGE - (unsigned int)is_written;
		wrong += count_of(shared + i * PAGE, PAGE, (char)('A' + i % 26)) != PAGE;
	}
	printf("wrong %u written %c ", wrong, of_file[30 * PAGE]);
	of_file[5 * PAGE] = 'y';
	printf("file %c\n", shared[5 * PAGE]);
}

static void look_at_mappings(const struct restored *restored)
{
	(void)restored;
	expect_faults();
	printf("hole %d %d %d h %u ", can_read(hole + 2 * PAGE), can_read(hole + 3 * PAGE),
	       can_read(hole + 6 * PAGE), count_of(hole, (size_t)3 * PAGE, 'h'));
	printf("shrunk %u %d ", count_of(shrunk, (size_t)2 * PAGE, 's'),
	       can_read(shrunk + 2 * PAGE));
	printf("moved %u %u\n", count_of(moved, (size_t)50 * PAGE, 'm'),
	       count_of(moved, (size_t)50 * PAGE, '\0'));
}

/* Mappings go as they would have. */
static void change_again(const struct restored *restored)
{
	(void)restored;
	expect_faults();
	printf("protected %d ", mprotect(moved, (size_t)2 * PAGE, PROT_NONE));
	printf("%d ", can_read(moved));
	printf("unmapped %d ", munmap(moved, (size_t)50 * PAGE));
	printf("%d ", can_read(moved + 9 * PAGE));
	printf("locked %d\n", mlock(hole, PAGE) + munlock(hole, PAGE));
}

/* realloc() would move their pages, and get more behind them. */
static void enlarge_blocks(const struct restored *restored)
{
	(void)restored;
	for (int i = 0; i < BLOCKS; i++) {
		char *const larger = realloc(blocks[i], LARGE);
		printf("%u ", count_of(larger, BLOCK, 'b'));
		memset(larger + BLOCK, 'l', LARGE - BLOCK);
		char *const smaller = realloc(larger, BLOCK / 2);
		printf("%u ", count_of(smaller, BLOCK / 2, 'b'));
		free(smaller);
	}
	puts("freed");
}

static void shrink_blocks(const struct restored *restored)
{
	(void)restored;
	for (int i = 0; i < BLOCKS; i++) {
		char *const smaller = realloc(blocks[i], BLOCK / 3);
		printf("%u ", count_of(smaller, BLOCK / 3, 'b'));
		char *const larger = realloc(smaller, BLOCK * 2);
		printf("%u ", count_of(larger, BLOCK / 3, 'b'));
		memset(larger, 'x', BLOCK * 2);
		free(larger);
	}
	puts("freed");
}

static void say_vector(const struct restored *restored)
{
	double sum = 0;

	(void)restored;
	for (int i = 0; i < VECTOR; i++)
		sum += vector[i];
	printf("%.12f\n", sum);
}

static const struct act acts[] = {
	{"protections", try_protections, NULL}, {"advice", say_advice, NULL},
	{"child", look_in_child, NULL},         {"file", look_at_file, NULL},
	{"mappings", look_at_mappings, NULL},   {"changes", change_again, NULL},
	{"enlarge", enlarge_blocks, NULL},      {"shrink", shrink_blocks, NULL},
	{"vector", say_vector, NULL},
};

static const char *const expected[] = {
	"00 0 00 a 10 0 10 b 10 0 10 c 11 0 11 d 10 0 10 e 10 0 10 f 11 0 11 g \n",
	"rw-p 1 'advised' rw-p 2 'advised' rw-p 4 '' rw-p 8 'advised' rw-p 10 'advised' ",
	"child 1 0 '' 'advised' parent 'advised' 'written' A x\n",
	"wrong 0 written x file F\n",
	"hole 1 0 1 h 12288 shrunk 8192 0 moved 4096 200704\n",
	"protected 0 0 unmapped 0 0 locked 0\n",
	"3145728 1572864 3145728 1572864 4096 4096 3145728 1572864 freed\n",
	"1048576 1048576 1048576 1048576 4096 4096 1048576 1048576 freed\n",
	"7.509175672278\n",
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

static const struct reborn reborn = {"check_snapshot_memory", live, acts, ACTS};

START_TEST(it_is_the_first_life_s)
{
	static char said[REBORN_SAID];

	snprintf(file_path, sizeof(file_path), "/tmp/pystart-check-file.%d", (int)getpid());
	reborn_make(&reborn, NULL);
	const int status = reborn_start(&reborn, acts[_i].word, NULL, said);
	unlink(file_path);
	reborn_forget();
	ck_assert_msg(strncmp(said, expected[_i], strlen(expected[_i])) == 0, "'%s', not '%s'",
		      said, expected[_i]);
	ck_assert_int_eq(status, REBORN_RESTORED);
}
END_TEST

int main(int argc, char **argv)
{
	int status;

	if (reborn_is_other(&reborn, argc, argv, &status))
		return status;
	Suite *const suite = suite_create("snapshot_memory");
	TCase *const cases = tcase_create("memory");
	tcase_set_timeout(cases, 120);
	tcase_add_loop_test(cases, it_is_the_first_life_s, 0, ACTS);
	suite_add_tcase(suite, cases);
	return reborn_run(suite);
}
