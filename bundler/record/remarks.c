/* SPDX-License-Identifier: MIT */
#include "bundler/record/remarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char recorded[] = "# Recorded: ";

bool compose_has_runs(const struct compose *compose)
{
	return compose->input->base_text != NULL &&
	       strstr(compose->input->base_text, recorded) != NULL;
}

/* `# Recorded: COMMAND` for the run, as a line of a text of its own. */
static void put_command(struct yaml_text *line, char *const *command)
{
	struct pyb_buffer words = {0};

	for (char *const *word = command; *word != NULL && line->status == PYB_OK; word++) {
		const size_t size = strnlen(*word, 200);

		line->status = pyb_buffer_append(&words, " ", 1, line->error);
		if (line->status == PYB_OK)
			line->status = pyb_buffer_append(&words, *word, size, line->error);
		if (line->status == PYB_OK && (*word)[size] != '\0')
			line->status = pyb_buffer_append(&words, "...", 3, line->error);
	}
	yaml_comment(line, "Recorded:%.*s", (int)words.size, (const char *)words.data);
	if (line->status == PYB_OK)
		line->status = pyb_buffer_append(line->buffer, "", 1, line->error);
	pyb_buffer_release(&words);
}

/* The commands of all runs that went into the manifest, each once. */
static void put_commands(struct compose *compose)
{
	struct yaml_text *const yaml = &compose->yaml;
	const char *line = compose->input->base_text;
	struct pyb_buffer text = {0};
	struct yaml_text own = {.buffer = &text, .error = compose->error};

	put_command(&own, compose->input->command);
	if (own.status != PYB_OK)
		yaml->status = own.status;
	for (; own.status == PYB_OK && line != NULL && *line != '\0'; line += *line == '\n') {
		const size_t size = strcspn(line, "\n");

		if (strncmp(line, recorded, strlen(recorded)) == 0 &&
		    (strlen((char *)text.data) != size + 1 || memcmp(text.data, line, size) != 0))
			yaml_comment(yaml, "%.*s", (int)size - 2, line + 2);
		line += size;
	}
	if (own.status == PYB_OK)
		yaml_put(yaml, (const char *)text.data);
	pyb_buffer_release(&text);
}

/* Whether the folder is one of those in a variable such as PYTHONPATH. */
static bool is_on_path(const char *path, const char *folder)
{
	struct stat wanted, found;
	char *const copy = path == NULL ? NULL : strdup(path);
	char *rest = NULL;
	bool result = false;

	if (copy == NULL || stat(folder, &wanted) != 0)
		goto out;
	for (char *entry = strtok_r(copy, ":", &rest); entry != NULL && !result;
	     entry = strtok_r(NULL, ":", &rest))
		result = stat(entry, &found) == 0 && found.st_dev == wanted.st_dev &&
			 found.st_ino == wanted.st_ino;
out:
	free(copy);
	return result;
}

/* What the interpreter found by PYTHONPATH, a start finds only if that is set again. */
static void put_python_path(struct compose *compose)
{
	const struct compose_input *const input = compose->input;

	for (size_t i = 0; i < compose->paths.count; i++) {
		if (!is_on_path(input->python_path, compose->paths.items[i]))
			continue;
		if (compose->counts->python_path++ == 0) {
			yaml_comment(&compose->yaml, "%s", "");
			yaml_comment(&compose->yaml,
				     "Found by PYTHONPATH, which a start needs as well:");
		}
		yaml_comment(&compose->yaml, "  %s", compose->paths.items[i]);
	}
}

static void put_folder_counts(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	struct names folders = {0};

	for (uint32_t i = 0; i < log->module_count; i++)
		if (strchr(log->modules[i].name, '.') == NULL)
			names_add(&folders, log->modules[i].folder, compose->error);
	for (size_t i = 0; i < folders.count; i++) {
		const size_t size = strlen(folders.items[i]);
		size_t count = 0;

		for (uint32_t j = 0; j < log->module_count; j++) {
			const char *const folder = log->modules[j].folder;
			size_t longest = 0;

			/* A module below several of them belongs to the longest. */
			for (size_t k = 0; k < folders.count; k++) {
				const size_t length = strlen(folders.items[k]);
				if (length > longest &&
				    strncmp(folder, folders.items[k], length) == 0 &&
				    (folder[length] == '/' || folder[length] == '\0'))
					longest = length;
			}
			count += longest == size && strncmp(folder, folders.items[i], size) == 0;
		}
		yaml_comment(&compose->yaml, "  %4zu from %s", count, folders.items[i]);
	}
	names_release(&folders);
}

static void put_extensions(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;

	if (compose->counts->extensions == 0)
		return;
	yaml_comment(&compose->yaml, "%s", "");
	yaml_comment(&compose->yaml,
		     "Extension modules, whose code stays in their own files (%zu):",
		     compose->counts->extensions);
	for (uint32_t i = 0; i < log->module_count; i++)
		if (log->modules[i].kind == PYB_MODULE_EXTENSION)
			yaml_comment(&compose->yaml, "  %s", log->modules[i].name);
}

/* It may have been loaded in an ordinary way later, or in an earlier run. */
static bool is_left_out(const struct compose *compose, uint32_t skip)
{
	const char *const name = compose->input->log->skips[skip].name;

	return !names_has(&compose->startup, name) && !names_has(&compose->modules, name);
}

/* Words of a comment that is being put together, as many on a line as fit. */
struct words {
	char line[90 + 1];
	size_t used;
};

static void end_line(struct compose *compose, struct words *words)
{
	if (words->used > 0)
		yaml_comment(&compose->yaml, "    %s", words->line);
	words->used = 0;
}

static void put_word(struct compose *compose, struct words *words, const char *word)
{
	const size_t size = strlen(word);

	if (words->used + 1 + size >= sizeof(words->line))
		end_line(compose, words);
	if (size >= sizeof(words->line))
		yaml_comment(&compose->yaml, "    %s", word);
	else
		words->used += (size_t)snprintf(words->line + words->used,
						sizeof(words->line) - words->used, "%s%s",
						words->used > 0 ? " " : "", word);
}

/* Bytes of the components that two names begin with, `size` being those of the first that count. */
static size_t common_size(const char *one, size_t size, const char *other)
{
	size_t common = 0;

	for (size_t i = 0; i < size && one[i] == other[i]; i++)
		if ((one[i + 1] == '.' || i + 1 == size) &&
		    (other[i + 1] == '.' || other[i + 1] == '\0'))
			common = i + 1;
	return common;
}

/* Whether both were left out for one reason, and have the first component of their names in common. */
static bool is_of_group(const struct compose *compose, uint32_t skip, uint32_t first)
{
	const struct run_skip *const skips = compose->input->log->skips;

	return strcmp(skips[skip].reason, skips[first].reason) == 0 &&
	       common_size(skips[first].name, strcspn(skips[first].name, "."), skips[skip].name) >
		       0 &&
	       is_left_out(compose, skip);
}

/* Names by the dozen tell no more than what they have in common: "six.moves.* (40)". */
static void put_group(struct compose *compose, uint32_t first, struct words *words)
{
	enum { SHOWN = 2 };
	const struct runlog *const log = compose->input->log;
	const char *const name = log->skips[first].name;
	size_t count = 0, size = strlen(name);
	char *summary;

	for (uint32_t i = first; i < log->skip_count; i++) {
		if (!is_of_group(compose, i, first))
			continue;
		size = common_size(name, size, log->skips[i].name);
		count++;
	}
	compose->counts->skipped += count;
	for (uint32_t i = first; i < log->skip_count && count <= SHOWN; i++)
		if (is_of_group(compose, i, first))
			put_word(compose, words, log->skips[i].name);
	if (count <= SHOWN)
		return;
	if (asprintf(&summary, "%.*s.* (%zu)", (int)size, name, count) < 0) {
		compose->yaml.status =
			pyb_error_set(compose->error, PYB_ERR_MEMORY, "out of memory");
		return;
	}
	put_word(compose, words, summary);
	free(summary);
}

/* All names that were left out for the reason at `first`. */
static void put_skips_like(struct compose *compose, uint32_t first)
{
	const struct runlog *const log = compose->input->log;
	const char *const reason = log->skips[first].reason;
	struct words words = {0};

	yaml_comment(&compose->yaml, "  %s:", reason);
	for (uint32_t i = first; i < log->skip_count; i++) {
		uint32_t before = first;

		if (strcmp(log->skips[i].reason, reason) != 0 || !is_left_out(compose, i))
			continue;
		while (before < i && !is_of_group(compose, before, i))
			before++;
		if (before == i)
			put_group(compose, i, &words);
	}
	end_line(compose, &words);
}

static void put_skips(struct compose *compose)
{
	const struct runlog *const log = compose->input->log;
	struct names reasons = {0};

	for (uint32_t i = 0; i < log->skip_count; i++) {
		if (!is_left_out(compose, i) || names_has(&reasons, log->skips[i].reason))
			continue;
		if (reasons.count == 0) {
			yaml_comment(&compose->yaml, "%s", "");
			yaml_comment(&compose->yaml, "Left out:");
		}
		const enum pyb_status status =
			names_add(&reasons, log->skips[i].reason, compose->error);
		if (status != PYB_OK)
			compose->yaml.status = status;
		put_skips_like(compose, i);
	}
	names_release(&reasons);
}

/* A start with the bundle does not read the script's `#!` line. */
static void put_line_flags(struct compose *compose)
{
	const struct program *const program = compose->input->program;

	if (program->line_flag_count == 0)
		return;
	yaml_comment(&compose->yaml, "%s", "");
	yaml_comment(&compose->yaml, "The program ran with options of its #! line, which a start "
				     "with a bundle does not read:");
	for (size_t i = 0; i < program->line_flag_count; i++)
		yaml_comment(&compose->yaml, "  %s", program->flags[i]);
}

void compose_put_remarks(struct compose *compose)
{
	struct yaml_text *const yaml = &compose->yaml;
	const struct runlog *const log = compose->input->log;

	for (uint32_t i = 0; i < log->module_count; i++)
		compose->counts->extensions += log->modules[i].kind == PYB_MODULE_EXTENSION;
	yaml_comment(yaml, "A manifest for pybundle build, written by pybundle record.");
	put_commands(compose);
	yaml_comment(yaml, "%s", "");
	yaml_comment(yaml, "%s imported %u modules:",
		     compose->input->base != NULL ? "The last run" : "The run", log->module_count);
	put_folder_counts(compose);
	put_extensions(compose);
	put_skips(compose);
	put_line_flags(compose);
	put_python_path(compose);
	if (log->is_cut) {
		yaml_comment(yaml, "%s", "");
		yaml_comment(yaml, "Notes about the run were lost; it may have imported more.");
	} else if (!log->is_complete) {
		yaml_comment(yaml, "%s", "");
		yaml_comment(yaml,
			     "The program ended without the usual clean-up; everything that it "
			     "imported is here,");
		yaml_comment(yaml, "but the list of what was left out is not complete.");
	}
}
