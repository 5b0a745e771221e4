/* fuzz sts_policy: whatever a policy file holds, the reply made from it is one
 * that Postfix understands, and says no more than the policy.
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>
#include "fuzz.h"
#include "policy/domain.h"
#include "wire/reply.h"

static char text[STS_TEXT_MAX], text2[STS_TEXT_MAX], buf[REPLY_MAX];

/* What a reply has of each attribute. */
struct counts {
	unsigned match, servername, type, domain, pattern, string;
};

static bool begins(const char **at, const char *end, const char *with)
{
	size_t len = strlen(with);

	if ((size_t)(end - *at) < len || memcmp(*at, with, len) != 0)
		return false;
	*at += len;
	return true;
}

static void check_name(const char *name, size_t len, const char *prefix)
{
	size_t skip = strlen(prefix);

	if (len > skip && memcmp(name, prefix, skip) == 0) {
		name += skip;
		len -= skip;
	}
	MUST(domain_is_hostname(name, len));
}

/* To Postfix these are ways to find a name. */
static bool is_strategy(const char *name, size_t len)
{
	static const char *const words[] = {
	    "hostname", "nexthop", "dot-nexthop"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && memcmp(words[i], name, len) == 0)
			return true;
	return false;
}

static void check_match_name(const char *name, size_t len)
{
	MUST(!is_strategy(name, len));
	if (len > 0 && name[len - 1] == '.' && is_strategy(name, len - 1))
		len--;
	check_name(name, len, ".");
}

static void check_match(const char *at, const char *end)
{
	const char *colon;

	MUST(at < end);
	for (;;) {
		colon = memchr(at, ':', (size_t)(end - at));
		if (colon == NULL)
			colon = end;
		check_match_name(at, (size_t)(colon - at));
		if (colon == end)
			return;
		at = colon + 1;
	}
}

/* The rules of Postfix's tls_policy_lookup_one(), written anew: attributes are
 * separated by blanks and commas, braces group and balance. */
static void check_attribute(const char *at, const char *end, struct counts *n)
{
	if (begins(&at, end, "match=")) {
		n->match++;
		check_match(at, end);
	} else if (begins(&at, end, "mx_host_pattern=")) {
		n->pattern++;
		check_name(at, (size_t)(end - at), "*.");
	} else if (begins(&at, end, "servername=hostname")) {
		n->servername++;
		MUST(at == end);
	} else if (begins(&at, end, "policy_type=sts")) {
		n->type++;
		MUST(at == end);
	} else if (begins(&at, end, "policy_domain=example.com")) {
		n->domain++;
		MUST(at == end);
	} else {
		MUST(begins(&at, end, "{ policy_string = "));
		n->string++;
	}
}

static bool is_separator(char c)
{
	return c == ' ' || c == ',';
}

static struct counts check_attributes(const char *at, const char *end)
{
	struct counts n = {0};
	const char *start;
	int depth;

	while (at < end) {
		MUST(*at == ' ');
		start = ++at;
		for (depth = 0; at < end; at++) {
			if (*at == '{')
				MUST(++depth == 1 && at == start);
			else if (*at == '}')
				MUST(--depth == 0 &&
				     (at + 1 == end || at[1] == ' '));
			else if (depth == 0 && is_separator(*at))
				break;
		}
		MUST(depth == 0 && at > start);
		check_attribute(start, at, &n);
	}
	return n;
}

static void check_reply(const struct sts_policy *p, bool tlsrpt)
{
	struct reply r = {.verdict = VERDICT_SECURE,
	    .policy = p,
	    .policy_domain = "example.com",
	    .tlsrpt = tlsrpt,
	    .servername = true};
	size_t len = reply_format(&r, buf), i = 0, n;
	const char *at = buf, *end = buf + len;
	struct counts c;

	MUST(len > 0 && len <= REPLY_MAX);
	for (; i < len; i += n) {
		n = buf[i] >= 0x20 && buf[i] < 0x7f
			? 1
			: domain_utf8_len(buf + i, len - i);
		MUST(n > 0);
	}
	if (begins(&at, end, "TEMP too many mx in the policy"))
		return;
	MUST(begins(&at, end, "OK secure"));
	c = check_attributes(at, end);
	MUST(c.match == 1 && c.servername == 1);
	/* all of them, or none where they do not fit */
	MUST(c.type <= tlsrpt && c.domain == c.type);
	MUST((c.pattern > 0) == c.type && (c.string > 0) == c.type);
	MUST(c.type == tlsrpt || p->text_len > REPLY_MAX / 4);
}

/* Every pattern that the file says is a pattern, of the form it must have. */
static unsigned check_lines(const struct sts_policy *p)
{
	struct sts_line line;
	size_t pos = 0;
	unsigned mx = 0;

	while (sts_next_line(p, &pos, &line)) {
		MUST(line.key_len > 0 && line.key_len <= 32);
		MUST(memchr(line.value, '}', line.value_len) == NULL);
		MUST(memchr(line.value, '{', line.value_len) == NULL);
		if (!sts_line_is_mx(&line))
			continue;
		mx++;
		check_name(line.value, line.value_len, "*.");
	}
	MUST(pos == p->text_len);
	return mx;
}

/* What is told lies in the file, or in the canonical text. */
struct told {
	const char *file;
	size_t len;
	bool invalid;
};

static bool is_in(const char *at, size_t len, const char *of, size_t of_len)
{
	return at >= of && at + len <= of + of_len;
}

static void check_said(void *arg, const struct sts_said *said)
{
	struct told *t = arg;

	t->invalid = t->invalid || said->what <= STS_SAYS_LAST_INVALID;
	MUST((said->line == 0) == (said->column == 0));
	if (said->line == 0)
		return;
	MUST(said->line <= t->len && said->column <= t->len + 1);
	MUST(is_in(said->text, said->len, t->file, t->len) ||
	     is_in(said->text, said->len, text, sizeof text));
}

static void check_told(const char *file, size_t len, bool valid)
{
	struct told t = {file, len, false};
	struct sts_policy p;

	MUST(sts_scan_policy(&p, file, len, text, check_said, &t) == valid);
	MUST(t.invalid == !valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sts_policy p = {.text = NULL}, again;
	struct sts_fault fault;
	struct reason why = {0};

	if (!sts_parse_policy(
		&p, (const char *)data, size, text, &fault, &why)) {
		MUST(p.text == NULL && why.text[0] != '\0');
		MUST(fault.what <= STS_SAYS_LAST_INVALID);
		MUST(fault.line <= size + 1 && fault.column <= size + 1);
		check_told((const char *)data, size, false);
		return 0;
	}
	MUST(p.text == text && why.text[0] == '\0');
	MUST(p.max_age <= STS_MAX_AGE_MAX);
	MUST(sts_text_is_canonical(&p));
	MUST(check_lines(&p) > 0 || p.mode == STS_MODE_NONE);
	if (p.text_len <= STS_POLICY_MAX) {
		MUST(sts_parse_policy(
		    &again, text, p.text_len, text2, &fault, &why));
		MUST(again.mode == p.mode && again.max_age == p.max_age);
		MUST(again.text_len == p.text_len);
		MUST(memcmp(text, text2, p.text_len) == 0);
	}
	if (p.mode != STS_MODE_NONE) {
		check_reply(&p, false);
		check_reply(&p, true);
	}
	check_told((const char *)data, size, true);
	return 0;
}
