/* SPDX-License-Identifier: MIT */
/* snapshot/dump/dump.h: what a process may not have, each made and named. */
#include "tests/unit/dumped.h"

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#if defined(__x86_64__)
#include <asm/prctl.h>
#endif

#include "importer/snapshot/dump/refusals.h"

static bool is_left_out_here; /* this kernel does not have what is to be refused, or not for us */

/* --- the process */

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void begin_thread(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_ever, NULL), 0);
}

static void begin_child(void)
{
	if (fork() == 0)
		wait_for_ever(NULL);
}

static void leave_child(void)
{
	siginfo_t child;
	const pid_t process = fork();

	if (process == 0)
		_exit(0);
	waitid(P_PID, (id_t)process, &child, WEXITED | WNOWAIT);
}

static void hold_back_signal(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	kill(getpid(), SIGUSR2);
}

static void make_timer(void)
{
	struct sigevent none = {.sigev_notify = SIGEV_NONE};
	timer_t timer;

	ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, &none, &timer), 0);
}

static void set_interval_timer(void)
{
	const struct itimerval hour = {.it_value = {.tv_sec = 3600}};

	ck_assert_int_eq(setitimer(ITIMER_VIRTUAL, &hour, NULL), 0);
}

static void set_alarm(void)
{
	alarm(3600);
}

static void set_signal_stack(void)
{
	static uint8_t memory[65536];
	const stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

	ck_assert_int_eq(sigaltstack(&stack, NULL), 0);
}

static void hold_robust_mutex(void)
{
	static pthread_mutex_t mutex;
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&mutex, &attributes);
	pthread_mutex_lock(&mutex);
}

static void round_up(void)
{
	ck_assert_int_eq(fesetround(FE_UPWARD), 0);
}

static void set_gs(void)
{
#if defined(__x86_64__)
	ck_assert_int_eq(syscall(SYS_arch_prctl, ARCH_SET_GS, &file_path), 0);
#else
	is_left_out_here = true;
#endif
}

/* --- descriptors */

static void open_file(void)
{
	ck_assert_int_ge(open("/etc/passwd", O_RDONLY), 0);
}

static void open_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
}

static void open_socket(void)
{
	ck_assert_int_ge(socket(AF_UNIX, SOCK_STREAM, 0), 0);
}

static void open_epoll(void)
{
	ck_assert_int_ge(epoll_create1(EPOLL_CLOEXEC), 0);
}

static void open_eventfd(void)
{
	ck_assert_int_ge(eventfd(0, 0), 0);
}

static void open_inotify(void)
{
	ck_assert_int_ge(inotify_init1(0), 0);
}

static void open_timerfd(void)
{
	ck_assert_int_ge(timerfd_create(CLOCK_MONOTONIC, 0), 0);
}

static void open_signalfd(void)
{
	sigset_t none;

	sigemptyset(&none);
	ck_assert_int_ge(signalfd(-1, &none, 0), 0);
}

static void open_memfd(void)
{
	ck_assert_int_ge(memfd_create("memory", 0), 0);
}

/* --- mappings */

static void *map(int descriptor, int protection, int flags)
{
	void *const memory = mmap(NULL, 2 * PAGE, protection, flags, descriptor, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

static void *map_anonymous(int more_flags)
{
	void *const memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);

	is_left_out_here = memory == MAP_FAILED;
	return memory;
}

static void map_path(const char *path, int protection, int flags)
{
	const int descriptor = open(path, (protection & PROT_WRITE) != 0 ? O_RDWR : O_RDONLY);

	ck_assert_int_ge(descriptor, 0);
	map(descriptor, protection, flags);
	close(descriptor);
}

static void make_file(void)
{
	const int descriptor = open(file_path, O_CREAT | O_RDWR | O_TRUNC, 0600);
	ck_assert_int_eq(ftruncate(descriptor, (off_t)2 * PAGE), 0);
	close(descriptor);
}

static void share_memory(void)
{
	map(-1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
}

static void share_file(void)
{
	name_file("file");
	make_file();
	map_path(file_path, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void map_memfd(void)
{
	const int descriptor = memfd_create("memory", 0);

	ck_assert_int_eq(ftruncate(descriptor, (off_t)2 * PAGE), 0);
	map(descriptor, PROT_READ, MAP_PRIVATE);
	close(descriptor);
}

static void remove_file(void)
{
	name_file("file");
	make_file();
	map_path(file_path, PROT_READ, MAP_PRIVATE);
	unlink(file_path);
}

static void replace_file(void)
{
	char before[sizeof(file_path) + 8];

	name_file("file");
	make_file();
	map_path(file_path, PROT_READ, MAP_PRIVATE);
	snprintf(before, sizeof(before), "%s.new", file_path);
	ck_assert_int_eq(rename(file_path, before), 0);
	make_file();
	ck_assert_int_eq(rename(file_path, before), 0);
	ck_assert_int_eq(rename(before, file_path), 0);
}

/* What has the name that the kernel gives to a removed file is another one. */
static void stand_in_for_removed_file(void)
{
	static const char end[] = " (deleted)";

	remove_file();
	const size_t size = strlen(file_path);
	snprintf(file_path + size, sizeof(file_path) - size, "%s", end);
	const int descriptor = open(file_path, O_CREAT | O_RDWR, 0600);
	ck_assert_int_ge(descriptor, 0);
	close(descriptor);
}

/* As a debugger does. */
static void change_code(void)
{
	name_file("file");
	make_file();
	const int descriptor = open(file_path, O_RDONLY);
	uint8_t *const code = map(descriptor, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	close(descriptor);
	code[PAGE] = 0xcc;
	is_left_out_here = mprotect(code, 2 * PAGE, PROT_READ | PROT_EXEC) != 0;
}

static void map_device(void)
{
	map_path("/dev/zero", PROT_READ, MAP_PRIVATE);
}

static void lock_memory(void)
{
	is_left_out_here = mlock(map_anonymous(0), PAGE) != 0;
}

static void map_reserved_huge_page(void)
{
	void *const memory = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	is_left_out_here = memory == MAP_FAILED;
}

static void map_growing(void)
{
	map_anonymous(MAP_GROWSDOWN);
}

static void install_guard(void)
{
	enum { INSTALL = 102 }; /* MADV_GUARD_INSTALL, Linux 6.13; seen in pagemap since 6.15 */

	is_left_out_here = madvise(map_anonymous(0), PAGE, INSTALL) != 0;
}

static void seal(void)
{
	enum { MSEAL = 462 }; /* Linux 6.10, 64-bit machines */

	is_left_out_here = syscall(MSEAL, map_anonymous(0), PAGE, 0) != 0;
}

static void set_key(void)
{
	const int key = pkey_alloc(0, 0);

	is_left_out_here = key < 0 || pkey_mprotect(map_anonymous(0), PAGE, PROT_READ, key) != 0;
}

/* --- */

static const struct refusal {
	void (*make)(void);
	const char *text;
} refusals[] = {
	{begin_thread, "the process has 2 threads"},
	{begin_child, "has a child"},
	{leave_child, "has a child"},
	{hold_back_signal, "signal 12 waits"},
	{make_timer, "timer_create"},
	{set_interval_timer, "setitimer"},
	{set_alarm, "alarm"},
	{set_signal_stack, "sigaltstack"},
	{hold_robust_mutex, "robust mutex"},
	{round_up, "rounds in another way"},
	{set_gs, "gs has a base"},
	{open_file, "is open: /etc/passwd"},
	{open_pipe, "is open: a pipe"},
	{open_socket, "is open: a socket"},
	{open_epoll, "is open: epoll"},
	{open_eventfd, "is open: eventfd"},
	{open_inotify, "is open: inotify"},
	{open_timerfd, "is open: timerfd"},
	{open_signalfd, "is open: signalfd"},
	{open_memfd, "is open: memory (memfd)"},
	{share_memory, "shared with others"},
	{share_file, "shared with others"},
	{map_memfd, "removed or replaced since, or shared memory: /memfd:memory"},
	{remove_file, "removed or replaced since"},
	{replace_file, "removed or replaced since"},
	{stand_in_for_removed_file, "removed or replaced since"},
	{change_code, "code was changed in memory"},
	{map_device, "no regular file, but may be a device: /dev/zero"},
	{lock_memory, "locked (mlock)"},
	{map_reserved_huge_page, "MAP_HUGETLB"},
	{map_growing, "MAP_GROWSDOWN"},
	{install_guard, "is a guard"},
	{seal, "sealed (mseal)"},
	{set_key, "protection key"},
};

START_TEST(refused_by_name)
{
	struct asked asked;

	ask(&asked);
	refusals[_i].make();
	if (!is_left_out_here)
		expect_refusal(&asked, PYB_ERR_UNSUPPORTED, refusals[_i].text);
	if (file_path[0] != '\0')
		remove_folder();
}
END_TEST

/* A child that was refused can still be waited for. */
START_TEST(child_stays)
{
	struct asked asked;

	ask(&asked);
	leave_child();
	expect_refusal(&asked, PYB_ERR_UNSUPPORTED, "has a child");
	ck_assert_int_gt(waitpid(-1, NULL, 0), 0);
}
END_TEST

/* What cannot be made here. */
static const struct {
	struct map map;
	const char *text; /* NULL: nothing is wrong with it */
} made_maps[] = {
	{{.kind = MAP_KIND_UNKNOWN, .name = "anon_inode:[x]"},
	 "not known at 0x1000 to 0x2000: anon_"},
	{{.kind = MAP_KIND_ANONYMOUS, .oddities = ODDITY_DEVICE, .name = ""},
	 "memory of a device at"},
	{{.kind = MAP_KIND_ANONYMOUS, .oddities = ODDITY_USERFAULT, .name = ""}, "(userfaultfd)"},
	{{.kind = MAP_KIND_ANONYMOUS, .oddities = ODDITY_SHADOW, .name = ""}, "a shadow stack"},
	{{.kind = MAP_KIND_ANONYMOUS, .oddities = ODDITY_TAGGED, .name = ""}, "memory with tags"},
	{{.kind = MAP_KIND_ANONYMOUS, .name = ""}, NULL},
	{{.kind = MAP_KIND_FILE, .is_shared = true, .protection = PROT_READ, .name = "/x"}, NULL},
};

START_TEST(maps_refused_by_name)
{
	struct map map = made_maps[_i].map;
	struct pyb_error error = {0};

	map.start = 0x1000;
	map.end = 0x2000;
	ck_assert_int_eq(refusals_of_map(&map, &error),
			 made_maps[_i].text == NULL ? PYB_OK : PYB_ERR_UNSUPPORTED);
	if (made_maps[_i].text != NULL)
		ck_assert_ptr_nonnull(strstr(error.text, made_maps[_i].text));
}
END_TEST

/* Descriptors that the request names may be open, and those of standard streams closed. */
START_TEST(kept_descriptors)
{
	struct asked asked;
	struct pyb_error error = {0};
	struct dump dump;

	open_socket();
	open_epoll();
	ask(&asked);
	close(STDIN_FILENO);
	snapshot_dump(&asked.request, &dump, &error);
	ck_assert_str_eq(error.text, "");
	dump_free(&dump);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *const suite = suite_create("dump_refusals");
	TCase *const refusing = tcase_create("refusing");

	(void)argc;
	tcase_add_loop_test(refusing, refused_by_name, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(refusing, child_stays);
	tcase_add_loop_test(refusing, maps_refused_by_name, 0,
			    sizeof(made_maps) / sizeof(made_maps[0]));
	tcase_add_test(refusing, kept_descriptors);
	suite_add_tcase(suite, refusing);
	return run_dumps(suite, argv);
}
