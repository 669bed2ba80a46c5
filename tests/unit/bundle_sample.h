/* SPDX-License-Identifier: MIT */
/* Bundles that the tests of reader and writer make, in a folder of the test's own. */
#ifndef TESTS_UNIT_BUNDLE_SAMPLE_H
#define TESTS_UNIT_BUNDLE_SAMPLE_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/reader.h"
#include "lib/writer.h"

/* A bundle file in memory. */
struct file {
	uint8_t *bytes;
	size_t size;
};

static char folder[] = "/tmp/check_bundle.XXXXXX";

static inline void enter_folder(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline void leave_folder(void)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static inline const char *in_folder(const char *name)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline struct file read_file(const char *path)
{
	struct stat status;
	struct file file = {0};
	const int descriptor = open(path, O_RDONLY);

	ck_assert_int_ge(descriptor, 0);
	ck_assert_int_eq(fstat(descriptor, &status), 0);
	file.size = (size_t)status.st_size;
	file.bytes = malloc(file.size);
	ck_assert_int_eq(read(descriptor, file.bytes, file.size), status.st_size);
	close(descriptor);
	return file;
}

static const struct pyb_writer_options plain_options = {
	.name = "test",
	.interpreter = "/usr/bin/python3",
	.entry = "pack.mod:main",
	.producer = "check_bundle",
	.fingerprint = {.version = 0x030b02f0,
			.bytecode_magic = 3495,
			.marshal_version = 4,
			.implementation = "cpython",
			.soabi = "cpython-311-x86_64-linux-gnu",
			.cache_tag = "cpython-311"},
};

static inline struct pyb_writer *new_writer(const struct pyb_writer_options *options)
{
	struct pyb_error error = {0};
	struct pyb_writer *writer;

	ck_assert_msg(pyb_writer_create(options, &writer, &error) == PYB_OK, "%s", error.text);
	return writer;
}

static inline uint32_t add_directory(struct pyb_writer *writer, const char *path, uint32_t sys_path)
{
	struct pyb_error error = {0};
	uint32_t number;

	const struct pyb_writer_directory given = {
		.path = path, .sys_path = sys_path, .mtime_ns = 123456789};

	ck_assert_msg(pyb_writer_add_directory(writer, &given, &number, &error) == PYB_OK, "%s",
		      error.text);
	return number;
}

static inline uint32_t add_source(struct pyb_writer *writer, const char *name, uint32_t directory,
				  bool startup, const char *code)
{
	struct pyb_error error = {0};
	uint32_t number;
	const struct pyb_writer_module module = {.name = name,
						 .origin = "/lib/x.py",
						 .cached = "/lib/__pycache__/x.pyc",
						 .kind = PYB_MODULE_SOURCE,
						 .startup = startup,
						 .directory = directory,
						 .package_directory = PYB_NONE,
						 .mtime_ns = -5,
						 .file_size = 77,
						 .source_hash = 78,
						 .hashed = true,
						 .code = code,
						 .code_size = strlen(code)};

	ck_assert_msg(pyb_writer_add_module(writer, &module, &number, &error) == PYB_OK, "%s",
		      error.text);
	return number;
}

static inline struct file finish(struct pyb_writer *writer)
{
	struct pyb_error error = {0};
	uint64_t written;
	const char *const path = in_folder("x.pyb");

	ck_assert_msg(pyb_writer_write(writer, path, &written, &error) == PYB_OK, "%s", error.text);
	pyb_writer_destroy(writer);
	const struct file file = read_file(path);
	ck_assert_uint_eq(file.size, written);
	return file;
}

static inline void open_reader(struct pyb_reader *reader, const struct file *file)
{
	struct pyb_error error = {0};

	ck_assert_msg(pyb_reader_init(reader, file->bytes, file->size, &error) == PYB_OK, "%s",
		      error.text);
	ck_assert_msg(pyb_reader_verify(reader, &error) == PYB_OK, "%s", error.text);
}

static inline struct pyb_module_view find(const struct pyb_reader *reader, const char *name)
{
	struct pyb_error error = {0};
	struct pyb_module_view view;

	ck_assert_int_eq(pyb_reader_find(reader, name, strlen(name), &view, &error), PYB_OK);
	return view;
}

static inline void fill_many(struct pyb_writer *writer, unsigned int count)
{
	const uint32_t lib = add_directory(writer, "/lib", 1);
	char name[64], code[64];

	for (unsigned int i = 0; i < count; i++) {
		/* Neither sorted nor of one length. */
		snprintf(name, sizeof(name), "m%u.%x", i * 2654435761u, i);
		snprintf(code, sizeof(code), "code of %u", i);
		add_source(writer, name, lib, i % 7 == 0, code);
	}
}

#endif
