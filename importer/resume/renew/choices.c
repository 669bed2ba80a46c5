/* SPDX-License-Identifier: MIT */
/*
 * What the user chooses for the program alone, by an option or a variable: streams without buffers (-u), no
 * bytecode files (-B), no folder of the program's on sys.path (-P). As Python/initconfig.c has it:
 * config_read_env_vars(), config_init_stdio(); Python/sysmodule.c: set_flags_from_config(). The streams of
 * Python's own are made later, as the configuration says then.
 */
#include "importer/cpython/configuration.h"
#include "importer/resume/renew.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/renewed.h"

static struct {
	PyConfig *configuration;
	PyObject **no_bytecode, **safe_path; /* in sys.flags */
	/* sys.dont_write_bytecode is what the interpreter has made it; or the start has chosen. */
	bool is_attribute_stock;
	/* Of a start that is compared: what it has not chosen itself, and the flags until they are as before. */
	unsigned int varied;
	PyObject *flags;
} kept;

/* --- where it is */

static void replace(PyObject **place, PyObject *value)
{
	PyObject *const old = *place;

	*place = value;
	Py_XDECREF(old);
}

static bool find_flags(void)
{
	PyObject *const flags = PySys_GetObject("flags");

	if (flags == NULL || !PyTuple_Check(flags))
		return false;
	kept.no_bytecode = configuration_find_flag(flags, "dont_write_bytecode");
	kept.safe_path = configuration_find_flag(flags, "safe_path");
	return kept.no_bytecode != NULL && kept.safe_path != NULL;
}

static bool find_all(void)
{
	kept.configuration = configuration_of_interpreter();
	return kept.configuration != NULL && find_flags();
}

/* --- in two starts whose memory is compared */

/*
 * But not sys.dont_write_bytecode: where site sets it, a dictionary would have been changed in the one, and not in the
 * other. The trial sees who keeps that (bundler/snapshot/start_report.py).
 */
static void choose_all(unsigned int choices, bool are_on)
{
	if ((choices & CHOICE_UNBUFFERED) != 0) {
		kept.configuration->buffered_stdio = !are_on;
		configuration_note_unbuffered(are_on);
	}
	if ((choices & CHOICE_SAFE_PATH) != 0) {
		replace(kept.safe_path, Py_NewRef(are_on ? Py_True : Py_False));
		kept.configuration->safe_path = are_on;
	}
	if ((choices & CHOICE_NO_BYTECODE) != 0) {
		replace(kept.no_bytecode, PyLong_FromLong(are_on));
		kept.configuration->write_bytecode = !are_on;
		configuration_note_no_bytecode(are_on);
	}
}

/* What is chosen stays so, and has a guard; a snapshot for one script has a guard of each. */
static void vary(enum command_kind kind, bool is_second)
{
	if (kind == COMMAND_FILE || !find_all())
		return;
	kept.varied |= kept.configuration->buffered_stdio != 0 ? CHOICE_UNBUFFERED : 0;
	kept.varied |= kept.configuration->safe_path == 0 ? CHOICE_SAFE_PATH : 0;
	kept.varied |= kept.configuration->write_bytecode != 0 ? CHOICE_NO_BYTECODE : 0;
	kept.flags = Py_NewRef(PySys_GetObject("flags"));
	choose_all(kept.varied, is_second);
}

/* --- before a snapshot is made */

static const char *prepare(void)
{
	/* Before they are looked for: site may have put other flags into sys. */
	if (kept.flags != NULL)
		choose_all(kept.varied, false);
	Py_CLEAR(kept.flags);
	if (!find_all())
		return "this interpreter does not tell where its options are";
	PyObject *const stock = kept.configuration->write_bytecode ? Py_False : Py_True;
	kept.is_attribute_stock = PySys_GetObject("dont_write_bytecode") == stock;
	return NULL;
}

/* --- in a new process */

/* A number that is not 0, or what is no number. */
static bool is_on(const char *name)
{
	const char *const text = getenv(name);
	char *end;

	if (text == NULL || text[0] == '\0')
		return false;
	errno = 0;
	const long number = strtol(text, &end, 10);
	return *end != '\0' || errno == ERANGE || number < INT_MIN || number > INT_MAX ||
	       number != 0;
}

static unsigned int choices_of_environment(void)
{
	const char *const safe_path = getenv(PYB_SAFE_PATH);
	unsigned int choices = 0;

	if (is_on(PYB_UNBUFFERED))
		choices |= CHOICE_UNBUFFERED;
	if (is_on(PYB_NO_BYTECODE))
		choices |= CHOICE_NO_BYTECODE;
	if (safe_path != NULL && safe_path[0] != '\0')
		choices |= CHOICE_SAFE_PATH;
	return choices;
}

static void choose_unbuffered(void)
{
	kept.configuration->buffered_stdio = 0;
	configuration_note_unbuffered(true);
	setvbuf(stdin, NULL, _IONBF, BUFSIZ);
	setvbuf(stdout, NULL, _IONBF, BUFSIZ);
	setvbuf(stderr, NULL, _IONBF, BUFSIZ);
}

static bool choose_no_bytecode(void)
{
	PyObject *const flag = PyLong_FromLong(1);

	if (flag == NULL)
		return false;
	replace(kept.no_bytecode, flag);
	kept.configuration->write_bytecode = 0;
	configuration_note_no_bytecode(true);
	return !kept.is_attribute_stock || PySys_SetObject("dont_write_bytecode", Py_True) == 0;
}

static void choose_safe_path(void)
{
	replace(kept.safe_path, Py_NewRef(Py_True));
	kept.configuration->safe_path = 1;
}

static bool renew(const struct renew_from *from)
{
	const unsigned int choices = from->line.choices | choices_of_environment();

	if ((choices & CHOICE_UNBUFFERED) != 0)
		choose_unbuffered();
	if ((choices & CHOICE_SAFE_PATH) != 0)
		choose_safe_path();
	return (choices & CHOICE_NO_BYTECODE) == 0 || choose_no_bytecode();
}

const struct renewal renew_choices = {"options", prepare, renew, vary};
