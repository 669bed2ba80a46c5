/* SPDX-License-Identifier: MIT */
#include "importer/find/code.h"

#include "importer/bundle/mapping.h"
#include "importer/bundle/marshalled.h"
#include "importer/clock.h"
#include "importer/cpython/importlib.h"
#include "importer/message.h"
#include "importer/session.h"

/* By module number: code objects of the one pass, until they are used; owned. */
static PyObject **codes;

/* Bytes that are read ahead at a time, so that the file's pages add little to peak memory. */
enum { PREFETCH_SIZE = 256 * 1024 };

/* The collector has nothing to find in fresh constants, so it does not run meanwhile. */
static PyObject *unmarshal(const struct pyb_bytes *bytes)
{
	const int was_enabled = PyGC_Disable();
	PyObject *const object =
		PyMarshal_ReadObjectFromString((const char *)bytes->data, (Py_ssize_t)bytes->size);

	if (was_enabled)
		PyGC_Enable();
	return object;
}

/* Once is enough: a module may be asked for again on its way through importlib. */
static void tell(const char *name, enum pyb_status status, const char *what)
{
	if (!session.told_of_damage)
		message_refusal("%s: %s%s; importing %s without it", used_bundle.path,
				status == PYB_ERR_DAMAGED ? "it is damaged: " : "", what, name);
	session.told_of_damage = true;
}

/* Not so if an audit hook refuses, which importlib will ask in its turn. */
static bool is_malformed(void)
{
	return !PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_EOFError) ||
	       PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_TypeError);
}

static PyObject *load_code(const struct pyb_module_view *view)
{
	struct pyb_error error = {0};
	struct pyb_bytes bytes;

	if (bundle_code(&used_bundle, view, &bytes, &error) != PYB_OK) {
		tell(view->name.text, error.status, error.text);
		return NULL;
	}
	PyObject *const code = unmarshal(&bytes);
	if (code == NULL && PyErr_ExceptionMatches(PyExc_MemoryError))
		return NULL;
	if (code == NULL || !PyCode_Check(code)) {
		if (is_malformed())
			tell(view->name.text, PYB_ERR_DAMAGED, "a module's code does not load");
		PyErr_Clear();
		Py_XDECREF(code);
		return NULL;
	}
	session.stats.code_bytes += bytes.size;
	return code;
}

static bool is_startup_source(const struct pyb_module_view *view)
{
	return view->record->kind == PYB_MODULE_SOURCE &&
	       (view->record->flags & PYB_MODULE_FLAG_STARTUP) != 0;
}

static bool is_imported(const struct pyb_module_view *view)
{
	return compat_dict_find(PyImport_GetModuleDict(), view->name.text) != NULL;
}

/* Startup modules have the first records. */
static int load_all(void)
{
	const struct pyb_reader *const reader = &used_bundle.reader;
	uint64_t prefetched = 0;

	for (uint32_t i = 0; i < reader->module_count; i++) {
		struct pyb_module_view view;
		if (pyb_reader_module(reader, i, &view, NULL) != PYB_OK)
			continue;
		if ((view.record->flags & PYB_MODULE_FLAG_STARTUP) == 0)
			break;
		if (!is_startup_source(&view) || is_imported(&view))
			continue;
		const uint64_t end = view.record->code_offset + view.record->code_size;
		if (end > prefetched)
			prefetched = bundle_prefetch_startup(&used_bundle, view.record->code_offset,
							     view.record->code_size > PREFETCH_SIZE
								     ? view.record->code_size
								     : PREFETCH_SIZE);
		codes[i] = load_code(&view);
		if (codes[i] == NULL && PyErr_Occurred())
			return -1;
	}
	return 0;
}

/*
 * Text with lone surrogates makes unmarshalling look for an error handler, which imports encodings.
 * So the pass waits until that is there; what is needed before comes one by one.
 */
static bool is_time_for_pass(void)
{
	return codes == NULL && compat_dict_find(PyImport_GetModuleDict(), "encodings") != NULL;
}

/* Without memory for that they are loaded one by one. */
static int load_startup(void)
{
	const uint64_t start = clock_ns();

	codes = PyMem_Calloc((size_t)used_bundle.reader.module_count + 1, sizeof(*codes));
	if (codes == NULL)
		return 0;
	const int result = load_all();
	bundle_drop_startup(&used_bundle);
	session.stats.startup_ns = clock_ns() - start;
	return result;
}

PyObject *code_take_from_image(uint32_t number, const char *name)
{
	struct image *const image = &used_bundle.image;
	const uint64_t groups = image->counts.groups;
	struct pyb_error error = {0};
	PyObject *code;
	const enum pyb_status status = image_take(image, number, &code, &error);

	if (status == PYB_ERR_DAMAGED || status == PYB_ERR_IO)
		tell(name, error.status, error.text);
	/* The tables of a group are used once. */
	if (image->counts.groups != groups)
		bundle_drop_code(&used_bundle);
	if (groups == 0) {
		session.stats.code_bytes = image->view.hot.size;
		session.stats.startup_ns = image->counts.load_ns + image->counts.group_ns;
	}
	return code;
}

bool code_is_in_use(const struct pyb_module_view *view)
{
	const struct image *const image = &used_bundle.image;

	return image_is_there(image) && image->taken[view->number] != 0;
}

static PyObject *take(const struct pyb_module_view *view)
{
	if (image_is_there(&used_bundle.image))
		return code_take_from_image(view->number, view->name.text);
	if (is_time_for_pass() && load_startup() != 0)
		return NULL;
	if (codes != NULL && codes[view->number] != NULL) {
		PyObject *const code = codes[view->number];
		codes[view->number] = NULL;
		return code;
	}
	PyObject *const code = load_code(view);
	bundle_drop_code(&used_bundle);
	return code;
}

static bool is_ascii(const struct pyb_string *string)
{
	size_t i = 0;

	while (i < string->size && ((unsigned char)string->text[i] & 0x80) == 0)
		i++;
	return i == string->size;
}

/*
 * Paths are bytes. The code refers to them as the interpreter of the build has decoded them, which
 * this one may do otherwise, since it depends on the locale. As importlib does with what it reads from
 * a .pyc file, let the code refer to the path that the module has here. Steals `code`.
 */
static PyObject *fix_file_name(PyObject *code, const struct pyb_module_view *view)
{
	PyObject *const path =
		PyUnicode_DecodeFSDefaultAndSize(view->origin.text, (Py_ssize_t)view->origin.size);
	PyObject *const fixed =
		path == NULL ? NULL
			     : PyObject_CallFunctionObjArgs(stock_importlib.fix_file_name, code,
							    path, NULL);

	Py_XDECREF(path);
	if (fixed == NULL)
		Py_CLEAR(code);
	Py_XDECREF(fixed);
	return code;
}

PyObject *code_take(const struct pyb_module_view *view)
{
	PyObject *const code = take(view);

	return code == NULL || is_ascii(&view->origin) ? code : fix_file_name(code, view);
}

/* --- what was lent */

/* By module number; NULL without memory for it. */
static bool *lent;

void code_note_lent(const struct pyb_module_view *view)
{
	if (lent == NULL)
		lent = PyMem_Calloc((size_t)used_bundle.reader.module_count + 1, sizeof(*lent));
	if (lent != NULL)
		lent[view->number] = true;
}

bool code_was_lent(const struct pyb_module_view *view)
{
	const bool was_lent = lent != NULL && lent[view->number];

	if (was_lent)
		lent[view->number] = false;
	return was_lent;
}
