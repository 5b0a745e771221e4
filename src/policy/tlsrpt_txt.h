/* tlsrpt_txt: the TXT record of SMTP TLS Reporting (RFC 8460 3).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_TLSRPT_TXT_H
#define MXPOLICY_POLICY_TLSRPT_TXT_H

#include <stddef.h>
#include "policy/reason.h"

#define TLSRPT_TXT_MAX 65535 /* one TXT RDATA */

enum tlsrpt_txt {
	TLSRPT_TXT_OTHER,   /* does not begin with v=TLSRPTv1; : discard it */
	TLSRPT_TXT_VALID,   /* says where reports go */
	TLSRPT_TXT_INVALID, /* begins so, but breaks the grammar; why is set */
};

/* One TXT record of _smtp._tls.DOMAIN, its strings already joined.  It is valid
 * if it follows the RFC's grammar and has a rua field with a URI of scheme
 * mailto or https, the only ones that a report can be sent to; other fields are
 * ignored.  "v=TLSRPTv1 ;" is discarded, as the RFC's text says: its grammar
 * allows the blank, but the collector that gets the record does not. A valid
 * record is printable ASCII and tabs throughout. why is set for INVALID
 * only. */
enum tlsrpt_txt tlsrpt_txt_parse(const char *txt, size_t len,
    struct reason *why) __attribute__((warn_unused_result));

#endif
