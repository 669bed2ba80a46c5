/* SPDX-License-Identifier: MIT */
#include "lib/snapshot_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif

#include "lib/digest.h"

enum {
	SIGNALS = 64,      /* of Linux, numbered from 1 */
	GROUPS_MAX = 1024, /* more would not fit a small stack */
	LEAVES_MAX = 16,   /* more than any glibc knows so far */
	STREAMS = 3,       /* stdin, stdout, stderr */
};

static uint64_t auxiliary_value(const Elf64_auxv_t *auxv, uint64_t type)
{
	for (const Elf64_auxv_t *entry = auxv; entry->a_type != AT_NULL; entry++)
		if (entry->a_type == type)
			return entry->a_un.a_val;
	return 0;
}

#ifdef _SYS_PLATFORM_X86_H
/*
 * What is not the same on each core of a machine, or changes from one start to the next, must not count.
 * Leaf 1: the upper byte of EBX is the number of the core that executed it. Leaf 14H is about a tracer of
 * the processor's that only the kernel uses; efficient and fast cores differ in it. Leaf DH, subleaf 1:
 * EBX is the size of a save area in the kernel.
 */
static void mask_core(unsigned leaf, struct cpuid_feature *feature)
{
	if (leaf == CPUID_INDEX_1)
		feature->cpuid_array[cpuid_register_index_ebx] &= 0x00ffffff;
	if (leaf == CPUID_INDEX_14_ECX_0)
		*feature = (struct cpuid_feature){0};
	if (leaf == CPUID_INDEX_D_ECX_1)
		feature->cpuid_array[cpuid_register_index_ebx] = 0;
}

/* Which registers the kernel saves. 0 where it has switched off that programs may ask. */
static uint64_t saved_registers(const struct cpuid_feature *first)
{
	const unsigned may_ask = 1U << 27; /* OSXSAVE, in ECX */
	uint32_t low = 0, high = 0;

	if ((first->cpuid_array[cpuid_register_index_ecx] & may_ask) != 0)
		__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/*
 * As the C library has found it when the process began: the instruction cpuid takes 20 us in a virtual
 * machine, for each leaf. A leaf that this glibc does not know is zeros.
 */
static bool digest_processor(const Elf64_auxv_t *auxv, uint64_t *digest)
{
	struct {
		struct cpuid_feature features[LEAVES_MAX];
		uint64_t saved_registers;
	} told;

	(void)auxv;
	for (unsigned leaf = 0; leaf < LEAVES_MAX; leaf++) {
		told.features[leaf] = *__x86_get_cpuid_feature_leaf(leaf);
		mask_core(leaf, &told.features[leaf]);
	}
	told.saved_registers = saved_registers(&told.features[CPUID_INDEX_1]);
	*digest = pyb_digest64(&told, sizeof(told));
	return true;
}
#elif defined(__x86_64__)
static bool digest_processor(const Elf64_auxv_t *auxv, uint64_t *digest)
{
	(void)auxv;
	(void)digest;
	return false;
}
#else
/* What AT_HWCAP and AT_HWCAP2 had no room for; newer than most headers. */
enum { HWCAP3 = 29, HWCAP4 = 30 };

static bool digest_processor(const Elf64_auxv_t *auxv, uint64_t *digest)
{
	const uint64_t told[] = {auxiliary_value(auxv, HWCAP3), auxiliary_value(auxv, HWCAP4)};

	*digest = pyb_digest64(told, sizeof(told));
	return true;
}
#endif

static bool digest_groups(uint64_t *digest)
{
	gid_t groups[GROUPS_MAX];
	const int count = getgroups(GROUPS_MAX, groups);

	if (count < 0)
		return false;
	*digest = pyb_digest64(groups, (size_t)count * sizeof(groups[0]));
	return true;
}

/* The name of the host is not among it, for it changes with networks: GUARD_HOST. */
static bool digest_system(uint64_t *digest)
{
	struct utsname names, told = {0};

	if (uname(&names) != 0)
		return false;
	/* What lies behind the strings' ends does not count. */
	memcpy(told.release, names.release, strlen(names.release));
	memcpy(told.version, names.version, strlen(names.version));
	memcpy(told.machine, names.machine, strlen(names.machine));
	*digest = pyb_digest64(&told, sizeof(told));
	return true;
}

/*
 * Which signals are ignored: an exec(2) has set all others to their default. A call for each takes less
 * than to read /proc/self/status once, which is not there in each sandbox. CPython itself ignores SIGPIPE
 * and SIGXFSZ. Of the signals that the C library keeps for itself, nothing is told (EINVAL).
 */
static bool find_ignored_signals(uint64_t *ignored)
{
	struct sigaction action;

	*ignored = 0;
	for (int number = 1; number <= SIGNALS; number++) {
		if (number == SIGPIPE || number == SIGXFSZ)
			continue;
		if (sigaction(number, NULL, &action) == 0) {
			if (action.sa_handler == SIG_IGN)
				*ignored |= UINT64_C(1) << (number - 1);
		} else if (errno != EINVAL) {
			return false;
		}
	}
	return true;
}

static uint32_t find_open_streams(void)
{
	uint32_t open_streams = 0;

	for (int stream = 0; stream < STREAMS; stream++)
		if (fcntl(stream, F_GETFD) >= 0)
			open_streams |= UINT32_C(1) << stream;
	return open_streams;
}

/* Where a filter forbids to ask it does not let a process change it either; then it is Linux's default. */
static uint32_t find_flags(void)
{
	const int persona = personality(0xffffffff); /* which changes nothing */

	return persona != -1 && (persona & ADDR_NO_RANDOMIZE) != 0 ? PROCESS_HAS_FIXED_LAYOUT : 0;
}

bool pyb_process_facts(const Elf64_auxv_t *auxv, struct snapshot_process *facts)
{
	*facts = (struct snapshot_process){
		.user = getuid(),
		.effective_user = geteuid(),
		.group = getgid(),
		.effective_group = getegid(),
		.hwcap = auxiliary_value(auxv, AT_HWCAP),
		.hwcap2 = auxiliary_value(auxv, AT_HWCAP2),
		.signal_stack = auxiliary_value(auxv, AT_MINSIGSTKSZ),
		.page_size = auxiliary_value(auxv, AT_PAGESZ),
		.open_streams = find_open_streams(),
		.flags = find_flags(),
	};
	return find_ignored_signals(&facts->ignored_signals) &&
	       digest_groups(&facts->groups_digest) && digest_system(&facts->system_digest) &&
	       digest_processor(auxv, &facts->cpu_digest);
}
