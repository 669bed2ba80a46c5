/* SPDX-License-Identifier: MIT */
/* Telling the bundler what was done with the environment: lib/variable_records.h. */
#ifndef IMPORTER_VARIABLES_RECORD_H
#define IMPORTER_VARIABLES_RECORD_H

#include <stdbool.h>

#include "lib/variable_records.h"

/* Write a record, if this is the process that was started. Leaves errno alone, and allocates nothing. */
void record_write(enum variable_record type, const char *name, const char *who);

/* From here on this process, and no child of it, writes records. */
void record_begin(void);

#endif
