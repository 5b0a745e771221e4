/* json: the result of explain as an object.
 * SPDX-License-Identifier: MIT */
#include "verb/explain/json.h"

#include <stdlib.h>
#include <string.h>
#include "verb/certificate.h"
#include "verb/explain/words.h"
#include "verb/json.h"
#include "verb/rrtext.h"

/* A member that is absent if its text is empty. */
static void put_text(json_t *o, const char *name, const char *text)
{
	if (text[0] != '\0')
		json_text(o, name, text);
}

static void put_reason(json_t *o, const struct reason *why)
{
	put_text(o, "why", why->text);
	if (why->cause != CAUSE_NONE)
		json_text(o, "cause", cause_name(why->cause));
}

static void put_servers(json_t *o, const struct trace *c)
{
	json_t *item = json_member(o, "name_servers", json_object());
	struct note n;
	size_t pos = 0;

	if (!trace_next(c, &pos, NOTE_SERVERS, &n))
		return;
	put_text(item, "servers", n.servers.servers);
	json_flag(item, "validates", n.servers.validates);
	json_flag(item, "fell_back", n.servers.fell_back);
	put_reason(item, &n.servers.why);
}

static const char *const parts[] = {
    [NOTE_PART_MX] = "mx",
    [NOTE_PART_HOST] = "host",
    [NOTE_PART_TXT] = "txt",
    [NOTE_PART_HTTPS] = "https",
};

static void put_answer(json_t *o, const struct note_answer *a)
{
	json_text(o, "part", parts[a->part]);
	put_text(o, "host", a->host);
	json_text(o, "type", dnsword_type(a->type));
	json_text(o, "name", a->name);
	json_text(o, "state", dnsword_outcome(a->outcome));
	if (a->outcome == DNS_FAILED) {
		put_reason(o, &a->why);
		return;
	}
	json_text(o, "content", dnsword_content(a->content));
	json_number(o, "ttl", a->ttl);
	if (a->sha1 != 0)
		json_number(o, "sha1", a->sha1);
	if (a->iterations != 0)
		json_number(o, "iterations", a->iterations);
	put_text(o, "alias", a->alias);
	put_text(o, "why", a->why.text);
}

static void put_record(json_t *o, const struct note_record *r)
{
	char *text = rrtext_record(r);

	json_text(o, "type", dnsword_type(r->type));
	put_text(o, "text", text);
	if (r->type == DNS_TLSA && r->readable)
		json_flag(o, "usable", r->usable);
	free(text);
}

static void put_dns(json_t *o, const struct trace *c)
{
	json_t *array = json_member(o, "dns", json_array());
	struct note n;
	size_t pos = 0;

	while (trace_next(c, &pos, NOTE_ANSWER, &n)) {
		json_t *item = json_append_object(array), *list;

		put_answer(item, &n.answer);
		list = json_member(item, "records", json_array());
		while (trace_follow(c, &pos, NOTE_RECORD, &n))
			put_record(json_append_object(list), &n.record);
	}
}

static void put_hosts(json_t *o, const struct trace *c)
{
	json_t *array = json_member(o, "hosts", json_array());
	struct note n;
	size_t pos = 0;

	while (trace_next(c, &pos, NOTE_HOST, &n)) {
		json_t *item = json_append_object(array);

		json_text(item, "name", n.host.name);
		json_text(item, "state", trace_letter(n.host.status));
		json_number(item, "usable", n.host.usable);
		json_number(item, "of", n.host.of);
		put_text(item, "why", words_because(&n.host));
		if (n.host.why.cause != CAUSE_NONE)
			json_text(item, "cause", cause_name(n.host.why.cause));
	}
}

static void put_remarks(json_t *o, const struct trace *c)
{
	json_t *array = json_member(o, "mx_remarks", json_array());
	char text[WORDS_MAX];
	struct note n;
	size_t pos = 0;

	while (trace_next(c, &pos, NOTE_MX, &n))
		json_text(json_append_object(array), "text",
		    words_mx(&n.mx, false, text));
}

static void put_certificate(json_t *o, const struct note_certificate *n)
{
	struct description d;

	json_number(o, "place", n->place);
	if (describe_certificate(&d, n->der, n->len))
		certificate_json(o, &d);
	describe_clear(&d);
}

static void put_https(json_t *o, const struct trace *c)
{
	json_t *array = json_member(o, "https", json_array());
	struct note n;
	size_t pos = 0;

	while (trace_next(c, &pos, NOTE_EXCHANGE, &n)) {
		json_t *item = json_append_object(array), *list;

		json_text(item, "host", n.exchange.host);
		put_text(item, "address", n.exchange.address);
		put_text(item, "tls", n.exchange.tls);
		json_number(item, "status", n.exchange.status);
		put_text(item, "type", n.exchange.type);
		json_number(item, "bytes", n.exchange.bytes);
		json_number(item, "ms", n.exchange.ms);
		list = json_member(item, "certificates", json_array());
		while (trace_follow(c, &pos, NOTE_CERTIFICATE, &n))
			put_certificate(
			    json_append_object(list), &n.certificate);
	}
}

static void put_policy(json_t *o, const struct trace *c)
{
	json_t *item = json_member(o, "policy", json_object());
	const struct note_policy *p;
	struct note n;
	bool any = false;

	for (size_t pos = 0; trace_next(c, &pos, NOTE_POLICY, &n);)
		any = true;
	if (!any)
		return;
	p = &n.policy;
	json_text(item, "outcome", words_outcome(p));
	put_text(item, "id", p->id);
	if (p->outcome == NOTE_OUTCOME_VALID) {
		json_text(item, "mode", sts_mode_name(p->mode));
		json_number(item, "max_age", p->max_age);
	}
	if (p->fault.line > 0) {
		json_number(item, "line", p->fault.line);
		json_number(item, "column", p->fault.column);
	}
	put_reason(item, &p->why);
}

static void put_lines(json_t *o, const struct trace *c)
{
	json_t *array = json_member(o, "policy_lines", json_array());
	const char *line;
	struct note n;
	size_t len;

	for (size_t pos = 0; trace_next(c, &pos, NOTE_BODY, &n);) {
		int64_t number = 0;

		for (size_t at = 0;
		     words_next_line(&n.body, &at, &line, &len);) {
			json_t *item = json_append_object(array);

			json_number(item, "n", ++number);
			json_text_n(item, "text", line, len);
		}
	}
}

void explain_json(
    const struct trace *c, const struct config *config, const char *next_hop)
{
	const struct answer *a = trace_answer(c);
	json_t *o = json_open("explain-1"), *replies;

	json_text(o, "next_hop", next_hop);
	json_text(o, "key", a->key);
	json_text(o, "verdict", verdict_name(a->verdict));
	json_text(o, "row",
	    a->record.dane.asof != 0 && !a->record.dane.failed
		? verdict_row(&a->record.dane.last)
		: "");
	json_text(o, "why", a->why.text);
	replies = json_member(o, "replies", json_object());
	for (size_t i = 0; i < config->n_maps; i++)
		json_text(replies, config->maps[i].name, trace_reply(c, i));
	put_servers(o, c);
	put_dns(o, c);
	put_hosts(o, c);
	put_remarks(o, c);
	put_https(o, c);
	put_policy(o, c);
	put_lines(o, c);
	json_print(o);
}
