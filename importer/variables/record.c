/* SPDX-License-Identifier: MIT */
#include "importer/variables/record.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pid_t recorded; /* the process */

void record_begin(void)
{
	recorded = getpid();
}

/* A record in one piece: others must not come in between. */
void record_write(enum variable_record type, const char *name, const char *who)
{
	const uint32_t sizes[] = {(uint32_t)strlen(name), (uint32_t)strlen(who)};
	const uint32_t payload = 2 * ((uint32_t)sizeof(uint32_t) + 1) + sizes[0] + sizes[1];
	const uint8_t letter = (uint8_t)type;
	const struct iovec parts[] = {
		{.iov_base = (void *)&letter, .iov_len = sizeof(letter)},
		{.iov_base = (void *)&payload, .iov_len = sizeof(payload)},
		{.iov_base = (void *)&sizes[0], .iov_len = sizeof(sizes[0])},
		{.iov_base = (void *)name, .iov_len = sizes[0] + 1},
		{.iov_base = (void *)&sizes[1], .iov_len = sizeof(sizes[1])},
		{.iov_base = (void *)who, .iov_len = sizes[1] + 1},
	};
	const int error = errno;

	/* If that fails, the last record is not written either, and the run counts for nothing. */
	if (recorded == getpid())
		(void)!writev(VARIABLE_RECORDS, parts, sizeof(parts) / sizeof(parts[0]));
	errno = error;
}
