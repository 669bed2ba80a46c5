/* SPDX-License-Identifier: MIT */
/*
 * The steps of laying out an object in the group at hand. Where a function has an argument `placed`, it
 * is filled in with the location of the object, once it has one.
 */
#ifndef IMPORTER_IMAGER_LAY_OUT_H
#define IMPORTER_IMAGER_LAY_OUT_H

#include "importer/imager/builder.h"

/* relocations.c: the bytes at a location, until the region grows. */
void *bytes_at(struct builder *builder, location at);

/* relocations.c: have the slot point to an object of the interpreter. */
int point_outside(struct builder *builder, location at, const void *object);

/* relocations.c: have the slot point to an object of the image; `is_text`: to a string. */
int point_inside(struct builder *builder, location at, location to, bool is_text);

/*
 * relocations.c: put a copy of the object's `size` bytes into the region, behind `head` zero bytes, with
 * the type that it has, and so many references that they never run out.
 */
int copy(struct builder *builder, PyObject *object, enum region region, size_t head, size_t size,
	 location *placed);

/* strings.c: note where the object that `key` stands for was laid out ... */
int remember(PyObject *memo, PyObject *key, location placed);

/* ... and look that up: LOCATION_NONE if it was not, or there is no memo. */
int recall(PyObject *memo, PyObject *key, location *placed);

/* strings.c: lay out a string, once; one that is interned is noted for being interned at a start. */
int lay_out_string(struct builder *builder, PyObject *text, enum region region, location *placed);

/* strings.c: lay out a copy of a static string, for the case that it is not interned where it is now. */
int lay_out_static(struct builder *builder, PyObject *text);

#endif
