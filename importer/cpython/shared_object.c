/* SPDX-License-Identifier: MIT */
#include "importer/cpython/shared_object.h"

struct visitor {
	bool (*visit)(const struct shared_object *object, void *data);
	void *data;
};

static struct shared_object describe(const struct dl_phdr_info *info)
{
	struct shared_object object = {
		.path = info->dlpi_name,
		.base = info->dlpi_addr,
		.start = UINTPTR_MAX,
		.segments = info->dlpi_phdr,
		.segment_count = info->dlpi_phnum,
	};

	for (size_t i = 0; i < object.segment_count; i++) {
		const uintptr_t start = shared_object_segment(&object, i);
		const uintptr_t end = start + object.segments[i].p_memsz;
		if (object.segments[i].p_type != PT_LOAD)
			continue;
		object.start = start < object.start ? start : object.start;
		object.end = end > object.end ? end : object.end;
	}
	return object;
}

static int visit_object(struct dl_phdr_info *info, size_t size, void *argument)
{
	const struct visitor *const visitor = argument;
	const struct shared_object object = describe(info);

	(void)size;
	return visitor->visit(&object, visitor->data);
}

bool shared_object_each(bool (*visit)(const struct shared_object *object, void *data), void *data)
{
	struct visitor visitor = {visit, data};

	return dl_iterate_phdr(visit_object, &visitor) != 0;
}

struct search {
	uintptr_t address;
	struct shared_object *found;
};

static bool take_if_there(const struct shared_object *object, void *data)
{
	const struct search *const search = data;

	if (!shared_object_holds(object, search->address))
		return false;
	*search->found = *object;
	return true;
}

bool shared_object_at(uintptr_t address, struct shared_object *found)
{
	struct search search = {address, found};

	return shared_object_each(take_if_there, &search);
}
