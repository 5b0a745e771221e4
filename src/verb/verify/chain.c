/* chain: check a mail host's certificates against certificate authorities.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/chain.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "x509/certname.h"
#include "x509/crt.h"

void chain_init(struct chain *c, const struct peer *p)
{
	for (c->n = 0; c->n < p->n; c->n++) {
		c->crt[c->n] = crt_import(p->cert[c->n].der, p->cert[c->n].len);
		if (c->crt[c->n] == NULL)
			return;
	}
}

void chain_clear(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		gnutls_x509_crt_deinit(c->crt[i]);
}

/* ---- names ---- */

struct wanted {
	const char *const *names;
	size_t n;
};

static bool is_wanted(void *arg, const char *name, size_t len)
{
	const struct wanted *w = arg;

	for (size_t i = 0; i < w->n; i++)
		if (certname_matches(name, len, w->names[i]))
			return true;
	return false;
}

/* Like OpenSSL, use the common name only if there is no dNSName. */
static bool has_name(
    gnutls_x509_crt_t crt, const char *const *names, size_t n_names)
{
	struct wanted w = {names, n_names};
	char name[CRT_NAME_MAX];
	size_t size = sizeof name;
	bool any;

	if (crt_any_name(crt, is_wanted, &w, &any))
		return true;
	return !any &&
	       gnutls_x509_crt_get_dn_by_oid(
		   crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) >= 0 &&
	       is_wanted(&w, name, size);
}

/* ---- chains ---- */

struct chain_store {
	gnutls_x509_trust_list_t list;
};

struct chain_store *chain_open_store(const char *file, struct reason *why)
{
	struct chain_store *s = xcalloc(1, sizeof *s);
	int rc;

	crt_need(gnutls_x509_trust_list_init(&s->list, 0));
	if (file[0] != '\0')
		rc = gnutls_x509_trust_list_add_trust_file(
		    s->list, file, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
	else
		rc = gnutls_x509_trust_list_add_system_trust(s->list, 0, 0);
	if (rc > 0)
		return s;
	if (rc == 0)
		reason_set(why, "it contains no certificate authority");
	else
		reason_set(why, "%s", gnutls_strerror(rc));
	chain_close_store(s);
	return NULL;
}

void chain_close_store(struct chain_store *s)
{
	if (s == NULL)
		return;
	gnutls_x509_trust_list_deinit(s->list, 1);
	free(s);
}

bool chain_reaches(
    const struct chain *c, gnutls_x509_trust_list_t list, struct reason *why)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
	    .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER};
	gnutls_x509_crt_t crt[PEER_CHAIN_MAX];
	unsigned int status = 0;
	int rc;

	memcpy(crt, c->crt, sizeof crt[0] * c->n);
	rc = gnutls_x509_trust_list_verify_crt2(
	    list, crt, (unsigned int)c->n, &purpose, 1, 0, &status, NULL);
	if (rc < 0)
		reason_set(why, "%s", gnutls_strerror(rc));
	else if (status != 0)
		crt_status_text(status, why);
	if (rc >= 0 && status != 0 && why->text[0] == '\0')
		reason_set(why, "not trusted");
	return rc >= 0 && status == 0;
}

enum peer_trust chain_judge_name(const struct chain *c,
    const char *const *names, size_t n_names, struct reason *why)
{
	if (has_name(c->crt[0], names, n_names))
		return PEER_VERIFIED;
	reason_set(why, "the certificate is not for %s%s",
	    n_names > 0 ? names[0] : "any name",
	    n_names > 1 ? " or any other accepted name" : "");
	return PEER_TRUSTED;
}

enum peer_trust chain_check(const struct peer *p, const struct chain_store *s,
    const char *const *names, size_t n_names, struct reason *why)
{
	enum peer_trust trust = PEER_UNTRUSTED;
	struct chain c;

	if (p->n == 0)
		return PEER_ANONYMOUS;
	chain_init(&c, p);
	if (c.n == 0)
		reason_set(why, "the certificate cannot be read");
	else if (chain_reaches(&c, s->list, why))
		trust = chain_judge_name(&c, names, n_names, why);
	chain_clear(&c);
	return trust;
}

enum tls_keys chain_other_keys(const struct peer *p)
{
	enum tls_keys other = TLS_KEYS_ALL;
	struct chain c;
	int key;

	chain_init(&c, p);
	if (c.n > 0) {
		key = gnutls_x509_crt_get_pk_algorithm(c.crt[0], NULL);
		other = key == GNUTLS_PK_RSA || key == GNUTLS_PK_RSA_PSS
			    ? TLS_KEYS_ECDSA
			    : TLS_KEYS_RSA;
	}
	chain_clear(&c);
	return other;
}
