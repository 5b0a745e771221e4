/* cell: what a process that serves leaves itself.
 * SPDX-License-Identifier: MIT */
#include "serve/cell.h"

#include <fcntl.h>
#include <libgen.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "confine/filter.h"
#include "confine/landlock.h"
#include "confine/rules.h"
#include "confine/traced.h"

static struct {
	bool entered;
	char dir[PATH_MAX]; /* of the cache; "" none */
} cell;

/* `resolve`, which inherits it, has a closer one of its own. */
static const struct filter_rule with_child[] = {
    RULES_LETHAL,
    RULES_FCNTL,
    RULES_SOCKET,
};

static const struct filter_rule alone[] = {
    /* the cached path */
    ALLOW(read),
    ALLOW(sendto),
    RULES_FCNTL,
#ifdef SYS_poll
    ALLOW(poll),
    ALLOW(epoll_wait),
#endif
    ALLOW(epoll_pwait),
    ALLOW(accept4),
    ALLOW(write),
    ALLOW(close),
    ALLOW(fstat),
    ALLOW(newfstatat),
    ALLOW(setsockopt),
    ALLOW(pread64),
    ALLOW(pwrite64),
    ALLOW(clock_gettime),
    /* the conversation */
    ALLOW(readv),
    ALLOW(writev),
    ALLOW(recvfrom),
    ALLOW(recvmsg),
    ALLOW(sendmsg),
    ALLOW(connect),
    ALLOW(shutdown),
    ALLOW(getsockopt),
    ALLOW(getsockname),
    ALLOW(getpeername),
    ALLOW(ppoll),
    ALLOW(epoll_ctl),
    ALLOW(epoll_create1),
    ALLOW(dup),
    ALLOW(dup3),
    {SYS_socket, FILTER_ALLOW, 0, INT, AF_UNIX},
    KILL(socket),
    {SYS_socketpair, FILTER_ALLOW, 0, INT, AF_UNIX},
    /* files */
    ALLOW(openat),
    ALLOW(lseek),
    ALLOW(statx),
    ALLOW(fstatfs),
    ALLOW(faccessat),
    ALLOW(faccessat2),
    ALLOW(readlinkat),
    ALLOW(getdents64),
    ALLOW(getcwd),
    ALLOW(ftruncate),
    ALLOW(fallocate),
    ALLOW(fsync),
    ALLOW(fdatasync),
    ALLOW(flock),
    ALLOW(renameat2),
    ALLOW(unlinkat),
    ALLOW(linkat),
    ALLOW(fchmod),
    ALLOW(fchmodat),
    ALLOW(fchown),
    ALLOW(umask),
    ALLOW(utimensat),
    {SYS_ioctl, FILTER_ALLOW, 1, INT, 0x5401 /* TCGETS */},
#ifdef SYS_open /* x86-64 has these as well */
    ALLOW(open),
    ALLOW(stat),
    ALLOW(lstat),
    ALLOW(access),
    ALLOW(readlink),
    ALLOW(rename),
    ALLOW(unlink),
    ALLOW(link),
    ALLOW(chmod),
    ALLOW(dup2),
    ALLOW(time),
    ALLOW(utime),
    ALLOW(utimes),
#endif
#ifdef SYS_renameat
    ALLOW(renameat),
#endif
    RULES_MEMORY,
    ALLOW(msync),
    RULES_PROCESS,
    ALLOW(getppid),
    ALLOW(prlimit64),
    ALLOW(wait4),
    ALLOW(nanosleep),
    ALLOW(clock_nanosleep),
    RULES_LETHAL_ALONE,
};

static void enter_landlock(
    const char *cache, const char *settings, bool may_start)
{
	static const char *const paths[] = {"/etc/localtime",
	    "/etc/nsswitch.conf", "/etc/services", "/usr/share/zoneinfo",
	    "/proc/sys/kernel/random"};
	struct landlock l;

	/* In wait mode `resolve` is reached by an abstract socket. */
	if (!landlock_open(&l,
		LANDLOCK_SPARE_ABSTRACT | (may_start ? LANDLOCK_SPARE_TCP : 0)))
		return;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		landlock_allow_read(&l, paths[i]);
	landlock_allow_read_beside(&l, settings);
	landlock_allow_write_beside(&l, cache);
	landlock_allow_write(&l, "/dev/null");
	if (may_start)
		landlock_allow_run(&l, "/");
	if (traced_by_sanitizer() || traced_by_valgrind())
		landlock_allow_read(&l, "/");
	(void)!landlock_enter(&l);
}

/* "" for none. */
static void dir_of(const char *file, char dir[static PATH_MAX])
{
	char path[PATH_MAX];

	dir[0] = '\0';
	if (file[0] == '\0' || strlen(file) >= sizeof path)
		return;
	strcpy(path, file);
	strcpy(dir, dirname(path));
}

void cell_enter(const char *cache, const char *settings, bool may_start)
{
	dir_of(cache, cell.dir);
	cell.entered = true;
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	enter_landlock(cache, settings, may_start);
	if (traced_by_sanitizer() || traced_by_valgrind())
		return;
	if (may_start)
		(void)!filter_enter(with_child,
		    sizeof with_child / sizeof *with_child, FILTER_ALLOW);
	else
		(void)!filter_enter(
		    alone, sizeof alone / sizeof *alone, FILTER_REFUSE);
}

bool cell_reaches(const char *cache)
{
	char dir[PATH_MAX];

	dir_of(cache, dir);
	return !cell.entered || dir[0] == '\0' || strcmp(dir, cell.dir) == 0;
}
