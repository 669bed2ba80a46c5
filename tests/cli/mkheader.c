/* SPDX-License-Identifier: MIT */
/*
 * Make the header page of a bundle that has no sections, for tests of what is decided from it:
 *
 *     mkheader FILE [KEY=VALUE...]
 *
 * Keys: interpreter, entry, version (as sys.hexversion), soabi, build-id (a file, to take the one of), build-id-byte (flip the
 * first byte of the id: any value), format (number), incompat (number), optimize (number), file-size
 * (bytes that it says the file has), checksum (any value: spoil it), cut (bytes to write).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/header.h"

struct page {
	_Alignas(struct pyb_header) uint8_t bytes[PYB_PAGE_SIZE];
	uint32_t used;
	size_t cut;
	int spoil;
};

static struct pyb_header *header_of(struct page *page)
{
	return (struct pyb_header *)page->bytes;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct pyb_slice add_string(struct page *page, const char *text)
{
	const size_t size = strlen(text);
	const struct pyb_slice slice = {.offset = page->used, .size = (uint32_t)size};

	if (size == 0)
		return (struct pyb_slice){0};
	if (size >= PYB_PAGE_SIZE - page->used)
		die("too many strings");
	memcpy(page->bytes + page->used, text, size);
	page->used += (uint32_t)size + 1;
	return slice;
}

static void take_build_id(struct page *page, const char *path)
{
	_Alignas(8) uint8_t image[PYB_PAGE_SIZE];
	struct pyb_fingerprint *const fingerprint = &header_of(page)->fingerprint;
	int has_interp = 0;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t size = fd < 0 ? -1 : read(fd, image, sizeof(image));

	if (size < 0)
		die(path);
	close(fd);
	if (pyb_elf_build_id(image, (uint64_t)size, &fingerprint->executable, &has_interp) != 0 ||
	    fingerprint->executable.size == 0)
		die("no build id");
}

static void set(struct page *page, const char *key, const char *value)
{
	struct pyb_header *const header = header_of(page);

	if (strcmp(key, "interpreter") == 0)
		header->interpreter = add_string(page, value);
	else if (strcmp(key, "entry") == 0)
		header->entry = add_string(page, value);
	else if (strcmp(key, "version") == 0)
		header->fingerprint.version = (uint32_t)strtoul(value, NULL, 0);
	else if (strcmp(key, "soabi") == 0)
		snprintf(header->fingerprint.soabi, sizeof(header->fingerprint.soabi), "%s", value);
	else if (strcmp(key, "build-id") == 0)
		take_build_id(page, value);
	else if (strcmp(key, "build-id-byte") == 0)
		header->fingerprint.executable.bytes[0] ^= 0xff;
	else if (strcmp(key, "format") == 0)
		header->format_version = (uint32_t)strtoul(value, NULL, 0);
	else if (strcmp(key, "incompat") == 0)
		header->incompat = strtoull(value, NULL, 0);
	else if (strcmp(key, "optimize") == 0)
		header->optimize = (uint8_t)strtoul(value, NULL, 0);
	else if (strcmp(key, "file-size") == 0)
		header->file_size = strtoull(value, NULL, 0);
	else if (strcmp(key, "cut") == 0)
		page->cut = strtoul(value, NULL, 0);
	else if (strcmp(key, "checksum") == 0)
		page->spoil = 1;
	else
		die(key);
}

static void write_page(const struct page *page, const char *path)
{
	FILE *const file = fopen(path, "wb");

	if (file == NULL || fwrite(page->bytes, 1, page->cut, file) != page->cut ||
	    fclose(file) != 0)
		die(path);
}

int main(int argc, char **argv)
{
	static struct page page;
	struct pyb_header *const header = header_of(&page);

	memcpy(header->magic, PYB_MAGIC, PYB_MAGIC_SIZE);
	header->format_version = PYB_FORMAT_VERSION;
	header->header_size = PYB_PAGE_SIZE;
	header->file_size = PYB_PAGE_SIZE;
	header->fingerprint.version = 0x030b02f0;
	strcpy(header->fingerprint.implementation, "cpython");
	strcpy(header->fingerprint.soabi, "test");
	strcpy(header->fingerprint.cache_tag, "test");
	page.used = sizeof(*header);
	page.cut = PYB_PAGE_SIZE;
	header->name = add_string(&page, "test");
	header->producer = add_string(&page, "mkheader");
	for (int i = 2; i < argc; i++) {
		char *const equals = strchr(argv[i], '=');
		if (equals == NULL)
			die(argv[i]);
		*equals = '\0';
		set(&page, argv[i], equals + 1);
	}
	header->checksum = pyb_header_checksum(header) + (uint64_t)page.spoil;
	write_page(&page, argv[1]);
	return 0;
}
