/* SPDX-License-Identifier: MIT */
/*
 * The part of lib/ that needs no C library, compiled the launcher's way: with this macro, or with
 * the user's options, the system's headers would put in calls of checking functions.
 */
#undef _FORTIFY_SOURCE
/* NOLINTBEGIN(bugprone-suspicious-include): see above */
#include "lib/digest.c"
#include "lib/elf.c"
#include "lib/header.c"
#include "lib/interpreters.c"
#include "lib/python_version.c"
/* NOLINTEND(bugprone-suspicious-include) */
