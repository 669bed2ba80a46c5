/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/dump/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "importer/snapshot/dump/machine.h"

/* --- what the kernel clears when the thread ends */

static enum pyb_status find_cleared_word(struct snapshot_thread *thread, struct pyb_error *error)
{
	const void *address = NULL;

	if (prctl(PR_GET_TID_ADDRESS, &address) != 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "this kernel does not tell what it clears when a thread ends "
				     "(CONFIG_CHECKPOINT_RESTORE): %s",
				     strerror(errno));
	thread->tid_address = (uintptr_t)address;
	return PYB_OK;
}

/* --- robust mutexes */

static enum pyb_status find_robust_list(struct snapshot_thread *thread, struct pyb_error *error)
{
	const struct robust_list_head *head = NULL;
	size_t size = 0;

	if (syscall(SYS_get_robust_list, 0, &head, &size) != 0)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the kernel does not tell of robust mutexes: %s",
				     strerror(errno));
	if (head != NULL && (head->list.next != &head->list || head->list_op_pending != NULL))
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the thread holds a robust mutex: let the program unlock it");
	thread->robust_list = (uintptr_t)head;
	thread->robust_size = size;
	return PYB_OK;
}

/* --- the thread's number, in glibc's struct pthread (nptl/descr.h) */

/* The number and, with little between them, the head of the list of robust mutexes are neighbours there. */
enum { DISTANCE_MAX = 64 };

/*
 * Up to glibc 2.42 the word that the kernel clears is the number itself. Since 2.43 it is another one, but
 * for the child of a fork.
 */
static enum pyb_status find_number(const struct snapshot_thread *thread, uint64_t *address,
				   struct pyb_error *error)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	const pid_t *const end = (const pid_t *)(uintptr_t)thread->robust_list;
	const pid_t number = gettid();
	unsigned int count = 0;

	for (size_t i = 1; end != NULL && i <= DISTANCE_MAX / sizeof(*end); i++) {
		if (*(end - i) != number)
			continue;
		*address = (uintptr_t)(end - i);
		count++;
	}
	if (count == 1)
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "the C library keeps the thread's number in another place than glibc "
			     "does");
}

/* --- restartable sequences: Linux, kernel/rseq.c */

enum {
	RSEQ_SIZE = 32,       /* of the first version, */
	RSEQ_SIZE_MAX = 1024, /* and what it may grow to, */
	RSEQ_SIZE_STEP = 4,
	RSEQ_UNREGISTER = 1,
};

/* Where the area is from the thread pointer on. Since glibc 2.35. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-*): the library's name */
extern const ptrdiff_t __rseq_offset __attribute__((weak));

/*
 * Ask for what may be there already. Returns 0, with nothing changed, if there was nothing; EBUSY if this
 * very area is registered, EINVAL if it is another one, or of another size; or what else keeps the kernel
 * from it.
 */
static int probe_rseq(uint64_t area, uint32_t size)
{
	if (syscall(SYS_rseq, area, size, 0, MACHINE_RSEQ_SIGNATURE) != 0)
		return errno;
	syscall(SYS_rseq, area, size, RSEQ_UNREGISTER, MACHINE_RSEQ_SIGNATURE);
	return 0;
}

/* glibc has its area registered with the size that the kernel asks for, and tells of that in part only. */
static bool find_rseq_size(struct snapshot_thread *thread, uint64_t area)
{
	for (uint32_t size = RSEQ_SIZE; size <= RSEQ_SIZE_MAX; size += RSEQ_SIZE_STEP) {
		if (probe_rseq(area, size) != EBUSY)
			continue;
		thread->rseq = area;
		thread->rseq_size = size;
		thread->rseq_signature = MACHINE_RSEQ_SIGNATURE;
		return true;
	}
	return false;
}

static enum pyb_status find_rseq(struct snapshot_thread *thread, struct pyb_error *error)
{
	_Alignas(RSEQ_SIZE) uint8_t unused[RSEQ_SIZE] = {0};

	if (probe_rseq((uintptr_t)unused, sizeof(unused)) != EINVAL)
		return PYB_OK;
	if (&__rseq_offset != NULL &&
	    find_rseq_size(thread, thread->pointer + (uint64_t)__rseq_offset))
		return PYB_OK;
	return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
			     "restartable sequences (rseq) are not the C library's: a library of "
			     "the process has registered its own");
}

/* --- */

enum pyb_status thread_describe(struct snapshot_thread *thread, uint64_t *number_address,
				struct pyb_error *error)
{
	enum pyb_status status;

	*thread = (struct snapshot_thread){
		.pointer = (uintptr_t)__builtin_thread_pointer(),
	};
	status = find_cleared_word(thread, error);
	if (status == PYB_OK)
		status = find_robust_list(thread, error);
	if (status == PYB_OK)
		status = find_number(thread, number_address, error);
	if (status == PYB_OK)
		status = find_rseq(thread, error);
	return status;
}
