/* peer: what a mail host shows in the TLS handshake.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_PEER_H
#define MXPOLICY_VERB_VERIFY_PEER_H

#include <stddef.h>
#include <stdint.h>

#define PEER_CHAIN_MAX 16 /* certificates; more are ignored */
#define PEER_WORD_MAX 64

struct peer {
	size_t n; /* certificates, the server's own first */
	struct {
		uint8_t *der;
		size_t len;
	} cert[PEER_CHAIN_MAX];
	char version[PEER_WORD_MAX], cipher[PEER_WORD_MAX];
};

void peer_clear(struct peer *p);

enum peer_trust {
	PEER_ANONYMOUS, /* no certificate */
	PEER_UNTRUSTED,
	PEER_TRUSTED,  /* but without an accepted name */
	PEER_VERIFIED, /* with one */
};

#endif
