/* datagram: the report of a failed policy fetch for a TLSRPT collector.
 * SPDX-License-Identifier: MIT
 *
 * The format is that of the TLSRPT library of sys4 (libtlsrpt), and has no
 * other specification: one JSON object in one datagram.
 *
 *	{"dpv":"1","d": DOMAIN,"pr": RECORD,"policies":[{"policy-type":2,
 *	"policy-domain": DOMAIN,"failure-details":[{"c":CODE,"f": DETAIL}],
 *	"t":1,"f":1}]}
 *
 * dpv is the version of the format, which the library sends since 0.5.0 and
 * older collectors ignore; policy-type 2 is sts; t counts the failures, and f
 * says that they were final.  There is neither policy-string nor mx-host,
 * because there was no policy that could have been applied. */
#ifndef MXPOLICY_WIRE_DATAGRAM_H
#define MXPOLICY_WIRE_DATAGRAM_H

#include <stddef.h>
#include "policy/domain.h"
#include "policy/reason.h"
#include "policy/sts.h"
#include "policy/tlsrpt_txt.h"

#define DATAGRAM_MAX                                                           \
	(2 * TLSRPT_TXT_MAX + 2 * REASON_MAX + 2 * DOMAIN_MAX + 256)

struct datagram {
	const char *domain;	  /* policy domain: A-label, lower case */
	const char *record;	  /* its TLSRPT record, as published */
	enum sts_failure failure; /* not STS_FAILURE_NONE */
	const char *detail;	  /* for the domain's owner; NULL for nothing */
};

/* Texts are printable ASCII and tabs; other bytes become '?'.  Returns the
 * length, or 0 if a text is longer than its limit (TLSRPT_TXT_MAX,
 * REASON_MAX). */
size_t datagram_format(const struct datagram *d, char buf[static DATAGRAM_MAX]);

#endif
