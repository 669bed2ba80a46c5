/* SPDX-License-Identifier: MIT */
#include "importer/cpython/internals.h"

#include "importer/cpython/thread_state.h"

#if COMPAT_KNOWS_STACK_BOUNDS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <internal/pycore_tstate.h>
#pragma GCC diagnostic pop
#endif

bool thread_state_is_known(void)
{
#if COMPAT_KNOWS_STACK_BOUNDS
	if (&PyUnstable_ThreadState_ResetStackProtection == NULL)
		return false;
#endif
	return Py_Version == PY_VERSION_HEX;
}

void thread_state_wipe(void)
{
	PyThreadState *const thread = PyThreadState_Get();
	const char *const end = (const char *)thread->datastack_limit;
	char *const start = (char *)thread->datastack_top;

	thread->native_thread_id = 0;
	if (start != NULL)
		memset(start, 0, (size_t)(end - start));
#if COMPAT_CACHES_STACK_CHUNK
	_PyStackChunk *const chunk = thread->datastack_cached_chunk;
	if (chunk != NULL)
		memset(chunk->data, 0, chunk->size - offsetof(_PyStackChunk, data));
#endif
}

#if COMPAT_KNOWS_STACK_BOUNDS
/* Include/internal/pycore_tstate.h: _PyThreadStateImpl, whose first member is the thread state. */
size_t thread_state_stack_words(const void *words[THREAD_STATE_WORDS])
{
	const _PyThreadStateImpl *const thread = (const _PyThreadStateImpl *)PyThreadState_Get();

	words[0] = &thread->c_stack_top;
	words[1] = &thread->c_stack_soft_limit;
	words[2] = &thread->c_stack_hard_limit;
	words[3] = &thread->c_stack_init_base;
	words[4] = &thread->c_stack_init_top;
	return THREAD_STATE_WORDS;
}
#else
size_t thread_state_stack_words(const void *words[THREAD_STATE_WORDS])
{
	(void)words;
	return 0;
}
#endif

void thread_state_renew(void)
{
	PyThreadState *const thread = PyThreadState_Get();

	thread->native_thread_id = PyThread_get_thread_native_id();
#if COMPAT_KNOWS_STACK_BOUNDS
	PyUnstable_ThreadState_ResetStackProtection(thread);
#endif
}
