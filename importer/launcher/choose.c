/* SPDX-License-Identifier: MIT */
#include "importer/launcher/choose.h"

#define SUFFIX ".pyb"
#define DEFAULT_NAME "startup" SUFFIX

void choice_begin(struct choice *choice)
{
	choice->app = NULL;
	choice->modules = NULL;
	choice->source = CHOICE_NONE;
	choice->first.state = BUNDLE_NONE;
	choice->second.state = BUNDLE_NONE;
}

/* Try the path in bundle->path_buffer, which `path` has built. */
static void open_built(struct bundle *bundle, const struct text *path, uint32_t user,
		       struct text *reason)
{
	if (path->cut) {
		bundle->state = BUNDLE_NONE;
		text_set(reason, "the path is too long");
		return;
	}
	bundle_open(bundle, bundle->path_buffer, user, reason);
}

static void open_namesake(struct bundle *bundle, const char *executable, uint32_t user,
			  struct text *reason)
{
	struct text path;

	text_begin(&path, bundle->path_buffer, sizeof(bundle->path_buffer));
	text_add(&path, executable);
	text_add(&path, SUFFIX);
	open_built(bundle, &path, user, reason);
}

/* Under a program's name Python is not meant, and would take the program's arguments for its own. */
static enum choice_result refuse_program(struct bundle *bundle, const char *launched,
					 struct text *reason)
{
	static const char advice[] = "; to start Python, call it pystart";

	if (bundle->state == BUNDLE_USABLE) {
		text_set(reason, "it has no entry point", advice);
	} else if (bundle->state == BUNDLE_NONE) {
		bundle->path = launched;
		text_set(reason, "there is no ", launched, SUFFIX, " beside it", advice);
	}
	return CHOICE_FATAL;
}

enum choice_result choose_beside(struct choice *choice, const struct places *places, uint32_t user,
				 struct text *reason)
{
	struct bundle *const bundle = &choice->first;
	const char *executable = places->launched;

	open_namesake(bundle, executable, user, reason);
	/* It may have been started through a link that lies elsewhere. */
	if (bundle->state == BUNDLE_NONE && places->real != NULL &&
	    !text_equals(executable, places->real)) {
		executable = places->real;
		open_namesake(bundle, executable, user, reason);
	}
	if (bundle->state == BUNDLE_USABLE && bundle_entry(bundle) != NULL) {
		choice->app = bundle;
		choice->source = CHOICE_BESIDE;
		return CHOICE_DONE;
	}
	return places_name_interpreter(places) ? CHOICE_DONE
					       : refuse_program(bundle, places->launched, reason);
}

enum choice_result choose_argument(struct choice *choice, const char *argument, uint32_t user,
				   struct text *reason)
{
	if (!text_ends_with(argument, SUFFIX))
		return CHOICE_DONE;
	bundle_open(&choice->second, argument, user, reason);
	if (choice->second.state == BUNDLE_NONE || choice->second.state == BUNDLE_FOREIGN)
		return CHOICE_DONE;
	if (choice->first.state == BUNDLE_USABLE)
		bundle_close(&choice->first);
	choice->first = choice->second;
	choice->second.state = BUNDLE_NONE;
	choice->source = CHOICE_ARGUMENT;
	if (choice->first.state != BUNDLE_USABLE)
		return CHOICE_FATAL;
	if (bundle_entry(&choice->first) == NULL) {
		text_set(reason,
			 "it has no entry point; to use its modules, say -X bundle=", argument);
		return CHOICE_FATAL;
	}
	choice->app = &choice->first;
	return CHOICE_DONE;
}

static enum choice_result take(struct choice *choice, struct bundle *bundle)
{
	choice->modules = bundle->state == BUNDLE_USABLE ? bundle : NULL;
	return bundle->state == BUNDLE_USABLE ? CHOICE_DONE : CHOICE_REFUSED;
}

static enum choice_result take_named(struct choice *choice, const char *path, uint32_t user,
				     struct text *reason)
{
	if (text_equals(path, "off"))
		return CHOICE_DONE;
	bundle_open(&choice->second, path, user, reason);
	return take(choice, &choice->second);
}

static enum choice_result take_installed(struct choice *choice, const struct places *places,
					 const char *name, uint32_t user, struct text *reason)
{
	struct bundle *const bundle = &choice->second;
	struct text path;

	choice->source = CHOICE_INSTALLED;
	for (size_t i = PLACES_FIRST_INSTALLED; i < PLACES_FOLDER_MAX; i++) {
		text_begin(&path, bundle->path_buffer, sizeof(bundle->path_buffer));
		if (!places_interpreter_folder(places, i, name, &path))
			continue;
		text_add(&path, DEFAULT_NAME);
		open_built(bundle, &path, user, reason);
		if (bundle->state != BUNDLE_NONE)
			return take(choice, bundle);
	}
	choice->source = CHOICE_NONE;
	return CHOICE_DONE;
}

enum choice_result choose_modules(struct choice *choice, const char *option, const char *variable,
				  const struct places *places, const char *name, uint32_t user,
				  struct text *reason)
{
	if (option != NULL) {
		choice->source = CHOICE_OPTION;
		return take_named(choice, option, user, reason);
	}
	if (variable != NULL) {
		choice->source = CHOICE_ENVIRONMENT;
		return take_named(choice, variable, user, reason);
	}
	if (choice->app != NULL)
		return take(choice, choice->app);
	if (choice->first.state != BUNDLE_NONE) {
		choice->source = CHOICE_BESIDE;
		return take(choice, &choice->first);
	}
	return take_installed(choice, places, name, user, reason);
}

void choice_leave_argument(struct choice *choice)
{
	bundle_close(&choice->first);
	choice->first.state = BUNDLE_NONE;
	choice->app = NULL;
	choice->source = CHOICE_NONE;
}

bool choice_is_explicit(const struct choice *choice)
{
	return choice->source == CHOICE_OPTION || choice->source == CHOICE_ENVIRONMENT ||
	       choice->source == CHOICE_ARGUMENT;
}

void choice_close_others(struct choice *choice)
{
	struct bundle *const bundles[] = {&choice->first, &choice->second};

	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (bundles[i]->state == BUNDLE_USABLE && bundles[i] != choice->modules)
			bundle_close(bundles[i]);
}

const char *choice_why(const struct choice *choice)
{
	switch (choice->source) {
	case CHOICE_OPTION:
		return "named by -X bundle";
	case CHOICE_ENVIRONMENT:
		return "named by PYSTART_BUNDLE";
	case CHOICE_ARGUMENT:
		return "named on the command line";
	case CHOICE_BESIDE:
		return "beside the executable";
	case CHOICE_INSTALLED:
		return "the installed default";
	default:
		return "nothing named and nothing installed";
	}
}
