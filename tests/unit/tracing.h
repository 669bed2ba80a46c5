/* SPDX-License-Identifier: MIT */
/* The program `asking` under trace, for tests. */
#ifndef TESTS_UNIT_TRACING_H
#define TESTS_UNIT_TRACING_H

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundler/snapshot/trace.h"

/* No act takes a second; more than that is only waited for if it never ends. */
enum { TRACING_SECONDS = 60 };

static char tracing_root[64];

/* `asking` lies beside the test. */
static const char *tracing_program(void)
{
	static char path[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("asking"));

	ck_assert_int_gt(length, 0);
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, "asking"); /* NOLINT: there is room for it */
	return path;
}

static void tracing_make_file(const char *name)
{
	const int file = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(close(file), 0);
}

/* What Check has open is not to be passed on. */
static void tracing_close_others(void)
{
	for (int i = STDERR_FILENO + 1; i < 64; i++)
		fcntl(i, F_SETFD, FD_CLOEXEC);
}

static void tracing_set_up(void)
{
	tracing_close_others();
	snprintf(tracing_root, sizeof(tracing_root), "/tmp/pystart-check.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tracing_root));
	ck_assert_int_eq(chdir(tracing_root), 0);
	ck_assert_int_eq(mkdir("folder", 0755), 0);
	tracing_make_file("file");
	tracing_make_file("folder/entry");
	ck_assert_int_eq(symlink("file", "link"), 0);
	ck_assert_int_eq(symlink("missing", "nowhere"), 0);
}

static void tracing_tear_down(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", tracing_root);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): a name of our own */
}

static enum pyb_status tracing_try(struct trace *trace, const char *program, const char *word,
				   struct pyb_error *error)
{
	char *const argv[] = {(char *)program, (char *)word, NULL};
	sigset_t mask;

	sigemptyset(&mask);
	const struct spawn spawn = {.argv = argv,
				    .environment = environ,
				    .mask = &mask,
				    .dies_first = true,
				    .is_apart = true};
	return trace_start(trace, &spawn, error);
}

static void tracing_start(struct trace *trace, const char *word)
{
	struct pyb_error error = {0};

	ck_assert_msg(tracing_try(trace, tracing_program(), word, &error) == PYB_OK, "%s",
		      error.text);
}

/* For this process and those that it starts, as a container's filter does it. */
static inline void tracing_forbid(int call, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]),
					   .filter = filter};

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* Where processes cannot be traced there is nothing to test: says so, in TAP, and returns false. */
static inline int tracing_is_possible(void)
{
	struct trace trace = TRACE_INIT;
	struct trace_outcome outcome;
	struct pyb_error error = {0};
	const struct trace_watcher nobody = {0};
	enum pyb_status status = tracing_try(&trace, "true", NULL, &error);

	if (status == PYB_OK)
		status = trace_follow(&trace, &nobody, TRACING_SECONDS, &outcome, &error);
	trace_finish(&trace);
	if (status == PYB_ERR_UNSUPPORTED)
		printf("1..0 # SKIP %s\n", error.text);
	return status != PYB_ERR_UNSUPPORTED;
}

#endif
