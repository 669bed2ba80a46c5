/* SPDX-License-Identifier: MIT */
#include "bundler/record/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/names.h"

enum { HEAD_SIZE = 512 }; /* bytes at the start of a script that tell what it is */

static enum pyb_status out_of_memory(struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

static enum pyb_status set_string(char **field, const char *text, struct pyb_error *error)
{
	free(*field);
	*field = strdup(text);
	return *field == NULL ? out_of_memory(error) : PYB_OK;
}

static enum pyb_status add_flag(struct program *program, const char *flag, struct pyb_error *error)
{
	void **const flags = (void **)&program->flags;
	const size_t count = program->flag_count;
	enum pyb_status status = pyb_array_grow(flags, count, sizeof(char *), error);

	/* Another place is for the NULL at the end. */
	if (status == PYB_OK)
		status = pyb_array_grow(flags, count + 1, sizeof(char *), error);
	if (status != PYB_OK)
		return status;
	program->flags[count] = strdup(flag);
	program->flags[count + 1] = NULL;
	if (program->flags[count] == NULL)
		return out_of_memory(error);
	program->flag_count++;
	return PYB_OK;
}

static const char *base_name(const char *path)
{
	const char *const slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

static bool is_interpreter_name(const char *path)
{
	return pyb_is_versioned_name(base_name(path), "python");
}

/* Find an executable as a shell does; a file that is only found without PATH will do too. */
static char *find_on_path(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return strdup(name);
	for (path = path == NULL ? "/usr/bin:/bin" : path; *path != '\0';) {
		const size_t size = strcspn(path, ":");
		struct stat file;
		char *candidate;

		if (asprintf(&candidate, "%.*s%s%s", (int)size, path, size == 0 ? "./" : "/",
			     name) < 0)
			return NULL;
		if (access(candidate, X_OK) == 0 && stat(candidate, &file) == 0 &&
		    S_ISREG(file.st_mode))
			return candidate;
		free(candidate);
		/* NOLINTNEXTLINE(clang-analyzer-security.ArrayBound): it is a part of the path */
		path += size + (path[size] == ':');
	}
	return strdup(name);
}

/* The absolute form of a path, with symbolic links left as they are. */
static char *absolute_path(const char *path)
{
	char *result = NULL;
	/* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): glibc allocates */
	char *const here = getcwd(NULL, 0);

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (path[0] == '/')
		result = strdup(path);
	else if (here != NULL && asprintf(&result, "%s/%s", here, path) < 0)
		result = NULL;
	free(here);
	return result;
}

/* The folder that is put in front of sys.path for a script. */
static enum pyb_status set_folder(struct program *program, struct pyb_error *error)
{
	char *const real = realpath(program->target, NULL);

	if (real == NULL)
		return pyb_error_set(error, PYB_ERR_IO, "cannot read %s: %s", program->target,
				     strerror(errno));
	char *const slash = strrchr(real, '/');
	slash[slash == real] = '\0';
	free(program->folder);
	program->folder = real;
	return PYB_OK;
}

static bool has_suffix(const char *text, const char *suffix)
{
	const size_t size = strlen(text), suffix_size = strlen(suffix);
	return size > suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

/* What is at the start of a file; `head` has HEAD_SIZE + 1 bytes. */
static enum pyb_status read_head(const char *path, char *head, bool *is_folder,
				 struct pyb_error *error)
{
	const int descriptor = (int)TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_CLOEXEC));
	struct stat file;
	ssize_t got = -1;

	memset(head, 0, HEAD_SIZE + 1);
	*is_folder = false;
	if (descriptor >= 0 && fstat(descriptor, &file) == 0) {
		*is_folder = S_ISDIR(file.st_mode);
		got = *is_folder ? 0 : TEMP_FAILURE_RETRY(read(descriptor, head, HEAD_SIZE));
	}
	const int failure = errno;
	if (descriptor >= 0)
		close(descriptor);
	/* A path with a slash is not looked for on PATH. */
	if (got < 0 && failure == ENOENT && strchr(path, '/') == NULL)
		return pyb_error_set(error, PYB_ERR_IO,
				     "there is no program %s on PATH, and no script %s in the "
				     "current folder",
				     path, path);
	if (got < 0)
		return pyb_error_set(error, PYB_ERR_IO, "cannot read %s: %s", path,
				     strerror(failure));
	return PYB_OK;
}

/* Where a line that names the interpreter is in front, as zipapp writes it, too. */
static bool is_archive(const char *head)
{
	static const char begin[] = "PK\3\4";
	const char *const second = strncmp(head, "#!", 2) == 0 ? strchr(head, '\n') : NULL;

	return strncmp(head, begin, strlen(begin)) == 0 ||
	       (second != NULL && strncmp(second + 1, begin, strlen(begin)) == 0);
}

static enum pyb_status look_at_script(struct program *program, const char *path,
				      struct pyb_error *error)
{
	char head[HEAD_SIZE + 1];
	bool is_folder;
	const enum pyb_status status = read_head(path, head, &is_folder, error);

	program->is_source =
		status == PYB_OK && !is_folder && !is_archive(head) && !has_suffix(path, ".pyc");
	return status;
}

static enum pyb_status set_script(struct program *program, const char *path,
				  struct pyb_error *error)
{
	enum pyb_status status = set_string(&program->target, path, error);

	program->mode = PROGRAM_SCRIPT;
	if (status == PYB_OK)
		status = set_folder(program, error);
	if (status == PYB_OK)
		status = look_at_script(program, path, error);
	if (status != PYB_OK)
		return status;
	program->entry = absolute_path(path);
	return program->entry == NULL ? out_of_memory(error) : PYB_OK;
}

/* An option that ends the options: what is to be run. */
static enum pyb_status set_target(struct program *program, char option, const char *target,
				  struct pyb_error *error)
{
	if (target == NULL)
		return pyb_error_set(error, PYB_ERR_INVALID, "-%c needs an argument", option);
	program->mode = option == 'm' ? PROGRAM_MODULE : PROGRAM_CODE;
	const enum pyb_status status = set_string(&program->target, target, error);
	if (status != PYB_OK || option != 'm')
		return status;
	return set_string(&program->entry, target, error);
}

/*
 * Take one argument of an interpreter that begins with '-', such as -Es, -Wignore, -W ignore or
 * -mjson. Flags are kept; *done is set if it named what to run. Returns how many more arguments it
 * took through *taken.
 */
static enum pyb_status take_option(struct program *program, char *const *arguments, int *taken,
				   bool *done, struct pyb_error *error)
{
	const char *const option = arguments[0];
	enum pyb_status status = PYB_OK;

	*taken = 1;
	*done = false;
	if (strncmp(option, "--", 2) == 0) {
		const bool has_value = strcmp(option, "--check-hash-based-pycs") == 0;
		status = add_flag(program, option, error);
		*taken += has_value && arguments[1] != NULL;
		return status == PYB_OK && *taken == 2 ? add_flag(program, arguments[1], error)
						       : status;
	}
	for (const char *at = option + 1; *at != '\0'; at++) {
		const char flag[] = {'-', *at, '\0'};
		const char *const value = at[1] != '\0' ? at + 1 : arguments[1];

		if (strchr("mcWX", *at) == NULL) {
			status = add_flag(program, flag, error);
			if (status != PYB_OK)
				return status;
			continue;
		}
		*taken += at[1] == '\0' && arguments[1] != NULL;
		*done = *at == 'm' || *at == 'c';
		if (*done || value == NULL)
			return set_target(program, *at, value, error);
		status = add_flag(program, flag, error);
		return status == PYB_OK ? add_flag(program, value, error) : status;
	}
	return status;
}

/* The arguments of an interpreter. */
static enum pyb_status take_arguments(struct program *program, char *const *arguments,
				      struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;
	bool done = false;
	int taken;

	while (*arguments != NULL && (*arguments)[0] == '-' && (*arguments)[1] != '\0' && !done) {
		status = take_option(program, arguments, &taken, &done, error);
		if (status != PYB_OK)
			return status;
		arguments += taken;
	}
	if (!done && *arguments == NULL)
		return pyb_error_set(error, PYB_ERR_INVALID,
				     "the interpreter is given nothing to run: name a script, "
				     "-m MODULE or -c CODE");
	if (!done && strcmp(*arguments, "-") == 0) {
		program->mode = PROGRAM_INPUT;
		status = set_string(&program->target, "-", error);
		arguments++;
	} else if (!done) {
		status = set_script(program, *arguments, error);
		arguments++;
	}
	program->arguments = arguments;
	return status;
}

static enum pyb_status not_python(const char *path, const char *what, struct pyb_error *error)
{
	return pyb_error_set(error, PYB_ERR_INVALID,
			     "%s is no Python program: %s; name a script, -m MODULE or -c CODE",
			     path, what);
}

/* The path of the interpreter in the form that pip writes where a `#!` line would be too long. */
static char *find_exec_line(char *second_line)
{
	static const char start[] = "'''exec' ";

	if (second_line == NULL || strncmp(second_line, start, strlen(start)) != 0)
		return NULL;
	char *path = second_line + strlen(start);
	const bool quoted = *path == '"';
	path += quoted;
	path[strcspn(path, quoted ? "\"" : " \n")] = '\0';
	return path;
}

/* Take an option of the interpreter from a `#!` line. */
static enum pyb_status take_line_option(struct program *program, const char *path,
					char *const *arguments, int *taken, struct pyb_error *error)
{
	bool done;
	enum pyb_status status;

	if (arguments[0][0] != '-')
		return not_python(path, "its #! line names another program", error);
	status = take_option(program, arguments, taken, &done, error);
	if (status == PYB_OK && done)
		status = not_python(path, "its #! line has -m or -c", error);
	return status;
}

/* What env is to look for. A name without a version stands for any Python. */
static enum pyb_status take_env_name(struct program *program, const char *path, const char *name,
				     struct pyb_error *error)
{
	if (!is_interpreter_name(name))
		return not_python(path, "its #! line names another interpreter", error);
	program->takes_any = strcmp(name, "python3") == 0 || strcmp(name, "python") == 0;
	return set_string(&program->python, name, error);
}

/* What `env -S` makes of its argument. It is split here, with quotes taken for ordinary text. */
static enum pyb_status take_env_words(struct program *program, const char *path, char *text,
				      struct pyb_error *error)
{
	enum { MAX_WORDS = HEAD_SIZE / 2 + 1 };
	char *words[MAX_WORDS + 1] = {NULL}, *rest = NULL;
	size_t count = 0;
	int at = 0, taken = 0;

	for (char *word = strtok_r(text, " \t", &rest); word != NULL && count < MAX_WORDS;
	     word = strtok_r(NULL, " \t", &rest))
		words[count++] = word;
	while (words[at] != NULL && (words[at][0] == '-' || strchr(words[at], '=') != NULL))
		at += 1 + (words[at + 1] != NULL &&
			   (strcmp(words[at], "-u") == 0 || strcmp(words[at], "-C") == 0));
	if (words[at] == NULL)
		return not_python(path, "its #! line names another interpreter", error);
	enum pyb_status status = take_env_name(program, path, words[at], error);
	for (at++; words[at] != NULL && status == PYB_OK; at += taken)
		status = take_line_option(program, path, words + at, &taken, error);
	return status;
}

/* `#!/usr/bin/env ...`: the interpreter is the one on PATH, where posix_spawnp() looks too. */
static enum pyb_status take_env(struct program *program, const char *path, char *argument,
				struct pyb_error *error)
{
	static const char split[] = "--split-string=";

	if (strncmp(argument, split, strlen(split)) == 0)
		return take_env_words(program, path, argument + strlen(split), error);
	if (argument[0] == '-' && argument[strspn(argument + 1, "0iv") + 1] == 'S')
		return take_env_words(program, path, strchr(argument, 'S') + 1, error);
	if (strpbrk(argument, " \t") != NULL)
		return not_python(path, "its #! line gives env more than one word, without -S",
				  error);
	return take_env_name(program, path, argument, error);
}

/*
 * A `#!` line. `line` is what is behind these two characters, and what follows it. As for the
 * kernel, all that follows the interpreter is one argument.
 */
static enum pyb_status take_first_line(struct program *program, const char *path, char *line,
				       struct pyb_error *error)
{
	char *const end = line + strcspn(line, "\n");
	char *const second = *end == '\n' ? end + 1 : NULL;
	enum pyb_status status = PYB_OK;
	int taken;

	*end = '\0';
	char *const word = line + strspn(line, " \t");
	char *argument = word + strcspn(word, " \t\r");
	if (*argument != '\0')
		*argument++ = '\0';
	argument += strspn(argument, " \t\r");
	for (char *last = end; last > argument && strchr(" \t\r", last[-1]) != NULL;)
		*--last = '\0';
	if (*word == '\0')
		return not_python(path, "its #! line is empty", error);
	if (strcmp(base_name(word), "env") == 0) {
		status = take_env(program, path, argument, error);
	} else {
		const bool is_shell = strcmp(base_name(word), "sh") == 0;
		char *const arguments[] = {argument, NULL};
		const char *const python = is_shell ? find_exec_line(second) : word;

		if (python == NULL || !is_interpreter_name(python))
			return not_python(path, "its #! line names another interpreter", error);
		status = set_string(&program->python, python, error);
		if (status == PYB_OK && !is_shell && *argument != '\0')
			status = take_line_option(program, path, arguments, &taken, error);
	}
	program->line_flag_count = program->flag_count;
	return status;
}

/* A command that is a file: a script, or an interpreter with arguments. */
static enum pyb_status take_file(struct program *program, const char *path, char *const *command,
				 struct pyb_error *error)
{
	char head[HEAD_SIZE + 1];
	bool is_folder;
	enum pyb_status status = read_head(path, head, &is_folder, error);

	if (status != PYB_OK)
		return status;
	if (!is_folder && is_interpreter_name(path)) {
		status = set_string(&program->python, path, error);
		return status == PYB_OK ? take_arguments(program, command + 1, error) : status;
	}
	program->arguments = command + 1;
	if (memcmp(head, "\177ELF", 4) == 0)
		return not_python(path, "it is a compiled program", error);
	if (strncmp(head, "#!", 2) == 0)
		status = take_first_line(program, path, head + 2, error);
	else if (!is_folder && !is_archive(head) && !has_suffix(path, ".py") &&
		 !has_suffix(path, ".pyw") && !has_suffix(path, ".pyc"))
		return not_python(path, "it has neither a #! line nor the suffix .py", error);
	return status == PYB_OK ? set_script(program, path, error) : status;
}

enum pyb_status program_find(struct program *program, char *const *command,
			     const struct program_pythons *pythons, struct pyb_error *error)
{
	enum pyb_status status;
	char *path = NULL;

	*program = (struct program){0};
	status = set_string(&program->python, pythons->otherwise, error);
	if (status == PYB_OK)
		status = set_string(&program->folder, "", error);
	if (status != PYB_OK)
		return status;
	if (command[0][0] == '-') {
		status = take_arguments(program, command, error);
	} else {
		path = find_on_path(command[0]);
		status = path == NULL ? out_of_memory(error)
				      : take_file(program, path, command, error);
	}
	free(path);
	if (status == PYB_OK && pythons->given != NULL)
		status = set_string(&program->python, pythons->given, error);
	else if (status == PYB_OK && program->takes_any && pythons->any != NULL)
		status = set_string(&program->python, pythons->any, error);
	return status;
}

void program_release(struct program *program)
{
	for (size_t i = 0; i < program->flag_count; i++)
		free(program->flags[i]);
	free(program->flags);
	free(program->python);
	free(program->target);
	free(program->folder);
	free(program->entry);
	*program = (struct program){0};
}
