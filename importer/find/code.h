/* SPDX-License-Identifier: MIT */
/* Code objects from the bundle. All functions need the GIL. */
#ifndef IMPORTER_FIND_CODE_H
#define IMPORTER_FIND_CODE_H

#include "importer/cpython/compat.h"
#include "lib/reader.h"

/*
 * A code object of a SOURCE module that nobody else has: a new reference. NULL without an exception
 * if the bundle's code is damaged, out of reach or, if it is that of an image, in use (the module is
 * then left to importlib), or NULL with an exception when out of memory.
 * The first call does the one pass: it unmarshals the code of all startup modules, which is kept
 * until it is asked for, or puts the objects of an image right, and gives the pages of the file back.
 */
PyObject *code_take(const struct pyb_module_view *view);

/*
 * The same from the image by the number that it has there, for modules that have no record. `name` is
 * what the user is told if it is damaged: then the program finds the same elsewhere.
 */
PyObject *code_take_from_image(uint32_t number, const char *name);

/* Whether code_take() has given ready-made code away, which it does once. */
bool code_is_in_use(const struct pyb_module_view *view);

/* Another finder or loader was given what the bundle has of the module; for the statistics. */
void code_note_lent(const struct pyb_module_view *view);

/* Whether that was so since this was last asked. */
bool code_was_lent(const struct pyb_module_view *view);

#endif
