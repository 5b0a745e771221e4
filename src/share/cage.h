/* cage: what share leaves itself before it reads what a server sends.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SHARE_CAGE_H
#define MXPOLICY_SHARE_CAGE_H

#include <stdbool.h>
#include <stddef.h>
#include "wire/shareurl.h"

struct cage {
	const struct shareurl *urls[2]; /* the servers that remain reachable */
	size_t n;
	bool system_trust; /* the system's authorities are still needed */
};

/* Call when keys, passwords and certificates have been read.  No core file, no
 * new privileges; no file can be written, and none be read but what looks up
 * names where a server has one, and the system's authorities; TCP goes to the
 * ports of those servers alone, and no port is listened on; no other program,
 * no other process, no new code, a short list of system calls.  A call that
 * only an intruder makes ends the process with SIGSYS.
 *
 * A sentinel names the port of a master, which nobody knows before: with one,
 * TCP goes to any port.  Unix sockets remain, for the log: Landlock cannot
 * limit them yet.  What the kernel does not support is skipped, which `mxpolicy
 * check` tells; valgrind and AddressSanitizer need more calls than are
 * listed. */
void cage_enter(const struct cage *c);

#endif
