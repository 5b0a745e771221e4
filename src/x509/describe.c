/* describe: a certificate in words, for people.
 * SPDX-License-Identifier: MIT */
#include "x509/describe.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "x509/crt.h"

static char *to_text(const void *bytes, size_t len)
{
	char *text = xmemdup(bytes, len);

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = '?';
	return text;
}

static char *name_by(gnutls_x509_crt_t crt,
    int (*get)(gnutls_x509_crt_t crt, gnutls_datum_t *dn))
{
	gnutls_datum_t dn = {NULL, 0};
	char *text;

	if (get(crt, &dn) < 0)
		return xstrdup("");
	text = to_text(dn.data, dn.size);
	gnutls_free(dn.data);
	return text;
}

struct names {
	struct description *d;
	size_t room;
};

static bool add_name(void *arg, const char *name, size_t len)
{
	struct names *n = arg;
	struct description *d = n->d;

	d->name = xgrow(d->name, d->n_names, &n->room, sizeof *d->name);
	d->name[d->n_names++] = to_text(name, len);
	return false;
}

bool describe_certificate(struct description *d, const uint8_t *der, size_t len)
{
	gnutls_x509_crt_t crt = crt_import(der, len);
	struct names names = {.d = d};

	memset(d, 0, sizeof *d);
	if (crt == NULL)
		return false;
	d->subject = name_by(crt, gnutls_x509_crt_get_dn2);
	d->issuer = name_by(crt, gnutls_x509_crt_get_issuer_dn2);
	(void)crt_any_name(crt, add_name, &names, NULL);
	d->begins = gnutls_x509_crt_get_activation_time(crt);
	d->expires = gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	return true;
}

void describe_clear(struct description *d)
{
	for (size_t i = 0; i < d->n_names; i++)
		free(d->name[i]);
	free(d->name);
	free(d->subject);
	free(d->issuer);
	memset(d, 0, sizeof *d);
}
