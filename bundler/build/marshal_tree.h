/* SPDX-License-Identifier: MIT */
/* A marshal stream as a graph of nodes; shared by the two halves of marshal.h. */
#ifndef BUNDLER_BUILD_MARSHAL_TREE_H
#define BUNDLER_BUILD_MARSHAL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

enum {
	MARSHAL_FLAG_REF = 0x80,
	MARSHAL_DEPTH_MAX = 2000, /* as in the interpreter */
	MARSHAL_RAW = 0,          /* a bare number between the fields of a code object */
	MARSHAL_REF = 'r',
	MARSHAL_BYTES = 's',
	MARSHAL_SHORT = 'z', /* up to 255 characters of ASCII */
	MARSHAL_SHORT_INTERNED = 'Z',
	MARSHAL_LIST = '[',
	MARSHAL_FROZENSET = '>',
};

/* An object of the stream. Each object is one node, however often it occurs. */
struct marshal_node {
	uint32_t start;                    /* offset of what follows the type byte ... */
	uint32_t size;                     /* ... up to the first child */
	uint32_t first_child, child_count; /* a range of tree->children */
	uint32_t uses;                     /* how often it occurs */
	uint32_t reference; /* number by which the output refers to it, or MARSHAL_NO_REFERENCE */
	uint8_t type;       /* type byte without FLAG_REF, or MARSHAL_RAW */
	bool is_complete;
};

#define MARSHAL_NO_REFERENCE UINT32_MAX

/* What some versions of Python have in their own way. */
struct marshal_version {
	uint32_t first, last; /* of sys.hexversion >> 16 */
	/*
	 * The fields of a code object in the order of the stream: n for a number of four bytes, o for an
	 * object; NULL: not known.
	 */
	const char *code_fields;
	bool refers_to_elements; /* to those of a set while they are sorted, so that they get FLAG_REF */
	bool shares_characters; /* a string of one character is interned once it was read */
};

struct marshal_tree {
	const uint8_t *data;
	uint32_t size;
	const struct marshal_version *version;
	struct marshal_node *nodes;
	uint32_t *children; /* numbers of nodes */
	uint32_t node_count, child_count;
	uint32_t node_room, child_room;
	uint32_t root;
};

/*
 * Take a stream apart. `data` must live as long as the tree. *tree is the caller's to release,
 * whatever is returned. Errors as for marshal_canonical().
 */
enum pyb_status marshal_tree_parse(struct marshal_tree *tree, const void *data, size_t size,
				   uint32_t hexversion, struct pyb_error *error);

void marshal_tree_release(struct marshal_tree *tree);

/* Whether the order of the children has no meaning. */
bool marshal_is_set(uint8_t type);

#endif
