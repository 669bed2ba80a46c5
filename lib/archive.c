/* SPDX-License-Identifier: MIT */
#include "lib/archive.h"

#include <string.h>

#define NAME "__main__.py"

enum {
	NAME_SIZE = sizeof(NAME) - 1,
	LOCAL_SIZE = 30 + NAME_SIZE,     /* local file header, in front of the text */
	DIRECTORY_SIZE = 46 + NAME_SIZE, /* central directory, behind it */
	END_SIZE = 22,                   /* end of central directory record */
	VERSION = 20,                    /* of zip that is needed: 2.0 */
	MADE_BY_UNIX = 3 << 8,
	DATE = 1 << 5 | 1, /* 1980-01-01, the first day that zip knows */
};

_Static_assert((int)PYB_ARCHIVE_OVERHEAD == (int)LOCAL_SIZE + (int)DIRECTORY_SIZE + (int)END_SIZE,
	       "the header says how much it is");

static const uint32_t file_attributes = UINT32_C(0100644) << 16; /* st_mode */

/* What stands before the text, and what stands behind it. */
struct frame {
	uint8_t front[LOCAL_SIZE];
	uint8_t back[DIRECTORY_SIZE + END_SIZE];
};

/* The checksum of zip files (ISO 3309), bit by bit, for there is little to sum. */
static uint32_t crc32_of(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

static uint8_t *put(uint8_t *to, uint32_t number, int size)
{
	for (int i = 0; i < size; i++)
		*to++ = (uint8_t)(number >> 8 * i);
	return to;
}

static uint8_t *put_name(uint8_t *to)
{
	memcpy(to, NAME, NAME_SIZE);
	return to + NAME_SIZE;
}

/* The fields that both headers of a file have: from the needed version to the size of extra fields. */
static uint8_t *put_common(uint8_t *to, uint32_t crc, uint32_t size)
{
	to = put(to, VERSION, 2);
	to = put(to, 0, 4); /* flags, and the method: stored */
	to = put(to, DATE << 16, 4);
	to = put(to, crc, 4);
	to = put(to, size, 4);
	to = put(to, size, 4);
	return put(to, NAME_SIZE, 4);
}

static void make_frame(const uint8_t *text, size_t size, struct frame *frame)
{
	const uint32_t crc = crc32_of(text, size);
	uint8_t *at = put(frame->front, UINT32_C(0x04034b50), 4);

	put_name(put_common(at, crc, (uint32_t)size));
	at = put(frame->back, UINT32_C(0x02014b50), 4);
	at = put(at, MADE_BY_UNIX | VERSION, 2);
	at = put_common(at, crc, (uint32_t)size);
	at = put(at, 0, 4); /* size of the comment, number of the disk */
	at = put(at, 0, 2); /* internal attributes */
	at = put(at, file_attributes, 4);
	at = put(at, 0, 4); /* offset of the local header */
	at = put_name(at);
	at = put(at, UINT32_C(0x06054b50), 4);
	at = put(at, 0, 4);            /* numbers of disks */
	at = put(at, 1U << 16 | 1, 4); /* files on this disk, and on all */
	at = put(at, DIRECTORY_SIZE, 4);
	at = put(at, LOCAL_SIZE + (uint32_t)size, 4); /* offset of the central directory */
	put(at, 0, 2);                                /* size of the comment */
}

void pyb_archive_write(const uint8_t *text, size_t size, uint8_t *to)
{
	struct frame frame;

	make_frame(text, size, &frame);
	memcpy(to, frame.front, sizeof(frame.front));
	memcpy(to + sizeof(frame.front), text, size);
	memcpy(to + sizeof(frame.front) + size, frame.back, sizeof(frame.back));
}

/* The size of the text, by the offset of the central directory; what it says is checked afterwards. */
static size_t text_size(const uint8_t *end_of_archive)
{
	const uint8_t *const field = end_of_archive - 6;
	const size_t offset = (size_t)field[0] | (size_t)field[1] << 8 | (size_t)field[2] << 16 |
			      (size_t)field[3] << 24;
	return offset - LOCAL_SIZE;
}

bool pyb_archive_is_sound(const uint8_t *bytes, size_t size)
{
	struct frame frame;

	if (size < PYB_ARCHIVE_OVERHEAD)
		return false;
	const size_t length = text_size(bytes + size);
	if (length > PYB_ARCHIVE_TEXT_MAX || length > size - PYB_ARCHIVE_OVERHEAD)
		return false;
	const uint8_t *const archive = bytes + size - PYB_ARCHIVE_OVERHEAD - length;
	for (const uint8_t *at = bytes; at < archive; at++)
		if (*at != 0)
			return false;
	make_frame(archive + sizeof(frame.front), length, &frame);
	return memcmp(archive, frame.front, sizeof(frame.front)) == 0 &&
	       memcmp(archive + sizeof(frame.front) + length, frame.back, sizeof(frame.back)) == 0;
}
