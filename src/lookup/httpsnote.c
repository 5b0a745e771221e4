/* httpsnote: what an HTTPS exchange looked like, for a person.
 * SPDX-License-Identifier: MIT */

#include "lookup/httpsnote.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lookup/cert.h"
#include "x509/describe.h"

#define CERTS_MAX 10 /* of a chain */
#define PEM_FIELD "Cert:"

static void note_cert(const struct notes *to, int place, const char *pem)
{
	static char names[NOTE_TEXT_MAX];
	struct description d = {NULL};
	static struct note n;
	size_t len = 0, used = 0;
	uint8_t *der = cert_der_of_pem(pem, &len);

	if (der != NULL && describe_certificate(&d, der, len)) {
		names[0] = '\0';
		for (size_t i = 0; i < d.n_names && used < sizeof names; i++)
			used +=
			    (size_t)snprintf(names + used, sizeof names - used,
				"%s%s", i > 0 ? " " : "", d.name[i]);
		note_begin(&n, "cert");
		note_add_number(&n, "place", place);
		note_add(&n, "subject", d.subject);
		note_add(&n, "issuer", d.issuer);
		note_add(&n, "names", names);
		note_add_number(&n, "begins", d.begins);
		note_add_number(&n, "expires", d.expires);
		notes_put(to, &n);
	}
	describe_clear(&d);
	free(der);
}

static void note_chain(const struct notes *to, CURL *easy)
{
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    info == NULL)
		return;
	for (int i = 0; i < info->num_of_certs && i < CERTS_MAX; i++)
		for (struct curl_slist *s = info->certinfo[i]; s != NULL;
		     s = s->next)
			if (strncmp(s->data, PEM_FIELD, strlen(PEM_FIELD)) == 0)
				note_cert(to, i, s->data + strlen(PEM_FIELD));
}

void httpsnote_exchange(const struct notes *to, void *easy, const char *host,
    const char *tls, size_t bytes)
{
	static struct note n;
	const char *address = NULL, *type = NULL;
	curl_off_t us = 0;
	long status = 0;

	if (to == NULL)
		return;
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
	note_begin(&n, "https");
	note_add(&n, "host", host);
	note_add(&n, "address", address != NULL ? address : "");
	note_add(&n, "tls", tls);
	note_add_number(&n, "status", status);
	note_add(&n, "type", type != NULL ? type : "");
	note_add_number(&n, "bytes", (int64_t)bytes);
	note_add_number(&n, "ms", us / 1000);
	notes_put(to, &n);
	note_chain(to, easy);
}
