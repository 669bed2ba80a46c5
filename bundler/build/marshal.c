/* SPDX-License-Identifier: MIT */
#include "bundler/build/marshal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "bundler/build/marshal_tree.h"

/* Bytes of what the elements of all sets are sorted by: these, and some for each of the stream. */
enum { KEY_SIZE_FREE = 1 << 20, KEY_SIZE_FACTOR = 64 };

struct emitter {
	struct marshal_tree *tree;
	struct pyb_buffer *out;
	enum marshal_sets sets;
	uint64_t key_room; /* bytes that are left for keys */
	uint32_t next_reference;
	struct pyb_error *error;
};

/* An element of a set: its node, and its value as bytes. */
struct element {
	uint32_t node;
	uint32_t place;     /* among the elements, so that equal bytes keep their order */
	size_t start, size; /* in the buffer of keys */
	const uint8_t *key;
};

static enum pyb_status too_deep(struct emitter *emitter)
{
	return pyb_error_set(emitter->error, PYB_ERR_UNSUPPORTED,
			     "the marshal stream is nested too deeply");
}

/* Append a node's type byte, if it has one, and what stands before its children. */
static enum pyb_status emit_head(struct emitter *emitter, struct pyb_buffer *out,
				 const struct marshal_node *node, uint8_t flag)
{
	const uint8_t type = emitter->sets == MARSHAL_LIST_SETS && node->type == MARSHAL_FROZENSET
				     ? MARSHAL_LIST
				     : node->type;
	const uint8_t byte = type | flag;
	enum pyb_status status = PYB_OK;

	if (node->type != MARSHAL_RAW)
		status = pyb_buffer_append(out, &byte, 1, emitter->error);
	if (status == PYB_OK)
		status = pyb_buffer_append(out, emitter->tree->data + node->start, node->size,
					   emitter->error);
	return status;
}

/* Constants such as None have no number; writing them again is shorter than a reference. */
static bool is_constant(uint8_t type)
{
	return type != '\0' && strchr("NFTS.", type) != NULL;
}

/* A string of one character below U+0100, or bytes of one byte, or none: there is one such object. */
static bool is_singleton(const struct marshal_node *node, const uint8_t *bytes)
{
	enum { SHORT = 1, LONG = 4, LATIN_1 = 0xc3 };

	switch (node->type) {
	case MARSHAL_SHORT:
	case MARSHAL_SHORT_INTERNED:
		return node->size <= SHORT + 1;
	case MARSHAL_BYTES:
		return node->size <= LONG + 1;
	case 'u':
		return node->size == LONG + 2 && bytes[LONG] <= LATIN_1;
	default:
		return false;
	}
}

static bool is_small_number(const struct marshal_node *node, const uint8_t *bytes)
{
	enum { SMALLEST = -5, LARGEST = 256 };
	uint32_t stored;

	if (node->type != 'i')
		return false;
	memcpy(&stored, bytes, sizeof(stored));
	const int32_t value = (int32_t)le32toh(stored);
	return value >= SMALLEST && value <= LARGEST;
}

static bool is_interned(const struct marshal_node *node)
{
	return node->type == MARSHAL_SHORT_INTERNED || node->type == 'A' || node->type == 't';
}

/*
 * Whether marshal.dumps() gives it FLAG_REF as an element of a set in fresh code: what others refer to,
 * too. It sorts elements by bytes with that flag, and Python puts them into the set in that order.
 * Some versions refer to the elements themselves while they look.
 */
static bool is_referred_to(const struct emitter *emitter, const struct marshal_node *node,
			   unsigned int depth)
{
	const uint8_t *const bytes = emitter->tree->data + node->start;
	const bool is_held = depth == 0 && emitter->tree->version->refers_to_elements;

	return !is_constant(node->type) &&
	       (is_held || node->uses > 1 || is_singleton(node, bytes) ||
		is_small_number(node, bytes) || is_interned(node));
}

/* Append the value of a node without any references. */
static enum pyb_status emit_value(struct emitter *emitter, struct pyb_buffer *out, uint32_t number,
				  unsigned int depth)
{
	const struct marshal_node *const node = &emitter->tree->nodes[number];
	enum pyb_status status;

	/* References inside of references can make a short stream stand for endless values. */
	if (depth > MARSHAL_DEPTH_MAX || out->size > emitter->key_room)
		return too_deep(emitter);
	status = emit_head(emitter, out, node,
			   is_referred_to(emitter, node, depth) ? MARSHAL_FLAG_REF : 0);
	for (uint32_t i = 0; i < node->child_count && status == PYB_OK; i++)
		status = emit_value(emitter, out, emitter->tree->children[node->first_child + i],
				    depth + 1);
	return status;
}

static int compare_elements(const void *a, const void *b)
{
	const struct element *const x = a;
	const struct element *const y = b;
	const int order = memcmp(x->key, y->key, x->size < y->size ? x->size : y->size);

	if (order != 0)
		return order;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* Put the children of a set in the order in which marshal.dumps() has them in fresh code. */
static enum pyb_status sort_set(struct emitter *emitter, const struct marshal_node *node)
{
	uint32_t *const children = emitter->tree->children + node->first_child;
	struct element *const elements = calloc(node->child_count, sizeof(*elements));
	struct pyb_buffer keys = {0};
	enum pyb_status status = PYB_OK;

	if (elements == NULL)
		return pyb_error_set(emitter->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < node->child_count && status == PYB_OK; i++) {
		elements[i] = (struct element){.node = children[i], .place = i, .start = keys.size};
		status = emit_value(emitter, &keys, children[i], 0);
		elements[i].size = keys.size - elements[i].start;
	}
	if (status == PYB_OK) {
		for (uint32_t i = 0; i < node->child_count; i++)
			elements[i].key = keys.data + elements[i].start;
		qsort(elements, node->child_count, sizeof(*elements), compare_elements);
		for (uint32_t i = 0; i < node->child_count; i++)
			children[i] = elements[i].node;
	}
	emitter->key_room -= keys.size < emitter->key_room ? keys.size : emitter->key_room;
	pyb_buffer_release(&keys);
	free(elements);
	return status;
}

static enum pyb_status emit_reference(struct emitter *emitter, uint32_t reference)
{
	const uint32_t stored = htole32(reference);
	uint8_t bytes[5] = {MARSHAL_REF};

	memcpy(bytes + 1, &stored, sizeof(stored));
	return pyb_buffer_append(emitter->out, bytes, sizeof(bytes), emitter->error);
}

static enum pyb_status emit_object(struct emitter *emitter, uint32_t number, unsigned int depth)
{
	struct marshal_node *const node = &emitter->tree->nodes[number];
	enum pyb_status status = PYB_OK;
	uint8_t flag = 0;

	if (depth > MARSHAL_DEPTH_MAX)
		return too_deep(emitter);
	if (node->reference != MARSHAL_NO_REFERENCE)
		return emit_reference(emitter, node->reference);
	if (node->uses > 1 && !is_constant(node->type)) {
		node->reference = emitter->next_reference++;
		flag = MARSHAL_FLAG_REF;
	}
	if (emitter->sets == MARSHAL_SORT_SETS && marshal_is_set(node->type) &&
	    node->child_count > 1)
		status = sort_set(emitter, node);
	if (status == PYB_OK)
		status = emit_head(emitter, emitter->out, node, flag);
	for (uint32_t i = 0; i < node->child_count && status == PYB_OK; i++)
		status = emit_object(emitter, emitter->tree->children[node->first_child + i],
				     depth + 1);
	return status;
}

/* A number for each value of bytes of length 1, and of a text of one character of ASCII; or NO_VALUE. */
enum { SINGLE_TEXT = UINT8_MAX + 1, NO_VALUE = SINGLE_TEXT + UINT8_MAX + 1 };

static uint32_t single_value(const struct marshal_node *node, const uint8_t *bytes)
{
	enum { COUNT = sizeof(uint32_t) };

	if (node->type == MARSHAL_BYTES && node->size == COUNT + 1 && bytes[0] == 1)
		return bytes[COUNT];
	if ((node->type == MARSHAL_SHORT || node->type == MARSHAL_SHORT_INTERNED) &&
	    node->size == 2)
		return SINGLE_TEXT + (uint32_t)bytes[1];
	return NO_VALUE;
}

/*
 * Make one object of all bytes of length 1 that are equal. The compiler makes one for each code object,
 * with the kinds of its variables; who reads a stream makes one of them, or many: that depends on the
 * release, up to the third number. Nobody can tell whether two kinds of variables are the same object.
 * Where a character is an interned string once it was read, the compiler can make others of it.
 */
static void share_singles(struct marshal_tree *tree)
{
	const uint32_t end = tree->version->shares_characters ? NO_VALUE : SINGLE_TEXT;
	uint32_t first[NO_VALUE];

	for (size_t i = 0; i < NO_VALUE; i++)
		first[i] = tree->node_count;
	for (uint32_t i = 0; i < tree->child_count; i++) {
		uint32_t *const child = &tree->children[i];
		struct marshal_node *const node = &tree->nodes[*child];
		const uint32_t value = single_value(node, tree->data + node->start);

		if (value >= end)
			continue;
		if (value >= SINGLE_TEXT)
			node->type = MARSHAL_SHORT_INTERNED;
		if (first[value] == tree->node_count)
			first[value] = *child;
		if (first[value] == *child)
			continue;
		tree->nodes[first[value]].uses++;
		*child = first[value];
	}
}

enum pyb_status marshal_canonical(const void *data, size_t size, uint32_t hexversion,
				  enum marshal_sets sets, struct pyb_buffer *out,
				  struct pyb_error *error)
{
	const size_t before = out->size;
	struct marshal_tree tree;
	struct emitter emitter = {.tree = &tree,
				  .out = out,
				  .sets = sets,
				  .key_room = KEY_SIZE_FREE + KEY_SIZE_FACTOR * (uint64_t)size,
				  .error = error};
	enum pyb_status status = marshal_tree_parse(&tree, data, size, hexversion, error);

	if (status == PYB_OK) {
		share_singles(&tree);
		status = emit_object(&emitter, tree.root, 0);
	}
	if (status != PYB_OK)
		out->size = before;
	marshal_tree_release(&tree);
	return status;
}
