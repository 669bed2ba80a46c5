/* SPDX-License-Identifier: MIT */
/* The memos of the bundle: what was compiled when it was made. */
#ifndef IMPORTER_BUNDLE_MEMO_H
#define IMPORTER_BUNDLE_MEMO_H

#include "lib/memo.h"

/* Open the memo; view->memo is NULL if there is none or if it is damaged, which is told. */
void memo_open(struct pyb_memo_view *view, enum pyb_section_type type);

/*
 * Find the value for a key in a memo that is open. False if there is none. A damaged memo is closed,
 * which is told.
 */
bool memo_find(struct pyb_memo_view *view, const struct pyb_memo_key *key, struct pyb_bytes *value);

/* Close a memo that turned out to be damaged, and tell. */
void memo_abandon(struct pyb_memo_view *view, const char *what);

#endif
