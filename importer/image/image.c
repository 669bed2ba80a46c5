/* SPDX-License-Identifier: MIT */
#include "importer/image/image.h"

#include <stdlib.h>

#include "importer/clock.h"
#include "importer/cpython/code_versions.h"
#include "importer/cpython/struct_abi.h"
#include "importer/image/adaptation.h"
#include "importer/image/relocation.h"

enum group_state { GROUP_FRESH, GROUP_READY, GROUP_DAMAGED };

/* --- into memory */

static enum pyb_status check_fit(const struct pyb_image *image, struct pyb_error *error)
{
	if (image->struct_abi != image_struct_abi())
		return pyb_error_set(error, PYB_ERR_MISMATCH,
				     "its objects have other structures than those of CPython %s, "
				     "which this importer is for",
				     PY_VERSION);
	return PYB_OK;
}

static enum pyb_status allocate(struct image *image, struct pyb_error *error)
{
	image->groups = calloc((size_t)image->view.image->group_count + 1, 1);
	image->taken = calloc((size_t)image->view.image->module_count + 1, 1);
	if (image->groups == NULL || image->taken == NULL)
		return pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	return PYB_OK;
}

enum pyb_status image_map(struct image *image, const struct pyb_reader *reader, int descriptor,
			  struct pyb_error *error)
{
	*image = (struct image){0};
	enum pyb_status status = pyb_image_open(reader, &image->view, error);

	if (status == PYB_OK)
		status = check_fit(image->view.image, error);
	if (status == PYB_OK)
		status = allocate(image, error);
	if (status == PYB_OK)
		status = image_memory_map(&image->memory, &image->view, descriptor, error);
	if (status != PYB_OK) {
		image_release(image);
		return status;
	}
	image->reading.descriptor = descriptor;
	image->interpreter = interpreter_segment_find();
	image->moved = (uint64_t)(uintptr_t)image->memory.start - image->view.image->base;
	image->interpreter_moved =
		(uint64_t)(uintptr_t)&PyType_Type - image->view.image->type_anchor;
	return PYB_OK;
}

size_t image_huge_cold_size(const struct image *image)
{
	const bool is_right = image->moved == 0 && image->interpreter_moved == 0;

	return is_right || !image->memory.maps_cold ? 0 : image_memory_huge_cold_size(&image->view);
}

void image_load(struct image *image)
{
	const uint64_t start = clock_ns();

	image->is_loaded = image_memory_fill(&image->memory, &image->view,
					     image->reading.descriptor, image->reading.huge,
					     image->reading.huge_cold, &image->fault) == PYB_OK;
	image->counts.load_ns = clock_ns() - start;
}

void image_release(struct image *image)
{
	image_memory_release(&image->memory);
	free(image->groups);
	free(image->taken);
	*image = (struct image){0};
}

/* --- groups */

static enum pyb_status take_cold(struct image *image, uint32_t number, struct pyb_error *error)
{
	const uint8_t *const cold = image_memory_take_cold(&image->memory, &image->view, number);

	return image->reading.checks_cold ? pyb_image_check_cold(&image->view, number, cold, error)
					  : PYB_OK;
}

static enum pyb_status put_right(struct image *image, uint32_t number, struct pyb_error *error)
{
	const struct pyb_image_group *const group = &image->view.groups[number];
	enum pyb_status status = pyb_image_check_group(&image->view, number, error);

	if (status == PYB_OK)
		status = take_cold(image, number, error);
	if (status != PYB_OK)
		return status;
	if (!image_relocate_group(image, group) || !image_recognize(image, group) ||
	    !image_intern(image, group))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "its objects are not where it says");
	return PYB_OK;
}

/* What went wrong half way is not tried again. */
static enum pyb_status prepare_group(struct image *image, uint32_t number, struct pyb_error *error)
{
	const uint64_t start = clock_ns();
	enum pyb_status status = PYB_OK;

	if (image->groups[number] == GROUP_DAMAGED)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "its objects are damaged");
	if (image->groups[number] == GROUP_READY)
		return PYB_OK;
	status = put_right(image, number, error);
	image->groups[number] = status == PYB_OK ? GROUP_READY : GROUP_DAMAGED;
	image->counts.groups++;
	image->counts.group_ns += clock_ns() - start;
	return status;
}

/* Also tried once only: what stands in the way does not go away. */
static enum pyb_status claim_versions(struct image *image, struct pyb_error *error)
{
	image->has_versions = image->has_versions || image_versions_reserve();
	if (image->has_versions)
		return PYB_OK;
	image->is_loaded = false;
	pyb_error_set(&image->fault, PYB_ERR_MISMATCH, "its versions of code are not free");
	return pyb_error_set(error, image->fault.status, "%s", image->fault.text);
}

/* Put right everything that the code of a module refers to. */
static enum pyb_status prepare_module(struct image *image, uint32_t number, struct pyb_error *error)
{
	const struct pyb_image_module *const module = &image->view.modules[number];
	enum pyb_status status;

	if (module->group == PYB_NONE)
		return pyb_error_set(error, PYB_ERR_DAMAGED, "a module has no code");
	status = claim_versions(image, error);
	if (status == PYB_OK)
		status = prepare_group(image, 0, error);
	if (status == PYB_OK)
		status = prepare_group(image, module->group, error);
	if (status == PYB_OK)
		status = pyb_image_check_frozensets(&image->view, number, error);
	if (status == PYB_OK)
		status = image_make_frozensets(image, number, error);
	if (status == PYB_OK && !image_has(image, module->code, &PyCode_Type))
		return pyb_error_set(error, PYB_ERR_DAMAGED, "a module's code is none");
	return status;
}

enum pyb_status image_take(struct image *image, uint32_t number, PyObject **code,
			   struct pyb_error *error)
{
	enum pyb_status status = PYB_OK;

	*code = NULL;
	if (!image->is_loaded)
		return pyb_error_set(error, image->fault.status, "%s", image->fault.text);
	if (!image->taken[number])
		status = prepare_module(image, number, error);
	if (status != PYB_OK)
		return status;
	/* Also if the collector ran meanwhile, and with it code that took it. */
	if (image->taken[number])
		return pyb_error_set(error, PYB_ERR_INVALID, "its code is in use");
	image->taken[number] = 1;
	*code = Py_NewRef((PyObject *)image_at(image, image->view.modules[number].code));
	return PYB_OK;
}
