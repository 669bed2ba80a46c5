/* SPDX-License-Identifier: MIT */
#include "importer/handoff/environment.h"

#include <stddef.h>
#include <string.h>

#include "importer/handoff/handoff.h"

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_handoff(char *entry, struct handoff_received *ret)
{
	return starts_with(entry, HANDOFF_VARIABLE) &&
	       handoff_parse(entry + strlen(HANDOFF_VARIABLE), ret);
}

char *handoff_find(char *const *environment, struct handoff_received *ret)
{
	char *found = NULL;

	/* A variable of this name that the user has set comes before the launcher's. */
	for (; environment != NULL && *environment != NULL; environment++)
		if (is_handoff(*environment, ret))
			found = *environment;
	return found;
}

/* The start of the string that ends with the NUL before `end`; NULL if it begins before `start`. */
static char *string_before(char *start, char *end)
{
	char *at = end - 1;

	if (end - start < 2 || *at != '\0')
		return NULL;
	while (at > start && at[-1] != '\0')
		at--;
	return at;
}

char *handoff_find_behind(char *start, char *end, struct handoff_received *ret)
{
	char *const preload = string_before(start, end);
	char *const entry = preload == NULL || !starts_with(preload, HANDOFF_PRELOAD)
				    ? NULL
				    : string_before(start, preload);

	return entry != NULL && is_handoff(entry, ret) ? entry : NULL;
}

static bool is_separator(char byte)
{
	return byte == ':' || byte == ' ';
}

/* The object among those that the value lists, for the dynamic linker, or NULL. */
static char *find_object(char *value, const char *object)
{
	const size_t size = strlen(object);

	for (char *at = strstr(value, object); at != NULL; at = strstr(at + 1, object))
		if ((at == value || is_separator(at[-1])) &&
		    (at[size] == '\0' || is_separator(at[size])))
			return at;
	return NULL;
}

/* Take the object and one separator out of the value. Whether it was there. */
static bool strip_object(char *value, const char *object)
{
	char *at = find_object(value, object);

	if (at == NULL)
		return false;
	char *rest = at + strlen(object);
	if (at > value)
		at--;
	else if (*rest != '\0')
		rest++;
	memmove(at, rest, strlen(rest) + 1);
	return true;
}

static void wipe(char *text)
{
	memset(text, 0, strlen(text));
}

/* What is left of an LD_PRELOAD stays if it is neither empty nor a copy of the user's. */
static bool is_preload_to_go(char *entry, const char *object, bool is_copy)
{
	char *const value = entry + strlen(HANDOFF_PRELOAD);
	const size_t size = strlen(entry);

	if (!strip_object(value, object) || (*value != '\0' && !is_copy))
		return false;
	memset(entry, 0, size);
	return true;
}

static bool is_to_go(char *candidate, const char *entry, const char *object, bool *has_preload)
{
	if (entry != NULL && (candidate == entry || strcmp(candidate, entry) == 0)) {
		if (candidate != entry)
			wipe(candidate);
		return true;
	}
	if (!starts_with(candidate, HANDOFF_PRELOAD))
		return false;
	if (is_preload_to_go(candidate, object, *has_preload))
		return true;
	*has_preload = true;
	return false;
}

void handoff_remove(char **environment, const char *entry, const char *object)
{
	bool has_preload = false;
	char **kept = environment;

	for (; environment != NULL && *environment != NULL; environment++)
		if (!is_to_go(*environment, entry, object, &has_preload))
			*kept++ = *environment;
	if (kept != NULL)
		*kept = NULL;
}
