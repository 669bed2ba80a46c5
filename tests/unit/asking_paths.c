/* SPDX-License-Identifier: MIT */
/* Paths that are looked at, and files that are changed. */
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/asking.h"

enum { PAGE_SIZE_MAX = 65536 };

static char buffer[PATH_MAX];
static struct stat status;

static int open_file(int flags)
{
	return open(in_folder("file"), flags | O_CLOEXEC);
}

void stat_absolute(void)
{
	ignore(stat(in_folder("file"), &status));
}

static void stat_relative(void)
{
	ignore(stat("file", &status));
}

static void stat_dots(void)
{
	ignore(stat(".//folder/./../file", &status));
}

static void stat_folder(void)
{
	const int folder = open(in_folder("folder"), O_PATH | O_DIRECTORY | O_CLOEXEC);

	ignore(fstatat(folder, "entry", &status, 0));
	close(folder);
}

static void stat_closed_folder(void)
{
	ignore(fstatat(77, "entry", &status, 0));
}

static void stat_link(void)
{
	ignore(stat(in_folder("link"), &status));
}

static void lstat_link(void)
{
	ignore(lstat(in_folder("nowhere"), &status));
}

static void stat_nowhere(void)
{
	ignore(stat(in_folder("nowhere"), &status));
}

static void stat_missing(void)
{
	ignore(stat(in_folder("missing"), &status));
}

static void stat_below_file(void)
{
	ignore(stat(in_folder("file/x"), &status));
}

static void stat_twice(void)
{
	stat_absolute();
	stat_relative();
	stat_absolute();
}

static void stat_just_changed(void)
{
	close(open_file(O_WRONLY | O_TRUNC));
	stat_absolute();
}

static void stat_unreadable(void)
{
	ignore(syscall(SYS_newfstatat, AT_FDCWD, 1, &status, 0));
}

/* The page behind the path cannot be read. */
static void stat_at_edge(void)
{
	const char *const path = in_folder("file");
	const size_t size = strlen(path) + 1;
	char *const pages = mmap(NULL, 2 * PAGE_SIZE_MAX, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ignore(mprotect(pages + PAGE_SIZE_MAX, PAGE_SIZE_MAX, PROT_NONE));
	memcpy(pages + PAGE_SIZE_MAX - size, path, size);
	ignore(stat(pages + PAGE_SIZE_MAX - size, &status));
	memset(pages + PAGE_SIZE_MAX - size, 'x', size);
	ignore(stat(pages + PAGE_SIZE_MAX - size, &status));
}

/* The longest path that there may be, and one that is too long. */
static void stat_long(void)
{
	const char *const path = in_folder("file");
	const size_t length = strlen(path);

	memset(buffer, '/', sizeof(buffer));
	memcpy(buffer + sizeof(buffer) - 1 - length, path, length + 1);
	ignore(stat(buffer, &status));
	memset(buffer, 'x', sizeof(buffer));
	ignore(syscall(SYS_newfstatat, AT_FDCWD, buffer, &status, 0));
}

static void stat_long_name(void)
{
	memset(buffer, 'x', NAME_MAX + 1);
	ignore(stat(in_folder(buffer), &status));
}

static void stat_empty(void)
{
	ignore(stat("", &status));
	ignore(fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH));
}

static void *stat_in_thread(void *unused)
{
	(void)unused;
	stat_absolute();
	return NULL;
}

static void from_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, stat_in_thread, NULL) == 0)
		pthread_join(thread, NULL);
}

static void after_chdir(void)
{
	ignore(chdir("folder"));
	ignore(stat("entry", &status));
}

static void in_removed_folder(void)
{
	ignore(stat("entry", &status));
}

/* A working folder of which the path is longer than any that may be used. */
static void in_deep_folder(void)
{
	ignore(stat("x", &status));
}

static void check_access(void)
{
	ignore(access(in_folder("file"), R_OK));
	ignore(access(in_folder("missing"), R_OK));
}

static void read_link(void)
{
	ignore(readlink(in_folder("link"), buffer, sizeof(buffer)));
}

static void ask_attributes(void)
{
	stat_absolute();
	ignore(getxattr(in_folder("file"), "user.x", buffer, sizeof(buffer)));
}

static void open_only(void)
{
	close(open_file(O_RDONLY));
}

static void open_no_link(void)
{
	close(open(in_folder("link"), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
}

static void read_file(void)
{
	const int file = open_file(O_RDONLY);

	ignore(read(file, buffer, 1));
	close(file);
}

/* A descriptor of the file that was given another number. */
static void read_copy(void)
{
	const int file = open_file(O_RDONLY), copy = dup(file);

	close(file);
	ignore(pread(copy, buffer, 1, 0));
	close(copy);
}

static void map_file(void)
{
	const int file = open_file(O_RDONLY);

	ignore(mmap(NULL, 1, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED);
	close(file);
}

static void map_shared(void)
{
	const int file = open_file(O_RDONLY);

	ignore(mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED);
	close(file);
}

static void stat_open_file(void)
{
	const int file = open_file(O_RDONLY);

	ignore(fstat(file, &status));
	ignore(isatty(file));
	ignore(lseek(file, 0, SEEK_CUR));
	close(file);
}

static void list_folder(void)
{
	const int folder = open(in_folder("folder"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ignore(syscall(SYS_getdents64, folder, buffer, sizeof(buffer)));
	close(folder);
}

static void open_how(void)
{
	const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};

	close((int)syscall(SYS_openat2, AT_FDCWD, in_folder("file"), &how, sizeof(how)));
}

static void open_beneath(void)
{
	const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};

	close((int)syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)));
}

static void read_own(const char *path)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC);

	ignore(read(file, buffer, 16));
	close(file);
}

static void read_proc(void)
{
	read_own("/proc/self/stat");
}

static void read_proc_by_number(void)
{
	snprintf(buffer, sizeof(buffer), "/proc/%d/stat", (int)gettid());
	read_own(buffer);
}

/* By the name of a descriptor, of a file of its own and of one that it was given. */
static void read_own_descriptor(void)
{
	const int file = open_file(O_RDONLY);

	snprintf(buffer, sizeof(buffer), "/dev/fd/%d", file);
	read_own(buffer);
	close(file);
}

static void read_given_descriptor(void)
{
	read_own("/dev/stdin");
}

static void write_own_descriptor(void)
{
	const int file = open_file(O_RDONLY);

	snprintf(buffer, sizeof(buffer), "/proc/self/fd/%d", file);
	close(open(buffer, O_WRONLY | O_CLOEXEC));
	close(file);
}

static void read_random(void)
{
	read_own("/dev/urandom");
}

static void use_null(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	ignore(read(null, buffer, 1));
	ignore(write(null, buffer, 1));
	close(null);
}

/* It has been looked for by its path, and is given as well. */
static void read_given_null(void)
{
	use_null();
	ignore(read(0, buffer, 1));
}

/* --- files that are changed */

static void write_new(void)
{
	close(open(in_folder("new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void write_old(void)
{
	close(open_file(O_RDWR));
}

static void write_missing(void)
{
	ignore(open(in_folder("missing"), O_RDWR | O_CLOEXEC));
}

static void make_folder(void)
{
	ignore(mkdir(in_folder("made"), 0700));
}

/* What cannot be done changes nothing. */

static void make_folder_there(void)
{
	ignore(mkdir(in_folder("folder"), 0700));
}

static void make_below_missing(void)
{
	ignore(mkdir(in_folder("missing/made"), 0700));
}

static void write_below_missing(void)
{
	ignore(open(in_folder("missing/new"), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static void write_no_other(void)
{
	ignore(open(in_folder("file"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static void write_below_file(void)
{
	ignore(open(in_folder("file/new"), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

static void remove_missing(void)
{
	ignore(unlink(in_folder("missing")));
}

static void remove_file(void)
{
	ignore(unlink(in_folder("folder/entry")));
}

static void rename_file(void)
{
	ignore(rename("file", "renamed"));
}

/* It is not there when the program looks, and is when it looks again. */
static void change_meanwhile(void)
{
	ignore(access(in_folder("made"), F_OK));
	ignore(mkdir(in_folder("made"), 0700));
	ignore(access(in_folder("made"), F_OK));
}

const struct act path_acts[] = {
	ACT(stat_absolute),
	ACT(stat_relative),
	ACT(stat_dots),
	ACT(stat_folder),
	ACT(stat_closed_folder),
	ACT(stat_link),
	ACT(lstat_link),
	ACT(stat_nowhere),
	ACT(stat_missing),
	ACT(stat_below_file),
	ACT(stat_twice),
	ACT(stat_just_changed),
	ACT(stat_unreadable),
	ACT(stat_at_edge),
	ACT(stat_long),
	ACT(stat_long_name),
	ACT(stat_empty),
	ACT(from_thread),
	ACT(after_chdir),
	ACT(in_removed_folder),
	ACT(in_deep_folder),
	ACT(check_access),
	ACT(read_link),
	ACT(ask_attributes),
	ACT(open_only),
	ACT(open_no_link),
	ACT(read_file),
	ACT(read_copy),
	ACT(map_file),
	ACT(map_shared),
	ACT(stat_open_file),
	ACT(list_folder),
	ACT(open_how),
	ACT(open_beneath),
	ACT(read_proc),
	ACT(read_proc_by_number),
	ACT(read_own_descriptor),
	ACT(read_given_descriptor),
	ACT(write_own_descriptor),
	ACT(read_random),
	ACT(use_null),
	ACT(read_given_null),
	ACT(write_new),
	ACT(write_old),
	ACT(write_missing),
	ACT(make_folder),
	ACT(make_folder_there),
	ACT(make_below_missing),
	ACT(write_below_missing),
	ACT(write_no_other),
	ACT(write_below_file),
	ACT(remove_missing),
	ACT(remove_file),
	ACT(rename_file),
	ACT(change_meanwhile),
	{NULL, NULL},
};
