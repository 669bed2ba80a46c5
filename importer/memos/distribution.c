/* SPDX-License-Identifier: MIT */
#include "importer/memos/distribution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "importer/find/module_file.h"
#include "lib/timestamp.h"

/* --- files */

/* Whether it is the very file, and nobody has touched it. */
static bool is_untouched(const struct pyb_file_facts *facts, const char *path, mode_t *type)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	*type = status.st_mode & S_IFMT;
	return (uint64_t)status.st_ino == facts->inode && (uint64_t)status.st_size == facts->size &&
	       pyb_timestamp(&status.st_mtim) == facts->mtime_ns &&
	       pyb_timestamp(&status.st_ctim) == facts->ctime_ns &&
	       module_file_may_read(path, &status);
}

enum { PATH_SIZE = 4096 };

/* The file in the folder that stock reads; false if the path is too long. */
static bool name_file(const char *folder, char path[PATH_SIZE])
{
	const int size = snprintf(path, PATH_SIZE, "%s/PKG-INFO", folder);

	return size > 0 && size < PATH_SIZE;
}

/* That a folder is untouched says that it has the names that it had. */
bool distribution_is_untouched(const struct pyb_distribution_view *view, const char *path,
			       bool *is_folder)
{
	const struct pyb_file_facts *const inner = &view->files[1];
	char file[PATH_SIZE];
	mode_t type;

	if (!is_untouched(&view->files[0], path, &type))
		return false;
	*is_folder = S_ISDIR(type);
	if (!*is_folder)
		return S_ISREG(type) && inner->inode == 0;
	return inner->inode == 0 ||
	       (name_file(path, file) && is_untouched(inner, file, &type) && S_ISREG(type));
}

/* --- from the items of a description to the object */

struct making {
	const char *item; /* the next one */
	PyObject *path, *classes;
	PyObject *texts[PYB_DISTRIBUTION_TEXTS]; /* borrowed: the objects have them */
	size_t text_count;
};

static const char *next_item(struct making *making)
{
	const char *const item = making->item;

	making->item += strlen(item) + 1;
	return item;
}

static PyObject *new_text(struct making *making, const char *text)
{
	PyObject *const object = PyUnicode_FromString(text);

	making->texts[making->text_count++] = object;
	return object;
}

/* An object of a class, without attributes; only of one that leaves making it to `object`. */
static PyObject *new_object(PyObject *classes, const char *name)
{
	PyObject *const class = compat_dict_find(classes, name);
	PyObject *const nothing = PyTuple_New(0);
	PyObject *object = NULL;

	if (class == NULL || !PyType_Check(class) ||
	    ((PyTypeObject *)class)->tp_new != PyBaseObject_Type.tp_new)
		PyErr_SetString(PyExc_TypeError, "no plain class");
	else if (nothing != NULL)
		object = PyBaseObject_Type.tp_new((PyTypeObject *)class, nothing, NULL);
	Py_XDECREF(nothing);
	return object;
}

static PyObject *make_value(struct making *making);

static PyObject *make_object(struct making *making, const char *class)
{
	PyObject *object = new_object(making->classes, class);
	const char *item;

	while (object != NULL && *(item = next_item(making)) == PYB_ITEM_ATTRIBUTE) {
		PyObject *const name = PyUnicode_InternFromString(item + 1);
		PyObject *const value = name == NULL ? NULL : make_value(making);
		if (value == NULL || PyObject_SetAttr(object, name, value) != 0)
			Py_CLEAR(object);
		Py_XDECREF(name);
		Py_XDECREF(value);
	}
	return object;
}

/* New reference, or NULL with an exception set. That the items are well-formed was looked at. */
static PyObject *make_value(struct making *making)
{
	const char *const item = next_item(making);

	switch (item[0]) {
	case PYB_ITEM_OBJECT:
		return make_object(making, item + 1);
	case PYB_ITEM_TEXT:
		return new_text(making, item + 1);
	case PYB_ITEM_NUMBER:
		return PyLong_FromString(item + 1, NULL, 10);
	case PYB_ITEM_SAME:
		return Py_NewRef(making->texts[strtoul(item + 1, NULL, 10)]);
	case PYB_ITEM_PATH:
		return Py_NewRef(making->path);
	default:
		return Py_NewRef(Py_None);
	}
}

PyObject *distribution_make(const struct pyb_distribution_view *view, PyObject *path,
			    PyObject *classes)
{
	struct making making = {.item = view->items, .path = path, .classes = classes};

	return make_value(&making);
}
