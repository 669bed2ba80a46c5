/* SPDX-License-Identifier: MIT */
#include "bundler/snapshot/report_compare.h"

#include <stdio.h>
#include <string.h>

struct part {
	const char *text;
	size_t size;
};

struct line {
	struct part name, value;
};

/* --- lines */

static struct part take_until(struct part *rest, char end)
{
	const char *const found = rest->size == 0 ? NULL : memchr(rest->text, end, rest->size);
	const size_t size = found == NULL ? rest->size : (size_t)(found - rest->text);
	const size_t taken = found == NULL ? size : size + 1;
	const struct part part = {rest->text, size};

	rest->text += taken;
	rest->size -= taken;
	return part;
}

/* False at the end. */
static bool take_line(struct part *rest, struct line *line)
{
	if (rest->size == 0)
		return false;
	line->value = take_until(rest, '\n');
	line->name = take_until(&line->value, '\t');
	return true;
}

static struct part all_of(const struct pyb_buffer *report)
{
	return (struct part){(const char *)report->data, report->size};
}

static bool is_same(const struct part *one, const struct part *other)
{
	return one->size == other->size && memcmp(one->text, other->text, one->size) == 0;
}

static bool is_same_report(const struct pyb_buffer *one, const struct pyb_buffer *other)
{
	const struct part first = all_of(one), second = all_of(other);

	return is_same(&first, &second);
}

/* A report, and what follows the line that was found last: most come in the same order in all of them. */
struct search {
	const struct pyb_buffer *report;
	struct part rest;
};

static bool find_in(struct part *rest, const struct part *name, struct line *line)
{
	while (take_line(rest, line))
		if (is_same(&line->name, name))
			return true;
	return false;
}

static bool find_line(struct search *search, const struct part *name, struct line *line)
{
	struct part rest = search->rest;

	if (!find_in(&rest, name, line)) {
		rest = all_of(search->report);
		if (!find_in(&rest, name, line))
			return false;
	}
	search->rest = rest;
	return true;
}

/* --- the difference in words */

enum { SHOWN = 160, SHOWN_BEFORE = 40 };

static size_t common_size(const struct part *one, const struct part *other)
{
	size_t size = 0;

	while (size < one->size && size < other->size && one->text[size] == other->text[size])
		size++;
	return size;
}

/* Of a long value, what is around the place where it is another one. */
static struct part cut(const struct part *value, size_t common)
{
	const size_t skipped =
		value->size > SHOWN && common > SHOWN_BEFORE ? common - SHOWN_BEFORE : 0;
	const size_t left = value->size - skipped;

	return (struct part){value->text + skipped, left < SHOWN ? left : SHOWN};
}

static void tell_values(const struct line *stock, const struct line *restored, char *text,
			size_t size)
{
	const size_t common = common_size(&stock->value, &restored->value);
	const struct part before = cut(&stock->value, common);
	const struct part after = cut(&restored->value, common);

	snprintf(text, size, "%.*s is %.*s with the snapshot, and %.*s without",
		 (int)stock->name.size, stock->name.text, (int)after.size, after.text,
		 (int)before.size, before.text);
}

static void tell_missing(const struct line *line, bool is_in_stock, char *text, size_t size)
{
	const struct part value = cut(&line->value, 0);

	snprintf(text, size, "%.*s is %.*s %s the snapshot, and is not there %s",
		 (int)line->name.size, line->name.text, (int)value.size, value.text,
		 is_in_stock ? "without" : "with", is_in_stock ? "with it" : "without it");
}

/* --- what is another thing under each start */

struct searches {
	struct search list[REPORTS_AGAIN];
	size_t count;
};

static struct searches search_all(const struct reports_again *again)
{
	struct searches searches = {.count = again->count};

	for (size_t i = 0; i < again->count; i++)
		searches.list[i].report = &again->list[i];
	return searches;
}

static bool varies(const struct line *line, struct searches *again)
{
	struct line other;

	for (size_t i = 0; i < again->count; i++)
		if (!find_line(&again->list[i], &line->name, &other) ||
		    !is_same(&line->value, &other.value))
			return true;
	return false;
}

static bool is_in_any(const struct line *line, struct searches *again)
{
	struct line other;

	for (size_t i = 0; i < again->count; i++)
		if (find_line(&again->list[i], &line->name, &other))
			return true;
	return false;
}

/* --- the first difference */

/* What one report has and the other has not, if anything; `may_be` is asked of each such line. */
static bool is_missing(const struct pyb_buffer *report, const struct pyb_buffer *other,
		       const struct reports_again *again,
		       bool (*may_be)(const struct line *line, struct searches *again),
		       struct line *line)
{
	struct searches in_again = search_all(again);
	struct search in_other = {.report = other};
	struct part rest = all_of(report);
	struct line found;

	while (take_line(&rest, line))
		if (!find_line(&in_other, &line->name, &found) && !may_be(line, &in_again))
			return true;
	return false;
}

/* Of those that have the same names. */
static bool find_other_value(const struct pyb_buffer *stock, const struct reports_again *again,
			     const struct pyb_buffer *restored, struct line *one,
			     struct line *other)
{
	struct searches in_again = search_all(again);
	struct search in_restored = {.report = restored};
	struct part rest = all_of(stock);

	while (take_line(&rest, one))
		if (find_line(&in_restored, &one->name, other) &&
		    !is_same(&one->value, &other->value) && !varies(one, &in_again))
			return true;
	return false;
}

static bool are_all_same(const struct pyb_buffer *stock, const struct reports_again *again)
{
	bool are_same = true;

	for (size_t i = 0; i < again->count; i++)
		are_same = are_same && is_same_report(stock, &again->list[i]);
	return are_same;
}

bool reports_are_equal(const struct pyb_buffer *stock, const struct reports_again *again,
		       const struct pyb_buffer *restored, char *text, size_t size)
{
	struct line before, after;

	if (is_same_report(stock, restored))
		return true;
	if (find_other_value(stock, again, restored, &before, &after))
		tell_values(&before, &after, text, size);
	else if (is_missing(stock, restored, again, varies, &before))
		tell_missing(&before, true, text, size);
	else if (is_missing(restored, stock, again, is_in_any, &before))
		tell_missing(&before, false, text, size);
	else if (are_all_same(stock, again))
		snprintf(text, size, "the attributes of a module have another order");
	else
		return true;
	return false;
}
