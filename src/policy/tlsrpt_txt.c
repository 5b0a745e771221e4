/* tlsrpt_txt: the TXT record of SMTP TLS Reporting (RFC 8460 3).
 * SPDX-License-Identifier: MIT */
#include "policy/tlsrpt_txt.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include "policy/sts_grammar.h"

/* What is left of the record. */
struct rest {
	const char *at, *end;
};

static size_t left(const struct rest *r)
{
	return (size_t)(r->end - r->at);
}

/* RFC 3986 2; but ',', '!' and ';' have to be encoded here. */
static bool is_uri_char(char c)
{
	return ascii_is_alnum(c) ||
	       (c != '\0' && strchr("-._~:/?#[]@$&'()*+=%", c) != NULL);
}

/* The length of the scheme at the front, 0 if there is none. */
static size_t scheme_len(const char *s, size_t len)
{
	size_t i = 0;

	if (len == 0 || !ascii_is_alpha(s[0]))
		return 0;
	while (i < len && (ascii_is_alnum(s[i]) || s[i] == '+' || s[i] == '-' ||
			      s[i] == '.'))
		i++;
	return i < len && s[i] == ':' ? i : 0;
}

/* The length of the URI at the front, 0 if there is none. */
static size_t uri_len(const char *s, size_t len)
{
	size_t scheme = scheme_len(s, len), i = scheme + 1;

	if (scheme == 0)
		return 0;
	for (; i < len && is_uri_char(s[i]); i++) {
		if (s[i] == '%' && (len - i < 3 || ascii_hex(s[i + 1]) < 0 ||
				       ascii_hex(s[i + 2]) < 0))
			return 0;
	}
	return i > scheme + 1 ? i : 0;
}

/* Schemes are compared without regard to case (RFC 3986 3.1). */
static bool takes_reports(const char *uri, size_t len)
{
	size_t scheme = scheme_len(uri, len);

	return (scheme == 6 && strncasecmp(uri, "mailto", 6) == 0) ||
	       (scheme == 5 && strncasecmp(uri, "https", 5) == 0);
}

static void skip_blanks(struct rest *r)
{
	while (r->at < r->end && sts_is_blank(*r->at))
		r->at++;
}

/* The value of rua: URIs separated by commas. */
static bool take_uris(struct rest *r, bool *usable)
{
	struct rest after = *r;
	size_t len;

	for (;;) {
		len = uri_len(after.at, left(&after));
		if (len == 0)
			return false;
		if (takes_reports(after.at, len))
			*usable = true;
		after.at += len;
		*r = after;
		skip_blanks(&after);
		if (after.at == after.end || *after.at != ',')
			return true;
		after.at++;
		skip_blanks(&after);
	}
}

static bool take_value(struct rest *r, bool is_rua, bool *usable)
{
	size_t len;

	if (is_rua)
		return take_uris(r, usable);
	len = sts_txt_value_len(r->at, left(r));
	r->at += len;
	return len > 0;
}

enum tlsrpt_txt tlsrpt_txt_parse(
    const char *txt, size_t len, struct reason *why)
{
	static const char version[] = "v=TLSRPTv1;";
	struct rest r = {txt, txt + len};
	bool usable = false, good;
	size_t key, delim;

	if (len < sizeof version - 1 ||
	    memcmp(txt, version, sizeof version - 1) != 0)
		return TLSRPT_TXT_OTHER;
	r.at += sizeof version - 1;
	skip_blanks(&r);
	while (r.at < r.end) {
		const char *name = r.at;

		key = sts_field_name_len(name, left(&r));
		if (key == 0 || name + key == r.end || name[key] != '=') {
			reason_set(why, "TLSRPT record: no field at \"%.*s\"",
			    sts_shown(left(&r)), name);
			return TLSRPT_TXT_INVALID;
		}
		r.at += key + 1;
		good = take_value(&r, sts_is_text(name, key, "rua"), &usable);
		delim = sts_txt_delim_len(r.at, left(&r));
		if (!good || (delim == 0 && r.at < r.end)) {
			reason_set(why, "TLSRPT record: bad value of \"%.*s\"",
			    sts_shown(key), name);
			return TLSRPT_TXT_INVALID;
		}
		r.at += delim;
	}
	if (usable)
		return TLSRPT_TXT_VALID;
	reason_set(why, "TLSRPT record: no mailto or https URI in a rua field");
	return TLSRPT_TXT_INVALID;
}
