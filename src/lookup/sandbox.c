/* sandbox: restrict a process that parses the bytes of strangers.  Owns
 * <seccomp.h> and <linux/landlock.h>.
 * SPDX-License-Identifier: MIT */
#include "lookup/sandbox.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dns/dnsconf.h"

/* AddressSanitizer maps terabytes and checks for leaks with system calls that
 * nothing else needs. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN true
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN false
#endif

/* Valgrind's translated code is writable and executable, and it makes system
 * calls of its own.  This test cannot be forged from outside. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define MEMORY_MAX (2UL << 30) /* usually 20 MB are used */
#define FILES_MAX 8192

/* ---- Landlock: which files ---- */

/* For all ABIs, including newer ones than that of the header: the file rights
 * of ABI 1 to 5, and what ABI 4 and 6 added. */
struct ruleset {
	uint64_t fs, net, scoped;
};
#define RULESET_SIZE_FS 8
#define RULESET_SIZE_NET 16
#define NET_BIND_TCP 1
#define SCOPE_ABSTRACT_UNIX_AND_SIGNAL 3

static const uint64_t fs_rights[] = {
    0, (1 << 13) - 1,		  /* ABI 1 */
    (1 << 14) - 1,		  /* refer */
    (1 << 15) - 1,		  /* truncate */
    (1 << 15) - 1, (1 << 16) - 1, /* ioctl on devices */
};
#define ABI_LAST (sizeof fs_rights / sizeof *fs_rights - 1)
#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static void allow_below(int ruleset, const char *dir)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = RIGHTS_READ,
	    .parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	if (rule.parent_fd < 0)
		return; /* it does not exist: there is nothing to read */
	(void)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* Allow the directory, since the file may be replaced by rename. */
static void allow_file(int ruleset, const char *file)
{
	char path[PATH_MAX];

	if (file[0] == '\0' || strlen(file) >= sizeof path)
		return;
	memcpy(path, file, strlen(file) + 1);
	allow_below(ruleset, dirname(path));
	if (realpath(file, path) != NULL)
		allow_below(ruleset, dirname(path));
}

static bool enter_landlock(const char *const *files)
{
	static const char *const dirs[] = {
	    "/etc", "/usr/share", "/usr/lib", "/run", "/var/lib/unbound"};
	struct ruleset attr = {0};
	size_t size = RULESET_SIZE_FS;
	int ruleset;
	long abi;
	bool good;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return false;
	attr.fs = fs_rights[(size_t)abi < ABI_LAST ? (size_t)abi : ABI_LAST];
	if (abi >= 4) {
		attr.net = NET_BIND_TCP;
		size = RULESET_SIZE_NET;
	}
	if (abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT_UNIX_AND_SIGNAL;
		size = sizeof attr;
	}
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		allow_below(ruleset, dirs[i]);
	for (; *files != NULL; files++)
		allow_file(ruleset, *files);
	allow_file(ruleset, DNSCONF_RESOLV_CONF);
	if (UNDER_ASAN)
		allow_below(ruleset, "/proc");
	good = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return good;
}

/* ---- seccomp: which system calls ---- */

static const int calls[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    /* reading files */
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(fcntl),
    SCMP_SYS(getdents64),
    /* pipes and sockets */
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(socketpair),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd2),
    /* waiting */
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    /* the process */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static bool allow_calls(scmp_filter_ctx ctx)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);

		/* Some architectures lack some of them. */
		if (rc != 0 && rc != -EDOM)
			return false;
	}
	return true;
}

static bool allow_some(scmp_filter_ctx ctx)
{
	static const int families[] = {AF_INET, AF_INET6};
	static const unsigned long ioctls[] = {
	    FIONBIO, FIONREAD, TCGETS, 0x8933 /* SIOCGIFINDEX */};
	static const int mappings[] = {
	    SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
	int rc = 0;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
	for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls; i++)
		rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, ioctls[i]));
	/* No more code is loaded. */
	for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++) {
		int one = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, mappings[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

		rc |= one == -EDOM ? 0 : one;
	}
	/* For abort(), and to read a limit. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	    SCMP_A2(SCMP_CMP_EQ, 0, 0));
	return rc == 0;
}

/* ENOSYS: libraries then try an older call; if the process were killed, nobody
 * would know by which. */
static bool enter_seccomp(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool good;

	if (ctx == NULL)
		return false;
	good = allow_calls(ctx) && allow_some(ctx) && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return good;
}

/* ---- limits ---- */

/* glibc has an enum for it. */
#ifdef __GLIBC__
#define RESOURCE __rlimit_resource_t
#else
#define RESOURCE int
#endif

static void limit(RESOURCE resource, rlim_t soft, rlim_t hard)
{
	struct rlimit now, wanted = {.rlim_cur = soft, .rlim_max = hard};

	if (getrlimit(resource, &now) != 0)
		return;
	if (wanted.rlim_max > now.rlim_max)
		wanted.rlim_max = now.rlim_max;
	if (wanted.rlim_cur > wanted.rlim_max)
		wanted.rlim_cur = wanted.rlim_max;
	(void)setrlimit(resource, &wanted);
}

void sandbox_enter(const char *const *files, struct reason *why)
{
	bool traced = UNDER_ASAN || RUNNING_ON_VALGRIND;
	bool landlock, seccomp;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_NOFILE, FILES_MAX, FILES_MAX);
	if (!traced)
		limit(RLIMIT_AS, MEMORY_MAX, MEMORY_MAX);
	landlock = enter_landlock(files);
	seccomp = traced || enter_seccomp();
	if (landlock && seccomp)
		reason_clear(why);
	else
		reason_set(why, "without %s%s%s", landlock ? "" : "Landlock",
		    landlock || seccomp ? "" : " and ",
		    seccomp ? "" : "seccomp");
}
