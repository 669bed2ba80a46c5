/* SPDX-License-Identifier: MIT */
/*
 * Canonical marshal streams. What marshal.dumps() gives for one and the same code object depends on
 * reference counts: an object that happens to be referenced from elsewhere in the process carries
 * FLAG_REF, and elements of frozensets are sorted by bytes that include that flag. Here a stream is
 * taken apart and written anew with references exactly where an object occurs more than once; equal
 * bytes of length 1 count as one object, and so do, from 3.13 on, equal characters of ASCII.
 * marshal.loads() makes an equal object of it, with the same objects shared, and has fewer
 * references to keep.
 */
#ifndef BUNDLER_BUILD_MARSHAL_H
#define BUNDLER_BUILD_MARSHAL_H

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * What becomes of the elements of sets. In which order a set with colliding hashes is walked depends
 * on the order in which its elements came.
 */
enum marshal_sets {
	MARSHAL_KEEP_SETS, /* as in the stream: it is what stock Python reads, too */
	MARSHAL_SORT_SETS, /* as a .pyc file has them that Python writes: the code is fresh */
	MARSHAL_LIST_SETS, /* as in the stream, but with a list for each frozenset */
};

/*
 * Append the canonical form of the stream of `size` bytes at `data`, which an interpreter of
 * version `hexversion` (sys.hexversion) wrote, to `out`.
 * Errors: PYB_ERR_UNSUPPORTED if the stream holds a type, or the version a layout of code objects,
 * that is not known here: the stream may be fine; PYB_ERR_DAMAGED if it is cut off or contradicts
 * itself; PYB_ERR_MEMORY. `out` is then as it was. Thread-safe.
 */
enum pyb_status marshal_canonical(const void *data, size_t size, uint32_t hexversion,
				  enum marshal_sets sets, struct pyb_buffer *out,
				  struct pyb_error *error);

#endif
