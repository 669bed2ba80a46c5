/* SPDX-License-Identifier: MIT */
/*
 * Stands in for the interpreter and shows how it was started: a line for each argument, for each
 * variable of the environment, and for each open descriptor with what it leads to.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static void show_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++) {
		char link[64];
		char target[PATH_MAX];
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		const ssize_t length = readlink(link, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		printf("fd %d %s\n", fd, target);
	}
}

int main(int argc, char **argv, char **envp)
{
	for (int i = 0; i < argc; i++)
		printf("arg %s\n", argv[i]);
	for (; *envp != NULL; envp++)
		printf("env %s\n", *envp);
	show_descriptors();
	return 0;
}
