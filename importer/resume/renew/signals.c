/* SPDX-License-Identifier: MIT */
/*
 * What is done on signals: the kernel knows it, not the memory. The interpreter sets a few at its start
 * (Python/pylifecycle.c: init_signals(), Modules/signalmodule.c); site sets none, or there is no snapshot.
 * One that the new process ignores, as a shell's background jobs do SIGINT, is not handled by the interpreter,
 * whose module `_signal` knows that. Which ones it blocks no part of a start asks for, nor which of them wait: they are
 * the kernel's, and stay through the exchange of the memory.
 */
#include "importer/cpython/compat.h"
#include "importer/resume/renew.h"

#include <signal.h>

enum { SIGNALS = 65 };

static struct {
	struct sigaction actions[SIGNALS];
	bool is_set[SIGNALS];
	PyObject *signal,
		*ignore; /* _signal.signal() and SIG_IGN; owned until they are not needed any more */
	PyObject *varied[SIGNALS]; /* handlers; owned; NULL: has the one that it had */
} kept;

/* Field by field: the C library leaves in the structure what was on its stack. */
static void keep(int number, const struct sigaction *action)
{
	struct sigaction *const copy = &kept.actions[number];

	kept.is_set[number] = true;
	copy->sa_sigaction = action->sa_sigaction;
	copy->sa_flags = action->sa_flags;
	sigemptyset(&copy->sa_mask);
	for (int other = 1; other < SIGNALS; other++)
		if (sigismember(&action->sa_mask, other) == 1)
			sigaddset(&copy->sa_mask, other);
}

static void find_functions(void)
{
	renew_find("_signal", "signal", &kept.signal);
	renew_find("_signal", "SIG_IGN", &kept.ignore);
}

/* --- in two starts whose memory is compared */

/* Any that a process may be started with as one to be ignored, but for those of faults, which are the tracer's. */
static bool may_be_varied(int number)
{
	switch (number) {
	case SIGILL:
	case SIGTRAP:
	case SIGBUS:
	case SIGFPE:
	case SIGKILL:
	case SIGSEGV:
	case SIGSTOP:
	case SIGSYS:
		return false;
	default:
		return number < __SIGRTMIN || number >= SIGRTMIN;
	}
}

static PyObject *handler_of(int number)
{
	PyObject *find, *handler = NULL;

	if (renew_find("_signal", "getsignal", &find) && find != NULL)
		handler = PyObject_CallFunction(find, "i", number);
	Py_XDECREF(find);
	PyErr_Clear();
	return handler;
}

static void set_handler(int number, PyObject *handler)
{
	PyObject *const result = PyObject_CallFunction(kept.signal, "iO", number, handler);

	Py_XDECREF(result);
	PyErr_Clear();
}

/* In the second they are ignored. Site sets none, so that those of before are set again afterwards. */
static void vary(enum command_kind kind, bool is_second)
{
	(void)kind;
	find_functions();
	for (int number = 1; number < SIGNALS && kept.signal != NULL; number++) {
		PyObject *const handler = may_be_varied(number) ? handler_of(number) : NULL;
		if (handler != NULL && handler != Py_None && handler != kept.ignore) {
			set_handler(number, is_second ? kept.ignore : handler);
			kept.varied[number] = Py_NewRef(handler);
		}
		Py_XDECREF(handler);
	}
	Py_CLEAR(kept.signal);
	Py_CLEAR(kept.ignore);
}

static void take_back(void)
{
	for (int number = 1; number < SIGNALS; number++) {
		if (kept.varied[number] != NULL)
			set_handler(number, kept.varied[number]);
		Py_CLEAR(kept.varied[number]);
	}
}

/* --- before a snapshot is made */

static const char *prepare(void)
{
	struct sigaction action;

	find_functions();
	if (kept.signal == NULL || kept.ignore == NULL)
		return "module _signal is not as Python makes it";
	take_back();
	for (int number = 1; number < SIGNALS; number++)
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			keep(number, &action);
	return NULL;
}

/* --- in a new process */

static bool ignore(int number)
{
	PyObject *const result = PyObject_CallFunction(kept.signal, "iO", number, kept.ignore);

	Py_XDECREF(result);
	return result != NULL;
}

static bool renew(const struct renew_from *from)
{
	bool is_done = true;

	for (int number = 1; number < SIGNALS && is_done; number++)
		if ((from->ignored_signals >> (number - 1) & 1) != 0)
			is_done = ignore(number);
		else if (kept.is_set[number])
			sigaction(number, &kept.actions[number], NULL);
	Py_CLEAR(kept.signal);
	Py_CLEAR(kept.ignore);
	return is_done;
}

const struct renewal renew_signals = {"signals", prepare, renew, vary};
