/* SPDX-License-Identifier: MIT */
/* Marshal streams. The first byte chooses the version of the interpreter. */
#include <string.h>

#include "bundler/build/marshal.h"
#include "tests/fuzz/target.h"

enum { PREFIX_SIZE = 3 };

static void must_stay(const struct pyb_buffer *first, uint32_t version, enum marshal_sets sets)
{
	struct pyb_buffer again = {0};
	struct pyb_error error = {0};
	const enum pyb_status status =
		marshal_canonical(first->data + PREFIX_SIZE, first->size - PREFIX_SIZE, version,
				  sets, &again, &error);

	fuzz_must(status == PYB_OK, "a canonical stream can be read", error.text);
	fuzz_must(again.size == first->size - PREFIX_SIZE &&
			  memcmp(again.data, first->data + PREFIX_SIZE, again.size) == 0,
		  "a canonical stream stays as it is", NULL);
	pyb_buffer_release(&again);
}

static void try_stream(const uint8_t *data, size_t size, uint32_t version, enum marshal_sets sets)
{
	struct pyb_buffer out = {0};
	struct pyb_error error = {0};

	if (pyb_buffer_append(&out, "abc", PREFIX_SIZE, NULL) != PYB_OK)
		return;
	const enum pyb_status status = marshal_canonical(data, size, version, sets, &out, &error);
	fuzz_must(memcmp(out.data, "abc", PREFIX_SIZE) == 0, "what was there stays", NULL);
	fuzz_must(status == error.status, "the error has the status that is returned", error.text);
	if (status == PYB_OK)
		must_stay(&out, version, sets);
	else
		fuzz_must(out.size == PREFIX_SIZE, "nothing is left of a bad stream", NULL);
	pyb_buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t versions[] = {0x030b02f0, 0x030d00f0, 0x030800f0, 0x02070000};

	if (size == 0)
		return 0;
	const uint32_t version = versions[data[0] % (sizeof(versions) / sizeof(versions[0]))];
	try_stream(data + 1, size - 1, version, MARSHAL_KEEP_SETS);
	try_stream(data + 1, size - 1, version, MARSHAL_SORT_SETS);
	try_stream(data + 1, size - 1, version, MARSHAL_LIST_SETS);
	return 0;
}
