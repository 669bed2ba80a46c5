/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded, which does what others of its kind do before a program begins: it goes
 * on in another process (DISTURB=fork), or sets a variable (DISTURB=set).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void go_on_elsewhere(void)
{
	int status;
	const pid_t child = fork();

	if (child <= 0)
		return;
	waitpid(child, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

__attribute__((constructor)) static void disturb(void)
{
	const char *const how = getenv("DISTURB");

	if (how != NULL && strcmp(how, "fork") == 0)
		go_on_elsewhere();
	else if (how != NULL && strcmp(how, "set") == 0)
		setenv("DISTURBED", "yes", 1);
}
