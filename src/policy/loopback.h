/* loopback: is a name server on this machine?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_LOOPBACK_H
#define MXPOLICY_POLICY_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

#define LOOPBACK_WORD_MAX 79 /* no such server is longer */

/* Is the text "addr" or "addr@port" with an address of 127.0.0.0/8 or ::1?
 * What is sent there cannot be read or forged outside of this machine. */
bool loopback_is_server(const char *text);

/* The first word of a list, as in the setting `resolver` (blanks and commas
 * between them), that is not such a server, cut to fit into word.  false: all
 * are, and there is at least one. */
bool loopback_find_other(
    const char *list, char word[static LOOPBACK_WORD_MAX + 1]);

#endif
