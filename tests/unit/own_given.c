/* SPDX-License-Identifier: MIT */
#include "tests/unit/own_given.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static bool other_mask(void)
{
	umask(027);
	return true;
}

static bool other_folder(void)
{
	return chdir("/etc") == 0;
}

static bool folder_that_is_gone(void)
{
	char path[64]; /* the same for both processes */

	snprintf(path, sizeof(path), "/tmp/pystart-check-gone.%d", (int)getppid());
	return mkdir(path, 0700) == 0 && chdir(path) == 0 && rmdir(path) == 0;
}

static bool other_root(void)
{
	return syscall(SYS_unshare, CLONE_NEWNS) == 0 && chroot("/") == 0 && chdir("/") == 0;
}

static bool other_limits(void)
{
	static const struct {
		__rlimit_resource_t kind;
		rlim_t soft;
	} limits[] = {{RLIMIT_CORE, 0},       {RLIMIT_NOFILE, 77},       {RLIMIT_FSIZE, 123456},
		      {RLIMIT_MEMLOCK, 4096}, {RLIMIT_MSGQUEUE, 1000},   {RLIMIT_SIGPENDING, 10},
		      {RLIMIT_CPU, 1000},     {RLIMIT_LOCKS, 5},         {RLIMIT_NICE, 0},
		      {RLIMIT_RTPRIO, 0},     {RLIMIT_RTTIME, 10000000}, {RLIMIT_RSS, 1 << 30}};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct rlimit limit = {limits[i].soft, limits[i].soft};
		if (setrlimit(limits[i].kind, &limit) != 0)
			return false;
	}
	return true;
}

static bool session_of_its_own(void)
{
	return setsid() >= 0;
}

static bool group_of_processes(void)
{
	return setpgid(0, 0) == 0;
}

static bool terminal(void)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || setsid() < 0)
		return false;
	const int slave = open(ptsname(master), O_RDWR);
	return slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0 && dup2(slave, STDIN_FILENO) == 0;
}

static bool other_groups(void)
{
	static const gid_t groups[] = {7, 1234, 99};

	return setgroups(3, groups) == 0;
}

static bool other_user(void)
{
	return setgroups(0, NULL) == 0 && setresgid(1234, 1234, 1234) == 0 &&
	       setresuid(1234, 1234, 1234) == 0;
}

static bool fewer_capabilities(void)
{
	return prctl(PR_CAPBSET_DROP, 23) == 0 && prctl(PR_CAPBSET_DROP, 12) == 0;
}

static bool secure_bits(void)
{
	enum { NO_SETUID_FIXUP = 1 << 2 };

	return prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP) == 0;
}

static bool no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static bool filter_of_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return no_new_privileges() && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool priority(void)
{
	return nice(7) != -1;
}

static bool way_of_scheduling(void)
{
	const struct sched_param none = {0};

	return sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none) == 0;
}

static bool real_time(void)
{
	const struct sched_param first = {.sched_priority = 3};

	return sched_setscheduler(0, SCHED_RR, &first) == 0;
}

static bool priority_of_input(void)
{
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		       IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)) == 0;
}

static bool one_processor(void)
{
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return false;
	const bool had_more = CPU_COUNT(&all) > 1;
	for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&all) > 1; i++)
		CPU_CLR(i, &all);
	return had_more && sched_setaffinity(0, sizeof(all), &all) == 0;
}

static bool write_to(const char *path, const char *text)
{
	const int file = open(path, O_WRONLY | O_CLOEXEC);
	const bool is_done = file >= 0 && write(file, text, strlen(text)) > 0;

	close(file);
	return is_done;
}

static bool score_for_lack_of_memory(void)
{
	return write_to("/proc/self/oom_score_adj", "321");
}

static bool what_cores_have(void)
{
	return write_to("/proc/self/coredump_filter", "0x7f");
}

static bool reaper_of_children(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

static bool signal_at_parents_end(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0;
}

static bool slack_of_timers(void)
{
	return prctl(PR_SET_TIMERSLACK, 123456) == 0;
}

static bool no_huge_pages(void)
{
	return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;
}

static bool signals_that_wait(void)
{
	sigset_t some;

	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	sigaddset(&some, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &some, NULL);
	return kill(getpid(), SIGUSR1) == 0 && raise(SIGRTMIN + 3) == 0;
}

static bool signals_that_are_ignored(void)
{
	return signal(SIGTERM, SIG_IGN) != SIG_ERR && signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

static bool alarm_to_come(void)
{
	const struct itimerval hour = {.it_value = {.tv_sec = 3600}};

	alarm(7200);
	return setitimer(ITIMER_PROF, &hour, NULL) == 0;
}

/* A program can be given children that it does not know of: by a shell's exec. */
static bool child_that_has_ended(void)
{
	siginfo_t child;
	const pid_t process = fork();

	if (process == 0)
		_exit(9);
	return waitid(P_PID, (id_t)process, &child, WEXITED | WNOWAIT) == 0;
}

static bool descriptors(void)
{
	int ends[2];
	const int file = open("/etc/passwd", O_RDONLY | O_NOATIME);
	const int again = open("/etc/passwd", O_RDONLY);

	return again >= 0 && lseek(again, 10, SEEK_SET) == 10 && flock(again, LOCK_SH) == 0 &&
	       fcntl(again, F_DUPFD, 77) == 77 && pipe2(ends, O_NONBLOCK) == 0 &&
	       socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
	       fcntl(ends[0], F_SETOWN, getpid()) == 0 && open("/", O_PATH) >= 0 &&
	       open("/dev/null", O_WRONLY | O_APPEND) >= 0 && (file >= 0 || geteuid() != 0);
}

static bool closed_streams(void)
{
	return close(STDIN_FILENO) == 0;
}

static bool name_of_host(void)
{
	return unshare(CLONE_NEWUTS) == 0 && sethostname("another", 7) == 0;
}

static bool other_namespaces(void)
{
	return unshare(CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP) == 0;
}

static bool namespace_of_users(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool personality_of_another(void)
{
	return personality(UNAME26) >= 0;
}

static bool no_time_stamps(void)
{
#if defined(__x86_64__)
	return prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0 && prctl(PR_MCE_KILL, 1, 1, 0, 0) == 0;
#else
	return false;
#endif
}

static bool place_of_memory(void)
{
	enum { PREFERRED = 1 };
	const unsigned long first = 1;

	return syscall(SYS_set_mempolicy, PREFERRED, &first, 8 * sizeof(first)) == 0;
}

const struct own_given own_given[] = {
	{other_mask, "umask"},
	{other_folder, "working folder"},
	{folder_that_is_gone, "working folder that is gone"},
	{other_root, "root, and namespace of mounts"},
	{other_limits, "limits"},
	{session_of_its_own, "session"},
	{group_of_processes, "process group"},
	{terminal, "controlling terminal"},
	{other_groups, "groups"},
	{other_user, "user"},
	{fewer_capabilities, "capabilities"},
	{secure_bits, "secure bits"},
	{no_new_privileges, "no_new_privs"},
	{filter_of_calls, "seccomp"},
	{priority, "nice"},
	{way_of_scheduling, "SCHED_BATCH"},
	{real_time, "SCHED_RR"},
	{priority_of_input, "ioprio"},
	{one_processor, "affinity"},
	{score_for_lack_of_memory, "OOM score"},
	{what_cores_have, "core dumps"},
	{reaper_of_children, "child subreaper"},
	{signal_at_parents_end, "pdeath_sig"},
	{slack_of_timers, "timer slack"},
	{no_huge_pages, "THP"},
	{signals_that_wait, "pending signals"},
	{signals_that_are_ignored, "ignored signals"},
	{alarm_to_come, "alarm, setitimer"},
	{child_that_has_ended, "zombie"},
	{descriptors, "descriptors"},
	{closed_streams, "closed streams"},
	{name_of_host, "name of the host"},
	{other_namespaces, "namespaces"},
	{namespace_of_users, "namespace of users"},
	{personality_of_another, "personality"},
	{no_time_stamps, "TSC, machine checks"},
	{place_of_memory, "memory policy"},
};

const size_t own_given_count = sizeof(own_given) / sizeof(own_given[0]);
