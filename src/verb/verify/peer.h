/* peer: TLS with a mail host, and what its certificates are worth.
 * SPDX-License-Identifier: MIT
 *
 * peertls.c and peercert.c own <gnutls/> for mxpolicy. */
#ifndef MXPOLICY_VERB_VERIFY_PEER_H
#define MXPOLICY_VERB_VERIFY_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

/* ---- a session ---- */

enum peer_step {
	PEER_DONE,
	PEER_AGAIN, /* wait until the socket is ready, peer_tls_writes() */
	PEER_FAILED,
};

struct peer_tls;

/* TLS 1.2 or newer as a client, on a socket that does not block and stays the
 * caller's.  sni: the name to be sent, or NULL.  Never NULL. */
struct peer_tls *peer_tls_open(int fd, const char *sni);
void peer_tls_close(struct peer_tls *t);

enum peer_step peer_tls_handshake(struct peer_tls *t, struct reason *why);
/* *n: how much was written or read; 0 read is the end. */
enum peer_step peer_tls_send(
    struct peer_tls *t, const char *data, size_t len, size_t *n);
enum peer_step peer_tls_receive(
    struct peer_tls *t, char *data, size_t size, size_t *n);
/* After PEER_AGAIN: does it wait for room to write (else for data)? */
bool peer_tls_writes(const struct peer_tls *t);

/* ---- what it showed ---- */

#define PEER_CHAIN_MAX 16 /* certificates; what comes behind is left out */
#define PEER_WORD_MAX 64

struct peer {
	size_t n; /* certificates, the server's own first */
	struct {
		uint8_t *der;
		size_t len;
	} cert[PEER_CHAIN_MAX];
	char version[PEER_WORD_MAX], cipher[PEER_WORD_MAX];
};

/* Of a session whose handshake is done; to be freed with peer_clear(). */
void peer_of(struct peer *p, struct peer_tls *t);
void peer_clear(struct peer *p);

#define PEER_NAME_MAX 511
#define PEER_NAMES_MAX 4095
struct peer_text {
	char subject[PEER_NAME_MAX + 1], issuer[PEER_NAME_MAX + 1];
	char names[PEER_NAMES_MAX + 1]; /* dNSNames, blanks between */
	int64_t begins, expires;
};
/* false: the certificate cannot be read. */
bool peer_describe(const struct peer *p, size_t i, struct peer_text *text);

/* ---- what it is worth ---- */

enum peer_trust {
	PEER_ANONYMOUS, /* no certificate */
	PEER_UNTRUSTED,
	PEER_TRUSTED,  /* but without a name that is wanted */
	PEER_VERIFIED, /* with one */
};

struct peer_store;

/* The certificate authorities of a file, or of the system for "".  NULL: why
 * says what is wrong. */
struct peer_store *peer_store_open(const char *file, struct reason *why);
void peer_store_close(struct peer_store *s);

/* By the authorities of the store; names as for certname_matches().  why is
 * set for UNTRUSTED and TRUSTED. */
enum peer_trust peer_check_pkix(const struct peer *p,
    const struct peer_store *s, const char *const *names, size_t n_names,
    struct reason *why);

/* One TLSA record; the first four are RDATA, data of len bytes. */
struct peer_tlsa {
	uint8_t usage, selector, matching;
	const uint8_t *data;
	size_t len;
	bool usable;
	/* A stronger digest of the same usage and selector is there, and only
	 * that one counts (RFC 7671 9; OpenSSL does so). */
	bool passed_over;
	bool matches; /* set by peer_check_dane() */
};

/* By TLSA records (RFC 7672 3.1): usage 3 is about the server's certificate
 * and asks for no name and no date; usage 2 is about one further up, and asks
 * for a chain from there and a name.  passed_over and matches are set. */
enum peer_trust peer_check_dane(const struct peer *p, struct peer_tlsa *tlsa,
    size_t n_tlsa, const char *const *names, size_t n_names,
    struct reason *why);

#endif
