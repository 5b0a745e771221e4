/* tls: a TLS client on a non-blocking socket.
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

/* A server may have a certificate for each kind of key; the client says of
 * which kinds it can check signatures. */
enum tls_keys {
	TLS_KEYS_ALL, /* in OpenSSL's order: ECDSA and EdDSA before RSA */
	TLS_KEYS_ECDSA,
	TLS_KEYS_RSA,
};

struct tls;

/* Start TLS 1.2 or newer on a non-blocking socket, which still belongs to the
 * caller.  Nothing is verified.  sni: the name to send, or NULL.  Never
 * NULL. */
struct tls *tls_open(int fd, const char *sni, enum tls_keys keys);
/* NULL is allowed. */
void tls_close(struct tls *t);

/* why is set for TLS_FAILED. */
enum tls_step tls_handshake(struct tls *t, struct reason *why)
    __attribute__((warn_unused_result));
/* *n: how much was written or read; 0 read means the end. */
enum tls_step tls_send(struct tls *t, const char *data, size_t len, size_t *n);
enum tls_step tls_receive(struct tls *t, char *data, size_t size, size_t *n)
    __attribute__((warn_unused_result));
/* After TLS_AGAIN: does it wait for room to write (else for data)? */
bool tls_writes(const struct tls *t);

/* What the server showed, after the handshake; must be freed by
 * peer_clear(). */
void tls_get_peer(const struct tls *t, struct peer *p);

#endif
