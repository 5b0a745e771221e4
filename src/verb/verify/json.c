/* json: the result of verify as an object.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/json.h"

#include <string.h>
#include "verb/certificate.h"
#include "verb/json.h"
#include "verb/verify/outcome.h"

static const char *const needs[] = {
    [VERIFY_NOTHING] = "nothing",
    [VERIFY_TLS] = "tls",
    [VERIFY_DANE] = "dane",
    [VERIFY_PKIX] = "pkix",
    [VERIFY_SKIPPED] = "skipped",
};

/* true, false, or null if it could not be determined. */
static void put_fate(json_t *o, const char *name, enum verify_fate fate)
{
	if (fate == VERIFY_UNREACHED)
		json_member(o, name, json_null());
	else
		json_flag(o, name, fate == VERIFY_DELIVERED);
}

static void put_certificates(json_t *o, const struct peer *p)
{
	json_t *array = json_member(o, "certificates", json_array());

	for (size_t i = 0; i < p->n; i++) {
		json_t *item = json_append_object(array);
		struct description d;

		if (describe_certificate(&d, p->cert[i].der, p->cert[i].len))
			certificate_json(item, &d);
		describe_clear(&d);
	}
}

static void put_tlsa(
    json_t *o, const struct verify_host *h, const struct verify_address *a)
{
	json_t *array = json_member(o, "tlsa", json_array());

	for (size_t i = 0; i < h->n_tlsa; i++) {
		json_t *item = json_append_object(array);

		json_text(item, "text", h->tlsa_text[i]);
		json_flag(item, "usable", a->tlsa[i].usable);
		json_flag(item, "passed_over", a->tlsa[i].passed_over);
		json_flag(item, "matches", a->tlsa[i].matches);
	}
}

/* The certificate with the other kind of key. */
static void put_other(
    json_t *o, const struct verify_host *h, const struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);

	json_text(o, "keys", a->keys == TLS_KEYS_RSA ? "rsa" : "ecdsa");
	json_flag(o, "accepted", a->fate == VERIFY_DELIVERED);
	json_text(o, "why", a->why.text);
	json_text(o, "tls", r->peer.version);
	json_text(o, "cipher", r->peer.cipher);
	put_certificates(o, &r->peer);
	put_tlsa(o, h, a);
}

static void put_address(json_t *o, const struct verify *v,
    const struct verify_host *h, const struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);
	const char *word = outcome_word(v, h, a);

	json_text(o, "address", a->text);
	put_fate(o, "delivered", a->fate);
	json_text(o, "why", a->why.text);
	json_flag(o, "starttls", r->offered);
	if (word[0] == '\0')
		return;
	json_text(o, "log", word);
	json_text(o, "tls", r->peer.version);
	json_text(o, "cipher", r->peer.cipher);
	put_certificates(o, &r->peer);
	put_tlsa(o, h, a);
	if (a->other != NULL)
		put_other(json_member(o, "other", json_object()), h, a->other);
}

static void put_host(
    json_t *o, const struct verify *v, const struct verify_host *h)
{
	json_t *array;

	json_text(o, "name", h->host.note.name);
	if (h->host.preference >= 0)
		json_number(o, "preference", h->host.preference);
	json_text(o, "state", trace_letter(h->host.note.status));
	json_text(o, "needs", needs[h->need]);
	json_text(o, "why", h->why.text);
	put_fate(o, "delivered", outcome_host(h));
	if (h->sni != NULL)
		json_text(o, "sni", h->sni);
	array = json_member(o, "names", json_array());
	for (size_t i = 0; i < h->n_names; i++)
		json_append_text(array, h->name[i]);
	array = json_member(o, "addresses", json_array());
	if (h->need != VERIFY_SKIPPED)
		for (size_t i = 0; i < h->n_addresses; i++)
			put_address(
			    json_append_object(array), v, h, &h->address[i]);
}

void verify_json(const struct verify *v, const char *next_hop)
{
	json_t *o = json_open("verify-1"), *array;
	size_t good;

	json_text(o, "next_hop", next_hop);
	json_text(o, "map", v->map->name);
	json_text(o, "reply",
	    trace_reply(v->c, (size_t)(v->map - v->v->config.maps)));
	json_number(o, "port", v->to_port);
	put_fate(o, "delivered", outcome_count(v, &good));
	array = json_member(o, "hosts", json_array());
	for (size_t i = 0; i < v->n_hosts; i++)
		put_host(json_append_object(array), v, v->host[i]);
	json_print(o);
}
