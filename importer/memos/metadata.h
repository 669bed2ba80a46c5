/* SPDX-License-Identifier: MIT */
/*
 * While `pkg_resources` is being imported it makes an object for each distribution on the search path,
 * twice, from the metadata that lies there. For metadata that is what it was when the bundle was made, its
 * function distributions_from_metadata() returns an object like the one that was made of it then.
 * Whatever else it is asked, at any time, stock answers.
 */
#ifndef IMPORTER_MEMOS_METADATA_H
#define IMPORTER_MEMOS_METADATA_H

#include "importer/cpython/compat.h"

/*
 * The import of a module of the bundle begins, and ends. Between the two, for which `import` stands,
 * the module's body is executed. Both set no exception; metadata_end() leaves one that is set alone.
 */
void metadata_begin(const void *import, PyObject *name);
void metadata_end(const void *import);

#endif
