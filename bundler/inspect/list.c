/* SPDX-License-Identifier: MIT */
/* pybundle list: what a bundle holds. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bundler/commands.h"
#include "bundler/inspect/json.h"
#include "bundler/inspect/opened.h"
#include "bundler/inspect/snapshot_list.h"
#include "bundler/message.h"
#include "bundler/options.h"
#include "lib/header.h"
#include "lib/policy.h"

static const char help_text[] = "Usage: pybundle list [-av] [--json] FILE\n"
				"Show what a bundle says about itself, and its modules.\n"
				"\n"
				"  -a, --all      show absent names and folders too\n"
				"  -v, --verbose  show all that a snapshot depends on, too\n"
				"      --json     print everything as one JSON object\n"
				"  -h, --help     print this text\n";

static const char *const check_names[] = {
	[PYB_CHECK_SOURCE] = "source",
	[PYB_CHECK_DIRECTORY] = "directory",
	[PYB_CHECK_NEVER] = "never",
	[PYB_CHECK_HASH] = "hash",
};

static const char *const payload_names[] = {
	[PYB_PAYLOAD_MARSHAL] = "marshal",
	[PYB_PAYLOAD_IMAGE] = "image",
};

static const char *section_name(uint32_t type)
{
	static const char *const names[] = {
		[PYB_SECTION_STRINGS] = "strings",
		[PYB_SECTION_MODULES] = "modules",
		[PYB_SECTION_INDEX] = "index",
		[PYB_SECTION_DIRECTORIES] = "directories",
		[PYB_SECTION_SHADOWS] = "shadows",
		[PYB_SECTION_STARTUP] = "startup code",
		[PYB_SECTION_DEMAND] = "demand code",
		[PYB_SECTION_HOT] = "hot objects",
		[PYB_SECTION_COLD] = "cold objects",
		[PYB_SECTION_IMAGE] = "image",
		[PYB_SECTION_RELOCATIONS] = "relocations",
		[PYB_SECTION_REGEXES] = "regexes",
		[PYB_SECTION_GENERATED] = "generated",
		[PYB_SECTION_SITE] = "site",
		[PYB_SECTION_REBUILD] = "for rebuild",
		[PYB_SECTION_ARCHIVE] = "archive",
		[PYB_SECTION_HARMLESS] = "harmless",
		[PYB_SECTION_METADATA] = "metadata",
		[PYB_SECTION_FROZEN] = "frozen",
		[PYB_SECTION_SNAPSHOT] = "snapshot",
		[PYB_SECTION_PAGES] = "pages",
		[PYB_SECTION_NO_SNAPSHOT] = "no snapshot",
	};
	return type < sizeof(names) / sizeof(names[0]) && names[type] != NULL ? names[type]
									      : "unknown";
}

static const char *kind_name(uint8_t kind)
{
	return kind == PYB_MODULE_SOURCE      ? "source"
	       : kind == PYB_MODULE_EXTENSION ? "extension"
					      : "absent";
}

struct version_text {
	char text[32];
};

/* sys.hexversion as people write it, such as 3.11.2 or 3.14.0b1. */
static const char *format_version(uint32_t version, struct version_text *text)
{
	const unsigned int level = version >> 4 & 0xf;
	const int size = snprintf(text->text, sizeof(text->text), "%u.%u.%u", version >> 24,
				  version >> 16 & 0xff, version >> 8 & 0xff);

	if (level != 0xf)
		snprintf(text->text + size, sizeof(text->text) - (size_t)size, "%s%u",
			 level == 0xa   ? "a"
			 : level == 0xb ? "b"
					: "rc",
			 version & 0xf);
	return text->text;
}

struct hex_text {
	char text[2 * PYB_BUILD_ID_MAX + 1];
};

static const char *format_hex(const uint8_t *bytes, size_t size, struct hex_text *text)
{
	text->text[0] = '\0';
	for (size_t i = 0; i < size && i < PYB_BUILD_ID_MAX; i++)
		snprintf(text->text + 2 * i, 3, "%02x", bytes[i]);
	return text->text;
}

static void json_header(struct json *json, const struct pyb_header *header)
{
	const struct pyb_fingerprint *const fingerprint = &header->fingerprint;
	struct version_text version = {""};
	struct hex_text hex = {""};

	json_string(json, "name", pyb_header_string(header, header->name));
	json_number(json, "format_version", header->format_version);
	json_string(json, "producer", pyb_header_string(header, header->producer));
	json_string(json, "content_id",
		    format_hex(header->content_id, sizeof(header->content_id), &hex));
	json_number(json, "file_size", (int64_t)header->file_size);
	json_string(json, "interpreter", pyb_header_string(header, header->interpreter));
	json_string(json, "version", format_version(fingerprint->version, &version));
	json_string_sized(
		json, "implementation", fingerprint->implementation,
		strnlen(fingerprint->implementation, sizeof(fingerprint->implementation)));
	json_string_sized(json, "soabi", fingerprint->soabi,
			  strnlen(fingerprint->soabi, sizeof(fingerprint->soabi)));
	json_number(json, "bytecode_magic", fingerprint->bytecode_magic);
	json_number(json, "marshal_version", fingerprint->marshal_version);
	json_string(json, "executable_build_id",
		    format_hex(fingerprint->executable.bytes, fingerprint->executable.size, &hex));
	json_string(json, "libpython_build_id",
		    format_hex(fingerprint->libpython.bytes, fingerprint->libpython.size, &hex));
	json_string(json, "entry", pyb_header_string(header, header->entry));
	json_string(json, "bootstrap", pyb_header_string(header, header->bootstrap));
	json_string(json, "check", check_names[header->check]);
	json_number(json, "optimize", header->optimize);
	json_string(json, "payload", payload_names[header->payload]);
	for (size_t i = 0; i < PYB_POLICY_KEY_COUNT; i++)
		json_string(json, pyb_policy_keys[i].name,
			    pyb_policy_value(&pyb_policy_keys[i], header->policies));
}

static void json_sections(struct json *json, const struct pyb_header *header)
{
	json_open(json, "sections", '[');
	for (uint32_t i = 0; i < header->section_count; i++) {
		const struct pyb_section *const section = &header->sections[i];

		json_open(json, NULL, '{');
		json_string(json, "name", section_name(section->type));
		json_number(json, "offset", (int64_t)section->offset);
		json_number(json, "stored_size", (int64_t)section->stored_size);
		json_number(json, "size", (int64_t)section->size);
		json_bool(json, "compressed", (section->flags & PYB_SECTION_FLAG_ZSTD) != 0);
		json_close(json);
	}
	json_close(json);
}

static void json_module(struct json *json, const struct pyb_module_view *view)
{
	const struct pyb_module *const record = view->record;
	const bool absent = record->kind == PYB_MODULE_ABSENT;

	json_open(json, NULL, '{');
	json_string_sized(json, "name", view->name.text, view->name.size);
	json_string(json, "kind", kind_name(record->kind));
	json_bool(json, "package", (record->flags & PYB_MODULE_FLAG_PACKAGE) != 0);
	json_bool(json, "startup", (record->flags & PYB_MODULE_FLAG_STARTUP) != 0);
	json_string_sized(json, "origin", absent ? NULL : view->origin.text, view->origin.size);
	json_string_sized(json, "cached", view->cached.size == 0 ? NULL : view->cached.text,
			  view->cached.size);
	json_number(json, "mtime_ns", record->mtime_ns);
	json_number(json, "file_size", (int64_t)record->file_size);
	json_number(json, "code_size", (int64_t)record->code_size);
	json_close(json);
}

static enum pyb_status json_modules(struct json *json, const struct pyb_reader *reader,
				    struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	json_open(json, "modules", '[');
	for (uint32_t i = 0; i < reader->module_count && status == PYB_OK; i++) {
		struct pyb_module_view view;

		status = pyb_reader_module(reader, i, &view, error);
		if (status == PYB_OK)
			json_module(json, &view);
	}
	json_close(json);
	return status;
}

static enum pyb_status json_directories(struct json *json, const struct pyb_reader *reader,
					struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	json_open(json, "directories", '[');
	for (uint32_t i = 0; i < reader->directory_count && status == PYB_OK; i++) {
		const struct pyb_directory *record;
		struct pyb_string path;

		status = pyb_reader_directory(reader, i, &record, &path, error);
		if (status != PYB_OK)
			break;
		json_open(json, NULL, '{');
		json_string_sized(json, "path", path.text, path.size);
		json_number(json, "sys_path", record->sys_path);
		json_number(json, "root", record->root);
		json_number(json, "mtime_ns", record->mtime_ns);
		json_number(json, "ctime_ns", record->ctime_ns);
		json_number(json, "inode", (int64_t)record->inode);
		json_bool(json, "listed", (record->flags & PYB_DIRECTORY_FLAG_ALL) == 0);
		json_bool(json, "missing", (record->flags & PYB_DIRECTORY_FLAG_MISSING) != 0);
		json_close(json);
	}
	json_close(json);
	return status;
}

static enum pyb_status json_shadows(struct json *json, const struct pyb_reader *reader,
				    struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	json_open(json, "shadows", '[');
	for (uint32_t i = 0; i < reader->shadow_count && status == PYB_OK; i++) {
		const struct pyb_directory *directory;
		struct pyb_module_view view;
		struct pyb_string path;

		status = pyb_reader_directory(reader, reader->shadows[i].directory, &directory,
					      &path, error);
		if (status == PYB_OK)
			status = pyb_reader_module(reader, reader->shadows[i].module, &view, error);
		if (status != PYB_OK)
			break;
		json_open(json, NULL, '{');
		json_string_sized(json, "directory", path.text, path.size);
		json_string_sized(json, "module", view.name.text, view.name.size);
		json_close(json);
	}
	json_close(json);
	return status;
}

static enum pyb_status show_json(const struct opened *opened, struct pyb_error *error)
{
	const struct pyb_reader *const reader = &opened->reader;
	struct json json;

	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_header(&json, reader->header);
	json_sections(&json, reader->header);
	enum pyb_status status = snapshot_list_as_json(opened, &json, error);
	if (status == PYB_OK)
		status = json_modules(&json, reader, error);
	if (status == PYB_OK)
		status = json_directories(&json, reader, error);
	if (status == PYB_OK)
		status = json_shadows(&json, reader, error);
	json_close(&json);
	return status;
}

static void show_field(const char *label, const char *text)
{
	if (text == NULL)
		return;
	printf("%-12s ", label);
	opened_print(text, strlen(text));
	putchar('\n');
}

static void show_header(const struct pyb_header *header)
{
	const struct pyb_fingerprint *const fingerprint = &header->fingerprint;
	struct version_text version = {""};
	struct hex_text hex = {""};

	show_field("name", pyb_header_string(header, header->name));
	show_field("interpreter", pyb_header_string(header, header->interpreter));
	printf("%-12s %s (%.*s)\n", "version", format_version(fingerprint->version, &version),
	       (int)sizeof(fingerprint->soabi), fingerprint->soabi);
	show_field("entry", pyb_header_string(header, header->entry));
	show_field("bootstrap", pyb_header_string(header, header->bootstrap));
	printf("%-12s check %s, optimize %u, payload %s", "policies", check_names[header->check],
	       header->optimize, payload_names[header->payload]);
	for (size_t i = 0; i < PYB_POLICY_KEY_COUNT; i++)
		printf(", %s %s", pyb_policy_keys[i].name,
		       pyb_policy_value(&pyb_policy_keys[i], header->policies));
	putchar('\n');
	show_field("written by", pyb_header_string(header, header->producer));
	show_field("content id", format_hex(header->content_id, sizeof(header->content_id), &hex));
	printf("%-12s %" PRIu64 " bytes, format %" PRIu32 "\n", "size", header->file_size,
	       header->format_version);
	for (uint32_t i = 0; i < header->section_count; i++) {
		const struct pyb_section *const section = &header->sections[i];

		printf("%-12s %-12s %10" PRIu64 " bytes", i == 0 ? "sections" : "",
		       section_name(section->type), section->stored_size);
		if ((section->flags & PYB_SECTION_FLAG_ZSTD) != 0)
			printf(" (zstd, %" PRIu64 " decompressed)", section->size);
		putchar('\n');
	}
}

static enum pyb_status show_modules(const struct pyb_reader *reader, bool absent_ones,
				    struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < reader->module_count && status == PYB_OK; i++) {
		struct pyb_module_view view;

		status = pyb_reader_module(reader, i, &view, error);
		if (status != PYB_OK || (view.record->kind == PYB_MODULE_ABSENT) != absent_ones)
			continue;
		printf("%-8s %-9s %8" PRIu64 "  ",
		       absent_ones                                           ? "-"
		       : (view.record->flags & PYB_MODULE_FLAG_STARTUP) != 0 ? "startup"
									     : "demand",
		       kind_name(view.record->kind), view.record->code_size);
		opened_print(view.name.text, view.name.size);
		fputs(absent_ones ? "" : "  ", stdout);
		opened_print(view.origin.text, view.origin.size);
		putchar('\n');
	}
	return status;
}

static enum pyb_status show_directories(const struct pyb_reader *reader, struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	puts("\nfolders (place on sys.path, or - for none; + for those that were searched first)");
	for (uint32_t i = 0; i < reader->directory_count && status == PYB_OK; i++) {
		const struct pyb_directory *record;
		struct pyb_string path;

		status = pyb_reader_directory(reader, i, &record, &path, error);
		if (status != PYB_OK)
			break;
		const char mark = record->root > 0 ? '+' : ' ';
		if (record->sys_path > 0)
			printf("%4" PRIu32 "%c ", record->sys_path - 1, mark);
		else
			printf("%4s%c ", "-", mark);
		opened_print(path.text, path.size);
		puts((record->flags & PYB_DIRECTORY_FLAG_MISSING) != 0 ? "  (does not exist)" : "");
	}
	return status;
}

static enum pyb_status show_text(const struct opened *opened, const struct options *options,
				 struct pyb_error *error)
{
	const struct pyb_reader *const reader = &opened->reader;

	show_header(reader->header);
	enum pyb_status status = snapshot_list(opened, options->verbose, error);
	if (status != PYB_OK)
		return status;
	puts("\nloaded   kind          code  module");
	status = show_modules(reader, false, error);
	if (status != PYB_OK || !options->all)
		return status;
	status = show_modules(reader, true, error);
	if (status == PYB_OK)
		status = show_directories(reader, error);
	return status;
}

int command_list(int argc, char **argv)
{
	static const struct options_syntax syntax = {"list", help_text, "avJ"};
	struct options options;
	char **operands = NULL;
	struct pyb_error error = {0};
	struct opened opened;
	int result = options_parse(&options, &syntax, argc, argv, &operands);

	if (result != EXIT_DONE || options.is_finished)
		return result;
	if (operands[0] == NULL || operands[1] != NULL)
		return message_usage("list", operands[0] == NULL ? "which bundle?"
								 : "more than one bundle");
	enum pyb_status status = opened_read(&opened, operands[0], &error);
	if (status == PYB_OK && options.json)
		status = show_json(&opened, &error);
	else if (status == PYB_OK)
		status = show_text(&opened, &options, &error);
	result = message_finish_output(EXIT_DONE);
	opened_release(&opened);
	if (status == PYB_OK)
		return result;
	if (status == PYB_ERR_IO || status == PYB_ERR_MEMORY)
		return message_error(&error);
	message("%s: %s", operands[0], error.text);
	return status == PYB_ERR_UNSUPPORTED ? EXIT_UNSUPPORTED : EXIT_FAILED;
}
