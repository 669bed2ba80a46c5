/* SPDX-License-Identifier: MIT */
#include "importer/launcher/launch.h"

#include <string.h>

#include "importer/handoff/without.h"
#include "importer/launcher/choose.h"
#include "importer/launcher/entry_point.h"
#include "importer/launcher/execute.h"
#include "importer/launcher/hand_over.h"
#include "importer/launcher/interpreter.h"
#include "importer/launcher/message.h"
#include "importer/launcher/options.h"
#include "importer/launcher/places.h"
#include "importer/launcher/preload.h"
#include "importer/launcher/surroundings.h"
#include "importer/launcher/system.h"
#include "importer/launcher/version.h"
#include "lib/interpreters.h"
#include "lib/names.h"
#include "lib/python_version.h"

/* What a phase returns: to go on, or an exit status. */
enum {
	GO_ON = -1,
	STATUS_USAGE = 2,
};

struct launch {
	struct surroundings surroundings;
	struct settings settings;
	struct options options; /* all zero if the arguments are the program's own */
	struct places places;
	struct choice choice;
	struct entry entry;  /* count is 0 without an entry point */
	const char *asked;   /* the version in the name that it was started by; NULL: none */
	const char *unknown; /* such a version, if it was not built for that */
	struct pyb_interpreter called; /* what that name stands for, or else the default one */
	const char *interpreter;
	int importer;       /* a descriptor; -1: start without it */
	struct text reason; /* for the latest refusal */
	char reason_buffer[TEXT_LINE_SIZE];
};

static void begin(struct launch *launch, uintptr_t *stack)
{
	/* Field by field: the buffers are large and need not be zero. */
	surroundings_read(&launch->surroundings, stack);
	launch->settings = (struct settings){0};
	launch->options = (struct options){0};
	launch->entry.count = 0;
	launch->asked = NULL;
	launch->unknown = NULL;
	pyb_interpreters_called("", &launch->called);
	launch->interpreter = launch->called.path;
	launch->importer = -1;
	choice_begin(&launch->choice);
	text_begin(&launch->reason, launch->reason_buffer, sizeof(launch->reason_buffer));
}

/* It is not known what to run. */
static int give_up(const struct bundle *bundle, const struct text *reason)
{
	message_say(bundle->path, ": ", reason->bytes);
	return STATUS_USAGE;
}

/* Whether the user would want to know what became of the bundle for the modules. */
static bool is_of_interest(const struct launch *launch)
{
	return choice_is_explicit(&launch->choice) || launch->settings.verbose;
}

static void go_without(struct launch *launch, const struct bundle *bundle)
{
	launch->choice.modules = NULL;
	if (is_of_interest(launch))
		message_say(bundle->path, ": ", launch->reason.bytes, "; starting without it");
}

/* As pystart3.13 it is python3.13, if it was built for that. */
static void find_called(struct launch *launch)
{
	const char *version = text_base_name(launch->places.launched);

	while (*version != '\0' && !pyb_is_digit((unsigned char)*version))
		version++;
	if (*version == '\0' || !places_name_interpreter(&launch->places))
		return;
	if (pyb_interpreters_called(version, &launch->called)) {
		launch->asked = version;
		launch->interpreter = launch->called.path;
	} else if (memchr(version, '.', strlen(version)) != NULL) {
		launch->unknown = version;
	}
}

/* Who says pystart3.13 must not get another version; only a bundle knows where that is, if we do not. */
static int check_called(const struct launch *launch)
{
	const struct choice *const choice = &launch->choice;

	if (launch->unknown == NULL || choice->app != NULL ||
	    (choice->modules != NULL && choice->source != CHOICE_INSTALLED))
		return GO_ON;
	message_say(launch->places.launched, ": pystart was not built for CPython ",
		    launch->unknown, "; 'pystart -X bundle=version' lists what it was built for");
	return STATUS_USAGE;
}

/* Whether the bundle is for the interpreter that is decided on, if one is. */
static bool suits(struct launch *launch, const struct bundle *bundle)
{
	const struct bundle *const app = launch->choice.app;
	char version[PYB_PYTHON_VERSION_SIZE];

	if (app == NULL || app == bundle)
		return launch->asked == NULL ||
		       bundle_is_for(bundle, launch->asked, &launch->reason);
	pyb_python_version_write(version, bundle_header(app)->fingerprint.version);
	return bundle_is_for(bundle, version, &launch->reason);
}

/* The arguments are Python's, but for -X bundle and a bundle in the place of a script. */
static int read_command_line(struct launch *launch)
{
	struct options *const options = &launch->options;
	struct surroundings *const surroundings = &launch->surroundings;

	surroundings->argument_count = options_take(options, surroundings->argv);
	if (surroundings->secure)
		return GO_ON;
	if (options->bundle_bare) {
		message_say("-X bundle needs a value: bundle=PATH, bundle=off or bundle=version");
		return STATUS_USAGE;
	}
	if (options->bundle != NULL && text_equals(options->bundle, "version"))
		return version_print(&launch->places, &launch->surroundings);
	if (options->positional &&
	    choose_argument(&launch->choice, surroundings->argv[options->rest], surroundings->user,
			    &launch->reason) == CHOICE_FATAL)
		return give_up(&launch->choice.first, &launch->reason);
	/* Any Python can run it, though not in a hurry. */
	if (launch->choice.app != NULL && !suits(launch, launch->choice.app)) {
		go_without(launch, launch->choice.app);
		choice_leave_argument(&launch->choice);
	}
	return GO_ON;
}

/* How is the bundle's program started? */
static int build_entry(struct launch *launch)
{
	const struct bundle *const app = launch->choice.app;
	const char *const launched =
		launch->choice.source == CHOICE_ARGUMENT ? app->path : launch->places.launched;
	const char *const entry = bundle_entry(app);

	if (!entry_build(&launch->entry, entry, app->path, launched)) {
		text_set(&launch->reason, "its entry point is malformed: ", entry);
		return give_up(app, &launch->reason);
	}
	if (!launch->options.optimize)
		entry_optimize(&launch->entry, bundle_header(app)->optimize);
	return GO_ON;
}

/* Which bundle says what to run, if one does? */
static int find_program(struct launch *launch)
{
	struct choice *const choice = &launch->choice;

	places_find(&launch->places, &launch->surroundings);
	find_called(launch);
	if (choose_beside(choice, &launch->places, launch->surroundings.user, &launch->reason) ==
	    CHOICE_FATAL)
		return give_up(&choice->first, &launch->reason);
	if (choice->app != NULL && !suits(launch, choice->app))
		return give_up(choice->app, &launch->reason);
	if (choice->app == NULL) {
		const int status = read_command_line(launch);
		if (status != GO_ON)
			return status;
	}
	return choice->app != NULL ? build_entry(launch) : GO_ON;
}

/* Which bundle gives the modules, if one does? */
static void find_modules(struct launch *launch)
{
	struct choice *const choice = &launch->choice;
	const enum choice_result result = choose_modules(
		choice, launch->options.bundle, launch->settings.bundle, &launch->places,
		launch->called.name, launch->surroundings.user, &launch->reason);

	if (result == CHOICE_REFUSED)
		go_without(launch,
			   choice->source == CHOICE_BESIDE ? &choice->first : &choice->second);
	else if (choice->modules != NULL && !suits(launch, choice->modules))
		go_without(launch, choice->modules);
	else if (launch->settings.verbose && choice->modules != NULL)
		message_say("taking ", choice->modules->path, " (", choice_why(choice), ")");
	else if (launch->settings.verbose)
		message_say("taking no bundle (", choice_why(choice), ")");
}

/* Which interpreter is it to be, and can the importer be put into it? */
static void find_interpreter(struct launch *launch)
{
	const struct choice *const choice = &launch->choice;
	const struct bundle *const decisive = choice->app != NULL ? choice->app : choice->modules;

	if (decisive != NULL)
		launch->interpreter = bundle_interpreter(decisive);
	if (choice->modules == NULL)
		return;
	const struct pyb_fingerprint *const wanted = &bundle_header(choice->modules)->fingerprint;
	if (launch->places.real == NULL)
		text_set(&launch->reason, "/proc, which it takes to hand it over, is not there");
	else
		launch->importer = preload_open(&launch->places, wanted, launch->surroundings.user,
						&launch->reason);
	/* Last, for it takes a third descriptor for a while, as the dynamic linker will. */
	if (launch->importer >= 0 &&
	    !interpreter_fits(launch->interpreter, &wanted->executable, &launch->reason)) {
		system_close(launch->importer);
		launch->importer = -1;
	}
	if (launch->importer < 0)
		go_without(launch, choice->modules);
}

static void say_unknown(const struct without *without)
{
	char buffer[64], words[WITHOUT_WORDS_SIZE];
	struct text word;

	text_begin(&word, buffer, sizeof(buffer));
	text_add_bytes(&word, without->word, without->size);
	if (word.cut)
		text_set(&word, "a word");
	without_list_words(words);
	message_say(WITHOUT_VARIABLE, ": '", word.bytes, "' is none of ", words);
}

/* The policies that PYSTART_WITHOUT lists. */
static unsigned int read_without(const struct settings *settings)
{
	const char *list = settings->without;
	struct without without;
	unsigned int policies = 0;

	while (list != NULL && without_next(&list, &without)) {
		policies |= without.policy;
		if (without.policy == 0 && settings->verbose)
			say_unknown(&without);
	}
	return policies;
}

_Static_assert(HANDOFF_WITHOUT_SHIFT + PYB_POLICY_BITS <= 32,
	       "the flags have room for the policies");

static unsigned int handoff_flags(const struct launch *launch)
{
	return (choice_is_explicit(&launch->choice) ? HANDOFF_EXPLICIT : 0U) |
	       (launch->settings.verbose ? HANDOFF_VERBOSE : 0U) |
	       (launch->settings.stats ? HANDOFF_STATS : 0U) |
	       read_without(&launch->settings) << HANDOFF_WITHOUT_SHIFT;
}

static int start(struct launch *launch)
{
	const struct bundle *const modules = launch->choice.modules;
	struct handoff handoff = {0};
	char process[PLACES_PROCESS_SIZE];
	const struct execution execution = {
		.interpreter = launch->interpreter,
		.surroundings = &launch->surroundings,
		.options = &launch->options,
		.entry = &launch->entry,
		.handoff = modules != NULL ? &handoff : NULL,
		.talkative = launch->entry.count > 0 || is_of_interest(launch),
	};

	if (modules != NULL) {
		places_name_process(process);
		handoff = (struct handoff){
			.bundle = modules->fd,
			.importer = launch->importer,
			.flags = handoff_flags(launch),
			.bundle_path = modules->path,
			.preload = launch->settings.preload,
			.process = process,
		};
	}
	choice_close_others(&launch->choice);
	return execute(&execution);
}

int launch(uintptr_t *stack)
{
	struct launch launch;

	begin(&launch, stack);
	if (launch.surroundings.secure) {
		/* Nobody but the one who started us would vouch for what lies beside a link. */
		(void)read_command_line(&launch);
		return start(&launch);
	}
	int status = find_program(&launch);
	if (status != GO_ON)
		return status;
	settings_read(&launch.settings, launch.surroundings.envp,
		      launch.options.ignore_environment);
	find_modules(&launch);
	status = check_called(&launch);
	if (status != GO_ON)
		return status;
	find_interpreter(&launch);
	return start(&launch);
}
