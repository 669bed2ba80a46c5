/* SPDX-License-Identifier: MIT */
/* Values that are asked for, and what a snapshot cannot carry over. */
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/trace_mark.h"
#include "tests/unit/asking.h"

enum { NO_SUCH_CALL = 9999 };

static char buffer[PATH_MAX];

/* --- values */

static void ask_folder(void)
{
	ignore(getcwd(buffer, sizeof(buffer)) == NULL);
}

static void ask_names(void)
{
	struct utsname names;

	ignore(uname(&names));
}

static void ask_ids(void)
{
	uid_t one, two, three;
	gid_t groups[NGROUPS_MAX];

	ignore(getuid());
	ignore(getegid());
	ignore(getresuid(&one, &two, &three));
	ignore(getgroups(NGROUPS_MAX, groups));
}

static void ask_limit(void)
{
	struct rlimit limit;

	ignore(getrlimit(RLIMIT_CORE, &limit));
}

static void set_limit(void)
{
	const struct rlimit limit = {0};

	ignore(setrlimit(RLIMIT_CORE, &limit));
}

static void ask_processors(void)
{
	cpu_set_t set;

	ignore(sched_getaffinity(0, sizeof(set), &set));
}

static void ask_umask(void)
{
	umask(umask(022));
}

static void set_umask(void)
{
	umask(0712);
}

static void ask_priority(void)
{
	ignore(getpriority(PRIO_PROCESS, 0));
}

static void ask_descriptor(void)
{
	ignore(fcntl(0, F_GETFD));
	ignore(fcntl(0, F_GETFL));
	ignore(fcntl(99, F_GETFD));
}

static void ask_terminal(void)
{
	struct winsize size;

	ignore(isatty(0));
	ignore(ioctl(0, TIOCGWINSZ, &size));
}

static void ask_signals(void)
{
	struct sigaction action;

	ignore(sigaction(SIGINT, NULL, &action));
	ignore(sigaction(SIGPIPE, NULL, &action));
}

static void set_signal(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR1, SIG_DFL);
}

static void ask_own_signal(void)
{
	const struct sigaction ignored = {.sa_handler = SIG_IGN};
	struct sigaction action;

	ignore(sigaction(SIGUSR1, &ignored, NULL));
	ignore(sigaction(SIGUSR1, NULL, &action));
}

static void ask_mask(void)
{
	sigset_t mask;

	ignore(sigprocmask(SIG_BLOCK, NULL, &mask));
}

static void set_mask(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	ignore(sigprocmask(SIG_BLOCK, &mask, NULL));
}

static void ask_time(void)
{
	struct timespec time;
	struct tms times_used;

	ignore(syscall(SYS_clock_gettime, CLOCK_REALTIME, &time));
	ignore(times(&times_used));
}

static void ask_random(void)
{
	ignore(syscall(SYS_getrandom, buffer, 1, GRND_NONBLOCK));
}

/* It may let the vdso do it. */
static void ask_library_for_random(void)
{
	ignore(getrandom(buffer, 1, GRND_NONBLOCK));
}

static void ask_numbers(void)
{
	ignore(getpid());
	ignore(getppid());
	ignore(gettid());
}

static void ask_memory(void)
{
	struct sysinfo info;

	ignore(sysinfo(&info));
}

/* The last is asked once the interpreter is ready. */
static void ask_before_site(void)
{
	struct rlimit limit;

	ask_descriptor();
	ask_terminal();
	set_signal();
	ask_mask();
	ask_time();
	ask_random();
	ask_memory();
	ask_numbers();
	ask_umask();
	ask_limit();
	ignore(getrlimit(RLIMIT_STACK, &limit));
	ask_processors();
	close(open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
	close(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
	prctl(TRACE_MARK, TRACE_MARK_SITE, 0, 0, 0);
	ignore(getppid());
}

/* What the vdso tells without a system call, if there is one. */
static void ask_vdso(void)
{
	struct timespec time;

	ignore(clock_gettime(CLOCK_REALTIME, &time));
}

/* --- what a snapshot cannot carry over */

static void fork_child(void)
{
	const pid_t child = fork();

	if (child == 0) {
		stat_absolute();
		_exit(0);
	}
}

static void vfork_child(void)
{
	if (vfork() == 0)
		_exit(0);
}

static void use_socket(void)
{
	ignore(socket(AF_UNIX, SOCK_STREAM, 0));
}

static void use_epoll(void)
{
	ignore(epoll_create1(0));
}

static void use_eventfd(void)
{
	ignore(eventfd(0, 0));
}

static void use_inotify(void)
{
	ignore(inotify_init1(0));
}

static void use_signalfd(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	ignore(signalfd(-1, &mask, 0));
}

static void use_timerfd(void)
{
	ignore(timerfd_create(CLOCK_MONOTONIC, 0));
}

static void use_timer(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	int timer;

	ignore(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer));
}

static void use_itimer(void)
{
	const struct itimerval value = {0};

	ignore(setitimer(ITIMER_REAL, &value, NULL));
}

static void use_pipe(void)
{
	int ends[2];

	ignore(pipe(ends));
}

static void use_io_uring(void)
{
	ignore(syscall(SYS_io_uring_setup, 0, NULL));
}

static void use_ptrace(void)
{
	ignore(syscall(SYS_ptrace, 0, 0, 0, 0));
}

static void use_shm(void)
{
	ignore(shmget(IPC_PRIVATE, 0, 0));
}

static void use_memfd(void)
{
	close(memfd_create("x", MFD_CLOEXEC));
}

static void map_shared_anonymous(void)
{
	ignore(mmap(NULL, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static void read_input(void)
{
	ignore(read(0, buffer, 1));
}

static void write_output(void)
{
	ignore(write(1, buffer, 0));
}

static void set_session(void)
{
	ignore(setsid());
}

static void set_name(void)
{
	ignore(prctl(PR_SET_NAME, "x"));
}

static void wait_for_input(void)
{
	struct pollfd watched = {.fd = 0, .events = POLLIN};

	ignore(poll(NULL, 0, 1));
	ignore(poll(&watched, 1, 0));
}

static void send_signal(void)
{
	ignore(kill(getpid(), 0));
}

static void leave_open(void)
{
	const int file = open(in_folder("file"), O_RDONLY | O_CLOEXEC);

	ignore(dup2(file, 60));
	close(file);
}

static void close_input(void)
{
	close(0);
}

static void call_unknown(void)
{
	ignore(syscall(NO_SUCH_CALL));
}

static void control_unknown(void)
{
	ignore(ioctl(0, FIONREAD, buffer));
	ignore(fcntl(0, F_GETOWN));
	ignore(prctl(PR_GET_TIMERSLACK));
}

/* --- inside the C library */

static void set_locale(void)
{
	ignore(setlocale(LC_ALL, "xx_YY.UTF-8") == NULL);
}

static void set_zone(void)
{
	setenv("TZ", "Nowhere/Land", 1);
	tzset();
}

static void find_user(void)
{
	ignore(getpwuid(4000000000U) == NULL);
}

static void find_address(void)
{
	const struct addrinfo hints = {.ai_family = AF_INET, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found;

	if (getaddrinfo("127.0.0.1", NULL, &hints, &found) == 0)
		freeaddrinfo(found);
}

const struct act other_acts[] = {
	ACT(ask_folder),      ACT(ask_names),      ACT(ask_ids),
	ACT(ask_limit),       ACT(set_limit),      ACT(ask_processors),
	ACT(ask_umask),       ACT(set_umask),      ACT(ask_priority),
	ACT(ask_descriptor),  ACT(ask_terminal),   ACT(ask_signals),
	ACT(set_signal),      ACT(ask_own_signal), ACT(ask_mask),
	ACT(ask_time),        ACT(ask_random),     ACT(ask_library_for_random),
	ACT(ask_numbers),     ACT(ask_memory),     ACT(fork_child),
	ACT(vfork_child),     ACT(use_socket),     ACT(use_epoll),
	ACT(use_eventfd),     ACT(use_inotify),    ACT(use_signalfd),
	ACT(use_timerfd),     ACT(use_timer),      ACT(use_itimer),
	ACT(use_pipe),        ACT(use_io_uring),   ACT(use_ptrace),
	ACT(use_shm),         ACT(use_memfd),      ACT(map_shared_anonymous),
	ACT(read_input),      ACT(write_output),   ACT(set_session),
	ACT(set_name),        ACT(wait_for_input), ACT(send_signal),
	ACT(leave_open),      ACT(close_input),    ACT(call_unknown),
	ACT(control_unknown), ACT(set_locale),     ACT(set_zone),
	ACT(find_user),       ACT(find_address),   ACT(ask_before_site),
	ACT(ask_vdso),        ACT(set_mask),       {NULL, NULL},
};
