/* dane: check a mail host's certificates against its TLSA records.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/dane.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "policy/tlsa.h"
#include "verb/verify/chain.h"
#include "x509/crt.h"

#define DIGEST_MAX 64
#define HEX_GROUP 16 /* bytes */
#define SIGNATURE_MAX 4096

/* The DER of a certificate's key; size 0 if it cannot be read. */
static gnutls_datum_t spki_of(gnutls_x509_crt_t crt)
{
	gnutls_datum_t spki = {NULL, 0};
	gnutls_pubkey_t key;

	crt_need(gnutls_pubkey_init(&key));
	if (gnutls_pubkey_import_x509(key, crt, 0) < 0 ||
	    gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki) < 0)
		spki = (gnutls_datum_t){NULL, 0};
	gnutls_pubkey_deinit(key);
	return spki;
}

static bool data_matches(
    const struct dane_tlsa *t, const uint8_t *der, size_t len)
{
	gnutls_digest_algorithm_t algorithm =
	    t->matching == TLSA_MATCHING_SHA256 ? GNUTLS_DIG_SHA256
						: GNUTLS_DIG_SHA512;
	uint8_t digest[DIGEST_MAX];

	if (len == 0)
		return false;
	if (t->matching == TLSA_MATCHING_FULL)
		return t->len == len && memcmp(t->data, der, len) == 0;
	return gnutls_hash_fast(algorithm, der, len, digest) >= 0 &&
	       t->len == (size_t)gnutls_hash_get_len(algorithm) &&
	       memcmp(t->data, digest, t->len) == 0;
}

static bool record_matches(const struct dane_tlsa *t, const struct peer *p,
    const struct chain *c, size_t place)
{
	gnutls_datum_t spki;
	bool matches;

	if (t->selector == TLSA_SELECTOR_CERT)
		return data_matches(t, p->cert[place].der, p->cert[place].len);
	spki = spki_of(c->crt[place]);
	matches = data_matches(t, spki.data, spki.size);
	gnutls_free(spki.data);
	return matches;
}

static bool counts(const struct dane_tlsa *t, uint8_t usage)
{
	return t->usable && !t->passed_over && t->usage == usage;
}

static void pass_over(struct dane_tlsa *tlsa, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		tlsa[i].matches = tlsa[i].passed_over = false;
		for (size_t j = 0; j < n; j++)
			if (tlsa[i].matching == TLSA_MATCHING_SHA256 &&
			    tlsa[j].matching == TLSA_MATCHING_SHA512 &&
			    tlsa[j].usable && tlsa[i].usage == tlsa[j].usage &&
			    tlsa[i].selector == tlsa[j].selector)
				tlsa[i].passed_over = true;
	}
}

/* The first element within the outermost of a certificate's DER: what is
 * signed.  false for what is not in definite form; GnuTLS has read it. */
static bool signed_part(const uint8_t *der, size_t len, gnutls_datum_t *part)
{
	size_t head = 0, size = crt_der_length(der, len, &head);

	if (size == 0 || size > len)
		return false;
	der += head;
	len = size - head;
	size = crt_der_length(der, len, NULL);
	*part = crt_datum(der, size);
	return size > 0 && size <= len;
}

/* Has this key signed the certificate? */
static bool is_signed_by(gnutls_x509_crt_t crt, const struct peer *p,
    size_t place, const struct dane_tlsa *t)
{
	gnutls_datum_t d = crt_datum(t->data, t->len), part, signature;
	char bytes[SIGNATURE_MAX];
	size_t size = sizeof bytes;
	gnutls_pubkey_t key;
	bool good = false;
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

	if (algorithm < 0 ||
	    gnutls_x509_crt_get_signature(crt, bytes, &size) < 0 ||
	    !signed_part(p->cert[place].der, p->cert[place].len, &part))
		return false;
	crt_need(gnutls_pubkey_init(&key));
	signature = crt_datum((const uint8_t *)bytes, size);
	if (gnutls_pubkey_import(key, &d, GNUTLS_X509_FMT_DER) >= 0)
		good = gnutls_pubkey_verify_data2(key,
			   (gnutls_sign_algorithm_t)algorithm, 0, &part,
			   &signature) >= 0;
	gnutls_pubkey_deinit(key);
	return good;
}

static void add_anchor(
    gnutls_x509_trust_list_t list, const uint8_t *der, size_t len)
{
	gnutls_x509_crt_t crt = crt_import(der, len);

	if (crt != NULL && gnutls_x509_trust_list_add_cas(list, &crt, 1, 0) < 1)
		gnutls_x509_crt_deinit(crt);
}

/* A server need not send a certificate that is in DNS. */
static void add_record(
    gnutls_x509_trust_list_t list, struct dane_tlsa *t, const struct chain *c)
{
	gnutls_x509_crt_t crt = crt_import(t->data, t->len);

	if (crt == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		if (gnutls_x509_crt_check_issuer(c->crt[i], crt) != 0)
			t->matches = true;
	gnutls_x509_crt_deinit(crt);
	add_anchor(list, t->data, t->len);
}

static bool is_leaf(const struct peer *p, const uint8_t *der, size_t len)
{
	return p->cert[0].len == len && memcmp(p->cert[0].der, der, len) == 0;
}

/* Add what a record with usage 2 trusts.  *leaf: the server's own certificate
 * is signed by a key of which there is no certificate. */
static void add_anchors(gnutls_x509_trust_list_t list, struct dane_tlsa *t,
    const struct peer *p, const struct chain *c, bool *leaf)
{
	bool key = t->selector == TLSA_SELECTOR_SPKI &&
		   t->matching == TLSA_MATCHING_FULL;

	for (size_t i = 1; i < c->n; i++)
		if (record_matches(t, p, c, i) &&
		    !is_leaf(p, p->cert[i].der, p->cert[i].len)) {
			t->matches = true;
			add_anchor(list, p->cert[i].der, p->cert[i].len);
		}
	if (t->selector == TLSA_SELECTOR_CERT &&
	    t->matching == TLSA_MATCHING_FULL && !is_leaf(p, t->data, t->len))
		add_record(list, t, c);
	for (size_t i = 0; key && i < c->n; i++) {
		if (!is_signed_by(c->crt[i], p, i, t))
			continue;
		t->matches = true;
		if (i == 0)
			*leaf = true;
		else
			add_anchor(list, p->cert[i].der, p->cert[i].len);
	}
}

/* RFC 7672 3.1.2: dates and a name matter. */
static bool leaf_is_valid(gnutls_x509_crt_t crt, struct reason *why)
{
	int64_t now = clock_now();

	if (gnutls_x509_crt_get_expiration_time(crt) < now)
		reason_set(why, "expired");
	else if (gnutls_x509_crt_get_activation_time(crt) > now)
		reason_set(why, "not yet valid");
	else
		return true;
	return false;
}

static enum peer_trust check_anchors(const struct peer *p,
    const struct chain *c, struct dane_tlsa *tlsa, size_t n_tlsa,
    const char *const *names, size_t n_names, struct reason *why)
{
	enum peer_trust trust = PEER_UNTRUSTED;
	gnutls_x509_trust_list_t list;
	bool leaf = false, good = false;

	crt_need(gnutls_x509_trust_list_init(&list, 0));
	for (size_t i = 0; i < n_tlsa; i++)
		if (counts(&tlsa[i], TLSA_USAGE_TA))
			add_anchors(list, &tlsa[i], p, c, &leaf);
	reason_set(why, "no TLSA record matches the certificates");
	if (leaf)
		good = leaf_is_valid(c->crt[0], why);
	if (!good) {
		struct reason other = {0};

		good = chain_reaches(c, list, &other);
		/* The first text says it better than "issuer not trusted". */
		for (size_t i = 0; !leaf && i < n_tlsa; i++)
			if (tlsa[i].matches)
				*why = other;
	}
	if (good)
		trust = chain_judge_name(c, names, n_names, why);
	gnutls_x509_trust_list_deinit(list, 1);
	return trust;
}

enum peer_trust dane_check(const struct peer *p, struct dane_tlsa *tlsa,
    size_t n_tlsa, const char *const *names, size_t n_names, struct reason *why)
{
	enum peer_trust trust;
	struct chain c;
	bool found = false;

	pass_over(tlsa, n_tlsa);
	if (p->n == 0)
		return PEER_ANONYMOUS;
	chain_init(&c, p);
	for (size_t i = 0; c.n > 0 && i < n_tlsa; i++)
		if (counts(&tlsa[i], TLSA_USAGE_EE) &&
		    record_matches(&tlsa[i], p, &c, 0))
			found = tlsa[i].matches = true;
	if (c.n == 0) {
		reason_set(why, "the certificate cannot be read");
		trust = PEER_UNTRUSTED;
	} else {
		trust = check_anchors(p, &c, tlsa, n_tlsa, names, n_names, why);
	}
	chain_clear(&c);
	return found ? PEER_VERIFIED : trust;
}

/* In groups, as a zone file may have it: a terminal is narrower. */
static void put_hex(char *text, const uint8_t *digest, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && i % HEX_GROUP == 0)
			*text++ = ' ';
		snprintf(text, 3, "%02x", digest[i]);
		text += 2;
	}
}

bool dane_digest(const struct peer *p, const struct dane_tlsa *t,
    char text[static DANE_DIGEST_TEXT])
{
	size_t place = t->usage == TLSA_USAGE_EE || p->n < 2 ? 0 : p->n - 1;
	gnutls_digest_algorithm_t algorithm =
	    t->matching == TLSA_MATCHING_SHA256 ? GNUTLS_DIG_SHA256
						: GNUTLS_DIG_SHA512;
	gnutls_datum_t data = {NULL, 0};
	uint8_t digest[DIGEST_MAX];
	gnutls_x509_crt_t crt;
	bool good = false;

	if (p->n == 0 || t->matching == TLSA_MATCHING_FULL ||
	    (t->usage == TLSA_USAGE_TA && place == 0))
		return false;
	crt = crt_import(p->cert[place].der, p->cert[place].len);
	if (crt == NULL)
		return false;
	if (t->selector == TLSA_SELECTOR_CERT)
		good = gnutls_hash_fast(algorithm, p->cert[place].der,
			   p->cert[place].len, digest) >= 0;
	else
		data = spki_of(crt);
	if (data.size > 0)
		good = gnutls_hash_fast(
			   algorithm, data.data, data.size, digest) >= 0;
	gnutls_free(data.data);
	gnutls_x509_crt_deinit(crt);
	if (good)
		put_hex(text, digest, gnutls_hash_get_len(algorithm));
	return good;
}
