/* sandbox: what a process that parses strangers' bytes gives up.  Owns
 * <seccomp.h> and <linux/landlock.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_SANDBOX_H
#define MXPOLICY_LOOKUP_SANDBOX_H

#include "policy/reason.h"

/* Before the first foreign byte is read: no new privileges, no core file,
 * files only to be read and only where settings, certificates and resolv.conf
 * are, no TCP port to listen on, no other program to be started, a short list
 * of system calls.  files: paths that must stay readable ("" is fine), ends
 * with NULL.  What the kernel or a container does not have is gone without;
 * why then names it, or is "".  A build with AddressSanitizer, and valgrind,
 * go without the list of system calls and the limit of memory. */
void sandbox_enter(const char *const *files, struct reason *why);

#endif
