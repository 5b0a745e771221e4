/* traced: is something at work here that needs more than the program does?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CONFINE_TRACED_H
#define MXPOLICY_CONFINE_TRACED_H

#include <stdbool.h>

/* AddressSanitizer maps terabytes, checks for leaks with system calls that
 * nothing else needs, and reads /proc. */
bool traced_by_sanitizer(void);
/* Valgrind's translated code is writable and executable, and it makes system
 * calls of its own.  This cannot be forged from outside. */
bool traced_by_valgrind(void);

#endif
