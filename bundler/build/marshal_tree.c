/* SPDX-License-Identifier: MIT */
#include "bundler/build/marshal_tree.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* How the size of an object follows from what is behind its type byte. */
enum shape {
	SHAPE_UNKNOWN,
	SHAPE_CONSTANT, /* nothing follows, and a FLAG_REF has no effect */
	SHAPE_FIXED,    /* `size` bytes */
	SHAPE_SHORT,    /* a byte with the number of bytes */
	SHAPE_LONG,     /* four bytes with the number of units of `size` bytes, its sign aside */
	SHAPE_FEW,      /* a byte with the number of children */
	SHAPE_MANY,     /* four bytes with the number of children */
	SHAPE_CHILDREN, /* `size` children */
	SHAPE_CODE,     /* numbers and children as the table below says */
};

struct type_rule {
	enum shape shape;
	uint8_t size;
};

/* Dictionaries are left out: no code object holds one. */
static const struct type_rule type_rules[128] = {
	['N'] = {SHAPE_CONSTANT, 0}, ['F'] = {SHAPE_CONSTANT, 0}, ['T'] = {SHAPE_CONSTANT, 0},
	['S'] = {SHAPE_CONSTANT, 0}, ['.'] = {SHAPE_CONSTANT, 0}, ['i'] = {SHAPE_FIXED, 4},
	['I'] = {SHAPE_FIXED, 8},    ['g'] = {SHAPE_FIXED, 8},    ['y'] = {SHAPE_FIXED, 16},
	['l'] = {SHAPE_LONG, 2},     ['s'] = {SHAPE_LONG, 1},     ['t'] = {SHAPE_LONG, 1},
	['u'] = {SHAPE_LONG, 1},     ['a'] = {SHAPE_LONG, 1},     ['A'] = {SHAPE_LONG, 1},
	['z'] = {SHAPE_SHORT, 1},    ['Z'] = {SHAPE_SHORT, 1},    [')'] = {SHAPE_FEW, 0},
	['('] = {SHAPE_MANY, 0},     ['['] = {SHAPE_MANY, 0},     ['<'] = {SHAPE_MANY, 0},
	['>'] = {SHAPE_MANY, 0},     [':'] = {SHAPE_CHILDREN, 3}, ['c'] = {SHAPE_CODE, 0},
};

/* From Python/marshal.c of each version. */
static const struct marshal_version versions[] = {
	/* argcount posonlyargcount kwonlyargcount nlocals stacksize flags, code consts names
	   varnames freevars cellvars filename name, firstlineno, lnotab */
	{0x0308, 0x030a,
	 "nnnnnn"
	 "oooooooo"
	 "n"
	 "o",
	 false, false},
	/* argcount posonlyargcount kwonlyargcount stacksize flags, code consts names localsplusnames
	   localspluskinds filename name qualname, firstlineno, linetable exceptiontable */
	{0x030b, 0x030c,
	 "nnnnn"
	 "oooooooo"
	 "n"
	 "oo",
	 false, false},
	{0x030d, 0x030f,
	 "nnnnn"
	 "oooooooo"
	 "n"
	 "oo",
	 true, true},
};

struct parser {
	struct marshal_tree *tree;
	uint32_t at;
	uint32_t
		promised; /* children that are still to come, of all objects that are not complete */
	uint32_t *references; /* node of each object that was given a number */
	uint32_t reference_count, reference_room;
	struct pyb_error *error;
};

static enum pyb_status damaged(struct parser *parser, const char *what)
{
	return pyb_error_set_at(parser->error, PYB_ERR_DAMAGED, parser->at,
				"the marshal stream %s at byte %u", what, parser->at);
}

static enum pyb_status reserve(void **array, uint32_t wanted, uint32_t *room, size_t element,
			       struct parser *parser)
{
	uint32_t larger = *room < 64 ? 64 : *room;

	if (wanted <= *room)
		return PYB_OK;
	while (larger < wanted)
		if (__builtin_mul_overflow(larger, 2u, &larger))
			return damaged(parser, "has too many objects");
	void *const grown = reallocarray(*array, larger, element);
	if (grown == NULL)
		return pyb_error_set(parser->error, PYB_ERR_MEMORY, "out of memory");
	*array = grown;
	*room = larger;
	return PYB_OK;
}

/* Pass over `size` bytes. */
static enum pyb_status skip(struct parser *parser, uint64_t size)
{
	if (size > parser->tree->size - parser->at)
		return damaged(parser, "is cut off");
	parser->at += (uint32_t)size;
	return PYB_OK;
}

static enum pyb_status read_u32(struct parser *parser, uint32_t *value)
{
	const uint32_t at = parser->at;
	const enum pyb_status status = skip(parser, sizeof(*value));

	if (status != PYB_OK)
		return status;
	memcpy(value, parser->tree->data + at, sizeof(*value));
	*value = le32toh(*value);
	return PYB_OK;
}

static enum pyb_status read_u8(struct parser *parser, uint32_t *value)
{
	const enum pyb_status status = skip(parser, 1);

	if (status == PYB_OK)
		*value = parser->tree->data[parser->at - 1];
	return status;
}

static enum pyb_status new_node(struct parser *parser, uint8_t type, uint32_t *number)
{
	struct marshal_tree *const tree = parser->tree;
	const enum pyb_status status = reserve((void **)&tree->nodes, tree->node_count + 1,
					       &tree->node_room, sizeof(*tree->nodes), parser);

	if (status != PYB_OK)
		return status;
	*number = tree->node_count++;
	tree->nodes[*number] = (struct marshal_node){
		.type = type, .start = parser->at, .reference = MARSHAL_NO_REFERENCE};
	return PYB_OK;
}

/* The number is given before the children are read, to containers and to all others. */
static enum pyb_status note_reference(struct parser *parser, uint32_t node)
{
	const enum pyb_status status =
		reserve((void **)&parser->references, parser->reference_count + 1,
			&parser->reference_room, sizeof(*parser->references), parser);

	if (status == PYB_OK)
		parser->references[parser->reference_count++] = node;
	return status;
}

static enum pyb_status follow_reference(struct parser *parser, uint32_t *node)
{
	uint32_t number = 0;
	const enum pyb_status status = read_u32(parser, &number);

	if (status != PYB_OK)
		return status;
	if (number >= parser->reference_count)
		return damaged(parser, "refers to an object that does not exist");
	*node = parser->references[number];
	if (!parser->tree->nodes[*node].is_complete)
		return damaged(parser, "refers to an object that contains the reference");
	return PYB_OK;
}

static enum pyb_status parse_object(struct parser *parser, unsigned int depth, uint32_t *ret);

static enum pyb_status parse_raw(struct parser *parser, uint32_t *ret)
{
	enum pyb_status status = new_node(parser, MARSHAL_RAW, ret);

	if (status != PYB_OK)
		return status;
	parser->tree->nodes[*ret].size = sizeof(uint32_t);
	parser->tree->nodes[*ret].uses = 1;
	return skip(parser, sizeof(uint32_t));
}

/* `fields` NULL: all children are objects. */
static enum pyb_status parse_children(struct parser *parser, unsigned int depth, uint32_t node,
				      uint32_t count, const char *fields)
{
	struct marshal_tree *const tree = parser->tree;
	const uint32_t first = tree->child_count;
	const uint32_t left = tree->size - parser->at;
	enum pyb_status status;

	/* Each takes a byte at least, so a count that lies is found before memory is taken. */
	if (parser->promised > left || count > left - parser->promised)
		return damaged(parser, "is cut off");
	parser->promised += count;
	status = reserve((void **)&tree->children, first + count, &tree->child_room,
			 sizeof(*tree->children), parser);
	tree->nodes[node].first_child = first;
	tree->nodes[node].child_count = count;
	tree->child_count += count;
	for (uint32_t i = 0; i < count && status == PYB_OK; i++) {
		uint32_t child = 0;

		parser->promised--;
		if (fields != NULL && fields[i] == 'n')
			status = parse_raw(parser, &child);
		else
			status = parse_object(parser, depth + 1, &child);
		tree->children[first + i] = child;
	}
	return status;
}

static enum pyb_status unsupported(struct parser *parser, uint8_t type)
{
	return pyb_error_set_at(parser->error, PYB_ERR_UNSUPPORTED, parser->at,
				"the marshal stream has an object of unknown type 0x%02x", type);
}

static enum pyb_status parse_code(struct parser *parser, unsigned int depth, uint32_t node)
{
	const char *const fields = parser->tree->version->code_fields;

	if (fields == NULL)
		return unsupported(parser, 'c');
	return parse_children(parser, depth, node, (uint32_t)strlen(fields), fields);
}

static enum pyb_status parse_sized(struct parser *parser, const struct type_rule *rule)
{
	uint32_t count = 0;
	enum pyb_status status = PYB_OK;

	if (rule->shape == SHAPE_SHORT)
		status = read_u8(parser, &count);
	else if (rule->shape == SHAPE_LONG)
		status = read_u32(parser, &count);
	else
		count = 1;
	if (status != PYB_OK)
		return status;
	const int64_t units = (int32_t)count;
	return skip(parser, (uint64_t)(units < 0 ? -units : units) * rule->size);
}

/* What follows the type byte. */
static enum pyb_status parse_body(struct parser *parser, const struct type_rule *rule,
				  unsigned int depth, uint32_t node)
{
	const uint32_t start = parser->at;
	uint32_t count = rule->size;
	enum pyb_status status = PYB_OK;

	if (rule->shape == SHAPE_FEW)
		status = read_u8(parser, &count);
	else if (rule->shape == SHAPE_MANY)
		status = read_u32(parser, &count);
	else if (rule->shape != SHAPE_CHILDREN && rule->shape != SHAPE_CODE)
		status = parse_sized(parser, rule);
	if (status != PYB_OK)
		return status;
	parser->tree->nodes[node].size = parser->at - start;
	if (rule->shape == SHAPE_CODE)
		return parse_code(parser, depth, node);
	if (rule->shape == SHAPE_FEW || rule->shape == SHAPE_MANY || rule->shape == SHAPE_CHILDREN)
		return parse_children(parser, depth, node, count, NULL);
	return PYB_OK;
}

static enum pyb_status parse_new_object(struct parser *parser, uint8_t byte, unsigned int depth,
					uint32_t *ret)
{
	const uint8_t type = byte & (uint8_t)~MARSHAL_FLAG_REF;
	const struct type_rule *const rule = &type_rules[type];
	enum pyb_status status = new_node(parser, type, ret);

	if (status == PYB_OK && (byte & MARSHAL_FLAG_REF) != 0 && rule->shape != SHAPE_CONSTANT)
		status = note_reference(parser, *ret);
	if (status == PYB_OK && rule->shape != SHAPE_CONSTANT)
		status = parse_body(parser, rule, depth, *ret);
	if (status == PYB_OK)
		parser->tree->nodes[*ret].is_complete = true;
	return status;
}

static enum pyb_status parse_object(struct parser *parser, unsigned int depth, uint32_t *ret)
{
	uint32_t byte = 0;
	enum pyb_status status;

	if (depth > MARSHAL_DEPTH_MAX)
		return damaged(parser, "is nested too deeply");
	status = read_u8(parser, &byte);
	if (status != PYB_OK)
		return status;
	const uint8_t type = (uint8_t)(byte & 0x7f);
	if (type == MARSHAL_REF)
		status = follow_reference(parser, ret);
	else if (type_rules[type].shape == SHAPE_UNKNOWN)
		status = unsupported(parser, (uint8_t)byte);
	else
		status = parse_new_object(parser, (uint8_t)byte, depth, ret);
	if (status == PYB_OK)
		parser->tree->nodes[*ret].uses++;
	return status;
}

static const struct marshal_version *find_version(uint32_t hexversion)
{
	static const struct marshal_version unknown = {0};
	const uint32_t version = hexversion >> 16;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (version >= versions[i].first && version <= versions[i].last)
			return &versions[i];
	return &unknown;
}

enum pyb_status marshal_tree_parse(struct marshal_tree *tree, const void *data, size_t size,
				   uint32_t hexversion, struct pyb_error *error)
{
	struct parser parser = {.tree = tree, .error = error};
	enum pyb_status status;

	*tree = (struct marshal_tree){
		.data = data, .size = (uint32_t)size, .version = find_version(hexversion)};
	if (size > INT32_MAX)
		return pyb_error_set(error, PYB_ERR_UNSUPPORTED,
				     "the marshal stream has over 2 GiB");
	status = parse_object(&parser, 0, &tree->root);
	if (status == PYB_OK && parser.at != tree->size)
		status = damaged(&parser, "goes on behind its object");
	free(parser.references);
	return status;
}

void marshal_tree_release(struct marshal_tree *tree)
{
	free(tree->nodes);
	free(tree->children);
	*tree = (struct marshal_tree){0};
}

bool marshal_is_set(uint8_t type)
{
	return type == '<' || type == '>';
}
