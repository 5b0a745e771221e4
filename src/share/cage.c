/* cage: what share leaves itself before it reads what a server sends.
 * SPDX-License-Identifier: MIT */
#include "share/cage.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "confine/filter.h"
#include "confine/landlock.h"
#include "confine/rules.h"
#include "confine/traced.h"

/* ---- names ---- */

static bool is_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 ||
	       inet_pton(AF_INET6, name, bytes) == 1;
}

/* One that has to be looked up, or NULL. */
static const char *find_name(const struct cage *c)
{
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->urls[i]->n_hosts; k++)
			if (!is_address(c->urls[i]->hosts[k].name))
				return c->urls[i]->hosts[k].name;
	return NULL;
}

/* The C library loads what nsswitch.conf names with the first lookup, and could
 * not any more. */
static void load_modules(const char *name)
{
	struct addrinfo *found;

	if (getaddrinfo(name, NULL, NULL, &found) == 0)
		freeaddrinfo(found);
}

/* ---- Landlock ---- */

static void allow_all(struct landlock *l, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		landlock_allow_read(l, paths[i]);
}

static void enter_landlock(const struct cage *c, bool names)
{
	static const char *const always[] = {
	    "/etc/localtime", "/usr/share/zoneinfo"};
	static const char *const resolver[] = {"/etc/gai.conf",
	    "/etc/host.conf", "/etc/hosts", "/etc/nsswitch.conf",
	    "/etc/resolv.conf", "/etc/services", "/run/NetworkManager",
	    "/run/resolvconf", "/run/systemd/resolve"};
	static const char *const trust[] = {"/etc/ca-certificates", "/etc/pki",
	    "/etc/ssl/certs", "/usr/lib/ssl",
	    "/usr/local/share/ca-certificates", "/usr/share/ca-certificates",
	    "/var/lib/ca-certificates"};
	struct landlock l;
	bool any = false;

	for (size_t i = 0; i < c->n; i++)
		any |= c->urls[i]->kind == SHAREURL_SENTINEL;
	if (!landlock_open(&l, any ? LANDLOCK_SPARE_TCP : 0))
		return;
	allow_all(&l, always, sizeof always / sizeof *always);
	if (names)
		allow_all(&l, resolver, sizeof resolver / sizeof *resolver);
	if (c->system_trust)
		allow_all(&l, trust, sizeof trust / sizeof *trust);
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->urls[i]->n_hosts; k++)
			landlock_allow_port(&l, c->urls[i]->hosts[k].port);
	/* An answer that is too long for UDP. */
	if (names)
		landlock_allow_port(&l, 53);
	if (traced_by_sanitizer() || traced_by_valgrind())
		landlock_allow_read(&l, "/");
	(void)!landlock_enter(&l);
}

/* ---- seccomp ---- */

#define OPEN_MASK (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* Landlock's word on TCP ports does not hold for these, nor for a connection
 * that MSG_FASTOPEN makes. */
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const struct filter_rule rules[] = {
/* a question and its answer */
#ifdef SYS_epoll_wait /* not on the newer architectures */
    ALLOW(epoll_wait),
    ALLOW(poll),
#endif
    ALLOW(epoll_pwait),
    ALLOW(epoll_ctl),
    ALLOW(read),
    ALLOW(readv),
    ALLOW(write),
    ALLOW(writev),
    ALLOW(recvfrom),
    ALLOW(recvmsg),
    {SYS_sendto, FILTER_REFUSE, 3, MSG_FASTOPEN, MSG_FASTOPEN},
    ALLOW(sendto),
    {SYS_sendmsg, FILTER_REFUSE, 2, MSG_FASTOPEN, MSG_FASTOPEN},
    ALLOW(sendmsg),
    {SYS_sendmmsg, FILTER_REFUSE, 3, MSG_FASTOPEN, MSG_FASTOPEN},
    ALLOW(sendmmsg),
    ALLOW(accept4),
    ALLOW(close),
    ALLOW(shutdown),
    ALLOW(clock_gettime),
    ALLOW(timerfd_create),
    ALLOW(timerfd_settime),
    /* a connection to the server, or to a name server */
    {SYS_socket, FILTER_KILL, 2, INT, IPPROTO_MPTCP},
    {SYS_socket, FILTER_KILL, 2, INT, IPPROTO_SCTP},
    {SYS_socket, FILTER_KILL, 2, INT, IPPROTO_DCCP},
    RULES_SOCKET,
    ALLOW(connect),
    ALLOW(setsockopt),
    ALLOW(getsockopt),
    ALLOW(getsockname),
    ALLOW(getpeername),
    ALLOW(ppoll),
    {SYS_ioctl, FILTER_ALLOW, 1, INT, 0x541b /* FIONREAD */},
    RULES_FCNTL,
    /* files, to be read */
    {SYS_openat, FILTER_ALLOW, 2, OPEN_MASK, O_RDONLY},
    ALLOW(fstat),
    ALLOW(newfstatat),
    ALLOW(statx),
    ALLOW(faccessat),
    ALLOW(faccessat2),
    ALLOW(readlinkat),
    ALLOW(pread64),
    ALLOW(lseek),
    ALLOW(getdents64),
#ifdef SYS_open /* x86-64 has these as well */
    {SYS_open, FILTER_ALLOW, 1, OPEN_MASK, O_RDONLY},
    ALLOW(stat),
    ALLOW(lstat),
    ALLOW(access),
    ALLOW(readlink),
    ALLOW(time),
#endif
    RULES_MEMORY,
    RULES_PROCESS,
    RULES_LETHAL_ALONE,
};

void cage_enter(const struct cage *c)
{
	const char *name = find_name(c);

	if (name != NULL)
		load_modules(name);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	enter_landlock(c, name != NULL);
	if (!traced_by_sanitizer() && !traced_by_valgrind())
		(void)!filter_enter(
		    rules, sizeof rules / sizeof *rules, FILTER_REFUSE);
}
