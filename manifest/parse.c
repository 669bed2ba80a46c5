/* SPDX-License-Identifier: MIT */
/*
 * From YAML to keys and values. The events of libyaml are taken one at a time and nothing is built
 * from them, so that the cost of a bad manifest is bounded by its size; aliases are refused instead
 * of followed for the same reason.
 */
#include "manifest/internal.h"

#include <string.h>
#include <yaml.h>

/* Deeper than anything that is allowed, so that wrong types are named as such up to here. */
enum { MAX_DEPTH = 32 };

/* The events of one text. Every function that takes some returns false when reading must end. */
struct stream {
	struct manifest_load *load;
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	bool has_event;
	size_t depth; /* of lists and mappings that are open behind the current event */
	const char *text;
	size_t size;
};

static struct manifest_place place_of(yaml_mark_t mark)
{
	return (struct manifest_place){mark.line + 1, mark.column + 1};
}

static struct manifest_place event_place(const struct stream *stream)
{
	return place_of(stream->event.start_mark);
}

/* What people trip over most often, by the place where libyaml gave up. */
static const char *syntax_hint(const struct stream *stream)
{
	const yaml_parser_t *parser = &stream->parser;
	const size_t at = parser->problem_mark.index;
	if (parser->context != NULL && strstr(parser->context, "alias") != NULL)
		return "; put a pattern that begins with '*' in quotes";
	if (strstr(parser->problem, "cannot start any token") == NULL || at >= stream->size)
		return "";
	/* The index counts characters: it is the offset as long as all before it is ASCII. */
	for (size_t i = 0; i < at; i++)
		if ((unsigned char)stream->text[i] >= 0x80)
			return "";
	return stream->text[at] == '\t' ? "; YAML is indented with spaces, not tabs"
					: "; put the value in quotes";
}

static void report_syntax(const struct stream *stream)
{
	struct manifest_load *load = stream->load;
	const yaml_parser_t *parser = &stream->parser;
	if (parser->error == YAML_MEMORY_ERROR || parser->problem == NULL) {
		manifest_out_of_memory(load);
		return;
	}
	load->key = NULL;
	const struct manifest_place place =
		place_of(parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark);
	if (parser->context == NULL)
		manifest_problem(load, place, "not YAML: %s%s", parser->problem,
				 syntax_hint(stream));
	else
		manifest_problem(load, place, "not YAML: %s, %s from line %zu on%s",
				 parser->problem, parser->context, parser->context_mark.line + 1,
				 syntax_hint(stream));
}

static void refuse_properties(struct manifest_load *load, struct manifest_place place,
			      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct manifest_excerpt excerpt;
	if (anchor != NULL)
		manifest_problem(load, place, "the anchor '&%s' is not allowed in a manifest",
				 manifest_excerpt(&excerpt, (const char *)anchor,
						  strlen((const char *)anchor)));
	if (tag != NULL)
		manifest_problem(
			load, place, "the tag '%s' is not allowed in a manifest",
			manifest_excerpt(&excerpt, (const char *)tag, strlen((const char *)tag)));
}

/* Anchors, aliases and tags have no place in a manifest, wherever they stand. */
static void check_properties(const struct stream *stream)
{
	struct manifest_load *load = stream->load;
	const yaml_event_t *event = &stream->event;
	const struct manifest_place place = event_place(stream);
	struct manifest_excerpt excerpt;
	if (event->type == YAML_SCALAR_EVENT)
		refuse_properties(load, place, event->data.scalar.anchor, event->data.scalar.tag);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		refuse_properties(load, place, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	else if (event->type == YAML_MAPPING_START_EVENT)
		refuse_properties(load, place, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	else if (event->type == YAML_ALIAS_EVENT)
		manifest_problem(
			load, place,
			"the alias '*%s' is not allowed in a manifest; put it in quotes if a "
			"pattern is meant",
			manifest_excerpt(&excerpt, (const char *)event->data.alias.anchor,
					 strlen((const char *)event->data.alias.anchor)));
}

static bool is_start(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
}

static bool is_end(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
}

static bool next_event(struct stream *stream)
{
	struct manifest_load *load = stream->load;
	if (stream->has_event)
		yaml_event_delete(&stream->event);
	stream->has_event = false;
	if (load->failure != PYB_OK)
		return false;
	if (yaml_parser_parse(&stream->parser, &stream->event) == 0) {
		report_syntax(stream);
		return false;
	}
	stream->has_event = true;
	stream->depth += is_start(stream->event.type);
	stream->depth -= is_end(stream->event.type);
	if (stream->depth > MAX_DEPTH) {
		manifest_problem(load, event_place(stream),
				 "lists and mappings are nested too deeply here");
		return false;
	}
	check_properties(stream);
	return true;
}

/* Go to the last event of the value that begins with the current one. */
static bool skip_value(struct stream *stream)
{
	const size_t outside = stream->depth - is_start(stream->event.type);
	while (stream->depth > outside)
		if (!next_event(stream))
			return false;
	return true;
}

static bool skip_next_value(struct stream *stream)
{
	return next_event(stream) && skip_value(stream);
}

static struct manifest_value current_value(const struct stream *stream)
{
	return (struct manifest_value){
		.text = (const char *)stream->event.data.scalar.value,
		.size = stream->event.data.scalar.length,
		.is_plain = stream->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
		.place = event_place(stream),
	};
}

static const char *type_name(yaml_event_type_t type)
{
	return type == YAML_SEQUENCE_START_EVENT  ? "a list"
	       : type == YAML_MAPPING_START_EVENT ? "a mapping ('word: value')"
						  : "a single value";
}

static bool parse_items(struct stream *stream, enum manifest_key key)
{
	while (next_event(stream)) {
		const yaml_event_type_t type = stream->event.type;
		if (type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (type == YAML_SCALAR_EVENT) {
			const struct manifest_value value = current_value(stream);
			manifest_key_set(stream->load, key, &value);
		} else if (type != YAML_ALIAS_EVENT) {
			manifest_problem(stream->load, event_place(stream),
					 "an item must be a single value, not %s", type_name(type));
		}
		if (!skip_value(stream))
			return false;
	}
	return false;
}

/* The current event begins the value of the key. */
static bool parse_value(struct stream *stream, enum manifest_key key)
{
	const yaml_event_type_t type = stream->event.type;
	const bool is_list = manifest_key_is_list(key);
	if (type == YAML_SEQUENCE_START_EVENT && is_list)
		return parse_items(stream, key);
	if (type == YAML_SCALAR_EVENT) {
		const struct manifest_value value = current_value(stream);
		if (!is_list)
			manifest_key_set(stream->load, key, &value);
		if (!is_list || manifest_value_is_null(&value))
			return true;
	}
	if (type != YAML_ALIAS_EVENT)
		manifest_problem(stream->load, event_place(stream), "must be %s, not %s",
				 is_list ? "a list" : "a single value", type_name(type));
	return skip_value(stream);
}

static void report_unknown_key(struct stream *stream, const struct manifest_value *name)
{
	struct manifest_excerpt excerpt;
	const char *nearest = manifest_key_nearest(name->text, name->size);
	stream->load->key = manifest_excerpt(&excerpt, name->text, name->size);
	if (nearest != NULL)
		manifest_problem(stream->load, name->place, "there is no such key; is '%s' meant?",
				 nearest);
	else
		manifest_problem(stream->load, name->place,
				 "there is no such key; pystart-manifest(5) lists all");
	stream->load->key = NULL;
}

/* The current event is the name of a key; go to the end of its value. */
static bool parse_pair(struct stream *stream)
{
	struct manifest_load *load = stream->load;
	if (stream->event.type != YAML_SCALAR_EVENT) {
		if (stream->event.type != YAML_ALIAS_EVENT)
			manifest_problem(load, event_place(stream), "a key must be a word, not %s",
					 type_name(stream->event.type));
		return skip_value(stream) && skip_next_value(stream);
	}
	const struct manifest_value name = current_value(stream);
	const enum manifest_key key = manifest_key_find(name.text, name.size);
	if (key == KEY_COUNT) {
		report_unknown_key(stream, &name);
		return skip_next_value(stream);
	}
	load->key = manifest_key_name(key);
	bool goes_on;
	if (load->given[key].line != 0) {
		manifest_problem(load, name.place, "given twice, first on line %zu",
				 load->given[key].line);
		goes_on = skip_next_value(stream);
	} else {
		load->given[key] = name.place;
		goes_on = next_event(stream) && parse_value(stream, key);
	}
	load->key = NULL;
	return goes_on;
}

static void report_wrong_root(struct stream *stream)
{
	const yaml_event_type_t type = stream->event.type;
	if (type == YAML_SCALAR_EVENT) {
		const struct manifest_value value = current_value(stream);
		if (manifest_value_is_null(&value)) {
			manifest_problem(stream->load, value.place,
					 "the manifest is empty; it begins with 'version: 1'");
			return;
		}
	}
	manifest_problem(stream->load, event_place(stream),
			 "a manifest consists of 'key: value' lines; this is %s", type_name(type));
}

/* The current event begins the document's value. */
static bool parse_root(struct stream *stream)
{
	if (stream->event.type != YAML_MAPPING_START_EVENT) {
		if (stream->event.type != YAML_ALIAS_EVENT)
			report_wrong_root(stream);
		return false;
	}
	while (next_event(stream)) {
		if (stream->event.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!parse_pair(stream))
			return false;
	}
	return false;
}

static bool parse_stream(struct stream *stream)
{
	const struct manifest_place start = {1, 1};
	if (!next_event(stream) || !next_event(stream))
		return false;
	if (stream->event.type == YAML_STREAM_END_EVENT) {
		manifest_problem(stream->load, start,
				 "the manifest is empty; it begins with 'version: 1'");
		return false;
	}
	if (!next_event(stream) || !parse_root(stream))
		return false;
	if (!next_event(stream) || !next_event(stream))
		return false;
	if (stream->event.type != YAML_STREAM_END_EVENT)
		manifest_problem(stream->load, event_place(stream),
				 "a second document begins here; a manifest is one");
	return true;
}

void manifest_parse_yaml(struct manifest_load *load, const char *text, size_t size)
{
	struct stream stream = {.load = load, .text = text, .size = size};
	if (yaml_parser_initialize(&stream.parser) == 0) {
		manifest_out_of_memory(load);
		return;
	}
	yaml_parser_set_input_string(&stream.parser, (const unsigned char *)text, size);
	yaml_parser_set_encoding(&stream.parser, YAML_UTF8_ENCODING);
	load->complete = parse_stream(&stream);
	load->key = NULL;
	if (stream.has_event)
		yaml_event_delete(&stream.event);
	yaml_parser_delete(&stream.parser);
}
