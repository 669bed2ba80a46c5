/* SPDX-License-Identifier: MIT */
#include "tests/unit/own_state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* --- files */

/* Bytes that are no text are shown so: with dots. */
static void say_file(const char *path)
{
	char bytes[4096];
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t size = file < 0 ? -1 : read(file, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < size; i++)
		if ((bytes[i] < ' ' && bytes[i] != '\n') || bytes[i] == '\x7f')
			bytes[i] = '.';
	printf("%s: %.*s\n", path, size < 0 ? 0 : (int)size, bytes);
	close(file);
}

static void say_link(const char *path)
{
	char target[4096];
	const ssize_t size = readlink(path, target, sizeof(target));

	printf("%s -> %.*s\n", path, size < 0 ? 0 : (int)size, target);
}

/* Not memory, times and counts. */
static bool is_of_interest(const char *line)
{
	static const char *const others[] = {
		"Vm",     "Rss",   "Hugetlb", "Pid",  "Tgid",      "NSpid",        "NStgid",
		"NSpgid", "NSsid", "Ngid",    "SigQ", "voluntary", "nonvoluntary", "x86_Thread"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(line, others[i], strlen(others[i])) == 0)
			return false;
	return true;
}

static void say_status(void)
{
	FILE *const file = fopen("/proc/self/status", "re");
	char line[1024];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (is_of_interest(line))
			fputs(line, stdout);
	if (file != NULL)
		fclose(file);
}

static void say_files(void)
{
	static const char *const files[] = {"cmdline",     "environ",         "comm",
					    "limits",      "cgroup",          "oom_score_adj",
					    "personality", "coredump_filter", "timerslack_ns",
					    "loginuid",    "sessionid",       "uid_map",
					    "gid_map",     "setgroups",       "attr/current",
					    "timers",      "projid_map"};
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", files[i]);
		say_file(path);
	}
	say_link("/proc/self/cwd");
	say_link("/proc/self/root");
	say_link("/proc/self/exe");
}

/* Those that it has of its own have another number in each process. */
static void say_namespaces(void)
{
	static const char *const names[] = {
		"mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time", "pid_for_children"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], own[64] = "", parents[64] = "";
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		(void)!readlink(path, own, sizeof(own) - 1);
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)getppid(), names[i]);
		(void)!readlink(path, parents, sizeof(parents) - 1);
		printf("namespace %s %s\n", names[i],
		       strcmp(own, parents) == 0 ? parents : "another");
	}
}

/* --- calls */

static void say_ids(void)
{
	uid_t users[3] = {0};
	gid_t groups[3] = {0};

	getresuid(&users[0], &users[1], &users[2]);
	getresgid(&groups[0], &groups[1], &groups[2]);
	printf("users %u %u %u %d groups %u %u %u %d\n", users[0], users[1], users[2],
	       setfsuid((uid_t)-1), groups[0], groups[1], groups[2], setfsgid((gid_t)-1));
	printf("parent %ld leader %d %d thread %d\n", syscall(SYS_getppid), getsid(0) == getpid(),
	       getpgrp() == getpid(), (pid_t)syscall(SYS_gettid) == getpid());
}

/* What prctl(2) returns, or writes to where its argument leads. */
static void say_control(void)
{
	static const int returned[] = {PR_GET_DUMPABLE,    PR_GET_KEEPCAPS,
				       PR_GET_TIMERSLACK,  PR_GET_NO_NEW_PRIVS,
				       PR_GET_THP_DISABLE, PR_GET_SECUREBITS,
				       PR_MCE_KILL_GET,    PR_GET_SECCOMP,
				       PR_GET_IO_FLUSHER,  66 /* PR_GET_MDWE */};
	static const int written[] = {PR_GET_PDEATHSIG, PR_GET_CHILD_SUBREAPER, PR_GET_TSC};
	char name[16] = "";

	for (size_t i = 0; i < sizeof(returned) / sizeof(returned[0]); i++)
		printf("prctl %d %d\n", returned[i], prctl(returned[i], 0, 0, 0, 0));
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		int value = -1;
		prctl(written[i], &value, 0, 0, 0);
		printf("prctl %d %d\n", written[i], value);
	}
	prctl(PR_GET_NAME, name);
	printf("name %s speculation %d\n", name, prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0));
}

static void say_scheduling(void)
{
	struct sched_param parameter = {0};
	cpu_set_t processors;
	int policy = -1;
	char host[256] = "";

	CPU_ZERO(&processors);
	sched_getparam(0, &parameter);
	sched_getaffinity(0, sizeof(processors), &processors);
	syscall(SYS_get_mempolicy, &policy, NULL, 0, NULL, 0);
	gethostname(host, sizeof(host) - 1);
	printf("nice %d scheduler %d %d input %ld processors %d memory %d host %s\n",
	       getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), parameter.sched_priority,
	       syscall(SYS_ioprio_get, 1, 0), CPU_COUNT(&processors), policy, host);
}

static void say_limits(void)
{
	char folder[4096];

	for (int kind = 0; kind < RLIMIT_NLIMITS; kind++) {
		struct rlimit limit = {0};
		getrlimit((__rlimit_resource_t)kind, &limit);
		printf("limit %d %lu %lu\n", kind, (unsigned long)limit.rlim_cur,
		       (unsigned long)limit.rlim_max);
	}
	const mode_t mask = umask(0);
	umask(mask);
	printf("mask %o folder %s files %ld\n", mask,
	       getcwd(folder, sizeof(folder)) != NULL ? folder : strerror(errno),
	       sysconf(_SC_OPEN_MAX));
}

static void say_signals(void)
{
	sigset_t blocked, pending;
	stack_t stack = {0};

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	sigpending(&pending);
	sigaltstack(NULL, &stack);
	for (int number = 1; number < SIGRTMAX; number++) {
		struct sigaction action;
		if (sigaction(number, NULL, &action) != 0)
			continue;
		const char *const done = action.sa_handler == SIG_DFL   ? "default"
					 : action.sa_handler == SIG_IGN ? "ignored"
									: "handled";
		printf("signal %d %s %d %d\n", number, done, sigismember(&blocked, number),
		       sigismember(&pending, number));
	}
	for (int kind = ITIMER_REAL; kind <= ITIMER_PROF; kind++) {
		struct itimerval timer = {0};
		getitimer((__itimer_which_t)kind, &timer);
		printf("timer %d %d\n", kind, timer.it_value.tv_sec != 0);
	}
	printf("stack of signals %d\n", stack.ss_flags);
}

/* --- descriptors */

static void say_descriptor(int number)
{
	struct stat status = {0};
	char path[64];
	const int flags = fcntl(number, F_GETFD);

	if (flags < 0)
		return;
	fstat(number, &status);
	printf("descriptor %d flags %x %x mode %o at %ld terminal %d owner %d signal %d\n", number,
	       flags, fcntl(number, F_GETFL), status.st_mode, (long)lseek(number, 0, SEEK_CUR),
	       isatty(number), fcntl(number, F_GETOWN) == getpid(), fcntl(number, F_GETSIG));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", number);
	if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISCHR(status.st_mode))
		say_link(path);
}

static void say_terminal(void)
{
	const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);

	printf("terminal %d session %d group %d\n", terminal >= 0, tcgetsid(terminal) == getsid(0),
	       tcgetpgrp(terminal) == getpgrp());
	close(terminal);
}

/* Those that it was given, too. */
static void say_children(void)
{
	int status = -1;
	const pid_t child = waitpid(-1, &status, WNOHANG | __WALL);

	printf("child %d status %d\n", child > 0, status);
}

/* Registers that the kernel gives to a new program. */
static void say_registers(void)
{
#if defined(__x86_64__)
	uint32_t mxcsr;
	uint16_t x87;
	uint64_t flags;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(x87));
	__asm__ volatile("pushf\n\tpop %0" : "=r"(flags));
	/* Of the flags: direction, alignment. Of mxcsr all but what operations have raised. */
	printf("registers %x %x %lx\n", mxcsr & ~0x3fU, x87, (unsigned long)flags & 0x40400);
#endif
}

void own_state_say(const struct restored *restored)
{
	(void)restored;
	say_status();
	say_files();
	say_namespaces();
	say_ids();
	say_control();
	say_scheduling();
	say_limits();
	say_signals();
	for (int number = 0; number < 100; number++)
		say_descriptor(number);
	say_terminal();
	say_children();
	say_registers();
}
