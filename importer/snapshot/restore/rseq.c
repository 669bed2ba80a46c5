/* SPDX-License-Identifier: MIT */
#include "importer/snapshot/restore/rseq.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux, include/uapi/linux/rseq.h. */
enum {
	FLAG_UNREGISTER = 1,
	CPU_UNINITIALIZED = -1, /* what the kernel expects to find in `cpu_id`, at this offset */
	CPU_OFFSET = 4,
};

/* Where the area is from the thread pointer on, and its size: 0 without one. Older libraries have neither. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*): the library's names */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));
/* NOLINTEND(bugprone-reserved-identifier,cert-*) */

static bool is_registered(void)
{
	return &__rseq_offset != NULL && &__rseq_size != NULL && __rseq_size != 0;
}

bool rseq_unregister(const struct snapshot_thread *thread)
{
	if (thread->rseq == 0 || !is_registered())
		return thread->rseq == 0 && !is_registered();
	char *const area = (char *)__builtin_thread_pointer() + __rseq_offset;
	return syscall(SYS_rseq, area, thread->rseq_size, FLAG_UNREGISTER,
		       thread->rseq_signature) == 0;
}

void rseq_add_registration(struct steps *steps, const struct snapshot_thread *thread)
{
	if (thread->rseq == 0)
		return;
	steps_write_half(steps, thread->rseq + CPU_OFFSET, (uint32_t)CPU_UNINITIALIZED);
	steps_call(steps, 0, SYS_rseq, thread->rseq, thread->rseq_size, 0, thread->rseq_signature);
}
