/* SPDX-License-Identifier: MIT */
/* Matching module names against patterns. */
#include "manifest/internal.h"

#include <string.h>

#include "lib/utf8.h"

/* A component of a dotted text; `start` is NULL behind the last one. */
struct component {
	const char *start;
	size_t size;
};

static struct component component_at(const char *start)
{
	return (struct component){start, (size_t)(strchrnul(start, '.') - start)};
}

static struct component component_after(struct component component)
{
	const char *end = component.start + component.size;
	return *end == '.' ? component_at(end + 1) : (struct component){NULL, 0};
}

static bool is_any_depth(struct component component)
{
	return component.size == 2 && memcmp(component.start, "**", 2) == 0;
}

static bool is_star(struct component component)
{
	return component.size == 1 && *component.start == '*';
}

/* Bytes of the character that begins at `text`, where bad UTF-8 counts as single bytes. */
static size_t character_size(const char *text, size_t size)
{
	uint32_t code = 0;
	if ((unsigned char)*text < 0x80)
		return 1;
	const size_t length = pyb_utf8_decode(text, size, &code);
	return length == 0 ? 1 : length;
}

/*
 * `*` and `?` within one component. After a mismatch only the last star has to be tried further: an
 * earlier one that took more would leave the later parts fewer places, never better ones.
 */
static bool component_matches(struct component pattern, struct component name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, star_name = 0;
	while (n < name.size) {
		if (p < pattern.size && pattern.start[p] == '*') {
			star = p++;
			star_name = n;
		} else if (p < pattern.size && pattern.start[p] == '?') {
			p++;
			n += character_size(name.start + n, name.size - n);
		} else if (p < pattern.size && pattern.start[p] == name.start[n]) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			star_name += character_size(name.start + star_name, name.size - star_name);
			n = star_name;
		} else {
			return false;
		}
	}
	while (p < pattern.size && pattern.start[p] == '*')
		p++;
	return p == pattern.size;
}

/* The same one level up: components for characters, a component `**` for the star. */
bool manifest_pattern_matches(const char *pattern, const char *module_name)
{
	struct component p = component_at(pattern), n = component_at(module_name);
	struct component star = {NULL, 0}, star_name = {NULL, 0};
	while (n.start != NULL) {
		if (p.start != NULL && is_any_depth(p)) {
			star = p;
			star_name = n;
			p = component_after(p);
			continue;
		}
		if (p.start != NULL && component_matches(p, n)) {
			const struct component next = component_after(p);
			if (next.start == NULL && is_star(p))
				return true;
			p = next;
			n = component_after(n);
			continue;
		}
		if (star.start == NULL)
			return false;
		p = component_after(star);
		star_name = component_after(star_name);
		n = star_name;
	}
	while (p.start != NULL && is_any_depth(p))
		p = component_after(p);
	return p.start == NULL;
}
