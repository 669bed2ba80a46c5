/* SPDX-License-Identifier: MIT */
/*
 * Whether the running interpreter has its structures where the headers say that the importer was
 * compiled with. VERSIONS.md lists what is relied on, and which probe looks at it.
 */
#ifndef IMPORTER_CPYTHON_PROBE_H
#define IMPORTER_CPYTHON_PROBE_H

/*
 * What is not as expected, as an English phrase in static storage, or NULL. To be asked before anything
 * is hooked; leaves no exception set. Needs the GIL, but no importlib.
 */
const char *probe_find_fault(void);

#endif
