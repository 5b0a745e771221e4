/* sts: the canonical text of a policy, and names of modes and failures.
 * SPDX-License-Identifier: MIT */
#include "policy/sts.h"

#include <string.h>
#include "base/ascii.h"
#include "policy/domain.h"
#include "policy/sts_grammar.h"

bool sts_split_line(const char *s, size_t len, struct sts_line *line)
{
	size_t key = sts_field_name_len(s, len);

	if (key == 0 || key == len || s[key] != ':')
		return false;
	line->key = s;
	line->key_len = key;
	line->value = s + key + 1;
	line->value_len = len - key - 1;
	return true;
}

bool sts_line_is_mx(const struct sts_line *line)
{
	return sts_is_text(line->key, line->key_len, "mx");
}

static bool split_canonical(const char *s, size_t len, struct sts_line *line)
{
	if (!sts_split_line(s, len, line) || line->value_len == 0 ||
	    line->value[0] != ' ')
		return false;
	line->value++;
	line->value_len--;
	if (line->value_len > 0 &&
	    (line->value[0] == ' ' || line->value[line->value_len - 1] == ' '))
		return false;
	return sts_is_value(line->value, line->value_len) &&
	       (!sts_line_is_mx(line) ||
		   sts_is_pattern(line->value, line->value_len));
}

bool sts_next_line(
    const struct sts_policy *p, size_t *pos, struct sts_line *line)
{
	const char *at, *end;

	if (*pos >= p->text_len)
		return false;
	at = p->text + *pos;
	end = memchr(at, '\n', p->text_len - *pos);
	if (end == NULL || !split_canonical(at, (size_t)(end - at), line)) {
		*pos = p->text_len + 1;
		return false;
	}
	*pos += (size_t)(end - at) + 1;
	return true;
}

bool sts_match_host(const struct sts_policy *p, const char *host)
{
	struct sts_line line;
	size_t pos = 0;

	while (sts_next_line(p, &pos, &line)) {
		if (sts_line_is_mx(&line) &&
		    domain_match(line.value, line.value_len, host))
			return true;
	}
	return false;
}

bool sts_text_is_canonical(const struct sts_policy *p)
{
	struct sts_line line;
	size_t pos = 0;
	bool mx = false;

	if (p->text_len > STS_TEXT_MAX)
		return false;
	while (sts_next_line(p, &pos, &line)) {
		if (sts_line_is_mx(&line))
			mx = true;
	}
	return pos == p->text_len && (mx || p->mode == STS_MODE_NONE);
}

/* Digits, as long as the parser takes them. */
static bool is_age(const struct sts_line *line, uint32_t wanted)
{
	uint64_t age = 0;

	for (size_t i = 0; i < line->value_len; i++) {
		if (!ascii_is_digit(line->value[i]))
			return false;
		if (age <= STS_MAX_AGE_MAX)
			age = age * 10 + (uint64_t)(line->value[i] - '0');
	}
	return wanted == (age < STS_MAX_AGE_MAX ? age : STS_MAX_AGE_MAX);
}

bool sts_text_has_terms(const struct sts_policy *p)
{
	bool version = false, mode = false, max_age = false;
	struct sts_line line;
	size_t pos = 0;

	while (sts_next_line(p, &pos, &line)) {
		const char *value = line.value;

		if (sts_is_text(line.key, line.key_len, "version"))
			version = sts_is_text(value, line.value_len, "STSv1");
		else if (sts_is_text(line.key, line.key_len, "mode"))
			mode = sts_is_text(
			    value, line.value_len, sts_mode_name(p->mode));
		else if (sts_is_text(line.key, line.key_len, "max_age"))
			max_age = is_age(&line, p->max_age);
	}
	return version && mode && max_age;
}

const char *sts_mode_name(enum sts_mode mode)
{
	switch (mode) {
	case STS_MODE_NONE:
		return "none";
	case STS_MODE_TESTING:
		return "testing";
	case STS_MODE_ENFORCE:
		return "enforce";
	}
	return "none";
}

const char *sts_found_name(enum sts_found found)
{
	switch (found) {
	case STS_FOUND_ABSENT:
		return "absent";
	case STS_FOUND_SAME:
		return "same";
	case STS_FOUND_FETCHING:
		return "fetching";
	case STS_FOUND_POLICY:
		return "policy";
	case STS_FOUND_TXT_FAILED:
		return "txt-failed";
	case STS_FOUND_FETCH_FAILED:
		return "fetch-failed";
	}
	return "absent";
}

const char *sts_failure_name(enum sts_failure failure)
{
	switch (failure) {
	case STS_FAILURE_NONE:
		return "";
	case STS_FAILURE_FETCH:
		return "sts-policy-fetch-error";
	case STS_FAILURE_INVALID:
		return "sts-policy-invalid";
	case STS_FAILURE_WEBPKI:
		return "sts-webpki-invalid";
	}
	return "";
}

enum sts_failure sts_failure_of(enum cause cause)
{
	switch (cause) {
	case CAUSE_UNKNOWN:
	case CAUSE_HTTPS_LOOKUP:
	case CAUSE_HTTPS_ADDRESS:
	case CAUSE_HTTPS_RESERVED:
	case CAUSE_HTTPS_CONNECT:
	case CAUSE_HTTPS_TLS:
	case CAUSE_HTTPS_STATUS:
	case CAUSE_HTTPS_ENCODING:
	case CAUSE_HTTPS_TIMEOUT:
	case CAUSE_HTTPS_CUT_SHORT:
	case CAUSE_HTTPS_PROXY:
		return STS_FAILURE_FETCH;
	case CAUSE_HTTPS_MEDIA_TYPE:
	case CAUSE_HTTPS_SIZE:
	case CAUSE_STS_POLICY:
		return STS_FAILURE_INVALID;
	case CAUSE_HTTPS_CERTIFICATE:
		return STS_FAILURE_WEBPKI;
	case CAUSE_NONE:
	case CAUSE_DNS_SILENT:
	case CAUSE_DNS_STRIPPED:
	case CAUSE_DNS_ANCHOR:
	case CAUSE_DNS_SETTINGS:
	case CAUSE_DNS_TIMEOUT:
	case CAUSE_DNS_SERVFAIL:
	case CAUSE_DNS_BOGUS:
	case CAUSE_DNS_REFUSED:
	case CAUSE_DNS_GARBLED:
	case CAUSE_STS_TXT:
	case CAUSE_DEADLINE:
	case CAUSE_RESOLVE_START:
	case CAUSE_RESOLVE_DIED:
	case CAUSE_RESOLVE_HUNG:
	case CAUSE_RESOLVE_NONSENSE:
	case CAUSE_RESOLVE_BUSY:
	case CAUSE_MEMORY:
	case CAUSE_DESCRIPTORS:
	case CAUSE_FILE:
	case CAUSE_DISK:
	case CAUSES:
		return STS_FAILURE_NONE;
	}
	return STS_FAILURE_NONE;
}
