/* SPDX-License-Identifier: MIT */
/*
 * Which environment variables a start reads: bundler/snapshot/variables.h says how and why. This object is
 * preloaded into an interpreter that nothing else of ours is in. Its constructor runs before that of any
 * other object, even the C library's (ld.so: -z initfirst), so that no read is early enough to be missed.
 */
#include <string.h>
#include <unistd.h>

#include "importer/cpython/compat.h"
#include "importer/cpython/first_imports.h"
#include "importer/environment_script.h"
#include "importer/variables/reads.h"
#include "importer/variables/record.h"

enum { INITTAB_MAX = 512, SLOTS_MAX = 16 };

static struct _inittab inittab[INITTAB_MAX];
static PyModuleDef_Slot slots[SLOTS_MAX];
static PyObject *(*init_posix)(void);

/* Tell that the start is not recorded; the interpreter goes on, and is not heard. */
static void give_up(const char *reason)
{
	record_write(VARIABLES_UNSEEN, "", reason);
	close(VARIABLE_RECORDS);
}

/* --- at the end */

/* As a snapshot of a script begins; `file` is its path. */
static void import_for_script(PyObject *file)
{
	const char *const script = PyUnicode_AsUTF8(file);
	const char *const reason = script == NULL ? "the path of the script is no text"
						  : first_imports_do(script, true);

	if (reason != NULL)
		give_up(reason);
}

/* The interpreter is about to run its program. */
static int end_at_program(const char *event, PyObject *arguments, void *cookie)
{
	const bool is_script = strcmp(event, "cpython.run_file") == 0;

	(void)cookie;
	if (!is_script && strcmp(event, "cpython.run_command") != 0)
		return 0;
	if (is_script)
		import_for_script(PyTuple_GET_ITEM(arguments, 0));
	reads_end();
	record_write(VARIABLES_COMPLETE, "", "");
	_exit(0);
}

/* --- in Python */

/* record(type, name, who), all bytes */
static PyObject *record(PyObject *module, PyObject *arguments)
{
	char type;
	PyObject *name, *who;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "cSS", &type, &name, &who))
		return NULL;
	record_write((enum variable_record)type, PyBytes_AS_STRING(name), PyBytes_AS_STRING(who));
	Py_RETURN_NONE;
}

static PyMethodDef record_method = {
	.ml_name = "record", .ml_meth = record, .ml_flags = METH_VARARGS};

/* The names with which the script begins; NULL on failure. */
static PyObject *script_names(PyObject *stock)
{
	PyObject *const function = PyCFunction_New(&record_method, NULL);
	PyObject *const sys = PyImport_AddModule("sys"); /* borrowed, like the built-in names */
	PyObject *const names =
		function == NULL || sys == NULL
			? NULL
			: Py_BuildValue("{sssOsOsOsO}", "__name__", "environment", "__builtins__",
					PyEval_GetBuiltins(), "environ", stock, "sys", sys,
					"record", function);

	Py_XDECREF(function);
	return names;
}

/* What the script makes in place of a module's `environ`; NULL on failure. */
static PyObject *make_environment(PyObject *module)
{
	PyObject *const stock = PyObject_GetAttrString(module, "environ");
	PyObject *const names = stock == NULL ? NULL : script_names(stock);
	PyObject *const result =
		names == NULL ? NULL
			      : PyRun_String(environment_script, Py_file_input, names, names);
	PyObject *const made = result == NULL ? NULL : PyDict_GetItemString(names, "environment");

	Py_XINCREF(made);
	Py_XDECREF(result);
	Py_XDECREF(names);
	Py_XDECREF(stock);
	return made;
}

/* Executed last of what initializes `posix`. */
static int take_over(PyObject *module)
{
	PyObject *const environment = make_environment(module);
	const int status =
		environment == NULL ? -1 : PyObject_SetAttrString(module, "environ", environment);

	Py_XDECREF(environment);
	if (status != 0 || PySys_AddAuditHook(end_at_program, NULL) != 0)
		give_up("os.environ cannot be replaced");
	reads_are_late();
	PyErr_Clear();
	return 0;
}

/* Have a function called when the module is executed. False if it is made in another way. */
static bool add_slot(PyObject *definition)
{
	size_t count = 0;

	if (definition == NULL || !PyObject_TypeCheck(definition, &PyModuleDef_Type))
		return false;
	PyModuleDef *const module = (PyModuleDef *)definition;
	for (; module->m_slots != NULL && module->m_slots[count].slot != 0; count++) {
		if (count >= SLOTS_MAX - 2)
			return false;
		slots[count] = module->m_slots[count];
	}
	slots[count] = (PyModuleDef_Slot){.slot = Py_mod_exec, .value = (void *)take_over};
	module->m_slots = slots;
	return true;
}

static PyObject *init_posix_and_more(void)
{
	PyObject *const definition = init_posix();

	if (slots[0].slot == 0 && !add_slot(definition))
		give_up("the module posix is not as expected");
	return definition;
}

/* Point PyImport_Inittab at a copy, for the original may be read-only. */
static bool wrap_posix(void)
{
	size_t count = 0;

	for (; PyImport_Inittab[count].name != NULL; count++) {
		if (count >= INITTAB_MAX - 1)
			return false;
		inittab[count] = PyImport_Inittab[count];
		if (strcmp(inittab[count].name, "posix") != 0)
			continue;
		init_posix = inittab[count].initfunc;
		inittab[count].initfunc = init_posix_and_more;
	}
	PyImport_Inittab = inittab;
	return init_posix != NULL;
}

/* --- at the beginning */

/* Take ourselves out of the environment; what else was preloaded comes before us. */
static void hide(char **environment)
{
	static const char name[] = "LD_PRELOAD=", own[] = VARIABLE_RECORDER_PATH;
	char **entry = environment;

	while (*entry != NULL && strncmp(*entry, name, sizeof(name) - 1) != 0)
		entry++;
	if (*entry == NULL)
		return;
	char *const end = *entry + strlen(*entry) - (sizeof(own) - 1);
	if (end > *entry + sizeof(name) - 1) {
		end[-1] = '\0';
		return;
	}
	for (; entry[0] != NULL; entry++)
		entry[0] = entry[1];
}

/* glibc calls constructors as it calls main() (elf/dl-init.c: call_init()). */
__attribute__((constructor)) static void on_load(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	hide(envp);
	close(VARIABLE_RECORDER);
	record_begin();
	const char *reason = reads_begin(envp);
	if (reason == NULL && (&PyImport_Inittab == NULL || !wrap_posix()))
		reason = "this interpreter's built-in modules are not as expected";
	if (reason != NULL)
		give_up(reason);
}
