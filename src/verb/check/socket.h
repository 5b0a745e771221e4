/* socket: is it mxpolicy that answers on a socket?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SOCKET_H
#define MXPOLICY_VERB_CHECK_SOCKET_H

#include <stdint.h>
#include "verb/check/maincf.h"

#define CHECKSOCKET_SECONDS 5

enum checksocket {
	CHECKSOCKET_OURS,   /* mxpolicy, and it has the map */
	CHECKSOCKET_NO_MAP, /* mxpolicy, which does not know the map */
	CHECKSOCKET_OTHER,  /* another server */
	CHECKSOCKET_FAILED, /* no answer; why says what is wrong */
};

/* Connect to the table's endpoint (a unix path must be absolute) and ask
 * REQUEST_SELF_MAP for the table's map: nothing is looked up or counted.
 * us: how long the connection and the first answer took, microseconds. */
enum checksocket checksocket_ask(const struct maincf_table *t, int64_t *us,
    char why[static MAINCF_NAME_MAX + 1]);

#endif
