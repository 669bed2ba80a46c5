/* SPDX-License-Identifier: MIT */
#include "bundler/build/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "bundler/message.h"
#include "lib/snapshot.h"
#include "lib/snapshot_guards.h"
#include "lib/snapshot_process.h"

enum { GUARD_TEXT_SIZE = 8192 };

/* The tables of the snapshot that was made. */
static bool open_made(const struct snapshot_result *result, struct snapshot *snapshot)
{
	const struct pyb_bytes section = {result->made.tables.data, result->made.tables.size};

	return result->is_there && pyb_snapshot_open(&section, snapshot, NULL) == PYB_OK;
}

void explain_briefly(const char *output, const struct snapshot_plan *plan,
		     const struct snapshot_result *result)
{
	struct snapshot snapshot;

	if (plan->wanted == MANIFEST_SNAPSHOT_NO || !open_made(result, &snapshot))
		return;
	printf("%s: with a snapshot, %" PRIu64 " bytes of memory, %" PRIu32 " guards%s\n", output,
	       snapshot.pages_size, snapshot.guard_count,
	       plan->wanted == MANIFEST_SNAPSHOT_SHARED ? "" : ", for its owner alone");
	if (snapshot.module_count > 0)
		printf("%s: the snapshot is for %s, and has %" PRIu32
		       " modules that it imports first\n",
		       output, plan->program, snapshot.module_count);
}

static bool is_of_variable(const struct snapshot_guard *guard)
{
	return guard->kind == GUARD_VARIABLE || guard->kind == GUARD_ABSENT ||
	       guard->kind == GUARD_FAMILY;
}

void explain_misses(const struct snapshot_result *result)
{
	static char *const nothing[] = {NULL};
	const struct guard_world world = {.arguments = nothing, .environment = environ};
	struct snapshot snapshot;
	struct guard_miss miss;
	char text[GUARD_TEXT_SIZE];

	if (!open_made(result, &snapshot))
		return;
	for (uint32_t i = 0; i < snapshot.guard_count; i++) {
		if (!is_of_variable(&snapshot.guards[i]) ||
		    pyb_guard_holds(&snapshot, i, &world, &miss))
			continue;
		pyb_guard_describe_miss(&snapshot, &miss, &world, text, sizeof(text));
		message("note: the snapshot is not used in this environment: %s", text);
	}
}

/* The sentence of a fact; the caller's to free. NULL without memory. */
static char *fact_text(const struct fact *fact)
{
	char *text = NULL;
	size_t size = 0;
	FILE *const stream = open_memstream(&text, &size);

	if (stream == NULL)
		return NULL;
	const bool is_written = fact_write(stream, fact) >= 0;
	if (fclose(stream) == 0 && is_written)
		return text;
	free(text);
	return NULL;
}

typedef void line_function(void *cookie, const char *text);

static enum pyb_status for_facts(const struct facts *facts, line_function *function, void *cookie,
				 struct pyb_error *error)
{
	for (size_t i = 0; i < facts->count; i++) {
		char *const text = fact_text(&facts->list[i]);
		if (text == NULL)
			return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
		function(cookie, text);
		free(text);
	}
	return PYB_OK;
}

static void for_variables(const struct variables *variables, line_function *function, void *cookie)
{
	char text[GUARD_TEXT_SIZE];

	for (size_t i = 0; i < variables->count; i++) {
		const struct variable *const variable = &variables->list[i];
		snprintf(text, sizeof(text), "%s%s was read by %s", variable->name,
			 variable->kind == VARIABLE_FAMILY ? "*" : "", variable->reader);
		function(cookie, text);
	}
}

static void for_guards(const struct snapshot *snapshot, line_function *function, void *cookie)
{
	char text[GUARD_TEXT_SIZE];

	for (unsigned i = 0; pyb_process_describe(&snapshot->process, i, text, sizeof(text)); i++)
		function(cookie, text);
	for (uint32_t i = 0; i < snapshot->guard_count; i++) {
		pyb_guard_describe(snapshot, &snapshot->guards[i], text, sizeof(text));
		function(cookie, text);
	}
}

static void print_line(void *cookie, const char *text)
{
	(void)cookie;
	printf("  %s\n", text);
}

static void explain_comparison(const struct made_snapshot *made)
{
	puts(made->is_compared
		     ? "another start, which was told otherwise what does not matter, had the same memory"
		     : "the memory of two starts was not compared: on this machine no process has it at "
		       "fixed places (personality)");
}

static void explain_modules(const struct snapshot *snapshot)
{
	if (snapshot->module_count == 0)
		return;
	puts("the snapshot has what its script imports first,");
	printf("  %s\n", snapshot->strings + snapshot->modules);
}

enum pyb_status explain_fully(const struct snapshot_result *result, struct pyb_error *error)
{
	const struct made_snapshot *const made = &result->made;
	struct snapshot snapshot;
	enum pyb_status status = PYB_OK;

	if (made->facts.count > 0) {
		puts("the interpreter, when it started,");
		status = for_facts(&made->facts, print_line, NULL, error);
	}
	if (status == PYB_OK && made->variables.count > 0) {
		puts("of its environment,");
		for_variables(&made->variables, print_line, NULL);
	}
	if (status == PYB_OK && open_made(result, &snapshot)) {
		explain_modules(&snapshot);
		explain_comparison(made);
		puts("the snapshot is used as long as");
		for_guards(&snapshot, print_line, NULL);
	}
	return status;
}

static void add_to_json(void *cookie, const char *text)
{
	json_string(cookie, NULL, text);
}

static enum pyb_status add_everything(struct json *json, const struct snapshot_result *result,
				      struct pyb_error *error)
{
	struct snapshot snapshot;

	json_open(json, "facts", '[');
	const enum pyb_status status = for_facts(&result->made.facts, add_to_json, json, error);
	json_close(json);
	json_open(json, "variables", '[');
	for_variables(&result->made.variables, add_to_json, json);
	json_close(json);
	json_open(json, "guards", '[');
	if (open_made(result, &snapshot))
		for_guards(&snapshot, add_to_json, json);
	json_close(json);
	return status;
}

enum pyb_status explain_as_json(struct json *json, const struct snapshot_plan *plan,
				const struct snapshot_result *result, bool fully,
				struct pyb_error *error)
{
	struct snapshot snapshot = {0};
	enum pyb_status status = PYB_OK;

	json_open(json, "snapshot", '{');
	json_string(json, "wanted", manifest_snapshot_word(plan->wanted));
	json_bool(json, "made", open_made(result, &snapshot));
	json_bool(json, "compared", result->made.is_compared);
	json_string(json, "why_not", result->why.status == PYB_OK ? NULL : result->why.text);
	json_string(json, "program", snapshot.module_count > 0 ? plan->program : NULL);
	json_number(json, "program_modules", snapshot.module_count);
	json_string(json, "why_not_program",
		    result->why_not_program.status == PYB_OK ? NULL : result->why_not_program.text);
	json_number(json, "pages_size", (int64_t)snapshot.pages_size);
	json_number(json, "segments", snapshot.segment_count);
	json_number(json, "fixups", snapshot.fixup_count);
	json_number(json, "guards_count", snapshot.guard_count);
	if (fully)
		status = add_everything(json, result, error);
	json_close(json);
	return status;
}
