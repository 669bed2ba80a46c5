/* SPDX-License-Identifier: MIT */
/* Which bundle says what to run, and from which one modules are taken. */
#ifndef IMPORTER_LAUNCHER_CHOOSE_H
#define IMPORTER_LAUNCHER_CHOOSE_H

#include <stdbool.h>

#include "importer/launcher/bundle_file.h"
#include "importer/launcher/options.h"
#include "importer/launcher/places.h"
#include "importer/launcher/surroundings.h"
#include "importer/launcher/text.h"

enum choice_source {
	CHOICE_NONE = 0,
	CHOICE_OPTION,      /* -X bundle=PATH */
	CHOICE_ENVIRONMENT, /* PYSTART_BUNDLE */
	CHOICE_ARGUMENT,    /* pystart APP.pyb */
	CHOICE_BESIDE,      /* NAME.pyb beside the executable */
	CHOICE_INSTALLED,   /* startup.pyb */
};

struct choice {
	struct bundle *app;        /* its entry point is to be run; NULL: what the arguments say */
	struct bundle *modules;    /* modules come from it; NULL: none */
	enum choice_source source; /* of what is, or would have been, in `modules` */
	struct bundle first;       /* the one beside the executable or on the command line */
	struct bundle second;      /* one that is named, or installed */
};

enum choice_result {
	CHOICE_DONE,    /* go on */
	CHOICE_REFUSED, /* go on without; choice->source and the reason tell why */
	CHOICE_FATAL,   /* it is unknown what to run; the reason tells why */
};

void choice_begin(struct choice *choice);

/*
 * Look for NAME.pyb beside the executable, NAME being the executable's. Sets choice->app if it has
 * an entry point. If not, and if the name by which the executable was started is not that of an
 * interpreter, FATAL; in that case, choice->first.path is the file that the reason is about.
 */
enum choice_result choose_beside(struct choice *choice, const struct places *places, uint32_t user,
				 struct text *reason);

/*
 * Where the first argument is a bundle, named *.pyb, set choice->app to it. FATAL if it cannot be
 * used or has no entry point.
 */
enum choice_result choose_argument(struct choice *choice, const char *argument, uint32_t user,
				   struct text *reason);

/*
 * After these two: set choice->modules. `option` is the value of -X bundle or NULL, `variable` that
 * of PYSTART_BUNDLE or NULL; the installed bundle is that of the interpreter called `name`
 * (lib/interpreters.h).
 * REFUSED if the bundle that should be taken cannot be used; it is choice->first if the
 * source is BESIDE, else choice->second.
 */
enum choice_result choose_modules(struct choice *choice, const char *option, const char *variable,
				  const struct places *places, const char *name, uint32_t user,
				  struct text *reason);

/* Give up the bundle that was named in place of a script: it stays an argument of Python's. */
void choice_leave_argument(struct choice *choice);

/* Whether the user named the bundle for the modules. */
bool choice_is_explicit(const struct choice *choice);

/* How the bundle for the modules came to be chosen, such as "named by PYSTART_BUNDLE". */
const char *choice_why(const struct choice *choice);

/* Close every bundle but the one for the modules. */
void choice_close_others(struct choice *choice);

#endif
