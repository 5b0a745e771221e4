/* chain: what a mail host's certificates are worth by certificate authorities.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_CHAIN_H
#define MXPOLICY_VERB_VERIFY_CHAIN_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"
#include "verb/verify/peer.h"

struct chain_store;

/* The certificate authorities of a file, or of the system for "".  NULL: why
 * says what is wrong. */
struct chain_store *chain_open_store(const char *file, struct reason *why);
/* NULL is fine. */
void chain_close_store(struct chain_store *s);

/* By the authorities of the store; names as for certname_matches().  why is
 * set for UNTRUSTED and TRUSTED. */
enum peer_trust chain_check(const struct peer *p, const struct chain_store *s,
    const char *const *names, size_t n_names, struct reason *why);

/* ---- for dane.c, which has its own idea of an authority ---- */

/* What a peer showed, imported up to the first that cannot be read. */
struct chain {
	gnutls_x509_crt_t crt[PEER_CHAIN_MAX];
	size_t n;
};
void chain_init(struct chain *c, const struct peer *p);
void chain_clear(struct chain *c);

/* Is there a chain, for a server and valid now, from the first certificate to
 * one of the list?  why is set when there is none. */
bool chain_reaches(
    const struct chain *c, gnutls_x509_trust_list_t list, struct reason *why);

/* VERIFIED when the first certificate has one of the names, else TRUSTED with
 * why. */
enum peer_trust chain_judge_name(const struct chain *c,
    const char *const *names, size_t n_names, struct reason *why);

#endif
