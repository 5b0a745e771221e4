/* sandbox: restrict a process that parses the bytes of strangers.  Owns
 * <seccomp.h>.
 * SPDX-License-Identifier: MIT */
#include "lookup/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "confine/landlock.h"
#include "confine/traced.h"
#include "dns/dnsconf.h"

/* Of addresses: 31 MB are used with 200 lookups at once, and 1024 of them with
 * the largest policies have room. */
#define MEMORY_MAX (512UL << 20)
#define FILES_MAX 8192

/* ---- Landlock: which files, which ports ---- */

/* resolv.conf is named as a file: below all of /etc there is more to read than
 * a resolver needs.  One that is replaced cannot be read any more; the process
 * then gives way to another (resolve.c). */
static bool enter_landlock(const struct sandbox *s)
{
	static const char *const paths[] = {"/etc/ca-certificates",
	    "/etc/crypto-policies", "/etc/gnutls", "/etc/host.conf",
	    "/etc/localtime", "/etc/nsswitch.conf", "/etc/pki", "/etc/ssl",
	    "/etc/unbound", "/run/NetworkManager", "/run/resolvconf",
	    "/run/systemd/resolve", "/usr/lib", "/usr/share",
	    "/var/lib/ca-certificates", "/var/lib/unbound",
	    DNSCONF_RESOLV_CONF};
	struct landlock l;

	if (!landlock_open(&l, 0))
		return false;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		landlock_allow_read(&l, paths[i]);
	for (size_t i = 0; s->files[i] != NULL; i++)
		landlock_allow_read_beside(&l, s->files[i]);
	for (size_t i = 0; i < s->n_ports; i++)
		landlock_allow_port(&l, s->ports[i]);
	if (traced_by_sanitizer())
		landlock_allow_read(&l, "/proc");
	return landlock_enter(&l);
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
    SCMP_SYS(getdents64),
    /* pipes and sockets */
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt),
    SCMP_SYS(shutdown),
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

/* What no library of ours calls, whatever it is told: whoever does is somebody
 * else. */
static const int lethal[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(listen),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(setuid),
    SCMP_SYS(setresuid),
};

/* Some architectures lack some calls (EDOM, or a rule that stands for none). */
static bool add_all(
    scmp_filter_ctx ctx, uint32_t action, const int *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = seccomp_rule_add(ctx, action, list[i], 0);

		if (rc != 0 && rc != -EDOM)
			return false;
	}
	return true;
}

/* The same for a call with one argument, of which the bits in `mask` must be
 * `value`. */
static int add_masked(scmp_filter_ctx ctx, uint32_t action, int call,
    unsigned int arg, scmp_datum_t mask, scmp_datum_t value)
{
	const struct scmp_arg_cmp cmp = {arg, SCMP_CMP_MASKED_EQ, mask, value};
	int rc = seccomp_rule_add_array(ctx, action, call, 1, &cmp);

	return rc == -EDOM ? 0 : rc;
}

#define INT_MASK 0xffffffff /* the kernel looks at no more of an int */
#define SOCK_TYPE_MASK 0xf
/* Neither for writing, nor to be made. */
#define OPEN_MASK (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* UDP and TCP and nothing else: what Landlock says of TCP ports does not hold
 * for MPTCP and SCTP, nor for a connection that MSG_FASTOPEN makes.  libunbound
 * tries the latter, and connects when it is told, as by a kernel that has it
 * disabled, that it is not supported. */
static int allow_sockets(scmp_filter_ctx ctx)
{
	static const int families[] = {AF_INET, AF_INET6};
	static const int kinds[][2] = {{SOCK_STREAM, 0},
	    {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, 0},
	    {SOCK_DGRAM, IPPROTO_UDP}};
	static const struct {
		int call;
		unsigned int flags; /* which argument they are */
	} senders[] = {{SCMP_SYS(sendto), 3}, {SCMP_SYS(sendmsg), 2},
	    {SCMP_SYS(sendmmsg), 3}};
	int rc = 0;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
			    SCMP_SYS(socket), 3,
			    SCMP_A0(SCMP_CMP_MASKED_EQ, INT_MASK,
				(scmp_datum_t)families[i]),
			    SCMP_A1(SCMP_CMP_MASKED_EQ, SOCK_TYPE_MASK,
				(scmp_datum_t)kinds[k][0]),
			    SCMP_A2(SCMP_CMP_MASKED_EQ, INT_MASK,
				(scmp_datum_t)kinds[k][1]));
	/* libevent and libcurl wake themselves through it.  A pair of datagram
	 * sockets could be connected to anything on this machine. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, INT_MASK, AF_UNIX),
	    SCMP_A1(SCMP_CMP_MASKED_EQ, SOCK_TYPE_MASK, SOCK_STREAM));
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		rc |= add_masked(ctx, SCMP_ACT_ALLOW, senders[i].call,
		    senders[i].flags, MSG_FASTOPEN, 0);
		rc |=
		    add_masked(ctx, SCMP_ACT_ERRNO(EOPNOTSUPP), senders[i].call,
			senders[i].flags, MSG_FASTOPEN, MSG_FASTOPEN);
	}
	return rc;
}

/* Families that libraries try (the log, interfaces, ciphers of the kernel) are
 * refused; any other is an intruder's. */
static int kill_families(scmp_filter_ctx ctx)
{
	static const int tried[] = {
	    AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_ALG};
	int rc = 0;

	for (int family = 0; family < AF_MAX; family++) {
		bool known = false;

		for (size_t i = 0; i < sizeof tried / sizeof *tried; i++)
			known |= family == tried[i];
		if (!known)
			rc |= add_masked(ctx, SCMP_ACT_KILL_PROCESS,
			    SCMP_SYS(socket), 0, INT_MASK,
			    (scmp_datum_t)family);
	}
	return rc;
}

/* By command: F_SETOWN and F_SETSIG send any signal to any process of the same
 * user, and a lock would stop whoever waits for it. */
static int allow_fcntl(scmp_filter_ctx ctx)
{
	static const int good[] = {
	    F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC};
	static const int bad[] = {
	    F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETLEASE, F_NOTIFY};
	int rc = 0;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		rc |= add_masked(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
		    INT_MASK, (scmp_datum_t)good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		rc |= add_masked(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(fcntl), 1,
		    INT_MASK, (scmp_datum_t)bad[i]);
	return rc;
}

static bool allow_some(scmp_filter_ctx ctx)
{
	static const unsigned long ioctls[] = {
	    FIONBIO, FIONREAD, TCGETS, 0x8933 /* SIOCGIFINDEX */};
	static const int mappings[] = {
	    SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
	int rc = 0;

	for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls; i++)
		rc |= add_masked(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    INT_MASK, ioctls[i]);
	/* No more code is loaded. */
	for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++)
		rc |= add_masked(
		    ctx, SCMP_ACT_ALLOW, mappings[i], 2, PROT_EXEC, 0);
	/* Without Landlock the cache would lie open. */
	rc |= add_masked(
	    ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 2, OPEN_MASK, O_RDONLY);
	rc |= add_masked(
	    ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1, OPEN_MASK, O_RDONLY);
	/* For abort(), and to read a limit. */
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	rc |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	    SCMP_A2(SCMP_CMP_EQ, 0, 0));
	return rc == 0;
}

/* ENOSYS for the rest: libraries then try an older call; if the process were
 * killed, nobody would know by which.  Calls of another architecture than ours
 * are an intruder's. */
static bool enter_seccomp(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool good;

	if (ctx == NULL)
		return false;
	good =
	    seccomp_attr_set(
		ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
	    add_all(ctx, SCMP_ACT_ALLOW, calls, sizeof calls / sizeof *calls) &&
	    add_all(ctx, SCMP_ACT_KILL_PROCESS, lethal,
		sizeof lethal / sizeof *lethal) &&
	    allow_some(ctx) && allow_sockets(ctx) == 0 &&
	    kill_families(ctx) == 0 && allow_fcntl(ctx) == 0 &&
	    seccomp_load(ctx) == 0;
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

/* ---- all of it ---- */

static void name_missing(
    struct reason *why, bool files, bool ports, bool filter)
{
	if (files && ports && filter)
		reason_clear(why);
	else
		reason_set(why, "this kernel does not confine %s%s%s%s%s: %s",
		    files ? "" : "which files are read",
		    files || ports ? "" : ", ",
		    ports ? "" : "which TCP ports are reached",
		    (files && ports) || filter ? "" : ", ",
		    filter ? "" : "system calls",
		    !filter ? "seccomp is missing"
		    : files ? "Landlock is older than that of Linux 6.7"
			    : "Landlock is missing");
}

void sandbox_look(struct reason *why)
{
	enum landlock_reach reach = landlock_reach();

	name_missing(why, reach >= LANDLOCK_FILES, reach >= LANDLOCK_PORTS,
	    prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0);
}

void sandbox_enter(const struct sandbox *s, struct reason *why)
{
	bool traced = traced_by_sanitizer() || traced_by_valgrind();
	enum landlock_reach reach = landlock_reach();
	bool landlock, seccomp;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_NOFILE, FILES_MAX, FILES_MAX);
	if (!traced)
		limit(RLIMIT_AS, MEMORY_MAX, MEMORY_MAX);
	landlock = enter_landlock(s);
	seccomp = traced || enter_seccomp();
	name_missing(
	    why, landlock, landlock && reach >= LANDLOCK_PORTS, seccomp);
}
