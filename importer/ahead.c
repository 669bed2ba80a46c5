/* SPDX-License-Identifier: MIT */
#include "importer/ahead.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importer/system.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_FOREIGN_THREADS 0 /* a sanitizer has to know of every thread */
#else
#define HAS_FOREIGN_THREADS 1
#endif

/* Those that pthread_create() asks for, but for thread-local variables of its own. */
enum {
	THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		       CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
};

static int run(void *argument)
{
	const struct ahead *const ahead = argument;

	ahead->work(ahead->argument);
	return 0;
}

/* A page below it catches what grows too far. */
static char *map_stack(size_t guard)
{
	char *const stack = mmap(NULL, guard + AHEAD_STACK, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

	if (stack == MAP_FAILED)
		return NULL;
	if (mprotect(stack, guard, PROT_NONE) == 0)
		return stack;
	munmap(stack, guard + AHEAD_STACK);
	return NULL;
}

static size_t stack_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE) + AHEAD_STACK;
}

/* All signals are the other thread's, whose mask and handlers they are meant for. */
static int clone_without_signals(struct ahead *ahead)
{
	sigset_t all, before;
	int *const number = (int *)&ahead->thread;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &before) != 0)
		return -1;
	const int thread =
		clone(run, ahead->stack + stack_size(), THREAD_FLAGS, ahead, number, NULL, number);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return thread;
}

bool ahead_start(struct ahead *ahead, void (*work)(void *), void *argument)
{
	const int errno_before = errno;

	if (!HAS_FOREIGN_THREADS)
		return false;
	ahead->work = work;
	ahead->argument = argument;
	ahead->process = getpid();
	ahead->stack = map_stack((size_t)sysconf(_SC_PAGESIZE));
	if (ahead->stack != NULL && clone_without_signals(ahead) < 0) {
		munmap(ahead->stack, stack_size());
		ahead->stack = NULL;
	}
	errno = errno_before;
	return ahead->stack != NULL;
}

bool ahead_wait(struct ahead *ahead)
{
	const bool is_here = ahead->process == getpid();
	int thread;

	if (ahead->stack == NULL)
		return false;
	while (is_here && (thread = atomic_load(&ahead->thread)) != 0)
		(void)system_call(SYS_futex, (long)&ahead->thread, FUTEX_WAIT, thread, 0, 0, 0);
	munmap(ahead->stack, stack_size());
	ahead->stack = NULL;
	return is_here;
}
