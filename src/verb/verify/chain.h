/* chain: chains of certificates, for the two files that judge them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_CHAIN_H
#define MXPOLICY_VERB_VERIFY_CHAIN_H

#include <gnutls/x509.h>
#include "verb/verify/peer.h"

/* What a peer showed, imported up to the first that cannot be read. */
struct peercert_chain {
	gnutls_x509_crt_t crt[PEER_CHAIN_MAX];
	size_t n;
};
void peercert_init(struct peercert_chain *c, const struct peer *p);
void peercert_clear(struct peercert_chain *c);

/* One certificate; NULL when it cannot be read. */
gnutls_x509_crt_t peercert_import(const uint8_t *der, size_t len);

/* For GnuTLS, which does not write to what it imports. */
gnutls_datum_t peercert_datum(const uint8_t *der, size_t len);

/* Is there a chain, for a server and valid now, from the first certificate to
 * one of the list?  why is set when there is none. */
bool peercert_is_chained(const struct peercert_chain *c,
    gnutls_x509_trust_list_t list, struct reason *why);

/* VERIFIED when the first certificate has one of the names, else TRUSTED with
 * why. */
enum peer_trust peercert_judge_name(const struct peercert_chain *c,
    const char *const *names, size_t n_names, struct reason *why);

/* Without memory the program ends (EX_TEMPFAIL). */
void peercert_need(int rc);

#endif
