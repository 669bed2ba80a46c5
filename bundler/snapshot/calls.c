/* SPDX-License-Identifier: MIT */
/*
 * The table of system calls. What is not in it is not known, and stops a snapshot: so a call belongs here
 * if and only if what it asks and changes is known. Calls that a machine does not have, or the headers do
 * not know, are left out; aarch64 has no open(2), stat(2), fork(2) and so on.
 */
#include "bundler/snapshot/calls.h"

#include <stddef.h>
#include <sys/syscall.h>

#define HARMLESS(call)                                                     \
	{                                                                  \
		.number = SYS_##call, .name = #call, .form = CALL_HARMLESS \
	}
#define NAMED(call, fact)                                                                    \
	{                                                                                    \
		.number = SYS_##call, .name = #call, .form = CALL_NAMED, .kind = FACT_##fact \
	}
#define FORM(call, of)                                                 \
	{                                                              \
		.number = SYS_##call, .name = #call, .form = CALL_##of \
	}
#define VALUE(call, of, fact)                                                               \
	{                                                                                   \
		.number = SYS_##call, .name = #call, .form = CALL_##of, .kind = FACT_##fact \
	}
/* The arguments that are descriptor of a folder, path, flags. */
#define PATHS(call, of, first, second, third)                                              \
	{                                                                                  \
		.number = SYS_##call, .name = #call, .form = CALL_##of, .folder = (first), \
		.path = (second), .flags = (third)                                         \
	}

static const struct call calls[] = {
	/* memory of its own */
	HARMLESS(brk),
	HARMLESS(mprotect),
	HARMLESS(munmap),
	HARMLESS(mremap),
	HARMLESS(madvise),
	HARMLESS(mincore),
	HARMLESS(msync),
#ifdef SYS_mseal
	HARMLESS(mseal),
#endif

	/* threads, as the C library sets them up and has them wait; the end */
	HARMLESS(set_tid_address),
	HARMLESS(set_robust_list),
	HARMLESS(get_robust_list),
#ifdef SYS_rseq
	HARMLESS(rseq),
#endif
	HARMLESS(futex),
#ifdef SYS_futex_waitv
	HARMLESS(futex_waitv),
#endif
	HARMLESS(sched_yield),
	HARMLESS(nanosleep),
	HARMLESS(clock_nanosleep),
	HARMLESS(rt_sigreturn),
	HARMLESS(restart_syscall),
	HARMLESS(sigaltstack),
	HARMLESS(exit),
	HARMLESS(exit_group),
	HARMLESS(clock_getres),

	/* descriptors of its own */
	HARMLESS(close),
#ifdef SYS_close_range
	HARMLESS(close_range),
#endif
	HARMLESS(fadvise64),
	HARMLESS(readahead),

	/* descriptors, which may be those that it was started with */
	FORM(dup, DESCRIPTOR),
#ifdef SYS_dup2
	FORM(dup2, DESCRIPTOR),
#endif
	FORM(dup3, DESCRIPTOR),
	FORM(lseek, DESCRIPTOR),
	FORM(fstatfs, DESCRIPTOR),
	FORM(fsync, DESCRIPTOR),
	FORM(fdatasync, DESCRIPTOR),
	NAMED(flock, KERNEL_OBJECT),
	FORM(fgetxattr, DESCRIPTOR_STATUS),
	FORM(flistxattr, DESCRIPTOR_STATUS),
	FORM(fstat, DESCRIPTOR_STATUS),
	FORM(read, READ),
	FORM(pread64, READ),
	FORM(readv, READ),
	FORM(preadv, READ),
	FORM(preadv2, READ),
#ifdef SYS_getdents
	FORM(getdents, LIST),
#endif
	FORM(getdents64, LIST),
	FORM(write, WRITE),
	FORM(pwrite64, WRITE),
	FORM(writev, WRITE),
	FORM(pwritev, WRITE),
	FORM(pwritev2, WRITE),
	FORM(fcntl, FCNTL),
	FORM(ioctl, IOCTL),
	FORM(mmap, MAP),

/* paths that are looked at */
#ifdef SYS_stat
	PATHS(stat, STATUS, 0, 1, 0),
#endif
#ifdef SYS_lstat
	PATHS(lstat, LINK_STATUS, 0, 1, 0),
#endif
	PATHS(newfstatat, STATUS, 1, 2, 4),
	PATHS(statx, STATUS, 1, 2, 3),
#ifdef SYS_access
	PATHS(access, ACCESS, 0, 1, 0),
#endif
	PATHS(faccessat, ACCESS, 1, 2, 0),
#ifdef SYS_faccessat2
	PATHS(faccessat2, ACCESS, 1, 2, 4),
#endif
#ifdef SYS_readlink
	PATHS(readlink, LINK, 0, 1, 0),
#endif
	PATHS(readlinkat, LINK, 1, 2, 0),
	PATHS(getxattr, STATUS, 0, 1, 0),
	PATHS(listxattr, STATUS, 0, 1, 0),
	PATHS(lgetxattr, LINK, 0, 1, 0),
	PATHS(llistxattr, LINK, 0, 1, 0),
	PATHS(statfs, STATUS, 0, 1, 0),
#ifdef SYS_open
	PATHS(open, OPEN, 0, 1, 2),
#endif
	PATHS(openat, OPEN, 1, 2, 3),
#ifdef SYS_openat2
	PATHS(openat2, OPEN_HOW, 1, 2, 0),
#endif
	PATHS(execve, EXECUTE, 0, 1, 0),
	PATHS(execveat, EXECUTE, 1, 2, 5),
	PATHS(chdir, MOVE, 0, 1, 0),

/* files that are changed */
#ifdef SYS_creat
	PATHS(creat, CHANGE, 0, 1, 0),
#endif
#ifdef SYS_mkdir
	PATHS(mkdir, MAKE, 0, 1, 0),
#endif
	PATHS(mkdirat, MAKE, 1, 2, 0),
#ifdef SYS_rmdir
	PATHS(rmdir, REMOVE, 0, 1, 0),
#endif
#ifdef SYS_unlink
	PATHS(unlink, REMOVE, 0, 1, 0),
#endif
	PATHS(unlinkat, REMOVE, 1, 2, 0),
#ifdef SYS_rename
	PATHS(rename, CHANGE, 0, 1, 0),
#endif
#ifdef SYS_renameat
	PATHS(renameat, CHANGE, 1, 2, 0),
#endif
	PATHS(renameat2, CHANGE, 1, 2, 0),
#ifdef SYS_link
	PATHS(link, CHANGE, 0, 2, 0),
#endif
	PATHS(linkat, CHANGE, 3, 4, 0),
#ifdef SYS_symlink
	PATHS(symlink, CHANGE, 0, 2, 0),
#endif
	PATHS(symlinkat, CHANGE, 2, 3, 0),
#ifdef SYS_chmod
	PATHS(chmod, CHANGE, 0, 1, 0),
#endif
	PATHS(fchmodat, CHANGE, 1, 2, 0),
#ifdef SYS_fchmodat2
	PATHS(fchmodat2, CHANGE, 1, 2, 0),
#endif
#ifdef SYS_chown
	PATHS(chown, CHANGE, 0, 1, 0),
#endif
#ifdef SYS_lchown
	PATHS(lchown, CHANGE, 0, 1, 0),
#endif
	PATHS(fchownat, CHANGE, 1, 2, 0),
#ifdef SYS_mknod
	PATHS(mknod, CHANGE, 0, 1, 0),
#endif
	PATHS(mknodat, CHANGE, 1, 2, 0),
#ifdef SYS_utime
	PATHS(utime, CHANGE, 0, 1, 0),
#endif
#ifdef SYS_utimes
	PATHS(utimes, CHANGE, 0, 1, 0),
#endif
#ifdef SYS_futimesat
	PATHS(futimesat, CHANGE, 1, 2, 0),
#endif
	PATHS(utimensat, CHANGE, 1, 2, 0),
	PATHS(truncate, CHANGE, 0, 1, 0),
	PATHS(setxattr, CHANGE, 0, 1, 0),
	PATHS(lsetxattr, CHANGE, 0, 1, 0),
	PATHS(removexattr, CHANGE, 0, 1, 0),
	PATHS(lremovexattr, CHANGE, 0, 1, 0),
	NAMED(ftruncate, FILE_CHANGE),
	NAMED(fallocate, FILE_CHANGE),
	NAMED(fchmod, FILE_CHANGE),
	NAMED(fchown, FILE_CHANGE),
	NAMED(fsetxattr, FILE_CHANGE),
	NAMED(fremovexattr, FILE_CHANGE),
	NAMED(sendfile, FILE_CHANGE),
	NAMED(copy_file_range, FILE_CHANGE),
	NAMED(splice, FILE_CHANGE),
	NAMED(tee, FILE_CHANGE),
	NAMED(vmsplice, FILE_CHANGE),

	/* what the system says of the process and of itself */
	VALUE(getcwd, WORKING_FOLDER, WORKING_FOLDER),
	VALUE(uname, UNAME, SYSTEM),
	VALUE(getuid, RESULT, IDENTITY),
	VALUE(geteuid, RESULT, IDENTITY),
	VALUE(getgid, RESULT, IDENTITY),
	VALUE(getegid, RESULT, IDENTITY),
	VALUE(getresuid, THREE_IDS, IDENTITY),
	VALUE(getresgid, THREE_IDS, IDENTITY),
	VALUE(getgroups, GROUPS, IDENTITY),
#ifdef SYS_getrlimit
	VALUE(getrlimit, LIMIT, LIMIT),
#endif
	VALUE(prlimit64, PRLIMIT, LIMIT),
	VALUE(sched_getaffinity, PROCESSORS, PROCESSORS),
	VALUE(umask, UMASK, UMASK),
	VALUE(getpriority, RESULT, SCHEDULING),
	VALUE(sched_getscheduler, RESULT, SCHEDULING),
	VALUE(sched_get_priority_max, RESULT, SCHEDULING),
	VALUE(sched_get_priority_min, RESULT, SCHEDULING),
	VALUE(ioprio_get, RESULT, SCHEDULING),
	VALUE(rt_sigaction, SIGNAL, SIGNAL),
	VALUE(rt_sigprocmask, SIGNAL_MASK, SIGNAL_MASK),

	/* what is another thing in each process */
	VALUE(clock_gettime, CLOCK, TIME),
	NAMED(gettimeofday, TIME),
#ifdef SYS_time
	NAMED(time, TIME),
#endif
	NAMED(times, TIME),
	NAMED(getrusage, TIME),
	NAMED(getitimer, TIME),
	NAMED(getrandom, RANDOM),
	NAMED(getpid, PROCESS_ID),
	NAMED(gettid, PROCESS_ID),
	NAMED(getppid, PROCESS_ID),
	NAMED(getpgid, PROCESS_ID),
#ifdef SYS_getpgrp
	NAMED(getpgrp, PROCESS_ID),
#endif
	NAMED(getsid, PROCESS_ID),
	NAMED(sysinfo, MEMORY),

	/* threads and processes */
	FORM(clone, CLONE),
#ifdef SYS_clone3
	FORM(clone3, CLONE_ARGS),
#endif
#ifdef SYS_fork
	NAMED(fork, CHILD),
#endif
#ifdef SYS_vfork
	NAMED(vfork, CHILD),
#endif
	NAMED(wait4, CHILD),
	NAMED(waitid, CHILD),
#ifdef SYS_pidfd_open
	NAMED(pidfd_open, CHILD),
#endif
#ifdef SYS_pidfd_getfd
	NAMED(pidfd_getfd, CHILD),
#endif

	/* what lives in the kernel */
	NAMED(socket, SOCKET),
	NAMED(socketpair, SOCKET),
	NAMED(connect, SOCKET),
	NAMED(bind, SOCKET),
	NAMED(listen, SOCKET),
	NAMED(accept, SOCKET),
	NAMED(accept4, SOCKET),
	NAMED(getsockname, SOCKET),
	NAMED(getpeername, SOCKET),
	NAMED(getsockopt, SOCKET),
	NAMED(setsockopt, SOCKET),
	NAMED(sendto, SOCKET),
	NAMED(recvfrom, SOCKET),
	NAMED(sendmsg, SOCKET),
	NAMED(recvmsg, SOCKET),
	NAMED(sendmmsg, SOCKET),
	NAMED(recvmmsg, SOCKET),
	NAMED(shutdown, SOCKET),
#ifdef SYS_pipe
	NAMED(pipe, KERNEL_OBJECT),
#endif
	NAMED(pipe2, KERNEL_OBJECT),
#ifdef SYS_epoll_create
	NAMED(epoll_create, KERNEL_OBJECT),
#endif
	NAMED(epoll_create1, KERNEL_OBJECT),
	NAMED(epoll_ctl, KERNEL_OBJECT),
#ifdef SYS_epoll_wait
	NAMED(epoll_wait, KERNEL_OBJECT),
#endif
	NAMED(epoll_pwait, KERNEL_OBJECT),
#ifdef SYS_epoll_pwait2
	NAMED(epoll_pwait2, KERNEL_OBJECT),
#endif
#ifdef SYS_eventfd
	NAMED(eventfd, KERNEL_OBJECT),
#endif
	NAMED(eventfd2, KERNEL_OBJECT),
#ifdef SYS_inotify_init
	NAMED(inotify_init, KERNEL_OBJECT),
#endif
	NAMED(inotify_init1, KERNEL_OBJECT),
	NAMED(inotify_add_watch, KERNEL_OBJECT),
	NAMED(inotify_rm_watch, KERNEL_OBJECT),
	NAMED(fanotify_init, KERNEL_OBJECT),
	NAMED(fanotify_mark, KERNEL_OBJECT),
#ifdef SYS_signalfd
	NAMED(signalfd, KERNEL_OBJECT),
#endif
	NAMED(signalfd4, KERNEL_OBJECT),
	NAMED(timerfd_create, KERNEL_OBJECT),
	NAMED(timerfd_settime, KERNEL_OBJECT),
	NAMED(timerfd_gettime, KERNEL_OBJECT),
	NAMED(timer_create, KERNEL_OBJECT),
	NAMED(timer_settime, KERNEL_OBJECT),
	NAMED(timer_gettime, KERNEL_OBJECT),
	NAMED(timer_getoverrun, KERNEL_OBJECT),
	NAMED(timer_delete, KERNEL_OBJECT),
	NAMED(setitimer, KERNEL_OBJECT),
#ifdef SYS_alarm
	NAMED(alarm, KERNEL_OBJECT),
#endif
	NAMED(io_setup, KERNEL_OBJECT),
#ifdef SYS_io_uring_setup
	NAMED(io_uring_setup, KERNEL_OBJECT),
#endif
#ifdef SYS_io_uring_enter
	NAMED(io_uring_enter, KERNEL_OBJECT),
#endif
#ifdef SYS_io_uring_register
	NAMED(io_uring_register, KERNEL_OBJECT),
#endif
	NAMED(mq_open, KERNEL_OBJECT),
	NAMED(ptrace, KERNEL_OBJECT),
	NAMED(process_vm_readv, KERNEL_OBJECT),
	NAMED(process_vm_writev, KERNEL_OBJECT),
	NAMED(perf_event_open, KERNEL_OBJECT),
	NAMED(bpf, KERNEL_OBJECT),
	NAMED(userfaultfd, KERNEL_OBJECT),
	NAMED(add_key, KERNEL_OBJECT),
	NAMED(request_key, KERNEL_OBJECT),
	NAMED(keyctl, KERNEL_OBJECT),
	NAMED(memfd_create, SHARED_MEMORY),
#ifdef SYS_memfd_secret
	NAMED(memfd_secret, SHARED_MEMORY),
#endif
	NAMED(shmget, SHARED_MEMORY),
	NAMED(shmat, SHARED_MEMORY),
	NAMED(shmdt, SHARED_MEMORY),
	NAMED(shmctl, SHARED_MEMORY),
	NAMED(semget, SHARED_MEMORY),
	NAMED(semop, SHARED_MEMORY),
	NAMED(semtimedop, SHARED_MEMORY),
	NAMED(semctl, SHARED_MEMORY),
	NAMED(msgget, SHARED_MEMORY),
	NAMED(msgsnd, SHARED_MEMORY),
	NAMED(msgrcv, SHARED_MEMORY),
	NAMED(msgctl, SHARED_MEMORY),

/* waiting, and signals that are sent */
#ifdef SYS_poll
	FORM(poll, POLL),
#endif
	FORM(ppoll, POLL),
#ifdef SYS_select
	FORM(select, SELECT),
#endif
	FORM(pselect6, SELECT),
#ifdef SYS_pause
	NAMED(pause, WAIT),
#endif
	NAMED(rt_sigsuspend, WAIT),
	NAMED(rt_sigtimedwait, WAIT),
	NAMED(rt_sigpending, WAIT),
	NAMED(kill, WAIT),
	NAMED(tkill, WAIT),
	NAMED(tgkill, WAIT),
	NAMED(rt_sigqueueinfo, WAIT),
	NAMED(rt_tgsigqueueinfo, WAIT),
	NAMED(pidfd_send_signal, WAIT),

	/* changes of the process that its memory does not show */
	NAMED(fchdir, PROCESS_CHANGE),
	NAMED(chroot, PROCESS_CHANGE),
	NAMED(setuid, PROCESS_CHANGE),
	NAMED(setgid, PROCESS_CHANGE),
	NAMED(setreuid, PROCESS_CHANGE),
	NAMED(setregid, PROCESS_CHANGE),
	NAMED(setresuid, PROCESS_CHANGE),
	NAMED(setresgid, PROCESS_CHANGE),
	NAMED(setfsuid, PROCESS_CHANGE),
	NAMED(setfsgid, PROCESS_CHANGE),
	NAMED(setgroups, PROCESS_CHANGE),
	NAMED(capset, PROCESS_CHANGE),
	NAMED(setpgid, PROCESS_CHANGE),
	NAMED(setsid, PROCESS_CHANGE),
	NAMED(setrlimit, PROCESS_CHANGE),
	NAMED(setpriority, PROCESS_CHANGE),
	NAMED(sched_setscheduler, PROCESS_CHANGE),
	NAMED(sched_setparam, PROCESS_CHANGE),
	NAMED(sched_setattr, PROCESS_CHANGE),
	NAMED(sched_setaffinity, PROCESS_CHANGE),
	NAMED(ioprio_set, PROCESS_CHANGE),
	NAMED(set_mempolicy, PROCESS_CHANGE),
	NAMED(mbind, PROCESS_CHANGE),
	NAMED(mlock, PROCESS_CHANGE),
	NAMED(mlock2, PROCESS_CHANGE),
	NAMED(mlockall, PROCESS_CHANGE),
	NAMED(munlock, PROCESS_CHANGE),
	NAMED(munlockall, PROCESS_CHANGE),
	NAMED(unshare, PROCESS_CHANGE),
	NAMED(setns, PROCESS_CHANGE),
	NAMED(seccomp, PROCESS_CHANGE),
	NAMED(personality, PROCESS_CHANGE),
	NAMED(acct, PROCESS_CHANGE),
#ifdef SYS_landlock_restrict_self
	NAMED(landlock_restrict_self, PROCESS_CHANGE),
#endif

	/* what they do depends on an argument */
	FORM(prctl, PRCTL),
#ifdef SYS_arch_prctl
	FORM(arch_prctl, ARCH_PRCTL),
#endif
	FORM(membarrier, MEMBARRIER),
};

const struct call *call_find(uint64_t number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}
