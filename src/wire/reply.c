/* reply: the text that Postfix gets.
 * SPDX-License-Identifier: MIT */
#include "wire/reply.h"

#include <stdint.h>
#include <string.h>
#include "policy/domain.h"
#include "wire/bytes.h"

/* The patterns that were written, as offsets of their values in the policy's
 * text: an open hash table without deletion.  An mx line takes at least 6
 * bytes ("mx: a\n"), so the table is never more than two thirds full. */
#define SEEN_MAX (STS_TEXT_MAX / 4)
#define SEEN_MIN 16

/* A publisher can make values collide.  Beyond this limit a pattern counts as
 * new: writing it twice is harmless, a quadratic search is not. */
#define SEEN_PROBES_MAX 32

struct seen {
	size_t size; /* a power of two */
	uint32_t offset[SEEN_MAX];
};

static void put(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text));
}

/* Only what the text can fill is cleared, usually a few hundred bytes. */
static void seen_init(struct seen *seen, size_t text_len)
{
	seen->size = SEEN_MIN;
	while (seen->size < text_len / 4)
		seen->size *= 2;
	memset(seen->offset, 0, seen->size * sizeof seen->offset[0]);
}

static bool seen_before(
    struct seen *seen, const struct sts_policy *p, const struct sts_line *line)
{
	uint64_t hash = bytes_checksum(line->value, line->value_len);
	size_t own = (size_t)(line->value - p->text), len = line->value_len;
	uint32_t *slot;

	for (size_t i = 0; i < SEEN_PROBES_MAX; i++) {
		slot = &seen->offset[(hash + i) & (seen->size - 1)];
		if (*slot == 0) {
			*slot = (uint32_t)own;
			return false;
		}
		/* Values end with a newline: equal up to and with it.  The
		 * older one comes first, so both are inside the text. */
		if (memcmp(p->text + *slot, line->value, len + 1) == 0)
			return true;
	}
	return false;
}

/* In match= Postfix takes these for ways to find a name, in any case. */
static bool is_strategy(const struct sts_line *line)
{
	static const char *const words[] = {
	    "hostname", "nexthop", "dot-nexthop"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == line->value_len &&
		    memcmp(words[i], line->value, line->value_len) == 0)
			return true;
	return false;
}

/* " match=a:.b"; false if there is none, or the text is damaged. */
static bool put_match(struct bytes *b, const struct sts_policy *p)
{
	struct seen seen;
	struct sts_line line;
	size_t pos = 0, skip;
	bool any = false;

	seen_init(&seen, p->text_len);
	while (sts_next_line(p, &pos, &line)) {
		if (!sts_line_is_mx(&line) || seen_before(&seen, p, &line))
			continue;
		put(b, any ? ":" : " match=");
		/* Postfix writes "*.x" as ".x" here, and only here. */
		skip = line.value[0] == '*' ? 1 : 0;
		bytes_put(b, line.value + skip, line.value_len - skip);
		/* "hostname." is a name that no certificate has. */
		if (is_strategy(&line))
			put(b, ".");
		any = true;
	}
	return any && pos == p->text_len;
}

/* " mx_host_pattern=a mx_host_pattern=*.b", from the names of match=, which are
 * in the same buffer before b->at, each once. */
static void put_patterns(struct bytes *b, const uint8_t *match, size_t len)
{
	const uint8_t *end = match + len, *colon;

	while (match < end) {
		colon = memchr(match, ':', (size_t)(end - match));
		if (colon == NULL)
			colon = end;
		put(b, " mx_host_pattern=");
		if (*match == '.')
			put(b, "*");
		bytes_put(
		    b, match, (size_t)(colon - match) - (colon[-1] == '.'));
		match = colon + 1;
	}
}

/* " { policy_string = K: V }" for all lines or, if they do not fit, for the
 * first that does.  None at all makes Postfix 3.10.0 to 3.10.5 crash. */
static void put_policy_strings(struct bytes *b, const struct sts_policy *p)
{
	uint8_t *before, *first_end = NULL;
	struct sts_line line;
	size_t pos = 0;

	while (!b->bad && sts_next_line(p, &pos, &line)) {
		before = b->at;
		put(b, " { policy_string = ");
		bytes_put(b, line.key, line.key_len);
		put(b, ": ");
		bytes_put(b, line.value, line.value_len);
		put(b, " }");
		if (!b->bad) {
			if (first_end == NULL)
				first_end = b->at;
			continue;
		}
		b->at = before;
		b->bad = false;
		if (first_end != NULL) {
			b->at = first_end;
			return;
		}
	}
	if (first_end == NULL)
		b->bad = true;
}

static size_t format_temp(const char *why, char *buf)
{
	struct bytes b;

	bytes_init(&b, buf, REPLY_MAX);
	put(&b, "TEMP ");
	put(&b, why[0] != '\0' ? why : "temporary failure");
	return (size_t)((char *)b.at - buf);
}

static size_t format_text(const char *text, char *buf)
{
	size_t len = strlen(text);

	memcpy(buf, text, len);
	return len;
}

static size_t format_secure(const struct reply *r, char *buf)
{
	static const char level[] = "OK secure";
	const struct sts_policy *p = r->policy;
	uint8_t *match, *plain_end;
	struct bytes b;
	size_t match_len;

	if (p == NULL || p->text_len > STS_TEXT_MAX)
		return format_temp("no policy at hand", buf);
	bytes_init(&b, buf, REPLY_MAX);
	put(&b, level);
	/* Never an empty match=: Postfix would defer for ever. */
	if (!put_match(&b, p))
		return format_temp("the stored policy is damaged", buf);
	match = (uint8_t *)buf + strlen(level) + strlen(" match=");
	match_len = (size_t)(b.at - match);
	if (r->servername)
		put(&b, " servername=hostname");
	plain_end = b.at;
	if (r->tlsrpt && !b.bad) {
		if (r->policy_domain == NULL ||
		    !domain_is_hostname(
			r->policy_domain, strlen(r->policy_domain)))
			return format_temp("no policy domain", buf);
		put(&b, " policy_type=sts policy_domain=");
		put(&b, r->policy_domain);
		put_patterns(&b, match, match_len);
		put_policy_strings(&b, p);
		/* match= has what the policy requires; the attributes repeat
		 * it for reports, and Postfix takes all of them or none. */
		if (b.bad) {
			b.at = plain_end;
			b.bad = false;
		}
	}
	if (b.bad)
		return format_temp("too many mx in the policy", buf);
	return (size_t)((char *)b.at - buf);
}

size_t reply_format(const struct reply *r, char buf[static REPLY_MAX])
{
	switch (r->verdict) {
	case VERDICT_DANE_ONLY:
		return format_text("OK dane-only", buf);
	case VERDICT_DANE:
		return format_text("OK dane", buf);
	case VERDICT_SECURE:
		return format_secure(r, buf);
	case VERDICT_NOTFOUND:
		return format_text("NOTFOUND ", buf);
	case VERDICT_TEMP:
	case VERDICT_PENDING:
		break;
	}
	return format_temp(r->why != NULL ? r->why->text : "", buf);
}

size_t reply_format_perm(const char *why, char buf[static REPLY_MAX])
{
	struct bytes b;

	bytes_init(&b, buf, REPLY_MAX);
	put(&b, "PERM ");
	put(&b, why);
	return (size_t)((char *)b.at - buf);
}
