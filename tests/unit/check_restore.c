/* SPDX-License-Identifier: MIT */
/* snapshot/restore/restore.h: a process becomes what a snapshot says, or ends if there is no memory for that. */
#include "tests/unit/restore_sample.h"

#include <sys/wait.h>

#include "importer/snapshot/restore/new_values.h"

struct shown {
	uint8_t pages[SHOWN];
	uint64_t argument; /* what the function got */
};

/* What comes from the other process, and its end. */
static void read_shown(int from, pid_t child, struct shown *shown, struct new_values *values,
		       int *status)
{
	const size_t sizes[] = {sizeof(*values), sizeof(shown->pages), sizeof(shown->argument)};
	void *const parts[] = {values, shown->pages, &shown->argument};

	for (size_t i = 0; i < 3; i++)
		for (size_t got = 0; got < sizes[i];) {
			const ssize_t more = read(from, (uint8_t *)parts[i] + got, sizes[i] - got);
			if (more <= 0)
				break;
			got += (size_t)more;
		}
	close(from);
	ck_assert_int_eq(waitpid(child, status, 0), child);
}

/*
 * In the child: say first what the values are, for some are those of this process alone. What goes wrong
 * is said in the place of the snapshot's pages.
 */
static _Noreturn void become(const struct sample *sample, int to)
{
	struct pyb_error error = {0};
	const struct new_values values = new_values_find(&sample->stack);

	if (dup2(to, PIPE) < 0 || dup2(to, STDERR_FILENO) < 0 ||
	    write(PIPE, &values, sizeof(values)) != sizeof(values))
		_exit(1);
	(void)snapshot_restore(&sample->snapshot, &sample->pages, &message, &sample->stack, &error);
	fprintf(stderr, "%s\n", error.text);
	_exit(2);
}

static void restore_in_child(const struct sample *sample, struct shown *shown,
			     struct new_values *values, int *status)
{
	int ends[2];

	memset(shown, 0, sizeof(*shown));
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	const pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		become(sample, ends[1]);
	close(ends[1]);
	read_shown(ends[0], child, shown, values, status);
}

static void check_words(const struct shown *shown, const struct new_values *values)
{
	uint8_t marks[8];
	uint64_t word;

	memset(marks, MARK, sizeof(marks));
	for (uint32_t i = 0; i < FIXUP_KINDS; i++) {
		const uint8_t *const at = shown->pages + (size_t)i * 16;
		const uint64_t value = values->of[i] + i - 3;
		const size_t size = fixup_size(i);
		ck_assert_msg(memcmp(at, &value, size) == 0, "fix-up of kind %u", i);
		ck_assert_mem_eq(at + size, marks, 8);
	}
	memcpy(&word, shown->pages + 2 * PAGE - 8, sizeof(word));
	ck_assert_uint_eq(word, values->of[FIXUP_ARGV]);
}

START_TEST(memory_is_what_the_snapshot_says)
{
	static const uint8_t zeros[PAGE];
	struct new_values values;
	struct sample sample;
	struct shown shown;
	int status;

	make_sample(&sample);
	restore_in_child(&sample, &shown, &values, &status);
	remove_file();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), STATUS);
	check_words(&shown, &values);
	ck_assert_int_eq(shown.pages[PAGE], MARK);
	ck_assert_mem_eq(shown.pages + 2 * PAGE + AREA, zeros, PAGE - AREA);
	ck_assert_mem_eq(shown.pages + 3 * PAGE, "bundle", sizeof("bundle"));
	ck_assert_mem_eq(shown.pages + 4 * PAGE, "end", 4);
	ck_assert_uint_ne(shown.argument, 0);
}
END_TEST

/*
 * Which is found out when there is no way back: what is written to only by fix-ups is not asked for before.
 */
START_TEST(lack_of_memory_ends_the_process)
{
	struct new_values values;
	struct sample sample;
	struct shown shown;
	int status;

	make_sample(&sample);
	ask_for_too_much(&sample, PROT_READ);
	sample.fixups[FIXUP_KINDS].address = sample.segments[LAST].address;
	restore_in_child(&sample, &shown, &values, &status);
	remove_file();
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 127);
	ck_assert_str_eq((const char *)shown.pages,
			 "pystart: the snapshot cannot be mapped: out of memory\n");
}
END_TEST

int main(int argc, char **argv)
{
	TCase *const restoring = tcase_create("restoring");

	(void)argc;
	tcase_add_test(restoring, memory_is_what_the_snapshot_says);
	tcase_add_test(restoring, lack_of_memory_ends_the_process);
	return run_restores(restoring, "restore", argv);
}
