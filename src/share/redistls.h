/* redistls: TLS to a server of Redis or Valkey, where hiredis has it.  Owns
 * <openssl/>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SHARE_REDISTLS_H
#define MXPOLICY_SHARE_REDISTLS_H

#include <stdbool.h>
#include "policy/reason.h"

struct redisAsyncContext;
/* Whom to trust, who we are, and the latest connection. */
struct redistls;

/* ca: a file with the authorities that a server's certificate may come from,
 * "" for the system's.  cert: a file with our own certificate and its key, ""
 * for none.  Both are read here and never again; of the system's authorities
 * some are read when they are needed.  NULL: why says what is wrong, also where
 * hiredis has no TLS.  It lives as long as the process. */
struct redistls *redistls_open(const char *ca, const char *cert,
    struct reason *why) __attribute__((warn_unused_result));

/* Begin TLS on a new connection.  Nothing is sent in it before the server has
 * shown a certificate for name (RFC 9525: a DNS name or an address in
 * subjectAltName, the subject is not looked at).  false: why. */
bool redistls_begin(struct redistls *l, struct redisAsyncContext *context,
    const char *name, struct reason *why) __attribute__((warn_unused_result));

/* What was wrong with the latest connection, "" for nothing in TLS; valid until
 * the next call. */
const char *redistls_trouble(const struct redistls *l);

#endif
