/* SPDX-License-Identifier: MIT */
/*
 * While `site` is being imported it reads its folders to find .pth files. For a folder that has not
 * changed since the bundle was made os.listdir() tells the .pth files from there. It stays the
 * object that it is, with the same hash, and does so for site's own function only.
 */
#ifndef IMPORTER_MEMOS_PTH_H
#define IMPORTER_MEMOS_PTH_H

#include <stdbool.h>

#include "importer/cpython/compat.h"
#include "lib/memo.h"

/*
 * The import of a module begins that is left to importlib. Returns true if it is `site` and the
 * bundle knows of its folders; then pth_end() is to be called when it ends. Sets no exception.
 */
bool pth_begin(PyObject *name);
void pth_end(void);

#endif
