/* SPDX-License-Identifier: MIT */
/*
 * System calls without a C library. Each returns what the kernel does: a value, or a negated errno.
 */
#ifndef IMPORTER_LAUNCHER_SYSTEM_H
#define IMPORTER_LAUNCHER_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#if defined(__clang_analyzer__) || defined(__cppcheck__)
/*
 * The one does not know that the assembly below writes to what the arguments point to, the other
 * reads no registers of variables.
 */
long system_call(long number, long a, long b, long c, long d, long e, long f);
#else
static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#else
#error "pystart knows x86-64 and aarch64"
#endif
}
#endif

static inline int system_close(int fd)
{
	return (int)system_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Move a descriptor out of the way of the standard ones, which a caller may have closed. */
static inline int system_above_standard(int fd, int flags)
{
	if (fd < 0 || fd > 2)
		return fd;
	const int moved = (int)system_call(
		SYS_fcntl, fd, (flags & O_CLOEXEC) != 0 ? F_DUPFD_CLOEXEC : F_DUPFD, 3, 0, 0, 0);
	system_close(fd);
	return moved;
}

/* Again as long as a signal interrupts it, which stopping and continuing can do, too. */
static inline long system_call_on(long number, long a, long b, long c, long d)
{
	for (;;) {
		const long result = system_call(number, a, b, c, d, 0, 0);
		if (result != -EINTR)
			return result;
	}
}

/*
 * Open for reading. The descriptor is never 0, 1 or 2. O_NONBLOCK keeps a FIFO from holding us up;
 * regular files do not care.
 */
static inline int system_open(const char *path, int flags)
{
	const int all = O_RDONLY | O_NONBLOCK | O_NOCTTY | flags;
	return system_above_standard((int)system_call_on(SYS_openat, AT_FDCWD, (long)path, all, 0),
				     flags);
}

static inline int system_fstat(int fd, struct stat *status)
{
	return (int)system_call(SYS_fstat, fd, (long)status, 0, 0, 0, 0);
}

static inline int system_stat(const char *path, struct stat *status)
{
	return (int)system_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)status, 0, 0, 0);
}

/* A symbolic link is not followed. */
static inline int system_lstat(const char *path, struct stat *status)
{
	return (int)system_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)status,
				AT_SYMLINK_NOFOLLOW, 0, 0);
}

/* The size of an extended attribute of the open file, or a negative error. */
static inline long system_attribute_size(int fd, const char *name)
{
	return system_call(SYS_fgetxattr, fd, (long)name, 0, 0, 0, 0);
}

static inline long system_read_at(int fd, void *bytes, size_t size, int64_t offset)
{
	return system_call_on(SYS_pread64, fd, (long)bytes, (long)size, offset);
}

static inline long system_write(int fd, const void *bytes, size_t size)
{
	return system_call(SYS_write, fd, (long)bytes, (long)size, 0, 0, 0);
}

static inline long system_readlink(const char *path, char *target, size_t size)
{
	return system_call(SYS_readlinkat, AT_FDCWD, (long)path, (long)target, (long)size, 0, 0);
}

/* Map `size` bytes of a file for execution. Returns the address, or a negated errno. */
static inline long system_map_executable(int fd, size_t size)
{
	return system_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
}

static inline int system_execve(const char *path, char *const *argv, char *const *envp)
{
	return (int)system_call(SYS_execve, (long)path, (long)argv, (long)envp, 0, 0, 0);
}

/* Returns 0 in the child, and its number in the parent. */
static inline long system_fork(void)
{
	return system_call(SYS_clone, SIGCHLD, 0, 0, 0, 0, 0);
}

/* Wait until the child has ended. Returns 0 if it did so by itself, with status 0. */
static inline long system_wait(long child)
{
	int status = -1;
	const long ended = system_call_on(SYS_wait4, child, (long)&status, 0, 0);

	return ended < 0 ? ended : status;
}

static inline _Noreturn void system_exit(int status)
{
	for (;;)
		system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

#endif
