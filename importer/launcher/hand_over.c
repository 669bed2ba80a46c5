/* SPDX-License-Identifier: MIT */
#include "importer/launcher/hand_over.h"

#include <string.h>

#include "importer/launcher/text.h"

enum { NUMBER_SIZE = 20 };

static size_t variable_size(const struct handoff *handoff)
{
	return sizeof(HANDOFF_VARIABLE) + 2 * (size_t)NUMBER_SIZE + 2 +
	       strlen(handoff->bundle_path);
}

static size_t preload_size(const struct handoff *handoff)
{
	const size_t user = handoff->preload != NULL ? 1 + strlen(handoff->preload) : 0;
	return sizeof(HANDOFF_PRELOAD HANDOFF_PROCESSES HANDOFF_DESCRIPTORS) +
	       strlen(handoff->process) + NUMBER_SIZE + user;
}

size_t handoff_size(const struct handoff *handoff)
{
	return variable_size(handoff) + preload_size(handoff);
}

static bool write_variable(const struct handoff *handoff, struct text *entry)
{
	text_add(entry, HANDOFF_VARIABLE);
	text_add_number(entry, (unsigned long)handoff->bundle);
	text_add(entry, ":");
	text_add_number(entry, handoff->flags);
	text_add(entry, ":");
	text_add(entry, handoff->bundle_path);
	return !entry->cut;
}

static bool write_preload(const struct handoff *handoff, struct text *entry)
{
	text_add(entry, HANDOFF_PRELOAD);
	if (handoff->preload != NULL) {
		text_add(entry, handoff->preload);
		text_add(entry, ":");
	}
	text_add(entry, HANDOFF_PROCESSES);
	text_add(entry, handoff->process);
	text_add(entry, HANDOFF_DESCRIPTORS);
	text_add_number(entry, (unsigned long)handoff->importer);
	return !entry->cut;
}

bool handoff_environment(const struct handoff *handoff, char *const *from, size_t count, char **to,
			 char *bytes)
{
	struct text variable;
	struct text preload;

	for (size_t i = 0; i < count; i++)
		to[i] = from[i];
	to[count] = NULL;
	text_begin(&variable, bytes, variable_size(handoff));
	text_begin(&preload, bytes + variable_size(handoff), preload_size(handoff));
	if (!write_variable(handoff, &variable) || !write_preload(handoff, &preload))
		return false;
	to[count] = variable.bytes;
	to[count + 1] = preload.bytes;
	to[count + 2] = NULL;
	return true;
}
