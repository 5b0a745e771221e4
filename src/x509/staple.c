/* staple: what a TLS server says of its certificate by OCSP.
 * SPDX-License-Identifier: MIT */
#include "x509/staple.h"

#include <gnutls/gnutls.h>
#include <gnutls/ocsp.h>
#include <time.h>
#include "base/clock.h"
#include "x509/crt.h"

#define FEATURE_STATUS_REQUEST 5 /* RFC 7633 4.2.1, the number in the hello */
/* A staple that does not say when the next one is due is as good as one that
 * is due after this time; authorities issue them every few days. */
#define STAPLE_SECONDS_MAX (3 * 86400)
/* How far our clock and the authority's may be apart. */
#define STAPLE_SKEW 300

enum says { SAYS_GOOD, SAYS_REVOKED, SAYS_NOTHING };

static bool is_signed_by(gnutls_ocsp_resp_t staple, gnutls_x509_crt_t issuer)
{
	unsigned int fault = 0;

	return gnutls_ocsp_resp_verify_direct(staple, issuer, &fault, 0) >= 0 &&
	       fault == 0;
}

/* By an authority that we trust, or by one that the server has sent: it is in
 * the chain, which is verified beside this. */
static bool is_signed(
    const struct staple_question *q, gnutls_ocsp_resp_t staple)
{
	unsigned int fault = 0;

	if (gnutls_ocsp_resp_verify(staple, q->authorities, &fault, 0) >= 0 &&
	    fault == 0)
		return true;
	for (size_t i = 1; i < q->n; i++)
		if (is_signed_by(staple, q->chain[i]))
			return true;
	return false;
}

static bool is_current(time_t made, time_t next)
{
	int64_t now = clock_now();

	if (made == (time_t)-1 || made > now + STAPLE_SKEW)
		return false;
	return next != (time_t)-1 ? now <= next + STAPLE_SKEW
				  : now - made <= STAPLE_SECONDS_MAX;
}

static enum says judge(const struct staple_question *q,
    gnutls_ocsp_resp_t staple, struct reason *why)
{
	unsigned int status = GNUTLS_OCSP_CERT_UNKNOWN;
	time_t made = (time_t)-1, next = (time_t)-1;

	if (gnutls_ocsp_resp_get_status(staple) !=
	    (int)GNUTLS_OCSP_RESP_SUCCESSFUL)
		reason_set(why, "the staple is no answer");
	else if (gnutls_ocsp_resp_check_crt(staple, 0, q->chain[0]) < 0)
		reason_set(why, "the staple is for another certificate");
	else if (!is_signed(q, staple))
		reason_set(why, "the staple is not signed by the issuer");
	else if (gnutls_ocsp_resp_get_single(staple, 0, NULL, NULL, NULL, NULL,
		     &status, &made, &next, NULL, NULL) < 0)
		reason_set(why, "the staple cannot be read");
	else if (status == GNUTLS_OCSP_CERT_REVOKED)
		return SAYS_REVOKED;
	else if (status != GNUTLS_OCSP_CERT_GOOD)
		reason_set(why, "the issuer does not know the certificate");
	else if (!is_current(made, next))
		reason_set(why, "the staple has expired");
	else
		return SAYS_GOOD;
	return SAYS_NOTHING;
}

static bool is_demanded(gnutls_x509_crt_t crt)
{
	gnutls_x509_tlsfeatures_t features;
	unsigned int feature = 0;
	bool found = false;

	crt_need(gnutls_x509_tlsfeatures_init(&features));
	if (gnutls_x509_crt_get_tlsfeatures(crt, features, 0, NULL) >= 0)
		for (unsigned int i = 0;
		     !found &&
		     gnutls_x509_tlsfeatures_get(features, i, &feature) >= 0;
		     i++)
			found = feature == FEATURE_STATUS_REQUEST;
	gnutls_x509_tlsfeatures_deinit(features);
	return found;
}

bool staple_allows(const struct staple_question *q, struct reason *why)
{
	gnutls_ocsp_resp_t staple;
	gnutls_datum_t der;
	struct reason useless;
	enum says says = SAYS_NOTHING;
	bool is_there = q->session != NULL &&
			gnutls_ocsp_status_request_get(q->session, &der) >= 0;

	if (is_there) {
		crt_need(gnutls_ocsp_resp_init(&staple));
		if (gnutls_ocsp_resp_import(staple, &der) >= 0)
			says = judge(q, staple, &useless);
		else
			reason_set(&useless, "the staple cannot be read");
		gnutls_ocsp_resp_deinit(staple);
	} else {
		reason_set(&useless, "there is none");
	}
	if (says == SAYS_REVOKED) {
		reason_fail(why, CAUSE_HTTPS_CERTIFICATE, "revoked (OCSP)");
		return false;
	}
	if (says == SAYS_GOOD || (!is_there && !q->asked) ||
	    !is_demanded(q->chain[0]))
		return true;
	reason_fail(why, CAUSE_HTTPS_CERTIFICATE,
	    "it demands an OCSP staple, but %s", useless.text);
	return false;
}
