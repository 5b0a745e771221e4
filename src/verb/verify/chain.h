/* chain: check a mail host's certificates against certificate authorities.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_CHAIN_H
#define MXPOLICY_VERB_VERIFY_CHAIN_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"
#include "verb/verify/peer.h"
#include "verb/verify/tls.h"

struct chain_store;

/* Load the certificate authorities of a file, or of the system for "".  NULL:
 * why is set. */
struct chain_store *chain_open_store(const char *file, struct reason *why);
/* NULL is allowed. */
void chain_close_store(struct chain_store *s);

/* Check against the authorities of the store, and any of the names as in
 * certname_matches().  why is set for UNTRUSTED and TRUSTED. */
enum peer_trust chain_check(const struct peer *p, const struct chain_store *s,
    const char *const *names, size_t n_names, struct reason *why);

/* Which kind of key a further certificate of this server would have, and not
 * that of the one which it has shown.  ALL: it has shown none that can be
 * read. */
enum tls_keys chain_other_keys(const struct peer *p);

/* ---- for dane.c, which has other authorities ---- */

/* The certificates of a peer, up to the first unreadable one. */
struct chain {
	gnutls_x509_crt_t crt[PEER_CHAIN_MAX];
	size_t n;
};
void chain_init(struct chain *c, const struct peer *p);
void chain_clear(struct chain *c);

/* Is there a chain from the first certificate to one of the list, valid now and
 * for servers?  why is set if not. */
bool chain_reaches(
    const struct chain *c, gnutls_x509_trust_list_t list, struct reason *why);

/* VERIFIED if the first certificate has one of the names, else TRUSTED and why
 * is set. */
enum peer_trust chain_judge_name(const struct chain *c,
    const char *const *names, size_t n_names, struct reason *why);

#endif
