/* notes: what a lookup tells a person, for `explain` and its kind.
 * SPDX-License-Identifier: MIT */

#include "lookup/notes.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lookup/cert.h"
#include "policy/tlsa.h"

#define NOTES_LINES_MAX 2000 /* of a policy file */
#define NOTES_LINE_MAX 500   /* bytes of one line or TXT string */
#define MX_HOST_OFFSET 2     /* behind the preference */

void notes_put(const struct notes *to, const struct note *n)
{
	if (to != NULL)
		to->put(to->arg, n->text, note_len(n));
}

static const char *const states[] = {
    [DNS_SECURE] = "secure",
    [DNS_INSECURE] = "insecure",
    [DNS_FAILED] = "failed",
};

static const char *const contents[] = {
    [DNS_DATA] = "data",
    [DNS_NODATA] = "nodata",
    [DNS_NXDOMAIN] = "nxdomain",
};

/* ---- records ---- */

static void add_address(struct note *n, int family, const struct dns_rr *rr)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (rr->len == (family == AF_INET ? 4 : 16))
		inet_ntop(family, rr->data, text, sizeof text);
	note_add(n, "text", text);
}

static void add_mx(struct note *n, const struct dns_rr *rr)
{
	char text[DNS_NAME_TEXT_MAX + 16] = "?";

	if (rr->len > MX_HOST_OFFSET)
		snprintf(text, sizeof text, "%u %.*s",
		    (unsigned int)(rr->data[0] << 8 | rr->data[1]),
		    (int)(rr->len - MX_HOST_OFFSET),
		    (const char *)rr->data + MX_HOST_OFFSET);
	note_add(n, "text", text);
}

/* "3 1 1 d2ab...", as in a zone file. */
static void add_tlsa(struct note *n, const struct dns_rr *rr)
{
	static char text[NOTE_TEXT_MAX];
	size_t used = 0;

	if (rr->len < TLSA_DATA_OFFSET) {
		note_add(n, "text", "?");
		return;
	}
	used = (size_t)snprintf(text, sizeof text, "%u %u %u ", rr->data[0],
	    rr->data[1], rr->data[2]);
	for (size_t i = TLSA_DATA_OFFSET; i < rr->len && used + 3 < sizeof text;
	     i++)
		used += (size_t)snprintf(
		    text + used, sizeof text - used, "%02x", rr->data[i]);
	note_add(n, "text", text);
	note_add_flag(n, "usable", cert_tlsa_is_usable(rr->data, rr->len));
}

/* The character-strings joined, as RFC 8461 3.1 reads them. */
static void add_txt(struct note *n, const struct dns_rr *rr)
{
	static char text[STS_TXT_MAX];
	ssize_t len = dnspacket_join_txt(rr, text, sizeof text);

	if (len < 0)
		note_add(n, "text", "?");
	else
		note_add_bytes(n, "text", text,
		    len < NOTES_LINE_MAX ? (size_t)len : NOTES_LINE_MAX);
}

static void notes_record(
    const struct notes *to, enum dns_type type, const struct dns_rr *rr)
{
	static struct note n;

	note_begin(&n, "record");
	note_add(&n, "type", dnspacket_type_name(type));
	switch (type) {
	case DNS_A:
		add_address(&n, AF_INET, rr);
		break;
	case DNS_AAAA:
		add_address(&n, AF_INET6, rr);
		break;
	case DNS_MX:
		add_mx(&n, rr);
		break;
	case DNS_TLSA:
		add_tlsa(&n, rr);
		break;
	case DNS_TXT:
		add_txt(&n, rr);
		break;
	case DNS_CNAME:
		note_add_bytes(&n, "text", rr->data, rr->len);
		break;
	case DNS_DNSKEY:
		return;
	}
	notes_put(to, &n);
}

void notes_answer(const struct notes *to, const char *part, const char *host,
    const char *name, enum dns_type type, const struct dns_answer *a)
{
	static struct note n;

	if (to == NULL)
		return;
	note_begin(&n, "dns");
	note_add(&n, "part", part);
	if (host[0] != '\0')
		note_add(&n, "host", host);
	note_add(&n, "type", dnspacket_type_name(type));
	note_add(&n, "name", name);
	note_add(&n, "state", states[a->outcome]);
	if (a->outcome == DNS_FAILED) {
		note_add(&n, "why", a->why.text);
	} else {
		note_add(&n, "content", contents[a->content]);
		note_add_number(&n, "n", (int64_t)a->n);
		note_add_number(&n, "ttl", a->ttl);
		if (a->had_cname)
			note_add(&n, "alias", a->canon);
	}
	notes_put(to, &n);
	for (size_t i = 0; i < a->n; i++)
		notes_record(to, type, &a->rr[i]);
}

/* ---- DANE ---- */

static const char *const hosts[] = {
    [HOST_USABLE] = "U",
    [HOST_UNUSABLE] = "X",
    [HOST_NONE] = "N",
    [HOST_ERROR] = "E",
    [HOST_ABSENT] = "-",
};

void notes_host(const struct notes *to, const char *name,
    enum host_status state, size_t usable, size_t of, const char *why)
{
	static struct note n;

	if (to == NULL)
		return;
	note_begin(&n, "host");
	note_add(&n, "name", name);
	note_add(&n, "state", hosts[state]);
	note_add_number(&n, "usable", (int64_t)usable);
	note_add_number(&n, "of", (int64_t)of);
	note_add(&n, "why", why);
	notes_put(to, &n);
}

void notes_mx(const struct notes *to, const char *fmt, ...)
{
	static struct note n;
	char text[NOTES_LINE_MAX];
	va_list ap;

	if (to == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	note_begin(&n, "mx");
	note_add(&n, "text", text);
	notes_put(to, &n);
}

/* ---- MTA-STS ---- */

void notes_lines(const struct notes *to, const char *file, size_t len)
{
	static struct note n;
	int number = 0;

	if (to == NULL)
		return;
	while (len > 0 && number < NOTES_LINES_MAX) {
		const char *end = memchr(file, '\n', len);
		size_t all = end != NULL ? (size_t)(end - file) + 1 : len;
		size_t text = end != NULL ? all - 1 : all;

		if (text > 0 && file[text - 1] == '\r')
			text--;
		note_begin(&n, "line");
		note_add_number(&n, "n", ++number);
		note_add_bytes(&n, "text", file,
		    text < NOTES_LINE_MAX ? text : NOTES_LINE_MAX);
		notes_put(to, &n);
		file += all;
		len -= all;
	}
}

/* sts_parse_policy() begins with the line that is to blame; 0: it is none. */
static unsigned long blamed_line(const char *why)
{
	static const char head[] = "policy line ";

	if (strncmp(why, head, sizeof head - 1) != 0)
		return 0;
	return strtoul(why + sizeof head - 1, NULL, 10);
}

void notes_policy(const struct notes *to, const struct sts_finding *f)
{
	static struct note n;
	const char *outcome = "none";
	unsigned long line;

	if (to == NULL)
		return;
	if (f->found == STS_FOUND_POLICY)
		outcome = "valid";
	else if (f->found == STS_FOUND_SAME)
		outcome = "same";
	else if (sts_failure_of(f->why.cause) != STS_FAILURE_NONE)
		outcome = sts_failure_name(sts_failure_of(f->why.cause));
	else if (f->found == STS_FOUND_TXT_FAILED ||
		 f->found == STS_FOUND_FETCH_FAILED)
		outcome = "failed";
	else if (f->why.text[0] != '\0')
		outcome = "invalid";
	note_begin(&n, "policy");
	note_add(&n, "outcome", outcome);
	note_add(&n, "id", f->id);
	if (f->found == STS_FOUND_POLICY) {
		note_add(&n, "mode", sts_mode_name(f->policy.mode));
		note_add_number(&n, "max_age", f->policy.max_age);
	}
	line = blamed_line(f->why.text);
	if (line > 0)
		note_add_number(&n, "line", (int64_t)line);
	note_add(&n, "why", f->why.text);
	notes_put(to, &n);
}
