/* intruder: what somebody tries who has taken a program over.
 * SPDX-License-Identifier: MIT
 *
 * Loaded into the real program by LD_PRELOAD.  With each SIGUSR2 it reads one
 * line from the descriptor $INTRUDER, "WHAT ARGUMENT ARGUMENT", tries that from
 * inside the process, and writes the errno that came of it, 0 for success.
 *
 * With $LANDLOCK_ABI it stands for an older kernel: what the program asks
 * Landlock for is answered as that kernel would (0: as one that has none). */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int talk = -1;

/* ---- an older kernel ---- */

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	const char *abi = getenv("LANDLOCK_ABI");
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	if (abi != NULL && number == SYS_landlock_create_ruleset &&
	    (a[2] == 1 || atol(abi) == 0)) {
		errno = ENOSYS;
		return atol(abi) > 0 ? atol(abi) : -1;
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- tries: 0 or errno ---- */

static int result(long rc)
{
	return rc < 0 ? errno : 0;
}

static struct sockaddr_in address(const char *ip, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((unsigned short)atoi(port))};

	inet_pton(AF_INET, ip, &to.sin_addr);
	return to;
}

static int stream(int protocol, int flags, const char *ip, const char *port)
{
	struct sockaddr_in to = address(ip, port);
	int fd = socket(AF_INET, SOCK_STREAM, protocol), rc;

	if (fd < 0)
		return errno;
	if (flags != 0)
		rc = result(sendto(fd, "x", 1, flags | MSG_NOSIGNAL,
		    (struct sockaddr *)&to, sizeof to));
	else
		rc = result(connect(fd, (struct sockaddr *)&to, sizeof to));
	close(fd);
	return rc;
}

static int tcp(const char *ip, const char *port)
{
	return stream(0, 0, ip, port);
}

static int fastopen(const char *ip, const char *port)
{
	return stream(0, MSG_FASTOPEN, ip, port);
}

static int mptcp(const char *ip, const char *port)
{
	return stream(IPPROTO_MPTCP, 0, ip, port);
}

static int bind_tcp(const char *ip, const char *port)
{
	struct sockaddr_in to = address(ip, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), rc;

	if (fd < 0)
		return errno;
	rc = result(bind(fd, (struct sockaddr *)&to, sizeof to));
	close(fd);
	return rc;
}

static struct sockaddr_un name(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	strcpy(to.sun_path, path);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	return to;
}

static socklen_t length(const char *path)
{
	return (
	    socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
}

static int unix_stream(const char *path, const char *unused)
{
	struct sockaddr_un to = name(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	(void)unused;
	if (fd < 0)
		return errno;
	rc = result(connect(fd, (struct sockaddr *)&to, length(path)));
	close(fd);
	return rc;
}

/* One of a pair is a datagram socket that can be sent to anybody from. */
static int unix_pair(const char *path, const char *unused)
{
	struct sockaddr_un to = name(path);
	int fd[2], rc;

	(void)unused;
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) != 0)
		return errno;
	rc = result(connect(fd[0], (struct sockaddr *)&to, length(path)));
	close(fd[0]);
	close(fd[1]);
	return rc;
}

static int family(const char *number, const char *type)
{
	int fd = socket(atoi(number), atoi(type), 0);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int open_it(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int read_file(const char *path, const char *unused)
{
	(void)unused;
	return open_it(path, O_RDONLY);
}

static int write_file(const char *path, const char *unused)
{
	(void)unused;
	return open_it(path, O_RDWR);
}

static int make_file(const char *path, const char *unused)
{
	(void)unused;
	return open_it(path, O_WRONLY | O_CREAT | O_EXCL);
}

static int remove_file(const char *path, const char *unused)
{
	(void)unused;
	return result(unlink(path));
}

static int link_file(const char *from, const char *to)
{
	return result(link(from, to));
}

/* Whoever holds a lock stops those that wait for it. */
static int lock_file(const char *path, const char *unused)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	(void)unused;
	if (fd < 0)
		return errno;
	rc = result(fcntl(fd, F_SETLK, &lock));
	close(fd);
	return rc;
}

static int run(const char *path, const char *unused)
{
	char *argv[] = {(char *)(size_t)path, NULL};

	(void)unused;
	return result(execv(path, argv));
}

static int fork_it(const char *unused, const char *unused_too)
{
	long pid = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);

	(void)unused;
	(void)unused_too;
	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int send_signal(const char *pid, const char *sig)
{
	return result(kill(atoi(pid), atoi(sig)));
}

/* The kernel sends the signal when something can be read. */
static int set_owner(const char *pid, const char *unused)
{
	int fd[2], rc;

	(void)unused;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		return errno;
	rc = result(fcntl(fd[0], F_SETOWN, atoi(pid)));
	close(fd[0]);
	close(fd[1]);
	return rc;
}

static int set_signal(const char *sig, const char *unused)
{
	(void)unused;
	return result(fcntl(talk, F_SETSIG, atoi(sig)));
}

static int trace(const char *pid, const char *unused)
{
	(void)unused;
	return result(ptrace(PTRACE_SEIZE, atoi(pid), NULL, NULL));
}

static int new_code(const char *unused, const char *unused_too)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	(void)unused_too;
	return p == MAP_FAILED ? errno : 0;
}

static const struct {
	const char *what;
	int (*try)(const char *, const char *);
} tries[] = {
    {"tcp", tcp},
    {"fastopen", fastopen},
    {"mptcp", mptcp},
    {"bind", bind_tcp},
    {"unix", unix_stream},
    {"pair", unix_pair},
    {"family", family},
    {"read", read_file},
    {"write", write_file},
    {"make", make_file},
    {"remove", remove_file},
    {"link", link_file},
    {"lock", lock_file},
    {"exec", run},
    {"fork", fork_it},
    {"kill", send_signal},
    {"setown", set_owner},
    {"setsig", set_signal},
    {"ptrace", trace},
    {"code", new_code},
};

static void on_signal(int sig)
{
	char line[512], what[32] = "", one[256] = "", two[256] = "", text[16];
	int err = errno, n = 999;
	ssize_t len = recv(talk, line, sizeof line - 1, 0);

	(void)sig;
	line[len > 0 ? len : 0] = '\0';
	sscanf(line, "%31s %255s %255s", what, one, two);
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
		if (strcmp(tries[i].what, what) == 0)
			n = tries[i].try(one, two);
	snprintf(text, sizeof text, "%d", n);
	(void)!send(talk, text, strlen(text), MSG_NOSIGNAL);
	errno = err;
}

__attribute__((constructor)) static void enter(void)
{
	const char *fd = getenv("INTRUDER");
	struct sigaction on = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (fd == NULL)
		return;
	talk = atoi(fd);
	sigaction(SIGUSR2, &on, NULL);
}
