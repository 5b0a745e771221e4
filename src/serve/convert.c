/* convert: U-labels to A-labels, by asking `resolve`; services to ports.
 * SPDX-License-Identifier: MIT */
#include "serve/convert.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"
#include "serve/link.h"

#define SEPARATORS ", \t"

/* A name and what it became ("" when it is not a name). */
struct kept {
	char *utf8;
	char alabel[DOMAIN_MAX + 1];
};

static struct kept kept[CONVERT_KEPT];
static size_t oldest;

static const struct kept *find_kept(const char *utf8)
{
	for (size_t i = 0; i < CONVERT_KEPT; i++)
		if (kept[i].utf8 != NULL && strcmp(kept[i].utf8, utf8) == 0)
			return &kept[i];
	return NULL;
}

static void keep(const char *utf8, const char *alabel)
{
	struct kept *k = &kept[oldest];

	oldest = (oldest + 1) % CONVERT_KEPT;
	free(k->utf8);
	k->utf8 = xstrdup(utf8);
	strcpy(k->alabel, alabel);
}

static bool convert_name(struct domain *d, const struct config *c,
    char *const *args, int64_t deadline_ms, struct reason *why)
{
	struct question q = {
	    .seq = 1, .kind = QUESTION_NAME, .port = DOMAIN_SMTP_PORT};
	const struct kept *k = find_kept(d->name);
	static struct finding f;
	struct link *l;
	bool good;

	if (k != NULL) {
		domain_set_name(d, k->alabel);
		return true;
	}
	strcpy(q.name, d->name);
	l = link_open(c->resolve_socket, args);
	good = link_ask(l, &q, why);
	do {
		good = good && link_wait(l, &f, deadline_ms, why);
	} while (good && f.kind != FINDING_NAME);
	link_close(l);
	if (!good)
		return false;
	keep(d->name, f.name);
	domain_set_name(d, f.name);
	return true;
}

bool convert_is_srv(const struct domain *d, const char *services)
{
	const char *service = d->service[0] != '\0'	    ? d->service
			      : d->port == DOMAIN_SMTP_PORT ? "smtp"
							    : "";
	size_t len, wanted = strlen(service);

	if (d->kind != DOMAIN_MX || wanted == 0)
		return false;
	for (;; services += len) {
		services += strspn(services, SEPARATORS);
		len = strcspn(services, SEPARATORS);
		if (len == 0)
			return false;
		if (len == wanted && ascii_equal(services, service, len))
			return true;
	}
}

bool convert_domain(struct domain *d, const struct config *c, char *const *args,
    int64_t deadline_ms, struct reason *why)
{
	if (convert_is_srv(d, c->srv_services)) {
		d->kind = DOMAIN_REFUSED;
		return true;
	}
	if (d->service[0] != '\0') {
		const struct servent *s = getservbyname(d->service, "tcp");

		if (s == NULL) {
			d->kind = DOMAIN_REFUSED;
			return true;
		}
		d->port = ntohs((uint16_t)s->s_port);
		d->service[0] = '\0';
	}
	return !d->utf8 || convert_name(d, c, args, deadline_ms, why);
}
