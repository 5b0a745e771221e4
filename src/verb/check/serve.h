/* serve: the sockets and the timer.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SERVE_H
#define MXPOLICY_VERB_CHECK_SERVE_H

#include "verb/check/setup.h"

/* The group "serve": asks every socket that the instances of Postfix or systemd
 * name, which fills c->endpoints and c->connections. */
void check_serve(struct setup *c);

#endif
