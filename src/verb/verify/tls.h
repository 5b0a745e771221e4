/* tls: TLS as a client, on a socket that does not block.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_TLS_H
#define MXPOLICY_VERB_VERIFY_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"
#include "verb/verify/peer.h"

enum tls_step {
	TLS_DONE,
	TLS_AGAIN, /* wait until the socket is ready, tls_writes() */
	TLS_FAILED,
};

struct tls;

/* TLS 1.2 or newer as a client, on a socket that does not block and stays the
 * caller's.  Nothing is verified.  sni: the name to be sent, or NULL.  Never
 * NULL. */
struct tls *tls_open(int fd, const char *sni);
/* NULL is fine. */
void tls_close(struct tls *t);

/* why is set for TLS_FAILED. */
enum tls_step tls_handshake(struct tls *t, struct reason *why)
    __attribute__((warn_unused_result));
/* *n: how much was written or read; 0 read is the end. */
enum tls_step tls_send(struct tls *t, const char *data, size_t len, size_t *n);
enum tls_step tls_receive(struct tls *t, char *data, size_t size, size_t *n)
    __attribute__((warn_unused_result));
/* After TLS_AGAIN: does it wait for room to write (else for data)? */
bool tls_writes(const struct tls *t);

/* What the server showed, once the handshake is done; to be freed with
 * peer_clear(). */
void tls_get_peer(const struct tls *t, struct peer *p);

#endif
