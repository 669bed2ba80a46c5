/* SPDX-License-Identifier: MIT */
/* Reading what handoff.h describes. Needs no interpreter. */
#ifndef IMPORTER_HANDOFF_PARSE_H
#define IMPORTER_HANDOFF_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* What the importer receives of the launcher. */
struct handoff_received {
	int bundle_descriptor;
	unsigned int flags; /* enum handoff_flag */
	char *bundle_path;  /* in the text */
	/* Of the file that the importer was loaded from, as stat(2) has them; 0, both: not known. */
	uint64_t importer_inode, importer_size;
};

/*
 * Take apart BUNDLE_FD:FLAGS:BUNDLE_PATH. Anybody can set the variable, so nothing is taken for
 * granted: numbers have digits only, the path is not empty. Returns false otherwise.
 */
bool handoff_parse(char *text, struct handoff_received *ret);

#endif
