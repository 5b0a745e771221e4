/* setup: the set-up that `mxpolicy check` looks at, as far as it is known.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SETUP_H
#define MXPOLICY_VERB_CHECK_SETUP_H

#include "verb/check/endpoint.h"
#include "verb/check/instance.h"
#include "verb/check/report.h"
#include "verb/check/user.h"
#include "verb/verb.h"

struct setup {
	const struct verb_context *v;
	struct check_report report;
	struct check_user user; /* the one that serves */
	bool systemd;		/* runs this machine */
	struct instance *instance;
	size_t n_instances;
	struct endpoints endpoints;
	long connections; /* how many the socket takes at once, 0 unknown */
	bool trusts_ad;	  /* of all name servers (dnssec = trust-ad) */
	bool accepts;	  /* systemd starts a process for each connection */
};

#endif
