/* SPDX-License-Identifier: MIT */
/*
 * Whose code it is that runs when an object is destroyed: the loaded ELF objects, and which of them
 * are known to have destructors that nobody outside the process can notice.
 */
#ifndef IMPORTER_EXIT_LIBRARIES_H
#define IMPORTER_EXIT_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "importer/cpython/shared_object.h"
#include "importer/exit/harmless.h"

enum trust {
	TRUST_NONE,
	TRUST_NEEDED, /* has no types: a library that others are linked with, or a module of functions */
	TRUST_HARMLESS, /* an extension module that is known, see harmless.h; and this importer */
	TRUST_PYTHON,   /* the interpreter, or an extension module of its standard library */
};

struct library {
	struct shared_object object;
	enum trust trust;
};

enum { LIBRARIES_MAX = 512 };

struct libraries {
	struct shared_object interpreter, importer;
	struct library items[LIBRARIES_MAX];
	size_t count;
	bool all_known; /* nothing else can have made types, modules or capsules */
};

/*
 * Look at what is loaded. Modules of the standard library are those in the folder `dynload`, which is
 * where the interpreter has them. Needs no GIL.
 */
void libraries_look(struct libraries *libraries, const char *dynload, struct harmless_names names);

/* Who has this function: one in no loaded object, or NULL, is trusted with nothing. */
enum trust libraries_trust(const struct libraries *libraries, uintptr_t function);

/* Whether the function is known to be harmless as a destructor. So is NULL, which is none. */
static inline bool libraries_know(const struct libraries *libraries, uintptr_t function)
{
	return function == 0 || shared_object_holds(&libraries->interpreter, function) ||
	       libraries_trust(libraries, function) >= TRUST_HARMLESS;
}

#endif
