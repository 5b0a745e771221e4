/* sandbox: restrict a process that parses the bytes of strangers.  Owns
 * <seccomp.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_SANDBOX_H
#define MXPOLICY_LOOKUP_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

/* What must remain possible inside. */
struct sandbox {
	const char *const
	    *files;	       /* readable paths, NULL-terminated; "" is ok */
	const uint16_t *ports; /* of TCP connections */
	size_t n_ports;
};

/* Call before the first foreign byte is read.  No new privileges, no core file;
 * files can only be read, and only where certificates and resolv.conf are; TCP
 * goes to the given ports alone, by no other protocol; no socket but UDP and
 * TCP, no other program, no other process, a short list of system calls.  A
 * call that only an intruder makes ends the process with SIGSYS, which the
 * kernel's audit log tells.
 * What the kernel or a container does not support is skipped; then why names
 * it, else it is "".  With AddressSanitizer and valgrind there are no limits of
 * system calls and memory. */
void sandbox_enter(const struct sandbox *s, struct reason *why);

/* What the kernel cannot confine, as sandbox_enter() would have it. */
void sandbox_look(struct reason *why);

#endif
