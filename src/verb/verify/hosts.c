/* hosts: the MX hosts, their addresses and TLSA records, and what Postfix
 * asks of each.
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "verb/verify/verify.h"

#define TCP "._tcp." /* of "_25._tcp.mx.example.com" */

static void need(const void *memory)
{
	if (memory == NULL)
		exit(EX_TEMPFAIL);
}

/* ---- addresses ---- */

static void add_address(
    const struct verify *v, struct verify_host *h, const char *text)
{
	struct in6_addr buf;
	int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

	if (h->n_addresses == VERIFY_ADDRESSES_MAX ||
	    (v->family != AF_UNSPEC && v->family != family) ||
	    inet_pton(family, text, &buf) != 1)
		return;
	snprintf(
	    h->address[h->n_addresses++].text, INET6_ADDRSTRLEN, "%s", text);
}

/* ---- TLSA ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "3 1 1 d2ab...", as lookup writes it. */
static void add_tlsa(struct verify_host *h, const char *text, bool usable)
{
	unsigned long field[3];
	const char *at = text;
	struct dane_tlsa *t;
	uint8_t *data;
	char *end;
	size_t len = 0;

	if (h->n_tlsa == VERIFY_TLSA_MAX)
		return;
	for (int i = 0; i < 3; i++, at = end) {
		field[i] = strtoul(at, &end, 10);
		if (end == at || field[i] > UINT8_MAX)
			return;
	}
	at += strspn(at, " ");
	data = malloc(strlen(at) / 2 + 1);
	need(data);
	for (; hex_value(at[0]) >= 0 && hex_value(at[1]) >= 0; at += 2)
		data[len++] =
		    (uint8_t)(hex_value(at[0]) << 4 | hex_value(at[1]));
	t = &h->tlsa[h->n_tlsa];
	*t = (struct dane_tlsa){.usage = (uint8_t)field[0],
	    .selector = (uint8_t)field[1],
	    .matching = (uint8_t)field[2],
	    .data = data,
	    .len = len,
	    .usable = usable};
	h->tlsa_data[h->n_tlsa] = data;
	h->tlsa_text[h->n_tlsa] = strdup(text);
	need(h->tlsa_text[h->n_tlsa++]);
}

/* Where the host's records are: where its CNAMEs lead to, if anything is
 * there, else at its own name (RFC 7672 2.2.3). */
static void find_base(const struct verify *v, struct verify_host *h)
{
	static struct note_view n;
	size_t pos = 0;

	while (trace_next(v->c, &pos, "dns", &n)) {
		const char *base = strstr(note_get(&n, "name"), TCP);

		if (strcmp(note_get(&n, "host"), h->host.name) != 0 ||
		    strcmp(note_get(&n, "type"), "TLSA") != 0 ||
		    strcmp(note_get(&n, "state"), "secure") != 0 ||
		    strcmp(note_get(&n, "content"), "data") != 0 ||
		    base == NULL)
			continue;
		base += strlen(TCP);
		if (strlen(base) <= DOMAIN_MAX &&
		    (h->base[0] == '\0' || strcmp(base, h->host.name) != 0))
			strcpy(h->base, base);
	}
}

static void add_records(const struct verify *v, struct verify_host *h)
{
	static struct note_view n;
	size_t pos = 0;

	while (trace_next(v->c, &pos, "dns", &n)) {
		const char *dot = strstr(note_get(&n, "name"), TCP);
		bool base = strcmp(note_get(&n, "type"), "TLSA") == 0 &&
			    strcmp(note_get(&n, "state"), "secure") == 0 &&
			    dot != NULL &&
			    strcmp(dot + strlen(TCP), h->base) == 0;
		bool ours = strcmp(note_get(&n, "part"), "host") == 0 &&
			    strcmp(note_get(&n, "host"), h->host.name) == 0;

		while (trace_follow(v->c, &pos, "record", &n)) {
			const char *type = note_get(&n, "type");

			if (!ours)
				continue;
			if (type[0] == 'A')
				add_address(v, h, note_get(&n, "text"));
			else if (base && strcmp(type, "TLSA") == 0)
				add_tlsa(h, note_get(&n, "text"),
				    note_get_flag(&n, "usable"));
		}
	}
}

/* ---- what is needed ---- */

static void skip(struct verify_host *h, const char *why)
{
	h->need = VERIFY_SKIPPED;
	h->unknown = false;
	reason_set(&h->why, "%s", why);
}

/* What could not be found out may be otherwise the next time. */
static void skip_unknown(struct verify_host *h, const char *why)
{
	skip(h, why);
	h->unknown = true;
}

static void need_dane(const struct verify *v, struct verify_host *h)
{
	bool only = v->demand.level == TLS_LEVEL_DANE_ONLY;

	switch (h->host.state) {
	case 'U':
		h->need = VERIFY_DANE;
		break;
	case 'X':
		if (only)
			skip(h, "TLSA records unusable");
		else
			h->need = VERIFY_TLS;
		break;
	case 'E':
		skip_unknown(h, "TLSA lookup error");
		break;
	default:
		if (only)
			skip(h, "no TLSA records found");
	}
}

static void add_name(struct verify_host *h, const char *name)
{
	if (name[0] == '\0')
		return;
	for (size_t i = 0; i < h->n_names; i++)
		if (strcmp(h->name[i], name) == 0)
			return;
	h->name = reallocarray(h->name, h->n_names + 1, sizeof *h->name);
	need(h->name);
	h->name[h->n_names++] = name;
}

/* What may stand in the certificate, and what the server is asked for. */
static void set_names(const struct verify *v, struct verify_host *h)
{
	switch (h->need) {
	case VERIFY_DANE:
		/* RFC 7672 3.2.2 */
		h->sni = h->base;
		add_name(h, h->base);
		add_name(h, v->mx_name[1]);
		add_name(h, v->mx_name[0]);
		break;
	case VERIFY_PKIX:
		h->sni = v->demand.servername ? h->host.name : NULL;
		if (v->demand.sts)
			add_name(h, h->host.name);
		else
			for (size_t i = 0; i < v->demand.n_match; i++)
				add_name(h, v->demand.match[i]);
		break;
	case VERIFY_NOTHING:
	case VERIFY_TLS:
	case VERIFY_SKIPPED:
		add_name(h, h->host.name);
		break;
	}
}

static void set_need(const struct verify *v, struct verify_host *h)
{
	h->need = VERIFY_NOTHING;
	if (v->demand.level == TLS_LEVEL_DANE ||
	    v->demand.level == TLS_LEVEL_DANE_ONLY)
		need_dane(v, h);
	else if (v->demand.level == TLS_LEVEL_SECURE)
		h->need = VERIFY_PKIX;
	else if (v->demand.level == TLS_LEVEL_DEFER)
		skip_unknown(h, "the mail waits for the policy");
	if (!tls_level_allows(&v->demand, h->host.name))
		skip(h, "the MTA-STS policy does not name this MX host");
	else if (h->host.state == '-')
		skip(h, "no address");
	else if (h->n_addresses == 0 && h->need != VERIFY_SKIPPED)
		skip_unknown(h, v->family == AF_UNSPEC
				    ? "no address was found out"
				    : "no address of the wanted kind");
	set_names(v, h);
}

/* ---- all ---- */

static struct verify_host *new_host(const struct trace_host *host)
{
	struct verify_host *h = calloc(1, sizeof *h);

	need(h);
	h->host = *host;
	h->address = calloc(VERIFY_ADDRESSES_MAX, sizeof *h->address);
	need(h->address);
	return h;
}

/* Is the MX RRset secure, and what may a certificate call the domain? */
static void read_mx(struct verify *v)
{
	static struct note_view n;
	size_t pos = 0;

	v->mx_secure = true; /* a host that was given needs no MX */
	v->mx_name[0][0] = v->mx_name[1][0] = '\0';
	while (trace_next(v->c, &pos, "dns", &n)) {
		if (strcmp(note_get(&n, "part"), "mx") != 0)
			continue;
		v->mx_secure = strcmp(note_get(&n, "state"), "secure") == 0;
		if (strcmp(note_get(&n, "content"), "data") != 0)
			continue; /* Postfix has no MX to take them from */
		snprintf(v->mx_name[0], sizeof v->mx_name[0], "%s",
		    note_get(&n, "name"));
		snprintf(v->mx_name[1], sizeof v->mx_name[1], "%s",
		    note_get(&n, "alias"));
	}
}

void verify_gather(struct verify *v)
{
	static struct trace_host host[VERIFY_HOSTS_MAX];
	const struct domain *d = &trace_answer(v->c)->domain;

	tls_level_read(&v->demand,
	    trace_reply(v->c, (size_t)(v->map - v->v->config.maps)));
	v->to_port = v->port != 0   ? v->port
		     : d->port != 0 ? d->port
				    : DOMAIN_SMTP_PORT;
	read_mx(v);
	v->n_hosts = trace_hosts(v->c, host, VERIFY_HOSTS_MAX);
	for (size_t i = 0; i < v->n_hosts; i++) {
		struct verify_host *h = v->host[i] = new_host(&host[i]);

		find_base(v, h);
		add_records(v, h);
		add_address(v, h, h->host.name); /* some MX are addresses */
		set_need(v, h);
	}
}

void verify_forget(struct verify *v)
{
	for (size_t i = 0; i < v->n_hosts; i++) {
		struct verify_host *h = v->host[i];

		for (size_t j = 0; j < h->n_addresses; j++)
			probe_close(h->address[j].probe);
		for (size_t j = 0; j < h->n_tlsa; j++) {
			free(h->tlsa_text[j]);
			free(h->tlsa_data[j]);
		}
		free(h->address);
		free(h->name);
		free(h);
	}
	v->n_hosts = 0;
	tls_level_clear(&v->demand);
}
