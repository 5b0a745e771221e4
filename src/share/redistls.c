/* redistls: TLS to a server of Redis or Valkey, where hiredis has it.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include "share/redistls.h"

#ifdef HAVE_HIREDIS_SSL

#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <hiredis/hiredis_ssl.h>
#include <stddef.h>

#define SYSTEM_STORE "/etc/ssl/certs"

bool redistls_is_possible(struct reason *why)
{
	reason_clear(why);
	return true;
}

static const char *or_null(const char *path)
{
	return path[0] != '\0' ? path : NULL;
}

bool redistls_begin(struct redisAsyncContext *context, const char *ca,
    const char *cert, const char *name, struct reason *why)
{
	static bool begun;
	redisSSLContextError err = REDIS_SSL_CTX_NONE;
	redisSSLContext *tls;
	bool good;

	if (!begun)
		redisInitOpenSSL();
	begun = true;
	tls = redisCreateSSLContext(or_null(ca),
	    ca[0] != '\0' ? NULL : SYSTEM_STORE, or_null(cert), or_null(cert),
	    name, &err);
	if (tls == NULL) {
		reason_set(why, "%s", redisSSLContextGetError(err));
		return false;
	}
	good = redisInitiateSSLWithContext(&context->c, tls) == REDIS_OK;
	if (!good)
		reason_set(why, "%s", context->c.errstr);
	/* The session keeps what it needs of it. */
	redisFreeSSLContext(tls);
	return good;
}

#else

bool redistls_is_possible(struct reason *why)
{
	reason_set(why, "the hiredis of this build has no TLS (Debian 12): "
			"use unix: or redis:// to a tunnel on this machine");
	return false;
}

bool redistls_begin(struct redisAsyncContext *context, const char *ca,
    const char *cert, const char *name, struct reason *why)
{
	(void)context;
	(void)ca;
	(void)cert;
	(void)name;
	return redistls_is_possible(why);
}

#endif
