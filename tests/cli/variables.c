/* SPDX-License-Identifier: MIT */
/*
 * Prints which environment variables a start of an interpreter reads, in the environment that this
 * program has: variables RECORDER PYTHON. A line for each, with tabs: kind, name, reader, and the value
 * of what is set. If memory of such a start cannot be kept, it fails with 1 and says why.
 */
#include <stdio.h>
#include <unistd.h>

#include "bundler/snapshot/variables.h"

enum { SECONDS = 60 };

int main(int argc, char **argv)
{
	static const char *const kinds[] = {"value", "absent", "family"};
	struct variables variables = {0};
	struct pyb_error error = {0};

	if (argc != 3)
		return 2;
	const struct variables_request request = {
		.recorder = argv[1], .python = argv[2], .environment = environ, .seconds = SECONDS};
	const enum pyb_status status = variables_find(&request, &variables, &error);
	for (size_t i = 0; i < variables.count; i++) {
		const struct variable *const variable = &variables.list[i];
		printf("%s\t%s\t%s\t%s\n", kinds[variable->kind], variable->name, variable->reader,
		       variable->value == NULL ? "" : variable->value);
	}
	if (status != PYB_OK)
		fprintf(stderr, "%s\n", error.text);
	variables_release(&variables);
	return status == PYB_OK ? 0 : status == PYB_ERR_UNSUPPORTED ? 1 : 3;
}
