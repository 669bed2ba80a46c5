/* SPDX-License-Identifier: MIT */
/* What the writer writes, the reader reads; what is damaged, the reader finds. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/codec.h"
#include "lib/header.h"
#include "lib/reader.h"
#include "lib/timestamp.h"
#include "lib/writer.h"

/* A bundle file in memory. */
struct file {
	uint8_t *bytes;
	size_t size;
};

static char folder[] = "/tmp/check_bundle.XXXXXX";

static void enter_folder(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void leave_folder(void)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static const char *in_folder(const char *name)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static struct file read_file(const char *path)
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

static struct pyb_writer *new_writer(const struct pyb_writer_options *options)
{
	struct pyb_error error = {0};
	struct pyb_writer *writer;

	ck_assert_msg(pyb_writer_create(options, &writer, &error) == PYB_OK, "%s", error.text);
	return writer;
}

static uint32_t add_directory(struct pyb_writer *writer, const char *path, uint32_t sys_path)
{
	struct pyb_error error = {0};
	uint32_t number;

	const struct pyb_writer_directory given = {
		.path = path, .sys_path = sys_path, .mtime_ns = 123456789};

	ck_assert_msg(pyb_writer_add_directory(writer, &given, &number, &error) == PYB_OK, "%s",
		      error.text);
	return number;
}

static uint32_t add_source(struct pyb_writer *writer, const char *name, uint32_t directory,
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

static struct file finish(struct pyb_writer *writer)
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

static void open_reader(struct pyb_reader *reader, const struct file *file)
{
	struct pyb_error error = {0};

	ck_assert_msg(pyb_reader_init(reader, file->bytes, file->size, &error) == PYB_OK, "%s",
		      error.text);
	ck_assert_msg(pyb_reader_verify(reader, &error) == PYB_OK, "%s", error.text);
}

static struct pyb_module_view find(const struct pyb_reader *reader, const char *name)
{
	struct pyb_error error = {0};
	struct pyb_module_view view;

	ck_assert_int_eq(pyb_reader_find(reader, name, strlen(name), &view, &error), PYB_OK);
	return view;
}

START_TEST(empty_bundle_is_readable)
{
	struct pyb_reader reader;
	struct file file = finish(new_writer(&plain_options));

	open_reader(&reader, &file);
	ck_assert_uint_eq(reader.module_count, 0);
	ck_assert_ptr_null(find(&reader, "anything").record);
	ck_assert_uint_eq(pyb_reader_find_directory(&reader, "/", 1), PYB_NONE);
	free(file.bytes);
}
END_TEST

START_TEST(fields_come_back)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;
	struct pyb_bytes code;
	struct pyb_error error = {0};

	const uint32_t lib = add_directory(writer, "/lib", 1);
	add_source(writer, "x", lib, true, "code of x");
	struct file file = finish(writer);
	open_reader(&reader, &file);
	const struct pyb_module_view view = find(&reader, "x");
	ck_assert_ptr_nonnull(view.record);
	ck_assert_str_eq(view.name.text, "x");
	ck_assert_str_eq(view.origin.text, "/lib/x.py");
	ck_assert_str_eq(view.cached.text, "/lib/__pycache__/x.pyc");
	ck_assert_int_eq(view.record->mtime_ns, -5);
	ck_assert_uint_eq(view.record->file_size, 77);
	ck_assert_uint_eq(view.record->source_hash, 78);
	ck_assert_uint_eq(view.record->flags, PYB_MODULE_FLAG_STARTUP | PYB_MODULE_FLAG_HASHED);
	ck_assert_int_eq(pyb_reader_code(&reader, &view, &code, &error), PYB_OK);
	ck_assert_uint_eq(code.size, 9);
	ck_assert_mem_eq(code.data, "code of x", 9);
	free(file.bytes);
}
END_TEST

static void fill_many(struct pyb_writer *writer, unsigned int count)
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

static void check_many(const struct pyb_reader *reader, unsigned int count)
{
	struct pyb_error error = {0};
	struct pyb_bytes code;
	char name[64], text[64];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "m%u.%x", i * 2654435761u, i);
		snprintf(text, sizeof(text), "code of %u", i);
		const struct pyb_module_view view = find(reader, name);
		ck_assert_msg(view.record != NULL, "%s is not found", name);
		ck_assert_int_eq(pyb_reader_code(reader, &view, &code, &error), PYB_OK);
		ck_assert_uint_eq(code.size, strlen(text));
		ck_assert_mem_eq(code.data, text, code.size);
		name[0] = 'n';
		ck_assert_ptr_null(find(reader, name).record);
	}
}

START_TEST(every_module_is_found)
{
	static const unsigned int counts[] = {1, 2, 3, 4, 5, 63, 64, 65, 1000, 20000};
	const unsigned int count = counts[_i];
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;

	fill_many(writer, count);
	struct file file = finish(writer);
	open_reader(&reader, &file);
	ck_assert_uint_eq(reader.module_count, count);
	check_many(&reader, count);
	free(file.bytes);
}
END_TEST

START_TEST(startup_comes_first_in_given_order)
{
	static const char *const expected[] = {"z", "b", "a", "c"};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;

	const uint32_t lib = add_directory(writer, "/lib", 1);
	add_source(writer, "c", lib, false, "c");
	add_source(writer, "z", lib, true, "z");
	add_source(writer, "a", lib, false, "a");
	add_source(writer, "b", lib, true, "b");
	struct file file = finish(writer);
	open_reader(&reader, &file);
	for (uint32_t i = 0; i < 4; i++) {
		struct pyb_module_view view;
		ck_assert_int_eq(pyb_reader_module(&reader, i, &view, NULL), PYB_OK);
		ck_assert_str_eq(view.name.text, expected[i]);
	}
	free(file.bytes);
}
END_TEST

START_TEST(states_of_directories)
{
	const struct pyb_writer_directory given[] = {
		{.path = "/a", .mtime_ns = -1, .ctime_ns = 2, .inode = 3, .entries = 4},
		{.path = "/b", .mtime_ns = 1, .ctime_ns = 2, .entries = 4},
		{.path = "/c",
		 .mtime_ns = 1,
		 .ctime_ns = 2,
		 .inode = 3,
		 .unlisted = true,
		 .entries = 4},
		{.path = "/d",
		 .mtime_ns = 1,
		 .ctime_ns = 2,
		 .inode = 3,
		 .missing = true,
		 .entries = 4},
	};
	/* What cannot be known together is left out. */
	const struct pyb_directory expected[] = {
		{.mtime_ns = -1, .ctime_ns = 2, .inode = 3, .entries = 4},
		{.mtime_ns = 1, .entries = 4},
		{.mtime_ns = 1, .ctime_ns = 2, .inode = 3, .flags = PYB_DIRECTORY_FLAG_UNLISTED},
		{.flags = PYB_DIRECTORY_FLAG_MISSING},
	};
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_reader reader;
	uint32_t number;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		ck_assert_int_eq(pyb_writer_add_directory(writer, &given[i], &number, NULL),
				 PYB_OK);
	struct file file = finish(writer);
	open_reader(&reader, &file);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct pyb_directory *const record = &reader.directories[i];
		ck_assert_int_eq(record->mtime_ns, expected[i].mtime_ns);
		ck_assert_int_eq(record->ctime_ns, expected[i].ctime_ns);
		ck_assert_uint_eq(record->inode, expected[i].inode);
		ck_assert_uint_eq(record->entries, expected[i].entries);
		ck_assert_uint_eq(record->flags, expected[i].flags);
	}
	free(file.bytes);
}
END_TEST

START_TEST(directories_and_shadows)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	struct pyb_reader reader;

	const uint32_t late = add_directory(writer, "/z", 1);
	const uint32_t early = add_directory(writer, "/a", 2);
	ck_assert_uint_eq(add_directory(writer, "/z", 9), late);
	const uint32_t one = add_source(writer, "one", early, false, "1");
	const uint32_t two = add_source(writer, "two", late, false, "2");
	ck_assert_int_eq(pyb_writer_add_shadow(writer, late, one, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_shadow(writer, early, two, &error), PYB_OK);
	struct file file = finish(writer);
	open_reader(&reader, &file);
	const uint32_t a = pyb_reader_find_directory(&reader, "/a", 2);
	const uint32_t z = pyb_reader_find_directory(&reader, "/z", 2);
	ck_assert_uint_eq(a, 0);
	ck_assert_uint_eq(z, 1);
	ck_assert_uint_eq(pyb_reader_find_directory(&reader, "/zz", 3), PYB_NONE);
	ck_assert(pyb_reader_is_shadowed(&reader, z, find(&reader, "one").number));
	ck_assert(pyb_reader_is_shadowed(&reader, a, find(&reader, "two").number));
	ck_assert(!pyb_reader_is_shadowed(&reader, a, find(&reader, "one").number));
	free(file.bytes);
}
END_TEST

START_TEST(same_description_same_bytes)
{
	struct pyb_writer *first = new_writer(&plain_options);
	struct pyb_writer *second = new_writer(&plain_options);

	fill_many(first, 300);
	fill_many(second, 300);
	struct file a = finish(first);
	struct file b = finish(second);
	ck_assert_uint_eq(a.size, b.size);
	ck_assert_mem_eq(a.bytes, b.bytes, a.size);
	free(a.bytes);
	free(b.bytes);
}
END_TEST

static void inflate(struct pyb_reader *reader, enum pyb_section_type type, uint8_t **bytes)
{
	const struct pyb_section *const section = pyb_reader_section(reader, type);
	struct pyb_error error = {0};

	ck_assert_uint_eq(section->flags, PYB_SECTION_FLAG_ZSTD);
	ck_assert_uint_lt(section->stored_size, section->size);
	*bytes = malloc(section->size);
	ck_assert_int_eq(pyb_decompress(reader->file + section->offset, section->stored_size,
					*bytes, section->size, &error),
			 PYB_OK);
	pyb_reader_set_code(reader, type, *bytes);
}

START_TEST(compressed_code_comes_back)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_module_view view;
	struct pyb_error error = {0};
	struct pyb_bytes code;
	struct pyb_reader reader;
	uint8_t *startup, *demand;

	options.compression_level = 3;
	struct pyb_writer *const writer = new_writer(&options);
	fill_many(writer, 500);
	struct file file = finish(writer);
	ck_assert_int_eq(pyb_reader_init(&reader, file.bytes, file.size, &error), PYB_OK);
	view = find(&reader, "m0.0");
	ck_assert_int_eq(pyb_reader_code(&reader, &view, &code, &error), PYB_ERR_INVALID);
	inflate(&reader, PYB_SECTION_STARTUP, &startup);
	inflate(&reader, PYB_SECTION_DEMAND, &demand);
	error = (struct pyb_error){0};
	ck_assert_msg(pyb_reader_verify(&reader, &error) == PYB_OK, "%s", error.text);
	check_many(&reader, 500);
	free(startup);
	free(demand);
	free(file.bytes);
}
END_TEST

static struct file small_bundle(void)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	const uint32_t lib = add_directory(writer, "/lib", 1);

	add_source(writer, "x", lib, true, "code of x");
	add_source(writer, "y", lib, false, "code of y");
	return finish(writer);
}

static bool is_found_bad(const uint8_t *bytes, size_t size)
{
	struct pyb_error error = {0};
	struct pyb_reader reader;

	if (pyb_reader_init(&reader, bytes, size, &error) == PYB_OK)
		(void)pyb_reader_verify(&reader, &error);
	ck_assert(error.status == PYB_OK || error.text[0] != '\0');
	return error.status == PYB_ERR_DAMAGED || error.status == PYB_ERR_NOT_BUNDLE ||
	       error.status == PYB_ERR_UNSUPPORTED;
}

START_TEST(every_flipped_byte_is_found)
{
	struct file file = small_bundle();

	for (size_t i = 0; i < file.size; i++) {
		file.bytes[i] ^= 0x40;
		ck_assert_msg(is_found_bad(file.bytes, file.size), "byte %zu", i);
		file.bytes[i] ^= 0x40;
	}
	ck_assert(!is_found_bad(file.bytes, file.size));
	free(file.bytes);
}
END_TEST

START_TEST(every_truncation_is_found)
{
	const struct file file = small_bundle();

	for (size_t size = 0; size < file.size; size += size < 5000 ? 1 : 997) {
		/* A copy at its exact size, so that tools see reads beyond the end. */
		uint8_t *const copy = malloc(size == 0 ? 1 : size);
		memcpy(copy, file.bytes, size);
		ck_assert_msg(is_found_bad(copy, size), "%zu bytes", size);
		free(copy);
	}
	free(file.bytes);
}
END_TEST

START_TEST(writer_refuses_contradictions)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	const uint32_t lib = add_directory(writer, "/lib", 1);
	const struct pyb_writer_module good = {.name = "x",
					       .origin = "/lib/x.py",
					       .kind = PYB_MODULE_SOURCE,
					       .directory = lib,
					       .package_directory = PYB_NONE,
					       .code = "c",
					       .code_size = 1};
	struct pyb_writer_module bad[8];
	uint32_t number;

	for (size_t i = 0; i < 8; i++)
		bad[i] = good;
	bad[0].name = "";
	bad[1].code = NULL;
	bad[2].directory = 99;
	bad[3].package = true;
	bad[4].kind = PYB_MODULE_ABSENT;
	bad[5].kind = PYB_MODULE_EXTENSION;
	bad[6].origin = NULL;
	bad[7].directory = PYB_NONE;
	for (size_t i = 0; i < 8; i++) {
		struct pyb_error error = {0};
		ck_assert_msg(pyb_writer_add_module(writer, &bad[i], &number, &error) ==
				      PYB_ERR_INVALID,
			      "case %zu", i);
	}
	struct pyb_error error = {0};
	ck_assert_int_eq(pyb_writer_add_module(writer, &good, &number, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_module(writer, &good, &number, &error), PYB_ERR_INVALID);
	ck_assert_str_eq(error.text, "module 'x' is there twice");
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(long_header_strings_are_refused)
{
	char path[4000] = "/";
	struct pyb_writer_options options = plain_options;
	struct pyb_error error = {0};
	uint64_t written;

	memset(path + 1, 'x', sizeof(path) - 2);
	options.interpreter = path;
	struct pyb_writer *const writer = new_writer(&options);
	ck_assert_int_eq(pyb_writer_write(writer, in_folder("long.pyb"), &written, &error),
			 PYB_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(error.text, "use a shorter path"));
	ck_assert_int_ne(access(in_folder("long.pyb"), F_OK), 0);
	pyb_writer_destroy(writer);
}
END_TEST

START_TEST(failed_write_leaves_the_old_file)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};
	char path[128], command[512];
	uint64_t written;

	/* A folder in the way of the rename. */
	snprintf(path, sizeof(path), "%s/in_the_way", folder);
	snprintf(command, sizeof(command), "mkdir %s && touch %s/file", path, path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(pyb_writer_write(writer, path, &written, &error), PYB_ERR_IO);
	ck_assert_ptr_nonnull(strstr(error.text, "in_the_way"));
	snprintf(command, sizeof(command), "test $(ls -A %s | wc -l) = 1 && test -f %s/file",
		 folder, path);
	ck_assert_int_eq(system(command), 0);
	pyb_writer_destroy(writer);
}
END_TEST

/* Write an empty bundle over `name`; the status, and the text of the error in `error`. */
static enum pyb_status write_over(const char *name, struct pyb_error *error)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	uint64_t written;
	const enum pyb_status status = pyb_writer_write(writer, in_folder(name), &written, error);

	pyb_writer_destroy(writer);
	return status;
}

START_TEST(only_regular_files_are_replaced)
{
	struct pyb_error error = {0};
	struct stat status;

	ck_assert_int_eq(mkfifo(in_folder("pipe"), 0600), 0);
	ck_assert_int_eq(write_over("pipe", &error), PYB_ERR_IO);
	ck_assert_ptr_nonnull(strstr(error.text, "not a regular file"));
	ck_assert_int_eq(lstat(in_folder("pipe"), &status), 0);
	ck_assert(S_ISFIFO(status.st_mode));

	ck_assert_int_eq(symlink("pipe", in_folder("to_pipe")), 0);
	ck_assert_int_eq(write_over("to_pipe", &(struct pyb_error){0}), PYB_ERR_IO);
	ck_assert_int_eq(symlink("nothing", in_folder("to_nothing")), 0);
	ck_assert_int_eq(write_over("to_nothing", &(struct pyb_error){0}), PYB_ERR_IO);
}
END_TEST

START_TEST(links_are_followed)
{
	struct stat status;

	ck_assert_int_eq(write_over("real.pyb", &(struct pyb_error){0}), PYB_OK);
	ck_assert_int_eq(truncate(in_folder("real.pyb"), 0), 0);
	ck_assert_int_eq(symlink("real.pyb", in_folder("link.pyb")), 0);
	ck_assert_int_eq(write_over("link.pyb", &(struct pyb_error){0}), PYB_OK);
	ck_assert_int_eq(lstat(in_folder("link.pyb"), &status), 0);
	ck_assert(S_ISLNK(status.st_mode));
	ck_assert_int_eq(stat(in_folder("real.pyb"), &status), 0);
	ck_assert_int_gt(status.st_size, PYB_PAGE_SIZE);
}
END_TEST

START_TEST(times_match_as_far_as_they_go)
{
	static const struct {
		int64_t recorded;
		struct timespec found;
		bool same;
	} cases[] = {
		{1500000000, {1, 500000000}, true},
		{1500000000, {1, 500000001}, false},
		{1500000000, {1, 0}, true}, /* the file's time was cut */
		{1000000000, {1, 7}, true}, /* the recorded one was */
		{1000000000, {2, 0}, false},
		{-500000000, {-1, 500000000}, true},
		{-500000000, {-1, 0}, true},
		{-500000000, {0, 0}, false},
		{0, {INT64_MAX / 2, 0}, false}, /* does not fit into nanoseconds */
		{INT64_MAX, {INT64_MAX / 2, 5}, true},
	};

	ck_assert_msg(pyb_timestamp_matches(cases[_i].recorded, &cases[_i].found) == cases[_i].same,
		      "case %d", _i);
}
END_TEST

START_TEST(writer_keeps_the_readers_rules)
{
	struct pyb_writer_options options = plain_options;
	struct pyb_error error = {0};
	uint64_t written;

	memset(options.fingerprint.soabi, 'x', sizeof(options.fingerprint.soabi));
	struct pyb_writer *writer = new_writer(&options);
	ck_assert_int_eq(pyb_writer_write(writer, in_folder("x.pyb"), &written, &error),
			 PYB_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(error.text, "fingerprint"));
	pyb_writer_destroy(writer);
	options = plain_options;
	options.producer = NULL;
	ck_assert_int_eq(pyb_writer_create(&options, &writer, &(struct pyb_error){0}),
			 PYB_ERR_INVALID);
	ck_assert_ptr_null(writer);
}
END_TEST

START_TEST(impossible_compressed_size_is_refused)
{
	struct pyb_writer_options options = plain_options;
	const char *reason = NULL;

	options.compression_level = 3;
	struct pyb_writer *const writer = new_writer(&options);
	fill_many(writer, 500);
	struct file file = finish(writer);
	struct pyb_header *const header = (struct pyb_header *)(void *)file.bytes;
	for (uint32_t i = 0; i < header->section_count; i++)
		if ((header->sections[i].flags & PYB_SECTION_FLAG_ZSTD) != 0)
			header->sections[i].size = UINT64_MAX;
	header->checksum = pyb_header_checksum(header);
	ck_assert_int_eq(pyb_header_check(file.bytes, file.size, file.size, &reason),
			 PYB_ERR_DAMAGED);
	ck_assert_str_eq(reason, "a section claims to be larger than it can be");
	free(file.bytes);
}
END_TEST

static Suite *bundle_suite(void)
{
	Suite *const suite = suite_create("bundle");
	TCase *const tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, empty_bundle_is_readable);
	tcase_add_test(tcase, fields_come_back);
	tcase_add_loop_test(tcase, every_module_is_found, 0, 10);
	tcase_add_test(tcase, startup_comes_first_in_given_order);
	tcase_add_test(tcase, states_of_directories);
	tcase_add_test(tcase, directories_and_shadows);
	tcase_add_test(tcase, same_description_same_bytes);
	tcase_add_test(tcase, compressed_code_comes_back);
	tcase_add_test(tcase, every_flipped_byte_is_found);
	tcase_add_test(tcase, every_truncation_is_found);
	tcase_add_test(tcase, writer_refuses_contradictions);
	tcase_add_test(tcase, long_header_strings_are_refused);
	tcase_add_test(tcase, failed_write_leaves_the_old_file);
	tcase_add_loop_test(tcase, times_match_as_far_as_they_go, 0, 10);
	tcase_add_test(tcase, writer_keeps_the_readers_rules);
	tcase_add_test(tcase, impossible_compressed_size_is_refused);
	tcase_add_test(tcase, only_regular_files_are_replaced);
	tcase_add_test(tcase, links_are_followed);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *const runner = srunner_create(bundle_suite());
	srunner_run_all(runner, CK_NORMAL);
	const int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
