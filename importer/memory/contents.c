/* SPDX-License-Identifier: MIT */
#include "importer/memory/contents.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "importer/memory/pages.h"
#include "lib/header.h"
#include "lib/policy.h"

bool contents_read(int descriptor, char *room, size_t size, uint64_t offset)
{
	while (size > 0) {
		const ssize_t count = pread(descriptor, room, size, (off_t)offset);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		room += count;
		size -= (size_t)count;
		offset += (uint64_t)count;
	}
	return true;
}

/*
 * What is mapped counts where memory is limited, an image once more than its file. A program that
 * gets along with its limit under python3 is to do so here.
 */
static enum pyb_status check_limits(size_t size, struct pyb_error *error)
{
	enum { LARGEST_SHARE = 16 };
	static const __rlimit_resource_t resources[] = {RLIMIT_AS, RLIMIT_DATA};

	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		struct rlimit limit;
		if (getrlimit(resources[i], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
		    size > limit.rlim_cur / LARGEST_SHARE)
			return pyb_error_set(error, PYB_ERR_MEMORY,
					     "it takes too much of the memory that 'ulimit %s' "
					     "allows",
					     resources[i] == RLIMIT_AS ? "-v" : "-d");
	}
	return PYB_OK;
}

/* --- a copy */

/* Those are read to where the image lies, or are for `pybundle build` alone. */
static bool is_read_apart(const struct pyb_section *section)
{
	return section->type == PYB_SECTION_HOT || section->type == PYB_SECTION_COLD ||
	       section->type == PYB_SECTION_REBUILD;
}

/* The header has been checked: all sections lie in the file. */
static bool copy_sections(const struct pyb_header *header, int descriptor, char *copy, size_t size)
{
	bool is_whole = true;

	memcpy(copy, header, PYB_PAGE_SIZE);
	for (uint32_t i = 0; i < header->section_count && is_whole; i++) {
		const struct pyb_section *const section = &header->sections[i];
		if (!is_read_apart(section) && section->offset + section->stored_size <= size)
			is_whole = contents_read(descriptor, copy + section->offset,
						 section->stored_size, section->offset);
	}
	return is_whole;
}

static enum pyb_status copy_file(struct contents *contents, const struct pyb_header *header,
				 int descriptor, size_t size, struct pyb_error *error)
{
	char *const copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (copy == MAP_FAILED)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (!copy_sections(header, descriptor, copy, size)) {
		munmap(copy, size);
		return pyb_error_set(error, PYB_ERR_IO, "it cannot be read");
	}
	*contents = (struct contents){.start = copy, .size = size, .is_copy = true};
	return PYB_OK;
}

/* --- what the header says of it */

static bool has_pages(const struct pyb_header *header)
{
	bool has = false;

	for (uint32_t i = 0; i < PYB_SECTION_MAX && !has; i++)
		has = header->sections[i].type == PYB_SECTION_PAGES;
	return has;
}

/*
 * What is no header of a bundle says nothing; that will be found when it is read as one. Most do not
 * say anything, and need not be summed twice.
 */
static bool says_something(const struct pyb_header *header, size_t file_size)
{
	const char *reason;

	return ((header->policies & PYB_POLICY_PRIVATE) != 0 || has_pages(header)) &&
	       pyb_header_check(header, PYB_PAGE_SIZE, file_size, &reason) == PYB_OK;
}

/*
 * Pages are mapped by the start that goes on with them. For all others they are to be as if they were not
 * there, whose memory may be limited.
 */
static size_t needed_size(const struct pyb_header *header)
{
	uint64_t end = PYB_PAGE_SIZE;

	for (uint32_t i = 0; i < header->section_count; i++) {
		const struct pyb_section *const section = &header->sections[i];
		if (pyb_section_is_read(section->type))
			end = section->offset + section->stored_size;
	}
	return (end + PYB_PAGE_SIZE - 1) / PYB_PAGE_SIZE * PYB_PAGE_SIZE;
}

/* --- public */

static enum pyb_status map_file(struct contents *contents, int descriptor, size_t size,
				struct pyb_error *error)
{
	void *const start = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);

	if (start == MAP_FAILED)
		return pyb_error_set(error, PYB_ERR_IO, "cannot map it: %s", strerror(errno));
	*contents = (struct contents){.start = start, .size = size};
	/* Small pages, so that those of the tables can stay when those of the code go. */
	pages_want_small(start, size);
	return PYB_OK;
}

enum pyb_status contents_take(struct contents *contents, int descriptor, struct pyb_error *error)
{
	_Alignas(struct pyb_header) char page[PYB_PAGE_SIZE];
	const struct pyb_header *const header = (const struct pyb_header *)(const void *)page;
	struct stat file;
	enum pyb_status status;

	*contents = (struct contents){0};
	if (fstat(descriptor, &file) != 0)
		return pyb_error_set(error, PYB_ERR_IO, "cannot stat it: %s", strerror(errno));
	if (file.st_size < PYB_PAGE_SIZE)
		return pyb_error_set(error, PYB_ERR_NOT_BUNDLE, "it is too short for a bundle");
	const size_t file_size = (size_t)file.st_size;
	if (!contents_read(descriptor, page, sizeof(page), 0))
		return pyb_error_set(error, PYB_ERR_IO, "it cannot be read");
	const bool is_checked = says_something(header, file_size);
	const size_t size = is_checked && has_pages(header) ? needed_size(header) : file_size;
	status = check_limits(size, error);
	if (status != PYB_OK)
		return status;
	status = is_checked && (header->policies & PYB_POLICY_PRIVATE) != 0
			 ? copy_file(contents, header, descriptor, size, error)
			 : map_file(contents, descriptor, size, error);
	if (status == PYB_OK)
		contents->file_size = file_size;
	return status;
}

void contents_release(struct contents *contents)
{
	if (contents->start != NULL)
		munmap(contents->start, contents->size);
	*contents = (struct contents){0};
}

/* The machine's pages may be larger than the format's: the first one may have more than is meant. */
void contents_advise(const struct contents *contents, uint64_t start, uint64_t end, int advice)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t first = (start + page - 1) / page * page;

	if (end > first && !contents->is_copy)
		(void)madvise((char *)contents->start + first, end - first, advice);
}
