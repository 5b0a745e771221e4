/* probe: one conversation with a mail host, as Postfix begins it, but no mail.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_PROBE_H
#define MXPOLICY_VERB_VERIFY_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "policy/reason.h"
#include "verb/verify/peer.h"
#include "verb/verify/tls.h"

/* How it ended. */
enum probe_end {
	PROBE_UNREACHED, /* no connection */
	PROBE_REFUSED,	 /* connected, but the host refuses to talk */
	PROBE_PLAIN,	 /* STARTTLS is not offered, or refused */
	PROBE_INJECTED,	 /* more plain text after the reply to STARTTLS */
	PROBE_NO_TLS,	 /* STARTTLS was accepted, the handshake failed */
	PROBE_LOST,	 /* TLS, and then the host refuses to talk */
	PROBE_TLS,	 /* mail would follow */
};

struct probe_result {
	enum probe_end end;
	bool offered;	   /* STARTTLS was */
	struct reason why; /* of all but TLS, in Postfix's words */
	struct peer peer;  /* LOST, TLS */
};

struct probe;

struct probe_target {
	const struct sockaddr *addr;
	socklen_t addr_len;
	const char *ehlo; /* our name */
	const char *sni;  /* or NULL: none is sent */
	enum tls_keys keys;
	int64_t deadline; /* clock_ms(): the conversation ends then */
};

/* Begin: connect, greeting, EHLO (HELO if it is not supported), STARTTLS,
 * handshake, EHLO, QUIT.  The strings must outlive it.  Never NULL. */
struct probe *probe_open(const struct probe_target *t);
/* At any time; frees the result as well.  NULL is allowed. */
void probe_close(struct probe *p);

/* What to poll for. */
void probe_poll(const struct probe *p, struct pollfd *fd);
/* Continue as far as possible without waiting; checks the deadline. */
void probe_handle(struct probe *p);

/* NULL until it has ended; valid until probe_close(). */
const struct probe_result *probe_result(const struct probe *p);

#endif
