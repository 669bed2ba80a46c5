/* SPDX-License-Identifier: MIT */
/* The comments of a recorded manifest; for compose.c only. */
#ifndef BUNDLER_RECORD_REMARKS_H
#define BUNDLER_RECORD_REMARKS_H

#include <stdbool.h>

#include "bundler/record/compose.h"
#include "bundler/record/yaml_text.h"
#include "bundler/resolve/name_list.h"

/* A manifest that is being written. */
struct compose {
	const struct compose_input *input;
	struct compose_counts *counts;
	struct names startup, modules, absent, paths;
	struct manifest_list from; /* owned: "MODULE in FOLDER" */
	struct yaml_text yaml;
	struct pyb_error *error;
};

/* Whether runs went into the manifest that is added to. */
bool compose_has_runs(const struct compose *compose);

/* Write the comments at its beginning, and count what they tell of. */
void compose_put_remarks(struct compose *compose);

#endif
