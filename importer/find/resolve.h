/* SPDX-License-Identifier: MIT */
/* Would stock Python, searching now, find the module that is in the bundle? */
#ifndef IMPORTER_FIND_RESOLVE_H
#define IMPORTER_FIND_RESOLVE_H

#include "importer/cpython/compat.h"
#include "importer/find/entry.h"
#include "importer/stats.h"
#include "lib/reader.h"

enum verdict {
	VERDICT_SERVE,  /* it would find this module */
	VERDICT_FOUND,  /* a finder on the path was asked and found another one */
	VERDICT_ABSENT, /* it would find no module of this name on the path */
	VERDICT_LEAVE,  /* unknown: let it search; *reason is set */
	VERDICT_ERROR,  /* an exception is set */
};

/*
 * Search `path` (sys.path, a package's __path__, or what a program gives PathFinder) for the module
 * as PathFinder would, by what is known of the folders. Where that is not enough, the entry's finder
 * is asked, as PathFinder would ask it; *spec is then a new reference to what it has found, or NULL.
 */
enum verdict resolve_module(const struct pyb_module_view *view, PyObject *path,
			    const struct question *question, PyObject **spec,
			    enum fallthrough *reason);

/* Whether the folder of a module's file is not as it was when the bundle was made. */
bool resolve_folder_changed(const struct pyb_module_view *view);

#endif
