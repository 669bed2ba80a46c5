/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/body_marks.h"

#include <string.h>
#include <sys/prctl.h>

#include "lib/trace_mark.h"

/* What is made new of them is in resume/renew/. */
static const struct {
	const char *name;
	unsigned asks; /* enum trace_mark_body */
} known[] = {
	{"logging", TRACE_BODY_TIME}, /* _startTime */
	/* The key of _current_process, ORIGINAL_DIR. */
	{"multiprocessing.process", TRACE_BODY_RANDOM | TRACE_BODY_FOLDER},
	{"random", TRACE_BODY_RANDOM},     /* the seed of _inst */
	{"selectors", TRACE_BODY_EPOLL},   /* whether there is such a thing */
	{"sysconfig", TRACE_BODY_LINKS},   /* realpath() of the interpreter, for _PROJECT_BASE */
	{"threading", TRACE_BODY_PROCESS}, /* the number of _main_thread */
};

static unsigned current;

static unsigned find(const char *module, const char *path, const char *library)
{
	const size_t length = strlen(library);

	if (length == 0 || strncmp(path, library, length) != 0 || path[length] != '/')
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, module) == 0)
			return known[i].asks;
	return 0;
}

static void change(unsigned asks)
{
	if (asks != current)
		prctl(TRACE_MARK, TRACE_MARK_BODY + asks);
	current = asks;
}

unsigned body_marks_begin(const char *module, const char *path, const char *library)
{
	const unsigned before = current;

	change(find(module, path, library));
	return before;
}

void body_marks_end(unsigned before)
{
	change(before);
}
