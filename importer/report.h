/* SPDX-License-Identifier: MIT */
/* The report at the end of a process, for PYSTART_STATS. */
#ifndef IMPORTER_REPORT_H
#define IMPORTER_REPORT_H

#include "importer/bundle/mapping.h"
#include "importer/stats.h"

/* Print on stderr what was counted, and what became of the bundle. Needs no interpreter. */
void report_print(const struct stats *stats, const struct bundle *bundle);

#endif
