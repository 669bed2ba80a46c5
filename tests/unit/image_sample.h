/* SPDX-License-Identifier: MIT */
/* A small image for tests, and the bundle that has it. Included once by each of them. */
#ifndef IMAGE_SAMPLE_H
#define IMAGE_SAMPLE_H

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/image.h"
#include "lib/writer.h"

/*
 * The image that is written: a startup module `main` with its code and a string in HOT; modules `a`
 * and `b`, in COLD, of which the first has a frozenset; `ext` and `gone` without code. Behind
 * those of the records comes a frozen module, with its code in HOT.
 */
enum {
	RECORD_MAIN,
	RECORD_A,
	RECORD_B,
	RECORD_EXT,
	RECORD_GONE,
	RECORD_COUNT,
	FROZEN = RECORD_COUNT,
	MODULE_COUNT,
};

#define BASE UINT64_C(0x200000000000)
#define POSITION(offset) ((uint32_t)((offset) / PYB_IMAGE_UNIT))

enum {
	SPAN = PYB_IMAGE_HUGE_PAGE,
	CODE_SIZE = 64,
	MAIN_CODE = 64,
	MAIN_STRING = 128,
	FROZEN_CODE = 192,
	HOT_SIZE = 256,
	A_CODE = SPAN,
	A_TUPLE = SPAN + 64,
	B_CODE = SPAN + 128,
	COLD_SIZE = 192,
	STATIC_ADDRESS = 0x7654320,
};

/* Numbers of RELOCATIONS. */
enum {
	SLOT_MAIN_INTERNAL,
	SLOT_MAIN_EXTERNAL,
	SLOT_A_INTERNAL,
	SLOT_A_TYPE,
	SLOT_A_STATIC,
	SLOT_B_EXTERNAL,
	SLOT_COUNT
};

struct tables {
	struct pyb_image image;
	struct pyb_image_module modules[MODULE_COUNT];
	struct pyb_image_group groups[3];
	struct pyb_image_frozenset frozensets[1];
	struct pyb_image_static statics[1];
	struct pyb_image_interned interned[1];
};

/* Without padding at its end. */
enum { TABLES_SIZE = offsetof(struct tables, interned) + sizeof(struct pyb_image_interned) };

static const struct tables good_tables = {
	.image = {.struct_abi = 7,
		  .base = BASE,
		  .hot_span = SPAN,
		  .type_anchor = 0x8000,
		  .module_count = MODULE_COUNT,
		  .group_count = 3,
		  .static_count = 1,
		  .interned_count = 1,
		  .frozenset_count = 1},
	.modules = {[RECORD_MAIN] = {.code = POSITION(MAIN_CODE), .group = 0},
		    [RECORD_A] = {.code = POSITION(A_CODE), .group = 1, .frozensets = {0, 1}},
		    [RECORD_B] = {.code = POSITION(B_CODE), .group = 2, .frozensets = {1, 0}},
		    [RECORD_EXT] = {.group = PYB_NONE},
		    [RECORD_GONE] = {.group = PYB_NONE},
		    [FROZEN] = {.code = POSITION(FROZEN_CODE), .group = 0}},
	.groups = {{.internal = {SLOT_MAIN_INTERNAL, 1},
		    .external = {SLOT_MAIN_EXTERNAL, 1},
		    .interned = {0, 1},
		    .relocations = {SLOT_MAIN_INTERNAL, 2}},
		   {.internal = {SLOT_A_INTERNAL, 1},
		    .external = {SLOT_A_TYPE, 1},
		    .statics = {0, 1},
		    .relocations = {SLOT_A_INTERNAL, 3},
		    .cold = {0, POSITION(B_CODE - SPAN)}},
		   {.internal = {SLOT_B_EXTERNAL, 0},
		    .external = {SLOT_B_EXTERNAL, 1},
		    .interned = {1, 0},
		    .relocations = {SLOT_B_EXTERNAL, 1},
		    .cold = {POSITION(B_CODE - SPAN), POSITION(SPAN + COLD_SIZE - B_CODE)}}},
	.statics = {{.address = STATIC_ADDRESS,
		     .string = POSITION(MAIN_STRING),
		     .slots = {SLOT_A_STATIC, 1}}},
	.interned = {{.string = POSITION(MAIN_STRING), .slots = {SLOT_MAIN_INTERNAL, 1}}},
	.frozensets = {{.slot = POSITION(A_CODE + 24), .elements = POSITION(A_TUPLE)}},
};

static const uint32_t good_slots[SLOT_COUNT] = {
	[SLOT_MAIN_INTERNAL] = POSITION(MAIN_CODE + 16),
	[SLOT_MAIN_EXTERNAL] = POSITION(MAIN_STRING + 8),
	[SLOT_A_INTERNAL] = POSITION(A_CODE + 16),
	[SLOT_A_TYPE] = POSITION(A_CODE + 8),
	[SLOT_A_STATIC] = POSITION(A_CODE + 32),
	[SLOT_B_EXTERNAL] = POSITION(B_CODE + 8),
};

static const uint64_t good_sizes[RECORD_COUNT] = {CODE_SIZE, CODE_SIZE, CODE_SIZE, 0, 0};

struct sections {
	struct tables tables;
	uint32_t relocations[SLOT_COUNT];
	uint64_t hot[HOT_SIZE / 8], cold[COLD_SIZE / 8];
};

static void fill(struct sections *sections)
{
	*sections = (struct sections){.tables = good_tables};
	memcpy(sections->relocations, good_slots, sizeof(good_slots));
	sections->hot[(MAIN_CODE + 16) / 8] = BASE + MAIN_STRING;
	sections->hot[(MAIN_STRING + 8) / 8] = 0x9000;
	sections->cold[(A_CODE + 8 - SPAN) / 8] = 0xa000;
	sections->cold[(A_CODE + 16 - SPAN) / 8] = BASE + MAIN_STRING;
	sections->cold[(A_CODE + 32 - SPAN) / 8] = STATIC_ADDRESS;
	sections->cold[(B_CODE + 8 - SPAN) / 8] = 0xa000;
}

static struct pyb_writer_image image_of(const struct sections *sections)
{
	return (struct pyb_writer_image){.hot = sections->hot,
					 .hot_size = HOT_SIZE,
					 .cold = sections->cold,
					 .cold_size = COLD_SIZE,
					 .image = &sections->tables,
					 .image_size = TABLES_SIZE,
					 .relocations = sections->relocations,
					 .relocation_count = SLOT_COUNT,
					 .code_sizes = good_sizes};
}

/* --- writing */

static char path[] = "/tmp/check_image.XXXXXX";

static void make_file(void)
{
	strcpy(path + strlen(path) - 6, "XXXXXX");
	const int descriptor = mkstemp(path);
	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
}

static void remove_file(void)
{
	ck_assert_int_eq(unlink(path), 0);
}

static const struct pyb_writer_options plain_options = {
	.name = "test",
	.interpreter = "/usr/bin/python3",
	.producer = "check_image",
	.fingerprint = {.version = 0x030b02f0,
			.implementation = "cpython",
			.soabi = "cpython-311-x86_64-linux-gnu",
			.cache_tag = "cpython-311"},
};

static void add_module(struct pyb_writer *writer, const char *name, enum pyb_module_kind kind,
		       bool startup, const char *code)
{
	struct pyb_error error = {0};
	uint32_t number;
	const bool absent = kind == PYB_MODULE_ABSENT;
	const struct pyb_writer_module module = {
		.name = name,
		.origin = absent ? NULL : "/lib/x",
		.kind = kind,
		.startup = startup,
		.directory = 0,
		.package_directory = PYB_NONE,
		.code = code,
		.code_size = code == NULL ? 0 : strlen(code),
	};

	ck_assert_msg(pyb_writer_add_module(writer, &module, &number, &error) == PYB_OK, "%s",
		      error.text);
}

/* A writer with the modules; `a` has marshalled code too. */
static struct pyb_writer *new_writer(const struct pyb_writer_options *options)
{
	const struct pyb_writer_directory lib = {.path = "/lib", .sys_path = 1, .mtime_ns = 1};
	struct pyb_error error = {0};
	struct pyb_writer *writer;
	uint32_t number;

	ck_assert_int_eq(pyb_writer_create(options, &writer, &error), PYB_OK);
	ck_assert_int_eq(pyb_writer_add_directory(writer, &lib, &number, &error), PYB_OK);
	add_module(writer, "gone", PYB_MODULE_ABSENT, false, NULL);
	add_module(writer, "ext", PYB_MODULE_EXTENSION, false, NULL);
	add_module(writer, "b", PYB_MODULE_SOURCE, false, NULL);
	add_module(writer, "main", PYB_MODULE_SOURCE, true, NULL);
	add_module(writer, "a", PYB_MODULE_SOURCE, false, "marshalled");
	return writer;
}

/* A bundle in memory. */
struct file {
	uint8_t *bytes;
	size_t size;
};

/* `names` has a NUL behind each of them. */
static void name_frozen(struct pyb_writer *writer, const char *names, size_t size)
{
	ck_assert_int_eq(pyb_writer_set_section(writer, PYB_SECTION_FROZEN, names, size, NULL),
			 PYB_OK);
}

/* Destroys the writer. */
static struct file write_bundle(struct pyb_writer *writer)
{
	struct pyb_error error = {0};
	struct file file = {0};
	uint64_t written;

	ck_assert_msg(pyb_writer_write(writer, path, &written, &error) == PYB_OK, "%s", error.text);
	pyb_writer_destroy(writer);
	const int descriptor = open(path, O_RDONLY);
	ck_assert_int_ge(descriptor, 0);
	file.size = (size_t)written;
	file.bytes = malloc(file.size);
	ck_assert_int_eq(read(descriptor, file.bytes, file.size), (ssize_t)file.size);
	close(descriptor);
	return file;
}

static struct file write_image(const struct pyb_writer_image *image)
{
	struct pyb_writer *const writer = new_writer(&plain_options);
	struct pyb_error error = {0};

	ck_assert_int_eq(pyb_writer_set_image(writer, image, &error), PYB_OK);
	name_frozen(writer, "frozen", sizeof("frozen"));
	return write_bundle(writer);
}

static struct file write_good(void)
{
	struct sections sections;

	fill(&sections);
	const struct pyb_writer_image image = image_of(&sections);
	return write_image(&image);
}

static void open_image(const struct file *file, struct pyb_reader *reader,
		       struct pyb_image_view *view)
{
	struct pyb_error error = {0};

	ck_assert_msg(pyb_reader_init(reader, file->bytes, file->size, &error) == PYB_OK, "%s",
		      error.text);
	ck_assert_msg(pyb_image_open(reader, view, &error) == PYB_OK, "%s", error.text);
}

#endif
