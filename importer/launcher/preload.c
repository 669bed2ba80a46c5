/* SPDX-License-Identifier: MIT */
#include "importer/launcher/preload.h"

#include <errno.h>

#include "importer/launcher/bundle_file.h"
#include "importer/launcher/message.h"
#include "importer/launcher/system.h"
#include "lib/interpreters.h"
#include "lib/python_version.h"

/* Why the open file must not be loaded, or NULL. */
static const char *fault_of(int fd, uint32_t user)
{
	struct stat status;
	const int error = system_fstat(fd, &status);

	if (error < 0)
		return message_errno(-error);
	if (!S_ISREG(status.st_mode))
		return "it is not a regular file";
	const char *const distrust = bundle_trust_fault(&status, user);
	if (distrust != NULL)
		return distrust;
	/* A refusal would come too late in the dynamic linker. The mapping ends with execve(). */
	const long address = system_map_executable(fd, PYB_PAGE_SIZE);
	return address < 0 && address > -4096 ? "it may not be mapped for execution (noexec?)"
					      : NULL;
}

/* The file name; false for a tag that would lead elsewhere. */
static bool file_name(struct text *name, const char *soabi)
{
	for (const char *c = soabi; *c != '\0'; c++)
		if (*c == '/')
			return false;
	text_set(name, "pystart.", soabi, ".so");
	return !name->cut;
}

/* Returns a descriptor, or a negated errno with the reason if that is not ENOENT. */
static int try_folder(struct text *path, const char *name, uint32_t user, struct text *reason)
{
	text_add(path, name);
	if (path->cut)
		return -ENOENT;
	const int fd = system_open(path->bytes, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return -ENOENT;
	const char *const fault = fd < 0 ? message_errno(-fd) : fault_of(fd, user);
	if (fault == NULL)
		return fd;
	text_set(reason, "the importer ", path->bytes, " cannot be used: ", fault);
	if (fd >= 0)
		system_close(fd);
	return fd < 0 ? fd : -EACCES;
}

static void say_not_found(const struct places *places, const struct pyb_interpreter *interpreter,
			  const char *name, struct text *reason)
{
	char buffer[TEXT_PATH_SIZE];
	struct text folder;
	const char *separator = " in ";

	text_set(reason, "there is no importer for CPython ", interpreter->version, ", ", name);
	text_begin(&folder, buffer, sizeof(buffer));
	for (size_t i = 0; i < PLACES_FOLDER_MAX; i++) {
		if (!places_folder_shown(places, i, interpreter->name, &folder))
			continue;
		text_add(reason, separator);
		text_add(reason, folder.bytes);
		separator = ", ";
	}
}

int preload_find(const struct places *places, const struct pyb_interpreter *interpreter,
		 uint32_t user, struct text *reason)
{
	char name_buffer[128];
	char path_buffer[TEXT_PATH_SIZE];
	struct text name;
	struct text path;

	text_begin(&name, name_buffer, sizeof(name_buffer));
	if (!file_name(&name, interpreter->soabi)) {
		text_set(reason, "its interpreter's tag is malformed");
		return -1;
	}
	text_begin(&path, path_buffer, sizeof(path_buffer));
	for (size_t i = 0; i < PLACES_FOLDER_MAX; i++) {
		if (!places_interpreter_folder(places, i, interpreter->name, &path))
			continue;
		const int fd = try_folder(&path, name.bytes, user, reason);
		if (fd != -ENOENT)
			return fd < 0 ? -1 : fd;
	}
	say_not_found(places, interpreter, name.bytes, reason);
	return -1;
}

int preload_open(const struct places *places, const struct pyb_fingerprint *fingerprint,
		 uint32_t user, struct text *reason)
{
	char version[PYB_PYTHON_VERSION_SIZE];
	struct pyb_interpreter interpreter;

	if (!pyb_interpreters_find(fingerprint, &interpreter)) {
		/* One that was built elsewhere may lie there. */
		pyb_python_version_write(version, fingerprint->version);
		interpreter.version = version;
		interpreter.soabi = fingerprint->soabi;
	}
	return preload_find(places, &interpreter, user, reason);
}
