/* SPDX-License-Identifier: MIT */
/*
 * What a shell cannot do to a program that is started:
 *
 *     attack say FILE                  hold the contents of FILE as arguments, undumpable, so that
 *                                      /proc/PID/cmdline has them and is root's; prints PID, and
 *                                      stays until standard input ends
 *     attack deleted FILE ARGUMENT...  start FILE when it has no name any more
 *     attack stack KIB COUNT COMMAND...  with that stack, and so many empty arguments more
 *     ATTACK_BECOME=FILE attack ...    become another program, as wrappers do
 *     attack without NUMBER COMMAND... with a system call that is not permitted
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

/* Started again, with the words below as the only arguments. */
static int hold(void)
{
	char byte;

	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		die("prctl");
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0;
}

static int say(const char *path)
{
	static char bytes[64 * 1024], *words[sizeof(bytes) + 1];
	char *environment[] = {(char *)(size_t) "ATTACK_HOLD=1", NULL};
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t size = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes) - 1);
	size_t count = 0;

	if (size < 0)
		die(path);
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(bytes + at) + 1)
		words[count++] = bytes + at;
	execve("/proc/self/exe", words, environment);
	return 99;
}

static int deleted(char **argv)
{
	const int fd = open(argv[0], O_PATH);

	if (fd < 0 || unlink(argv[0]) != 0)
		die(argv[0]);
	fexecve(fd, argv, environ);
	return 99;
}

static int with_stack(const char *size, const char *more, char **argv, int argc)
{
	const rlim_t bytes = strtoul(size, NULL, 10) * 1024;
	const struct rlimit limit = {bytes, bytes};
	const int count = atoi(more);
	char **const arguments = calloc((size_t)(argc + count) + 1, sizeof(*arguments));
	static char nothing[] = "";

	if (arguments == NULL || setrlimit(RLIMIT_STACK, &limit) != 0)
		die("stack");
	for (int i = 0; i < argc + count; i++)
		arguments[i] = i < argc ? argv[i] : nothing;
	execvp(arguments[0], arguments);
	return 99;
}

static int without(const char *number, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)atoi(number), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		die("seccomp");
	execvp(argv[0], argv);
	return 99;
}

int main(int argc, char **argv)
{
	if (getenv("ATTACK_HOLD") != NULL)
		return hold();
	if (getenv("ATTACK_BECOME") != NULL) {
		setenv("ATTACKED", "yes", 1);
		execv(getenv("ATTACK_BECOME"), argv);
		die("ATTACK_BECOME");
	}
	if (argc == 3 && strcmp(argv[1], "say") == 0)
		return say(argv[2]);
	if (argc > 2 && strcmp(argv[1], "deleted") == 0)
		return deleted(argv + 2);
	if (argc > 4 && strcmp(argv[1], "stack") == 0)
		return with_stack(argv[2], argv[3], argv + 4, argc - 4);
	if (argc > 3 && strcmp(argv[1], "without") == 0)
		return without(argv[2], argv + 3);
	fprintf(stderr, "attack: what?\n");
	return 99;
}
