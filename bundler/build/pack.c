/* SPDX-License-Identifier: MIT */
#include "bundler/build/pack.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "bundler/build/image_payload.h"
#include "bundler/build/marshal.h"
#include "bundler/build/pth_files.h"
#include "bundler/build/stock_start.h"
#include "lib/writer.h"

_Static_assert((int)MANIFEST_CHECK_SOURCE == (int)PYB_CHECK_SOURCE &&
		       (int)MANIFEST_CHECK_DIRECTORY == (int)PYB_CHECK_DIRECTORY &&
		       (int)MANIFEST_CHECK_NEVER == (int)PYB_CHECK_NEVER &&
		       (int)MANIFEST_CHECK_HASH == (int)PYB_CHECK_HASH,
	       "the manifest and the format mean the same by a number");

struct bundle {
	const struct bundle_plan *plan;
	const struct resolution *resolution;
	struct pyb_writer *writer;
	uint32_t *directories, *modules; /* the writer's numbers for those of the resolution */
	struct pyb_buffer code;          /* canonical streams, one behind the other */
	struct code_range {
		size_t start, size;
	} * code_ranges; /* that of each module of the resolution */
	struct image image;
	struct bundle_counts *counts;
	struct pyb_error *error;
};

static enum pyb_status create_writer(struct bundle *bundle, const struct manifest *manifest)
{
	const struct pyb_writer_options options = {
		.name = manifest->name,
		.interpreter = bundle->resolution->executable,
		.entry = manifest->entry,
		.bootstrap = manifest->bootstrap,
		.producer = PACKAGE_NAME " " PACKAGE_VERSION,
		.fingerprint = bundle->resolution->fingerprint,
		.check = (enum pyb_check)manifest->check,
		.optimize = (unsigned int)manifest->optimize,
		.policies = manifest->policies,
		.compression_level = manifest->compression_level,
	};
	return pyb_writer_create(&options, &bundle->writer, bundle->error);
}

static enum pyb_status add_directories(struct bundle *bundle)
{
	const struct resolution *const resolution = bundle->resolution;
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < resolution->directory_count && status == PYB_OK; i++) {
		const struct resolved_directory *const directory = &resolution->directories[i];

		const struct pyb_writer_directory given = {.path = directory->path,
							   .sys_path = directory->sys_path,
							   .root = directory->root,
							   .missing = directory->missing,
							   .unlisted = !directory->listed,
							   .mtime_ns = directory->mtime_ns,
							   .ctime_ns = directory->ctime_ns,
							   .inode = directory->inode,
							   .entries = directory->entries};
		status = pyb_writer_add_directory(bundle->writer, &given, &bundle->directories[i],
						  bundle->error);
	}
	return status;
}

/* Code that is in its canonical form already. */
static enum pyb_status reuse_code(struct bundle *bundle, const struct resolved_module *module,
				  struct pyb_writer_module *given)
{
	const struct pyb_bytes code = previous_code(bundle->plan->previous, module->name);
	const size_t start = bundle->code.size;

	if (code.data == NULL)
		return pyb_error_set(bundle->error, PYB_ERR_DAMAGED,
				     "the interpreter sent no code of module %s", module->name);
	const enum pyb_status status =
		pyb_buffer_append(&bundle->code, code.data, code.size, bundle->error);
	given->code = bundle->code.data + start;
	given->code_size = code.size;
	return status;
}

static enum pyb_status canonical_code(struct bundle *bundle, const struct resolved_module *module,
				      struct pyb_writer_module *given)
{
	struct pyb_error why = {0};
	const uint32_t version = bundle->resolution->fingerprint.version;

	const size_t start = bundle->code.size;
	enum pyb_status status = marshal_canonical(
		module->code, module->code_size, version,
		module->sets_in_order ? MARSHAL_KEEP_SETS : MARSHAL_SORT_SETS, &bundle->code, &why);
	if (status == PYB_ERR_UNSUPPORTED) {
		message("warning: %s: its code is taken as it is, and may differ in a later run: "
			"%s",
			module->name, why.text);
		status = pyb_buffer_append(&bundle->code, module->code, module->code_size, &why);
	}
	if (status != PYB_OK)
		return pyb_error_set(bundle->error, status, "module %s: %s", module->name,
				     why.text);
	given->code = bundle->code.data + start;
	given->code_size = bundle->code.size - start;
	return PYB_OK;
}

static uint32_t written_directory(const struct bundle *bundle, uint32_t number)
{
	return number == PYB_NONE ? PYB_NONE : bundle->directories[number];
}

static void count_module(struct bundle_counts *counts, const struct resolved_module *module)
{
	if (module->kind == PYB_MODULE_ABSENT) {
		counts->absent++;
		return;
	}
	counts->modules++;
	counts->startup += module->startup;
	counts->extensions += module->kind == PYB_MODULE_EXTENSION;
	counts->reused += module->is_reused;
	counts->compiled +=
		module->kind == PYB_MODULE_SOURCE && !module->is_reused && !module->from_cached;
}

static enum pyb_status add_module(struct bundle *bundle, uint32_t number)
{
	const struct resolved_module *const module = &bundle->resolution->modules[number];
	enum pyb_status status = PYB_OK;
	struct pyb_writer_module given = {
		.name = module->name,
		.origin = module->origin[0] != '\0' ? module->origin : NULL,
		.cached = module->cached[0] != '\0' ? module->cached : NULL,
		.kind = module->kind,
		.package = module->package,
		.startup = module->startup,
		.placed = module->placed,
		.linked = module->linked,
		.directory = written_directory(bundle, module->directory),
		.package_directory = written_directory(bundle, module->package_directory),
		.mtime_ns = module->mtime_ns,
		.file_size = module->file_size,
		.source_hash = module->source_hash,
		.hashed = module->hashed,
		.from_cached = module->from_cached,
	};
	if (module->kind == PYB_MODULE_SOURCE)
		status = module->is_reused ? reuse_code(bundle, module, &given)
					   : canonical_code(bundle, module, &given);
	if (status == PYB_OK)
		status = pyb_writer_add_module(bundle->writer, &given, &bundle->modules[number],
					       bundle->error);
	if (status == PYB_OK)
		count_module(bundle->counts, module);
	bundle->code_ranges[number] = (struct code_range){
		.start = bundle->code.size - given.code_size, .size = given.code_size};
	return status;
}

static enum pyb_status add_everything(struct bundle *bundle)
{
	const struct resolution *const resolution = bundle->resolution;
	enum pyb_status status = add_directories(bundle);

	for (uint32_t i = 0; i < resolution->module_count && status == PYB_OK; i++)
		status = add_module(bundle, i);
	for (uint32_t i = 0; i < resolution->shadow_count && status == PYB_OK; i++)
		status = pyb_writer_add_shadow(
			bundle->writer, bundle->directories[resolution->shadows[i].directory],
			bundle->modules[resolution->shadows[i].module], bundle->error);
	return status;
}

/* --- the image */

/* The code of frozen modules, behind that of the records, is the interpreter's own. */
static void order_frozen(const struct resolution *resolution, struct image_module *ordered)
{
	for (uint32_t i = 0; i < resolution->frozen_count; i++) {
		const struct resolved_frozen *const module = &resolution->frozen[i];

		ordered[resolution->module_count + i] =
			(struct image_module){.code = module->code,
					      .code_size = module->code_size,
					      .startup = module->startup};
	}
}

/* The modules in the order of their records; the array is the caller's to free. */
static enum pyb_status order_modules(struct bundle *bundle, struct image_module *ordered)
{
	const uint32_t count = bundle->resolution->module_count;
	uint32_t *const order = calloc((size_t)count + 1, sizeof(*order));
	uint32_t *const places = calloc((size_t)count + 1, sizeof(*places));
	enum pyb_status status;

	if (order == NULL || places == NULL) {
		status = pyb_error_set(bundle->error, PYB_ERR_MEMORY, "out of memory");
		goto out;
	}
	status = pyb_writer_order(bundle->writer, order, bundle->error);
	for (uint32_t i = 0; i < count && status == PYB_OK; i++)
		places[order[i]] = i;
	for (uint32_t i = 0; i < count && status == PYB_OK; i++) {
		const struct code_range range = bundle->code_ranges[i];

		ordered[places[bundle->modules[i]]] = (struct image_module){
			.code = range.size == 0 ? NULL : bundle->code.data + range.start,
			.code_size = range.size,
			.startup = bundle->resolution->modules[i].startup,
		};
	}
out:
	free(order);
	free(places);
	return status;
}

/* What a build that replaces this bundle can take from it. */
static enum pyb_status add_streams(struct bundle *bundle, const struct image_module *ordered)
{
	const uint32_t count = bundle->resolution->module_count;
	struct pyb_bytes *const streams = calloc((size_t)count + 1, sizeof(*streams));
	struct pyb_buffer contents = {0};
	enum pyb_status status;

	if (streams == NULL)
		return pyb_error_set(bundle->error, PYB_ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		streams[i] = (struct pyb_bytes){ordered[i].code, ordered[i].code_size};
	status = previous_make(streams, count, &contents, bundle->error);
	if (status == PYB_OK)
		status = pyb_writer_set_section(bundle->writer, PYB_SECTION_REBUILD, contents.data,
						contents.size, bundle->error);
	pyb_buffer_release(&contents);
	free(streams);
	return status;
}

/* Their names, in the order of order_frozen(). */
static enum pyb_status add_frozen(struct bundle *bundle)
{
	const struct resolution *const resolution = bundle->resolution;
	struct pyb_buffer names = {0};
	enum pyb_status status = PYB_OK;

	for (uint32_t i = 0; i < resolution->frozen_count && status == PYB_OK; i++)
		status = pyb_buffer_append(&names, resolution->frozen[i].name,
					   strlen(resolution->frozen[i].name) + 1, bundle->error);
	if (status == PYB_OK)
		status = pyb_writer_set_section(bundle->writer, PYB_SECTION_FROZEN, names.data,
						names.size, bundle->error);
	pyb_buffer_release(&names);
	return status;
}

static enum pyb_status make_image(struct bundle *bundle, const char *builder)
{
	const struct resolution *const resolution = bundle->resolution;
	const uint32_t count = resolution->module_count + resolution->frozen_count;
	struct image_module *const ordered = calloc((size_t)count + 1, sizeof(*ordered));
	const struct image_plan plan = {
		.python = resolution->executable,
		.builder = builder,
		.hexversion = resolution->fingerprint.version,
		.modules = ordered,
		.count = count,
		.seconds = bundle->plan->seconds,
	};
	enum pyb_status status;

	if (ordered == NULL)
		return pyb_error_set(bundle->error, PYB_ERR_MEMORY, "out of memory");
	status = order_modules(bundle, ordered);
	order_frozen(resolution, ordered);
	if (status == PYB_OK)
		status = image_make(&plan, &bundle->image, bundle->error);
	if (status == PYB_OK)
		status = pyb_writer_set_image(bundle->writer, &bundle->image.parts, bundle->error);
	if (status == PYB_OK)
		status = add_frozen(bundle);
	if (status == PYB_OK)
		status = add_streams(bundle, ordered);
	free(ordered);
	return status;
}

/* What is so for every bundle of this version of Python is no warning: nothing can be done about it. */
static void tell_of_no_image(const struct bundle *bundle)
{
	const bool is_usual = bundle->image.is_not_for_version;

	if (!is_usual || bundle->plan->is_verbose)
		message("%s: no image is made, the code is marshalled: %s",
			is_usual ? "note" : "warning", bundle->error->text);
}

/* What cannot be an image stays a bundle of marshalled code, unless the manifest insists. */
static enum pyb_status add_image(struct bundle *bundle, const struct manifest *manifest)
{
	const bool insists = manifest->payload == MANIFEST_PAYLOAD_IMAGE;

	/* Of nothing no image is made. */
	if (bundle->resolution->module_count == 0 ||
	    manifest->payload == MANIFEST_PAYLOAD_MARSHAL ||
	    (!insists && manifest->compression_level > 0))
		return PYB_OK;
	char *builder;
	enum pyb_status status =
		image_find_builder(&bundle->resolution->fingerprint, &builder, bundle->error);
	if (status != PYB_OK)
		return status;
	if (builder == NULL && insists)
		return pyb_error_set(
			bundle->error, PYB_ERR_UNSUPPORTED,
			"there is no pystart_imager.%s.so, which an image for this "
			"interpreter needs; say 'payload: marshal', or install pystart "
			"for it",
			bundle->resolution->fingerprint.soabi);
	if (builder == NULL) {
		message("note: no image is made, the code is marshalled: pystart is not installed for "
			"this interpreter (there is no pystart_imager.%s.so)",
			bundle->resolution->fingerprint.soabi);
		return PYB_OK;
	}
	status = make_image(bundle, builder);
	free(builder);
	if (status == PYB_ERR_UNSUPPORTED && !insists) {
		tell_of_no_image(bundle);
		*bundle->error = (struct pyb_error){0};
		status = PYB_OK;
	}
	return status;
}

/* --- what the trial run gave */

static enum pyb_status add_trial_run(struct bundle *bundle, const struct trial_run *trial_run)
{
	const struct pyb_buffer *const regexes = &trial_run->regexes;
	const struct pyb_buffer *const generated = &trial_run->generated;
	const struct pyb_buffer *const metadata = &trial_run->metadata;
	enum pyb_status status = pyb_writer_set_section(
		bundle->writer, PYB_SECTION_REGEXES, regexes->data, regexes->size, bundle->error);

	if (status == PYB_OK)
		status = pyb_writer_set_section(bundle->writer, PYB_SECTION_GENERATED,
						generated->data, generated->size, bundle->error);
	if (status == PYB_OK)
		status = pyb_writer_set_section(bundle->writer, PYB_SECTION_METADATA,
						metadata->data, metadata->size, bundle->error);
	return status;
}

static enum pyb_status add_site(struct bundle *bundle)
{
	struct pyb_buffer bytes = {0};
	enum pyb_status status = site_make(bundle->resolution, &bytes, bundle->error);

	if (status == PYB_OK)
		status = pyb_writer_set_section(bundle->writer, PYB_SECTION_SITE, bytes.data,
						bytes.size, bundle->error);
	pyb_buffer_release(&bytes);
	return status;
}

/* Names of modules that policy exit may trust. */
static enum pyb_status add_harmless(struct bundle *bundle, const struct manifest_list *names)
{
	struct pyb_buffer bytes = {0};
	enum pyb_status status = PYB_OK;

	for (size_t i = 0; i < names->count && status == PYB_OK; i++)
		status = pyb_buffer_append(&bytes, names->items[i], strlen(names->items[i]) + 1,
					   bundle->error);
	if (status == PYB_OK)
		status = pyb_writer_set_section(bundle->writer, PYB_SECTION_HARMLESS, bytes.data,
						bytes.size, bundle->error);
	pyb_buffer_release(&bytes);
	return status;
}

/* With an entry point, the bundle is a program for any Python. */
static enum pyb_status add_main(struct bundle *bundle, const struct manifest *manifest)
{
	struct pyb_buffer text = {0};
	enum pyb_status status;

	if (manifest->entry == NULL)
		return PYB_OK;
	status = stock_start_make(manifest->entry, manifest->optimize, &text, bundle->error);
	if (status == PYB_OK)
		status = pyb_writer_set_main(bundle->writer, text.data, text.size, bundle->error);
	pyb_buffer_release(&text);
	return status;
}

static enum pyb_status add_all(struct bundle *bundle)
{
	const struct manifest *const manifest = bundle->plan->manifest;
	enum pyb_status status = create_writer(bundle, manifest);

	if (status == PYB_OK)
		status = add_everything(bundle);
	if (status == PYB_OK)
		status = add_image(bundle, manifest);
	if (status == PYB_OK)
		status = add_trial_run(bundle, bundle->plan->trial_run);
	if (status == PYB_OK)
		status = add_site(bundle);
	if (status == PYB_OK)
		status = add_harmless(bundle, &manifest->harmless);
	return status == PYB_OK ? add_main(bundle, manifest) : status;
}

enum pyb_status bundle_write(const struct bundle_plan *plan, struct bundle_counts *counts,
			     struct snapshot_result *snapshot, struct pyb_error *error)
{
	const struct resolution *const resolution = plan->resolution;
	struct bundle bundle = {
		.plan = plan,
		.resolution = resolution,
		.directories = calloc((size_t)resolution->directory_count + 1, sizeof(uint32_t)),
		.modules = calloc((size_t)resolution->module_count + 1, sizeof(uint32_t)),
		.code_ranges =
			calloc((size_t)resolution->module_count + 1, sizeof(struct code_range)),
		.counts = counts,
		.error = error,
	};
	enum pyb_status status = PYB_OK;

	*counts = (struct bundle_counts){0};
	*snapshot = (struct snapshot_result){0};
	if (bundle.directories == NULL || bundle.modules == NULL || bundle.code_ranges == NULL)
		status = pyb_error_set(error, PYB_ERR_MEMORY, "out of memory");
	if (status == PYB_OK)
		status = add_all(&bundle);
	if (status == PYB_OK)
		status = snapshot_step(bundle.writer, plan->snapshot, plan->path, &counts->bytes,
				       snapshot, error);
	pyb_writer_destroy(bundle.writer);
	image_release(&bundle.image);
	pyb_buffer_release(&bundle.code);
	free(bundle.code_ranges);
	free(bundle.directories);
	free(bundle.modules);
	return status;
}
