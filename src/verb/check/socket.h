/* socket: does somebody answer on a socket, and is it mxpolicy?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SOCKET_H
#define MXPOLICY_VERB_CHECK_SOCKET_H

#include <stdbool.h>
#include "verb/check/maincf.h"

#define CHECKSOCKET_SECONDS 5

enum checksocket {
	CHECKSOCKET_OURS,   /* mxpolicy, and the map gives an answer */
	CHECKSOCKET_NO_MAP, /* mxpolicy, which does not know the map */
	CHECKSOCKET_OTHER,  /* somebody answers, but not as mxpolicy does */
	CHECKSOCKET_FAILED, /* why says what is wrong */
};

/* Connect to the table's endpoint (a unix path must be absolute) and ask for a
 * key that needs no lookup, on the table's map and on one that nobody has.
 * us: how long the connection and the first answer took, microseconds. */
enum checksocket checksocket_ask(const struct maincf_table *t, long *us,
    char why[static MAINCF_NAME_MAX + 1]);

#endif
