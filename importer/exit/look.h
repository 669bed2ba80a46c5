/* SPDX-License-Identifier: MIT */
/* What the parts of the exit scan share with each other; not for use outside of it. */
#ifndef IMPORTER_EXIT_LOOK_H
#define IMPORTER_EXIT_LOOK_H

#include "importer/cpython/internals.h"
#include "importer/cpython/known_code.h"

#include "importer/exit/exit_scan.h"
#include "importer/exit/libraries.h"
#include "importer/exit/streams.h"
#include "importer/exit/types.h"

struct look {
	struct libraries libraries;
	struct streams streams;
	struct types types;
	PyObject *weakref, *weakrefset, *logging; /* modules' dictionaries; borrowed, or NULL */
	bool shows_warnings; /* ResourceWarning would be shown, so what gives it is observable */
	bool is_deep;        /* look behind objects for those that are not tracked, too */
	unsigned int finalizers; /* that were looked into */
	/* The last weak collection that was found to be plain, borrowed, and what takes references out of it. */
	const PyObject *collection;
	enum known_code removing;
	char *detail;
};

/* Note the detail and return what was found. */
enum observable look_tell(const struct look *look, enum observable found, const char *detail);

/* settings.c: what is observable about the interpreter as a whole. Sets look->shows_warnings. */
enum observable look_at_interpreter(struct look *look, const internals_gc *gc);

/* objects.c: what destroying this object would do, apart from giving up what it refers to. */
enum observable look_at_object(struct look *look, PyObject *object, enum kind kind);

#endif
