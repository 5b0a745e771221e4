/* sandbox: restrict a process that parses the bytes of strangers.  Owns
 * <seccomp.h> and <linux/landlock.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_SANDBOX_H
#define MXPOLICY_LOOKUP_SANDBOX_H

#include "policy/reason.h"

/* Call before the first foreign byte is read.  No new privileges, no core file;
 * files can only be read, and only where settings, certificates and resolv.conf
 * are; no listening TCP port, no other program, a short list of system calls.
 * files: paths that must remain readable ("" is allowed), NULL-terminated.
 * What the kernel or a container does not support is skipped; then why names
 * it, else it is "".  With AddressSanitizer and valgrind there are no limits of
 * system calls and memory. */
void sandbox_enter(const char *const *files, struct reason *why);

#endif
