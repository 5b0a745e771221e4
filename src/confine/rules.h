/* rules: what the filters of several programs have in common (filter.h).
 * Each is a list of struct filter_rule, to stand in an array of them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CONFINE_RULES_H
#define MXPOLICY_CONFINE_RULES_H

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "confine/filter.h"

#define ALLOW(call)                                                            \
	{                                                                      \
		SYS_##call, FILTER_ALLOW, FILTER_ANY, 0, 0                     \
	}
#define KILL(call)                                                             \
	{                                                                      \
		SYS_##call, FILTER_KILL, FILTER_ANY, 0, 0                      \
	}
#define INT 0xffffffff

/* F_SETOWN and F_SETSIG send any signal to any process of the same user. */
#define RULES_FCNTL                                                            \
	{SYS_fcntl, FILTER_KILL, 1, INT, F_SETOWN},                            \
	    {SYS_fcntl, FILTER_KILL, 1, INT, F_SETOWN_EX},                     \
	    {SYS_fcntl, FILTER_KILL, 1, INT, F_SETSIG},                        \
	    {SYS_fcntl, FILTER_KILL, 1, INT, F_SETLEASE},                      \
	    {SYS_fcntl, FILTER_KILL, 1, INT, F_NOTIFY}, ALLOW(fcntl)

/* Sockets by which the C library reaches a server, and nothing else does. */
#define RULES_SOCKET                                                           \
	{SYS_socket, FILTER_ALLOW, 0, INT, AF_UNIX},                           \
	    {SYS_socket, FILTER_ALLOW, 0, INT, AF_INET},                       \
	    {SYS_socket, FILTER_ALLOW, 0, INT, AF_INET6},                      \
	    {SYS_socket, FILTER_REFUSE, 0, INT, AF_NETLINK},                   \
	    {SYS_socket, FILTER_REFUSE, 0, INT, AF_ALG}, KILL(socket)

/* Memory, without new code. */
#define RULES_MEMORY                                                           \
	ALLOW(brk), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise),              \
	    ALLOW(futex), {SYS_mmap, FILTER_ALLOW, 2, PROT_EXEC, 0},           \
	{                                                                      \
		SYS_mprotect, FILTER_ALLOW, 2, PROT_EXEC, 0                    \
	}

/* What a process asks about itself, its signals, the clock, and its end. */
#define RULES_PROCESS                                                          \
	ALLOW(getpid), ALLOW(gettid), ALLOW(getuid), ALLOW(geteuid),           \
	    ALLOW(getgid), ALLOW(getegid), ALLOW(getrandom), ALLOW(uname),     \
	    ALLOW(sysinfo), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask),        \
	    ALLOW(rt_sigreturn), ALLOW(sigaltstack), ALLOW(restart_syscall),   \
	    ALLOW(clock_getres), ALLOW(gettimeofday), ALLOW(sched_yield),      \
	    ALLOW(rseq), ALLOW(set_robust_list), ALLOW(exit),                  \
	    ALLOW(exit_group)

/* What no library of ours calls, whatever it is told. */
#define RULES_LETHAL                                                           \
	KILL(ptrace), KILL(process_vm_readv), KILL(process_vm_writev),         \
	    KILL(pidfd_getfd), KILL(pidfd_send_signal), KILL(bpf),             \
	    KILL(perf_event_open), KILL(userfaultfd), KILL(io_uring_setup),    \
	    KILL(add_key), KILL(request_key), KILL(keyctl), KILL(init_module), \
	    KILL(finit_module), KILL(kexec_load), KILL(mount), KILL(umount2),  \
	    KILL(pivot_root), KILL(chroot), KILL(setns), KILL(unshare),        \
	    KILL(setuid), KILL(setresuid)

/* Nor where it starts no program. */
#define RULES_LETHAL_ALONE                                                     \
	RULES_LETHAL, KILL(execve), KILL(execveat), KILL(kill), KILL(tkill),   \
	    KILL(rt_sigqueueinfo), KILL(pidfd_open), KILL(listen)

#endif
