/* SPDX-License-Identifier: MIT */
#include "importer/bundle/memo.h"

#include "importer/bundle/mapping.h"
#include "importer/message.h"
#include "importer/session.h"

void memo_abandon(struct pyb_memo_view *view, const char *what)
{
	if (!session.told_of_damage)
		message_refusal("%s: it is damaged: %s; doing without what it was to hold",
				used_bundle.path, what);
	session.told_of_damage = true;
	*view = (struct pyb_memo_view){0};
}

void memo_open(struct pyb_memo_view *view, enum pyb_section_type type)
{
	struct pyb_error error = {0};

	if (pyb_memo_open(&used_bundle.reader, type, view, &error) != PYB_OK)
		memo_abandon(view, error.text);
}

bool memo_find(struct pyb_memo_view *view, const struct pyb_memo_key *key, struct pyb_bytes *value)
{
	struct pyb_error error = {0};

	if (pyb_memo_find(view, key, value, &error) == PYB_OK)
		return value->data != NULL;
	memo_abandon(view, error.text);
	return false;
}
