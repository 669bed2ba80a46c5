/* SPDX-License-Identifier: MIT */
#include "importer/memory/pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SMALL_PAGE = 4096,
	PIECE_MAX = 16 << 10,    /* bytes that are mapped at once of what is sparsely used, */
	PIECE_COUNT = 32,        /* or less, if that does not make more mappings than these */
	LIMITED_MIN = 256 << 10, /* of less, a mapping for each piece costs more than it saves */
	HUGE_ORDER = 9,          /* log2 of the small pages in a huge one */
	ORDER_MAX = 20,          /* more than any kernel has */
	SPARE = 64 << 20,        /* bytes that stay free */
	SPARE_FACTOR = 4,        /* and of what is asked for, so often as much */
	REPORT_MAX = 16 * 1024,  /* bytes of /proc/buddyinfo: 4 KiB for each dozen NUMA nodes */
};

/*
 * The bytes that a line of /proc/buddyinfo says to be free in huge pieces:
 *
 *     Node 0, zone   Normal   1429   2031   3121 ...
 *
 * with the number of free pieces of 1, 2, 4 ... pages.
 */
static size_t free_in_line(const char *line)
{
	const char *text = strstr(line, "zone");
	size_t bytes = 0;

	text = text == NULL ? NULL : strpbrk(text + strlen("zone"), "0123456789\n");
	/* The zone's name may have digits: "DMA32". */
	while (text != NULL && *text != '\n' && *text != '\0' && text[-1] != ' ')
		text = strpbrk(text + 1, "0123456789\n");
	if (text == NULL)
		return 0;
	for (int order = 0; order < ORDER_MAX; order++) {
		char *end;
		const unsigned long count = strtoul(text, &end, 10);
		if (end == text)
			break;
		if (order >= HUGE_ORDER)
			bytes += (count << (order - HUGE_ORDER)) * PAGES_HUGE;
		text = end + strspn(end, " ");
	}
	return bytes;
}

size_t pages_free_in_report(const char *report)
{
	size_t bytes = 0;

	for (const char *line = report; line != NULL && *line != '\0';) {
		bytes += free_in_line(line);
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return bytes;
}

static size_t free_in_huge_pieces(void)
{
	char report[REPORT_MAX];
	const int descriptor = open("/proc/buddyinfo", O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return 0;
	const ssize_t size = read(descriptor, report, sizeof(report) - 1);
	close(descriptor);
	if (size <= 0)
		return 0;
	report[size] = '\0';
	return pages_free_in_report(report);
}

bool pages_are_plentiful(size_t size)
{
	if (size == 0 || sysconf(_SC_PAGESIZE) != SMALL_PAGE)
		return false;
	return free_in_huge_pieces() / SPARE_FACTOR >= size + SPARE / SPARE_FACTOR;
}

size_t pages_round(size_t size)
{
	return (size + PAGES_HUGE / 4) / PAGES_HUGE * PAGES_HUGE;
}

void pages_want_huge(void *start, size_t size)
{
	if (size > 0)
		(void)madvise(start, size, MADV_HUGEPAGE);
}

void pages_want_small(void *start, size_t size)
{
	if (size > 0)
		(void)madvise(start, size, MADV_NOHUGEPAGE);
}

bool pages_renew(char *start, size_t size)
{
	char *const fresh =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fresh == MAP_FAILED)
		return false;
	if (mremap(fresh, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED) {
		munmap(fresh, size);
		return false;
	}
	pages_want_huge(start, size);
	return true;
}

void pages_populate(void *start, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	if (size > 0)
		(void)madvise(start, size, MADV_POPULATE_WRITE);
#else
	(void)start;
	(void)size;
#endif
}

void pages_limit_around(void *start, size_t size)
{
	size_t piece = size / PIECE_COUNT / SMALL_PAGE * SMALL_PAGE;

	if (size < LIMITED_MIN || sysconf(_SC_PAGESIZE) != SMALL_PAGE)
		return;
	if (piece < SMALL_PAGE)
		piece = SMALL_PAGE;
	if (piece > PIECE_MAX)
		piece = PIECE_MAX;
	for (size_t at = 0; at < size; at += piece) {
		const size_t rest = size - at;
		const bool is_last = rest <= piece;
		if (at / piece % 2 == 0)
			(void)madvise((char *)start + at, is_last ? rest : piece, MADV_RANDOM);
		else if (is_last)
			(void)madvise((char *)start + at, rest, MADV_SEQUENTIAL);
	}
}
