/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/circumstances.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/renewed.h"

size_t circumstances_count(char *const *strings)
{
	size_t count = 0;

	while (strings[count] != NULL)
		count++;
	return count;
}

/* --- variables and arguments */

enum { LONG_SIZE = 20000, ADDED = 4, TEXTS = ADDED + PYB_RENEWED };

/* A long string that begins with `name`; NULL without memory. */
static char *make_long(const char *name)
{
	char *const text = malloc(LONG_SIZE + 1);

	if (text == NULL)
		return NULL;
	memset(text, 'x', LONG_SIZE);
	memcpy(text, name, strlen(name));
	text[LONG_SIZE] = '\0';
	return text;
}

static char *set(const char *name)
{
	char *text = NULL;

	return asprintf(&text, "%s=1", name) < 0 ? NULL : text;
}

/* Those that no guard asks for, whatever they choose. */
static bool add_choices(struct circumstances *circumstances, const struct variables *guarded)
{
	size_t count = ADDED;

	for (size_t i = 0; i < PYB_RENEWED; i++) {
		const char *const name = pyb_renewed_name(i);
		if (variables_have(guarded, name))
			continue;
		circumstances->texts[count] = set(name);
		if (circumstances->texts[count++] == NULL)
			return false;
	}
	return true;
}

/* One that is long, one that is empty, one that is no text, and a short one. */
static bool add_texts(struct circumstances *circumstances, const struct variables *guarded)
{
	static const char *const short_ones[ADDED - 1] = {
		"PYSTART_TRIAL_EMPTY=", "PYSTART_TRIAL_BYTES=\xff\xfe", "PYSTART_T=1"};

	circumstances->texts = calloc(TEXTS + 1, sizeof(char *));
	if (circumstances->texts == NULL)
		return false;
	circumstances->texts[0] = make_long("PYSTART_TRIAL_LONG=");
	for (size_t i = 1; i < ADDED; i++)
		circumstances->texts[i] = strdup(short_ones[i - 1]);
	return circumstances_count(circumstances->texts) == ADDED &&
	       add_choices(circumstances, guarded);
}

/* In the reverse order, and among others. */
static bool make_other_environment(struct circumstances *circumstances, char *const *given,
				   const struct variables *guarded)
{
	const size_t count = circumstances_count(given);

	if (!add_texts(circumstances, guarded))
		return false;
	circumstances->environment = calloc(count + TEXTS + 1, sizeof(char *));
	if (circumstances->environment == NULL)
		return false;
	for (size_t i = 0; circumstances->texts[i] != NULL; i++)
		circumstances->environment[i < 2 ? i : count + i] = circumstances->texts[i];
	for (size_t i = 0; i < count; i++)
		circumstances->environment[2 + i] = given[count - 1 - i];
	return true;
}

static bool make_same_environment(struct circumstances *circumstances, char *const *given)
{
	const size_t count = circumstances_count(given);

	circumstances->environment = calloc(count + 1, sizeof(char *));
	if (circumstances->environment != NULL)
		memcpy(circumstances->environment, given, count * sizeof(*given));
	return circumstances->environment != NULL;
}

static bool make_arguments(struct circumstances *circumstances, bool are_there)
{
	circumstances->arguments = calloc(ADDED + 1, sizeof(char *));
	if (circumstances->arguments == NULL)
		return false;
	if (are_there) {
		circumstances->arguments[0] = (char *)"--an-option";
		circumstances->arguments[1] = (char *)"";
		circumstances->arguments[2] = circumstances->texts[0];
	}
	return true;
}

enum pyb_status circumstances_make(int kind, char *const *environment,
				   const struct variables *guarded,
				   struct circumstances *circumstances, struct pyb_error *error)
{
	const bool are_others = kind == 1;
	const bool is_elsewhere = are_others && access("/dev", X_OK) == 0;

	*circumstances = (struct circumstances){.folder = is_elsewhere ? "/dev" : "/",
						.has_terminal = are_others};
	if ((are_others ? make_other_environment(circumstances, environment, guarded)
			: make_same_environment(circumstances, environment)) &&
	    make_arguments(circumstances, are_others))
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
}

void circumstances_release(struct circumstances *circumstances)
{
	for (size_t i = 0; circumstances->texts != NULL && i < TEXTS; i++)
		free(circumstances->texts[i]);
	free(circumstances->texts);
	free(circumstances->environment);
	free(circumstances->arguments);
	*circumstances = (struct circumstances){0};
}

/* --- streams */

/* The end of a terminal that a program has; -1: none can be had. */
static int open_terminal(struct circumstances_streams *streams)
{
	char name[64];

	streams->terminal = spawn_move(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
	if (streams->terminal < 0 || unlockpt(streams->terminal) != 0 ||
	    ptsname_r(streams->terminal, name, sizeof(name)) != 0)
		return -1;
	return spawn_move(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

static int open_nothing(void)
{
	return spawn_move(open("/dev/null", O_RDWR | O_CLOEXEC));
}

enum pyb_status circumstances_open(const struct circumstances *circumstances,
				   struct circumstances_streams *streams, struct pyb_error *error)
{
	int *const given = streams->given;

	streams->terminal = -1;
	given[0] = circumstances->has_terminal ? open_terminal(streams) : open_nothing();
	if (given[0] < 0)
		given[0] = open_nothing();
	given[1] = given[0] < 0 ? -1 : fcntl(given[0], F_DUPFD_CLOEXEC, SPAWN_OWN);
	given[2] = spawn_move(memfd_create("messages", MFD_CLOEXEC));
	if (given[0] >= 0 && given[1] >= 0 && given[2] >= 0)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_IO, "cannot open standard streams: %s",
			     strerror(errno));
}

void circumstances_close(struct circumstances_streams *streams)
{
	for (size_t i = 0; i < SPAWN_STREAMS; i++)
		if (streams->given[i] >= 0)
			close(streams->given[i]);
	if (streams->terminal >= 0)
		close(streams->terminal);
}
