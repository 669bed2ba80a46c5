/* SPDX-License-Identifier: MIT */
/*
 * What an object is, in words that are the same in every process; lib/format.md has them. The writer's
 * are made by bundler/build/trial_run.py.
 */
#ifndef IMPORTER_MEMOS_LABELS_H
#define IMPORTER_MEMOS_LABELS_H

#include <stdbool.h>

#include "importer/cpython/compat.h"

/* Of what has no value: there is no such name. */
#define LABEL_ABSENT "-"

/* The function or other object that a method or property is made of. New reference, or NULL. */
PyObject *label_unwrap(PyObject *object);

/* Whether it is a function, also one that the importer stands in for. */
bool label_is_function(PyObject *object);

/* Whether the label tells the state of a file, and the object is its name. */
bool label_is_file(const char *label);

/* Whether this is the label of what the object is made of. Sets no exception. */
bool label_fits(PyObject *object, const char *label);

/* Whether an object can come to have another label and stay the same object. */
bool label_can_change(PyObject *object);

#endif
