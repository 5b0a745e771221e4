/* sts: the TXT record and the policy file of MTA-STS (RFC 8461).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_STS_H
#define MXPOLICY_POLICY_STS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

#define STS_ID_MAX 32		 /* RFC 8461 3.1, sts-id */
#define STS_TXT_MAX 65535	 /* one TXT RDATA */
#define STS_POLICY_MAX 65536	 /* RFC 8461 3.3: 64 KiB */
#define STS_MAX_AGE_MAX 31557600 /* RFC 8461 3.2: about one year */
/* Canonical text: each line of the file "K: V\n"; the blank after the colon
 * may be ours, so it can be longer than the file. */
#define STS_TEXT_MAX (2 * STS_POLICY_MAX)

enum sts_mode { STS_MODE_NONE, STS_MODE_TESTING, STS_MODE_ENFORCE };

/* RFC 8460 4.3, the failure classes of a policy. */
enum sts_failure {
	STS_FAILURE_NONE,
	STS_FAILURE_FETCH,   /* sts-policy-fetch-error */
	STS_FAILURE_INVALID, /* sts-policy-invalid */
	STS_FAILURE_WEBPKI,  /* sts-webpki-invalid */
};

struct sts_policy {
	enum sts_mode mode;
	uint32_t max_age; /* seconds, 0..STS_MAX_AGE_MAX */
	/* Canonical lines, "key: value\n" in file order, bounded by text_len;
	 * not owned: it points into the buffer of the caller that filled
	 * this. */
	const char *text;
	size_t text_len;
};

/* The result of a domain's MTA-STS lookup. */
enum sts_found {
	STS_FOUND_ABSENT,     /* proven: no (single, valid) TXT record */
	STS_FOUND_SAME,	      /* the TXT still has the id that we know */
	STS_FOUND_FETCHING,   /* it has another; the policy is being fetched */
	STS_FOUND_POLICY,     /* a policy was fetched and is valid */
	STS_FOUND_TXT_FAILED, /* the TXT lookup failed */
	STS_FOUND_FETCH_FAILED, /* there is an id, but no valid policy */
};

struct sts_finding {
	enum sts_found found;
	uint32_t ttl; /* of the TXT answer, also a negative one; seconds */
	char id[STS_ID_MAX + 1];  /* SAME, POLICY, FETCH_FAILED */
	struct reason why;	  /* of a failure; a remark for ABSENT */
	struct sts_policy policy; /* POLICY */
};

enum sts_txt {
	STS_TXT_OTHER,	 /* does not begin with v=STSv1; : discard it */
	STS_TXT_VALID,	 /* id is set */
	STS_TXT_INVALID, /* begins so, but breaks the grammar; why is set */
};

/* Remarks about a TXT record or a policy file. */
enum sts_remark {
	/* It is invalid. */
	STS_SAYS_TXT_FIELD, /* TXT: no field there */
	STS_SAYS_TXT_VALUE, /* TXT: a field (text) without a valid value */
	STS_SAYS_TXT_NO_ID,
	STS_SAYS_TXT_ID, /* TXT: an invalid id (text) */
	STS_SAYS_TOO_LARGE,
	STS_SAYS_NO_FIELD,    /* a line (text) that is not a field */
	STS_SAYS_BAD_VERSION, /* text is the value */
	STS_SAYS_BAD_MODE,
	STS_SAYS_BAD_MAX_AGE,
	STS_SAYS_BAD_MX,
	STS_SAYS_MISSING, /* text is the field */
	STS_SAYS_LAST_INVALID = STS_SAYS_MISSING,
	/* It is valid, but: */
	STS_SAYS_AGAIN,	   /* a field (text) that is repeated */
	STS_SAYS_CAPPED,   /* max_age over STS_MAX_AGE_MAX */
	STS_SAYS_DOT,	   /* an mx (text) with a trailing dot */
	STS_SAYS_EMPTY,	   /* an empty line */
	STS_SAYS_LEFT_OUT, /* a value that cannot be put into replies */
	STS_SAYS_UNKNOWN,  /* a field (text) that no RFC defines */
	/* Nothing is wrong: the known fields. */
	STS_SAYS_MAX_AGE,
	STS_SAYS_MODE,
	STS_SAYS_MX, /* text is the canonical pattern */
	STS_SAYS_NOTHING,
	STS_REMARKS,
};

struct sts_said {
	enum sts_remark what;
	unsigned line, column; /* of bytes, both from 1; 0: all of it */
	const char *text;      /* not NUL-terminated; valid during the call */
	size_t len;
};

/* What is invalid in a policy file, and where: STS_SAYS_NOTHING, or a remark
 * up to STS_SAYS_LAST_INVALID; line and column as in struct sts_said. */
struct sts_fault {
	enum sts_remark what;
	unsigned line, column;
};

/* One TXT record, its strings already joined (RFC 8461 3.1).  Blanks before
 * the ';' are allowed, as in the RFC's grammar; its text and erratum 6285
 * (reported) are narrower.  id is set for VALID only, why for INVALID only. */
enum sts_txt sts_parse_txt(const char *txt, size_t len,
    char id[static STS_ID_MAX + 1], struct reason *why)
    __attribute__((warn_unused_result));

/* The same, with one call for each remark, in order. */
enum sts_txt sts_scan_txt(const char *txt, size_t len,
    char id[static STS_ID_MAX + 1],
    void (*tell)(void *arg, const struct sts_said *said), void *arg)
    __attribute__((warn_unused_result));

/* A policy file (RFC 8461 3.2 with errata): at most STS_POLICY_MAX bytes, CRLF
 * or LF, trailing blanks are allowed, the last line end may be missing, empty
 * lines are skipped.  Of duplicate version, mode and max_age the first counts,
 * the others are left out of the text.  Field names are case-sensitive (%s in
 * the RFC's grammar): "MX" is an unknown field.  Values of unknown fields are
 * kept in the text but not checked.  A line that is not a field ("name:") makes
 * the file invalid, and so does a known field that breaks its grammar: an mx
 * value must be a host name, of one label or more, or "*." and such a name; no
 * IP literal; one trailing dot is removed and the name folded.  mode enforce
 * and testing need an mx.  Lines whose value contains braces, control
 * characters or malformed UTF-8 are left out of the text (they could forge
 * attributes in Postfix's reply grammar, or invalidate the reply). text
 * receives the canonical lines and p points into it. false: p is untouched;
 * fault is the first thing that is invalid, and why says the same in words. */
bool sts_parse_policy(struct sts_policy *p, const char *file, size_t len,
    char text[static STS_TEXT_MAX], struct sts_fault *fault, struct reason *why)
    __attribute__((warn_unused_result));

/* The same, with one call for each remark, to the end of the file. */
bool sts_scan_policy(struct sts_policy *p, const char *file, size_t len,
    char text[static STS_TEXT_MAX],
    void (*tell)(void *arg, const struct sts_said *said), void *arg)
    __attribute__((warn_unused_result));

/* Walk canonical text: the next line as key and value (not NUL-terminated);
 * *pos starts at 0.  false at the end or at anything that is not
 * canonical (then *pos is text_len + 1): what comes out may be copied
 * into a reply, and the value of an mx line is a valid lower-case pattern. */
struct sts_line {
	const char *key, *value;
	size_t key_len, value_len;
};
bool sts_next_line(
    const struct sts_policy *p, size_t *pos, struct sts_line *line);

/* Split a line of a policy file at its colon, the value still has its blanks.
 * false: it is not a field. */
bool sts_split_line(const char *s, size_t len, struct sts_line *line)
    __attribute__((warn_unused_result));

/* Is this the line of an mx pattern?  (Key "mx"; case matters.) */
bool sts_line_is_mx(const struct sts_line *line);

/* Does any mx pattern of the policy match this lower-case MX host name? */
bool sts_match_host(const struct sts_policy *p, const char *host);

/* Re-check text that was stored: canonical form throughout, mx values valid,
 * an mx present unless mode none.  For records read from disk or a pipe. */
bool sts_text_is_canonical(const struct sts_policy *p);

/* Does the text, which is canonical, have a version, and the mode and max_age
 * that stand beside it? */
bool sts_text_has_terms(const struct sts_policy *p);

/* "none", "testing", "enforce"; "sts-policy-fetch-error" and so on ("" for
 * STS_FAILURE_NONE). */
const char *sts_mode_name(enum sts_mode mode);
/* "absent", "same", "policy", "txt-failed", "fetch-failed". */
const char *sts_found_name(enum sts_found found);
const char *sts_failure_name(enum sts_failure failure);

/* The class of a cause of STS_FOUND_FETCH_FAILED.  STS_FAILURE_NONE for causes
 * that have nothing to do with the publication of the policy: DNS of the TXT
 * record, the network in between, and our own. */
enum sts_failure sts_failure_of(enum cause cause);

#endif
