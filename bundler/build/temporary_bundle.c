/* SPDX-License-Identifier: MIT */
#include "bundler/build/temporary_bundle.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/temporary.h"

static enum pyb_status system_error(const char *path, const char *what, struct pyb_error *error)
{
	return pyb_error_set(error, pyb_error_of_system(errno), "%s: cannot %s: %s", path, what,
			     strerror(errno));
}

static enum pyb_status fill(const char *path, int descriptor, const struct pyb_buffer *bytes,
			    struct pyb_error *error)
{
	const uint8_t *at = bytes->data;
	size_t left = bytes->size;

	while (left > 0) {
		const ssize_t written = TEMP_FAILURE_RETRY(write(descriptor, at, left));
		if (written <= 0)
			return system_error(path, "write a temporary file", error);
		at += written;
		left -= (size_t)written;
	}
	return PYB_OK;
}

static enum pyb_status call(const char *path, const char *temporary, bundle_function *function,
			    void *cookie, struct pyb_error *error)
{
	char *const absolute = realpath(temporary, NULL);

	if (absolute == NULL)
		return system_error(path, "follow the path", error);
	const enum pyb_status status = function(cookie, absolute, error);
	free(absolute);
	return status;
}

static enum pyb_status make(const char *path, const struct pyb_buffer *bytes,
			    bundle_function *function, void *cookie, struct pyb_error *error)
{
	struct pyb_temporary temporary;
	enum pyb_status status = pyb_temporary_create(&temporary, path, error);

	if (status != PYB_OK)
		return status;
	status = fill(path, temporary.descriptor, bytes, error);
	if (status == PYB_OK)
		status = call(path, temporary.path, function, cookie, error);
	unlink(temporary.path);
	close(temporary.descriptor);
	free(temporary.path);
	return status;
}

enum pyb_status with_temporary_bundle(const char *path, const struct pyb_buffer *bytes,
				      bundle_function *function, void *cookie,
				      struct pyb_error *error)
{
	static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t held, before;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&held, ending[i]);
	pthread_sigmask(SIG_BLOCK, &held, &before);
	pyb_temporary_sweep(path);
	const enum pyb_status status = make(path, bytes, function, cookie, error);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}
