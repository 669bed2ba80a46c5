/* SPDX-License-Identifier: MIT */
#include "importer/resume/thread_stack.h"

#include <pthread.h>

bool thread_stack_find(size_t *size)
{
	pthread_attr_t attributes;

	if (pthread_getattr_default_np(&attributes) != 0)
		return false;
	const bool is_found = pthread_attr_getstacksize(&attributes, size) == 0 &&
			      pthread_attr_setstacksize(&attributes, *size) == 0;
	pthread_attr_destroy(&attributes);
	return is_found;
}

bool thread_stack_set(size_t size)
{
	pthread_attr_t attributes;
	size_t before;

	if (pthread_getattr_default_np(&attributes) != 0)
		return false;
	bool is_set = pthread_attr_getstacksize(&attributes, &before) == 0;
	if (is_set && before != size)
		is_set = pthread_attr_setstacksize(&attributes, size) == 0 &&
			 pthread_setattr_default_np(&attributes) == 0;
	pthread_attr_destroy(&attributes);
	return is_set;
}
