/* probe: one conversation with a mail host, as Postfix begins it, and no mail.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_PROBE_H
#define MXPOLICY_VERB_VERIFY_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "policy/reason.h"
#include "verb/verify/peer.h"

/* Where it ended. */
enum probe_end {
	PROBE_UNREACHED, /* no connection */
	PROBE_REFUSED,	 /* connected, but it does not take part */
	PROBE_PLAIN,	 /* STARTTLS is not offered, or refused */
	PROBE_INJECTED,	 /* more plain text behind the answer to STARTTLS */
	PROBE_NO_TLS,	 /* STARTTLS was answered, the handshake failed */
	PROBE_LOST,	 /* TLS, and then it does not take part any more */
	PROBE_TLS,	 /* all is well up to where mail would follow */
};

struct probe_result {
	enum probe_end end;
	bool offered;	   /* STARTTLS was */
	struct reason why; /* for all but TLS, in Postfix's words */
	struct peer peer;  /* LOST, TLS */
};

struct probe;

struct probe_target {
	const struct sockaddr *addr;
	socklen_t addr_len;
	const char *ehlo; /* our name */
	const char *sni;  /* or NULL: none is sent */
	int64_t deadline; /* clock_ms(): the conversation ends then */
};

/* Begin: connect, greeting, EHLO (HELO where it is not known), STARTTLS,
 * handshake, EHLO, QUIT.  The strings must outlive it.  Never NULL. */
struct probe *probe_open(const struct probe_target *t);
/* Also in the middle of it; frees the result's peer. */
void probe_close(struct probe *p);

/* What it waits for. */
void probe_poll(const struct probe *p, struct pollfd *fd);
/* Go on as far as it goes without waiting; looks at the deadline. */
void probe_handle(struct probe *p);

/* NULL while it goes on; valid until probe_close(). */
const struct probe_result *probe_result(const struct probe *p);

#endif
