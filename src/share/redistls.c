/* redistls: TLS to a server of Redis or Valkey, where hiredis has it.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include "share/redistls.h"

#ifdef HAVE_HIREDIS_SSL

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include "base/xalloc.h"

struct redistls {
	SSL_CTX *context;
	SSL *latest; /* a reference of our own; NULL: none yet */
};

/* The last thing that OpenSSL has to say, in its words. */
static const char *openssl_says(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text != NULL ? text : "";
}

static bool trust(SSL_CTX *context, const char *ca, struct reason *why)
{
	if (ca[0] == '\0')
		return SSL_CTX_set_default_verify_paths(context) == 1;
	if (SSL_CTX_load_verify_locations(context, ca, NULL) == 1)
		return true;
	reason_set(why, "shared-cache-ca %s: %s", ca, openssl_says());
	return false;
}

static bool show(SSL_CTX *context, const char *cert, struct reason *why)
{
	if (cert[0] == '\0' ||
	    (SSL_CTX_use_certificate_chain_file(context, cert) == 1 &&
		SSL_CTX_use_PrivateKey_file(context, cert, SSL_FILETYPE_PEM) ==
		    1))
		return true;
	reason_set(why, "shared-cache-cert %s: %s", cert, openssl_says());
	return false;
}

struct redistls *redistls_open(
    const char *ca, const char *cert, struct reason *why)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct redistls *l;

	xneed(context != NULL);
	reason_clear(why);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
	    !trust(context, ca, why) || !show(context, cert, why)) {
		if (why->text[0] == '\0')
			reason_set(why, "OpenSSL: %s", openssl_says());
		SSL_CTX_free(context);
		return NULL;
	}
	l = xcalloc(1, sizeof *l);
	l->context = context;
	return l;
}

static bool is_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 ||
	       inet_pton(AF_INET6, name, bytes) == 1;
}

/* hiredis compares no name. */
static bool demand(SSL *tls, const char *name)
{
	SSL_set_hostflags(tls, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
				   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(
			   SSL_get0_param(tls), name) == 1;
	return SSL_set1_host(tls, name) == 1 &&
	       SSL_set_tlsext_host_name(tls, name) == 1;
}

bool redistls_begin(struct redistls *l, struct redisAsyncContext *context,
    const char *name, struct reason *why)
{
	SSL *tls = SSL_new(l->context);

	xneed(tls != NULL);
	SSL_free(l->latest);
	l->latest = tls;
	ERR_clear_error();
	if (!demand(tls, name)) {
		reason_set(why, "OpenSSL: %s", openssl_says());
		return false;
	}
	/* hiredis' reference, where it succeeds. */
	xneed(SSL_up_ref(tls) == 1);
	if (redisInitiateSSL(&context->c, tls) == REDIS_OK)
		return true;
	SSL_free(tls);
	reason_set(why, "%s", context->c.errstr);
	return false;
}

const char *redistls_trouble(const struct redistls *l)
{
	long found =
	    l->latest != NULL ? SSL_get_verify_result(l->latest) : X509_V_OK;

	return found != X509_V_OK ? X509_verify_cert_error_string(found)
				  : openssl_says();
}

#else

struct redistls *redistls_open(
    const char *ca, const char *cert, struct reason *why)
{
	(void)ca;
	(void)cert;
	reason_set(why, "the hiredis of this build has no TLS (Debian 12): "
			"use unix: or redis:// to a tunnel on this machine");
	return NULL;
}

bool redistls_begin(struct redistls *l, struct redisAsyncContext *context,
    const char *name, struct reason *why)
{
	(void)l;
	(void)context;
	(void)name;
	(void)why;
	return false;
}

const char *redistls_trouble(const struct redistls *l)
{
	(void)l;
	return "";
}

#endif
