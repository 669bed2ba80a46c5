/* SPDX-License-Identifier: MIT */
/*
 * How the importer gets into the interpreter: it is preloaded, its constructor takes what the
 * launcher handed over out of the environment, maps the bundle and wraps the initialization of two
 * built-in modules, which importlib imports when no module has been read from a file yet: `_weakref`,
 * the last one that importlib itself needs, when the hooks are set, and `posix`, which its path-based
 * part needs. Until then nothing but PyImport_Inittab, a public variable, is touched.
 */
#include <string.h>
#include <unistd.h>

#include "importer/bootstrap.h"
#include "importer/bundle/mapping.h"
#include "importer/bundle/settings.h"
#include "importer/cpython/compat.h"
#include "importer/cpython/interpreter_segment.h"
#include "importer/exit/exit.h"
#include "importer/handoff/handoff.h"
#include "importer/handoff/take.h"
#include "importer/hooks.h"
#include "importer/memory/heap.h"
#include "importer/memory/pages.h"
#include "importer/message.h"
#include "importer/policy.h"
#include "importer/process.h"
#include "importer/report.h"
#include "importer/resume/make.h"
#include "importer/resume/resume.h"
#include "importer/session.h"

struct session session;

/* PyImport_Inittab of Debian's Python has some 80 entries. */
enum { INITTAB_MAX = 512 };

static struct _inittab inittab[INITTAB_MAX];
static PyObject *(*init_weakref)(void);
static PyObject *(*init_posix)(void);

/* Whether there is an interpreter in this program. If not, it may start one that is to be told. */
static bool is_interpreter(void)
{
	return &PyImport_Inittab != NULL;
}

static void refuse(const char *reason)
{
	session.phase = PHASE_REFUSED;
	message_refusal("%s: %s; starting without it", used_bundle.path, reason);
}

/* What does not fit is refused before anything is hooked. */
static void install_hooks(void)
{
	const char *reason = "importlib is not as expected";

	if (fit_configuration(used_bundle.reader.header, &reason) && hooks_install() == 0) {
		bundle_load(&used_bundle);
	} else {
		PyErr_Clear();
		refuse(reason);
	}
}

/* From here on modules are imported: what all of them need of the bundle is read now. */
static PyObject *init_weakref_and_hooks(void)
{
	if (session.phase == PHASE_ATTACHED)
		install_hooks();
	process_close_bundle();
	return init_weakref();
}

/* What module atexit keeps is not there before. */
static PyObject *init_posix_and_exit(void)
{
	if (session.phase == PHASE_HOOKED)
		exit_init();
	return init_posix();
}

/* The entry of a built-in module; NULL if there is none. */
static struct _inittab *find_builtin(const char *name)
{
	struct _inittab *entry = inittab;

	while (entry->name != NULL && strcmp(entry->name, name) != 0)
		entry++;
	return entry->name == NULL ? NULL : entry;
}

static bool wrap(const char *name, PyObject *(*wrapper)(void), PyObject *(**stock)(void))
{
	struct _inittab *const entry = find_builtin(name);

	if (entry == NULL)
		return false;
	*stock = entry->initfunc;
	entry->initfunc = wrapper;
	return true;
}

/* Point PyImport_Inittab at a copy in which they are wrapped; the original may be read-only. */
static bool wrap_modules(void)
{
	size_t count = 0;

	for (; PyImport_Inittab[count].name != NULL; count++) {
		if (count >= INITTAB_MAX - 1)
			return false;
		inittab[count] = PyImport_Inittab[count];
	}
	inittab[count] = (struct _inittab){0};
	if (!wrap("_weakref", init_weakref_and_hooks, &init_weakref) ||
	    !wrap("posix", init_posix_and_exit, &init_posix))
		return false;
	PyImport_Inittab = inittab;
	return true;
}

/*
 * One question for all of them: the answer takes longer than small programs gain by it. For a snapshot it is
 * asked by those who go on with it.
 */
static void want_huge_pages(void)
{
	const size_t arena = arena_round(bundle_arena_size(&used_bundle));
	const size_t heap = pages_round(bundle_heap_size(&used_bundle));

	if (!policy_is_on(PYB_POLICY_HUGE_PAGES) ||
	    !(session.makes_snapshot ||
	      pages_are_plentiful(arena + heap + bundle_huge_size(&used_bundle))))
		return;
	arena_install(&process.arena, arena);
	process.heap_size = heap;
	process.huge_heap = heap_want_huge(heap);
	bundle_want_huge(&used_bundle);
}

/*
 * Where all objects count their references, a start writes to nearly each page of the static ones: given
 * one by one, each takes a page fault to read it and another to copy it.
 */
static void populate_static_objects(void)
{
	if (!COMPAT_COUNTS_STATIC_REFERENCES)
		return;
	const struct interpreter_segment data = interpreter_segment_find_data();
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	pages_populate((void *)data.start, data.end - data.start);
}

static void attach(const struct handoff_received *handoff)
{
	struct pyb_error error = {0};

	if (bundle_map(&used_bundle, handoff->bundle_descriptor, handoff->bundle_path, &error) !=
	    PYB_OK) {
		session.phase = PHASE_REFUSED;
		message_refusal("%s: %s%s; starting without it", handoff->bundle_path,
				error.status == PYB_ERR_DAMAGED ? "it is damaged: " : "",
				error.text);
		return;
	}
	policy_init(used_bundle.reader.header, handoff->flags >> HANDOFF_WITHOUT_SHIFT);
	if (!wrap_modules() || bootstrap_prepare() != 0) {
		refuse("this interpreter's built-in modules are not as expected");
		return;
	}
	want_huge_pages();
	populate_static_objects();
	if (policy_is_on(PYB_POLICY_CHECK_COLD))
		bundle_want_checksums(&used_bundle);
	session.phase = PHASE_ATTACHED;
}

/* glibc calls constructors as it calls main() (elf/dl-init.c: call_init()). */
__attribute__((constructor)) static void on_load(int argc, char **argv, char **envp)
{
	struct handoff_received handoff;

	if (!is_interpreter() || !handoff_take(argv, envp, &handoff))
		return;
	process_heed(handoff.flags);
	if (!make_if_asked(argv))
		resume(&handoff, argc, argv);
	process_begin(handoff.bundle_descriptor);
	attach(&handoff);
	if (session.phase != PHASE_ATTACHED || !image_is_there(&used_bundle.image))
		process_close_bundle();
}

__attribute__((destructor)) static void on_exit_print(void)
{
	if (session.print_stats && used_bundle.path != NULL && process.reporter == getpid())
		report_print(&session.stats, &used_bundle);
}
