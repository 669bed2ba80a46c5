/* SPDX-License-Identifier: MIT */
/*
 * Try files with a fuzz target, without libFuzzer:
 *
 *     replay_TARGET [-m COUNT] [-o FILE] FILE-OR-FOLDER...
 *
 *     -m COUNT   try COUNT changed forms of each file too, the same ones each time
 *     -o FILE    write each input there before it is tried: what is in it after a crash is to blame
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/target.h"

#pragma weak LLVMFuzzerCustomMutator

enum { ROOM_MORE = 4096, ROOM_MAX = 1 << 20 };

struct replay {
	unsigned long mutants;
	int output; /* a descriptor, or -1 */
	unsigned long inputs, files;
};

/* LLVMFuzzerMutate() is not told from what to draw its numbers. */
static uint64_t random_state;

static void die(const char *what)
{
	fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
	exit(2);
}

static size_t draw(size_t below)
{
	return fuzz_random(&random_state) % below;
}

static size_t insert(uint8_t *data, size_t size, size_t room)
{
	const size_t at = draw(size + 1), most = room - size < 16 ? room - size : 16;
	const size_t count = most == 0 ? 0 : 1 + draw(most);

	memmove(data + at + count, data + at, size - at);
	for (size_t i = 0; i < count; i++)
		data[at + i] = (uint8_t)draw(256);
	return size + count;
}

static size_t cut(uint8_t *data, size_t size)
{
	const size_t at = draw(size), count = 1 + draw(size - at < 64 ? size - at : 64);

	memmove(data + at, data + at + count, size - at - count);
	return size - count;
}

/* A number of four bytes that is at some border. */
static void set_number(uint8_t *data, size_t size)
{
	static const uint32_t borders[] = {0, 1, 2, 0xff, 0x7fffffff, 0x80000000, 0xffffffff};
	const uint32_t value = borders[draw(sizeof(borders) / sizeof(borders[0]))];

	if (size >= sizeof(value))
		memcpy(data + draw(size - sizeof(value) + 1), &value, sizeof(value));
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
	if (size == 0)
		return insert(data, size, room);
	switch (draw(6)) {
	case 0:
		return insert(data, size, room);
	case 1:
		return cut(data, size);
	case 2:
		set_number(data, size);
		return size;
	case 3:
		memcpy(data + draw(size), data + draw(size), 1);
		return size;
	case 4:
		data[draw(size)] = (uint8_t)draw(256);
		return size;
	default:
		data[draw(size)] ^= (uint8_t)(1U << draw(8));
		return size;
	}
}

static void try_input(struct replay *replay, const uint8_t *data, size_t size)
{
	if (replay->output >= 0 && (pwrite(replay->output, data, size, 0) != (ssize_t)size ||
				    ftruncate(replay->output, (off_t)size) != 0))
		die("cannot write the input");
	uint8_t *const exact = fuzz_copy(data, size);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	replay->inputs++;
}

static void try_mutants(struct replay *replay, const uint8_t *data, size_t size)
{
	const size_t room = size + ROOM_MORE;
	uint8_t *const changed = malloc(room);

	if (changed == NULL)
		die("malloc");
	for (unsigned long i = 0; i < replay->mutants; i++) {
		size_t now = size;

		if (size > 0)
			memcpy(changed, data, size);
		random_state = i;
		for (size_t steps = 1 + draw(4); steps > 0; steps--)
			now = LLVMFuzzerCustomMutator != NULL && draw(4) > 0
				      ? LLVMFuzzerCustomMutator(changed, now, room,
								(unsigned int)draw(1 << 30))
				      : LLVMFuzzerMutate(changed, now, room);
		try_input(replay, changed, now);
	}
	free(changed);
}

static void try_file(struct replay *replay, const char *path, size_t size)
{
	uint8_t *const data = malloc(size + 1);
	FILE *const file = fopen(path, "rb");

	if (data == NULL || file == NULL || size > ROOM_MAX || fread(data, 1, size, file) != size)
		die(path);
	fclose(file);
	/* What is known to have been tried tells which one it was. */
	fprintf(stderr, "%s\n", path);
	replay->files++;
	try_input(replay, data, size);
	try_mutants(replay, data, size);
	free(data);
}

static void try_path(struct replay *replay, const char *path)
{
	struct stat status;
	struct dirent **entries;

	if (stat(path, &status) != 0)
		die(path);
	if (!S_ISDIR(status.st_mode)) {
		try_file(replay, path, (size_t)status.st_size);
		return;
	}
	const int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		die(path);
	for (int i = 0; i < count; i++) {
		char *inner;

		if (asprintf(&inner, "%s/%s", path, entries[i]->d_name) < 0)
			die("malloc");
		if (entries[i]->d_name[0] != '.')
			try_path(replay, inner);
		free(inner);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	struct replay replay = {.output = -1};
	int option;

	while ((option = getopt(argc, argv, "m:o:")) != -1) {
		if (option == 'm')
			replay.mutants = strtoul(optarg, NULL, 10);
		else if (option == 'o')
			replay.output = open(optarg, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		try_path(&replay, argv[i]);
	printf("%lu inputs from %lu files\n", replay.inputs, replay.files);
	return replay.files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
