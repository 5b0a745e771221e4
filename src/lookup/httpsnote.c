/* httpsnote: notes about an HTTPS exchange.
 * SPDX-License-Identifier: MIT */
#include "lookup/httpsnote.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include "lookup/cert.h"

#define CERTS_MAX 10 /* of a chain */
#define PEM_FIELD "Cert:"

void httpsnote_each_cert(void *easy,
    void (*one)(void *arg, size_t place, uint8_t *der, size_t len), void *arg)
{
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    info == NULL)
		return;
	for (int i = 0; i < info->num_of_certs; i++)
		for (struct curl_slist *s = info->certinfo[i]; s != NULL;
		     s = s->next) {
			size_t len = 0;
			uint8_t *der;

			if (strncmp(s->data, PEM_FIELD, strlen(PEM_FIELD)) != 0)
				continue;
			der =
			    cert_der_of_pem(s->data + strlen(PEM_FIELD), &len);
			one(arg, (size_t)i, der, len);
		}
}

static void note_cert(void *to, size_t place, uint8_t *der, size_t len)
{
	struct note n = {.kind = NOTE_CERTIFICATE};

	n.certificate.place = (uint32_t)place;
	n.certificate.der = der;
	n.certificate.len = len;
	if (der != NULL && place < CERTS_MAX)
		notes_put(to, &n);
	free(der);
}

void httpsnote_exchange(const struct notes *to, void *easy, const char *host,
    const char *tls, size_t bytes)
{
	const char *address = NULL, *type = NULL;
	curl_off_t us = 0;
	long status = 0;
	struct note n = {.kind = NOTE_EXCHANGE};

	if (to == NULL)
		return;
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
	n.exchange = (struct note_exchange){.host = host,
	    .address = address != NULL ? address : "",
	    .tls = tls,
	    .status = (uint32_t)status,
	    .type = type != NULL ? type : "",
	    .bytes = (uint32_t)bytes,
	    .ms = (uint32_t)(us / 1000)};
	notes_put(to, &n);
	httpsnote_each_cert(easy, note_cert, (void *)(uintptr_t)to);
}
