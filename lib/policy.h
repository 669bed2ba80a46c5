/* SPDX-License-Identifier: MIT */
/*
 * The one table of policies: what is done beyond serving modules so that a program starts sooner. All
 * that names a policy is made from it: the bits of a bundle's header, the keys of a manifest with their
 * values, the words of PYSTART_WITHOUT, and what `pybundle list` shows. tests/unit/check_policy.c
 * compares the manual pages with it.
 */
#ifndef PYB_POLICY_H
#define PYB_POLICY_H

#include <stdint.h>

/*
 * Those that a manifest decides about and a bundle's header records:
 *
 *     X(name, bit, key, value that sets the bit, value that does not, whether it is set by default,
 *       word of PYSTART_WITHOUT, what a value of the key says)
 *
 * An empty word: it cannot be left out for one run, because it is no extra but a guarantee.
 */
#define PYB_POLICIES(X)                                                                       \
	X(DEFER_GC, 0, "gc", "defer", "normal", 1, "gc", "what the garbage collector does")   \
	X(QUICK_EXIT, 1, "exit", "quick", "full", 1, "exit", "a way to exit")                 \
	X(HUGE_PAGES, 2, "hugepages", "auto", "never", 1, "hugepages", "a use of huge pages") \
	X(CHECK_COLD, 3, "checksums", "full", "quick", 1, "checksums",                        \
	  "which checksums are verified")                                                     \
	X(PRIVATE, 4, "memory", "private", "shared", 0, "", "a use of memory")

/* Those that only the importer knows. They are always on, but for PYSTART_WITHOUT: X(name, bit, word) */
#define PYB_IMPORTER_POLICIES(X)      \
	X(REGEXES, 16, "regex")       \
	X(GENERATED, 17, "generated") \
	X(SITE, 18, "site")           \
	X(METADATA, 19, "metadata")   \
	X(FROZEN, 20, "frozen")       \
	X(SNAPSHOT, 21, "snapshot")

/* The space of bits is shared, so that a set of policies is one number wherever it goes. */
enum {
	PYB_POLICY_FILE_BITS = 16, /* bits 0 to 15 are those of the format, see format.md */
	PYB_POLICY_BITS = 24, /* the importer's are behind them; the hand-off has room for these */
};

#define PYB_POLICY_ENUMERATOR(name, bit, ...) PYB_POLICY_##name = 1 << (bit),
enum pyb_policy {
	PYB_POLICIES(PYB_POLICY_ENUMERATOR) PYB_IMPORTER_POLICIES(PYB_POLICY_ENUMERATOR)
};
#undef PYB_POLICY_ENUMERATOR

#define PYB_POLICY_OR(name, bit, ...) | 1U << (bit)
#define PYB_POLICY_OR_DEFAULT(name, bit, key, on, off, is_default, ...) | (is_default##U) << (bit)
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a term of a sum */
#define PYB_POLICY_PLUS(name, bit, ...) +(1U << (bit))

#define PYB_POLICY_KNOWN (0U PYB_POLICIES(PYB_POLICY_OR))           /* in a header */
#define PYB_POLICY_DEFAULT (0U PYB_POLICIES(PYB_POLICY_OR_DEFAULT)) /* without any key */
#define PYB_POLICY_ALWAYS (0U PYB_IMPORTER_POLICIES(PYB_POLICY_OR)) /* the importer's own */

_Static_assert(PYB_POLICY_KNOWN + PYB_POLICY_ALWAYS ==
		       0U PYB_POLICIES(PYB_POLICY_PLUS) PYB_IMPORTER_POLICIES(PYB_POLICY_PLUS),
	       "no two policies have the same bit");
_Static_assert(PYB_POLICY_KNOWN >> PYB_POLICY_FILE_BITS == 0,
	       "policies of the format have its bits");
_Static_assert(PYB_POLICY_ALWAYS % (1U << PYB_POLICY_FILE_BITS) == 0 &&
		       PYB_POLICY_ALWAYS >> PYB_POLICY_BITS == 0,
	       "policies of the importer have bits of their own");

/* A row of PYB_POLICIES. */
struct pyb_policy_key {
	uint32_t policy; /* enum pyb_policy */
	const char *name, *on, *off;
	const char *what;
};

/* NOLINTNEXTLINE(bugprone-macro-parentheses): a term of a sum */
#define PYB_POLICY_PLUS_1(...) +1
enum { PYB_POLICY_KEY_COUNT = 0 PYB_POLICIES(PYB_POLICY_PLUS_1) };

extern const struct pyb_policy_key pyb_policy_keys[PYB_POLICY_KEY_COUNT];

/* The value that a manifest with these policies has for the key. */
static inline const char *pyb_policy_value(const struct pyb_policy_key *key, uint32_t policies)
{
	return (policies & key->policy) != 0 ? key->on : key->off;
}

#endif
