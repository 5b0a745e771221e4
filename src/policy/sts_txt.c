/* sts_txt: the TXT record of MTA-STS (RFC 8461 3.1).
 * SPDX-License-Identifier: MIT */
#include "policy/sts.h"

#include <string.h>
#include "policy/sts_grammar.h"

static bool is_id(const char *s, size_t len)
{
	if (len == 0 || len > STS_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alnum(s[i]))
			return false;
	}
	return true;
}

struct scan {
	const char *txt, *end;
	void (*tell)(void *arg, const struct sts_said *said);
	void *arg;
};

static void say(
    const struct scan *s, enum sts_remark what, const char *at, size_t len)
{
	const struct sts_said said = {.what = what,
	    .line = 1,
	    .column = (unsigned)(at - s->txt) + 1,
	    .text = at,
	    .len = len};

	s->tell(s->arg, &said);
}

static size_t left(const struct scan *s, const char *at)
{
	return (size_t)(s->end - at);
}

/* The id; of duplicates the first (RFC 8461 3.2). */
struct found {
	const char *id;
	size_t len;
};

static void take_field(const struct scan *s, struct found *f, const char *at,
    size_t key, const char *value, size_t len)
{
	if (!sts_is_text(at, key, "id")) {
		say(s, STS_SAYS_UNKNOWN, at, key);
	} else if (f->id != NULL) {
		say(s, STS_SAYS_AGAIN, at, key);
	} else {
		f->id = value;
		f->len = len;
	}
}

/* The fields after the version. */
static bool find_id(const struct scan *s, struct found *f, const char *at)
{
	while (at < s->end) {
		const char *value;
		size_t key = sts_field_name_len(at, left(s, at)), len, delim;

		if (key == 0 || at + key == s->end || at[key] != '=') {
			say(s, STS_SAYS_TXT_FIELD, at, left(s, at));
			return false;
		}
		value = at + key + 1;
		len = sts_txt_value_len(value, left(s, value));
		delim = sts_txt_delim_len(value + len, left(s, value + len));
		if (len == 0 || (delim == 0 && value + len != s->end)) {
			say(s, STS_SAYS_TXT_VALUE, at, key);
			return false;
		}
		take_field(s, f, at, key, value, len);
		at = value + len + delim;
	}
	if (f->id == NULL)
		say(s, STS_SAYS_TXT_NO_ID, s->end, 0);
	return f->id != NULL;
}

enum sts_txt sts_scan_txt(const char *txt, size_t len,
    char id[static STS_ID_MAX + 1],
    void (*tell)(void *arg, const struct sts_said *said), void *arg)
{
	static const char version[] = "v=STSv1";
	struct scan s = {txt, txt + len, tell, arg};
	struct found f = {NULL, 0};
	size_t at = sizeof version - 1, delim;

	if (len < at || memcmp(txt, version, at) != 0)
		return STS_TXT_OTHER;
	delim = sts_txt_delim_len(txt + at, len - at);
	if (delim == 0)
		return STS_TXT_OTHER;
	if (!find_id(&s, &f, txt + at + delim))
		return STS_TXT_INVALID;
	if (!is_id(f.id, f.len)) {
		say(&s, STS_SAYS_TXT_ID, f.id, f.len);
		return STS_TXT_INVALID;
	}
	memcpy(id, f.id, f.len);
	id[f.len] = '\0';
	return STS_TXT_VALID;
}

/* What is invalid comes last. */
static void set_reason(void *arg, const struct sts_said *said)
{
	struct reason *why = arg;
	int shown = sts_shown(said->len);

	if (said->what == STS_SAYS_TXT_FIELD)
		reason_fail(why, CAUSE_STS_TXT,
		    "TXT record: no field at \"%.*s\"", shown, said->text);
	else if (said->what == STS_SAYS_TXT_VALUE)
		reason_fail(why, CAUSE_STS_TXT,
		    "TXT record: bad value of \"%.*s\"", shown, said->text);
	else if (said->what == STS_SAYS_TXT_NO_ID)
		reason_fail(why, CAUSE_STS_TXT, "TXT record: no id");
	else if (said->what == STS_SAYS_TXT_ID)
		reason_fail(why, CAUSE_STS_TXT, "TXT record: bad id \"%.*s\"",
		    shown, said->text);
}

enum sts_txt sts_parse_txt(const char *txt, size_t len,
    char id[static STS_ID_MAX + 1], struct reason *why)
{
	return sts_scan_txt(txt, len, id, set_reason, why);
}
