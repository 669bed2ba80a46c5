/* SPDX-License-Identifier: MIT */
#include "lib/policy.h"

#define KEY(name, bit, key, on, off, is_default, word, what) \
	{PYB_POLICY_##name, (key), (on), (off), (what)},

const struct pyb_policy_key pyb_policy_keys[PYB_POLICY_KEY_COUNT] = {PYB_POLICIES(KEY)};
