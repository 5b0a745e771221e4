/* since: what depends on the version of Postfix.
 * SPDX-License-Identifier: MIT */
#include "verb/check/since.h"

#include <string.h>
#include "serve/convert.h"

/* Below an MX record without DNSSEC: "dane" checks TLSA records all the same.
 * The default is dane since Postfix 3.6.17, 3.7.13, 3.8.8, 3.9.2 and 3.10.0;
 * before, only where smtp_tls_security_level is dane. */
static void check_insecure_mx(struct check_report *r, const struct instance *p)
{
	static const char name[] = "smtp_tls_dane_insecure_mx_policy";
	const char *value = instance_get(p, name);
	char fix[CHECK_FIX_MAX];

	if (value[0] == '\0') /* Postfix 3.0 and older */
		return;
	instance_fix(p, name, "dane", fix, sizeof fix);
	if (strcmp(value, "dane") == 0)
		check_tell(r, CHECK_GOOD, name, NULL,
		    "smtp_tls_dane_insecure_mx_policy = dane");
	else
		check_tell(r, CHECK_BAD, name, fix,
		    _("smtp_tls_dane_insecure_mx_policy is %s: where only the "
		      "MX records lack DNSSEC, TLSA records are not checked, "
		      "and mail is sent to a host with the wrong key"),
		    value);
}

/* MX hosts that a policy does not list (3.10.5; needs the attributes of the
 * map with TLSRPT). */
static void check_mx_patterns(struct check_report *r, const struct instance *p)
{
	static const char name[] = "smtp_tls_enforce_sts_mx_patterns";
	const char *value = instance_get(p, name);
	char fix[CHECK_FIX_MAX];

	if (!instance_has_version(p, 3, 10))
		return;
	instance_fix(p, name, "yes", fix, sizeof fix);
	if (value[0] == '\0')
		check_tell(r, CHECK_WARNING, name, NULL,
		    _("Postfix %s does not skip MX hosts that a policy does "
		      "not list; 3.10.5 does"),
		    instance_get(p, "mail_version"));
	else if (strcmp(value, "yes") != 0)
		check_tell(r, CHECK_WARNING, name, fix,
		    _("smtp_tls_enforce_sts_mx_patterns = %s: Postfix does not "
		      "skip MX hosts that a policy does not list"),
		    value);
	else
		check_tell(r, CHECK_GOOD, name, NULL,
		    "smtp_tls_enforce_sts_mx_patterns = yes");
}

/* Mails with the header "TLS-Required: no" (RFC 8689) ask no policy. */
static void check_required(struct check_report *r, const struct instance *p)
{
	const char *value = instance_get(p, "tls_required_enable");

	if (strcmp(value, "yes") == 0)
		check_tell(r, CHECK_GOOD, "tls_required_enable", NULL,
		    _("tls_required_enable = yes: for a mail whose sender "
		      "wrote \"TLS-Required: no\" into its header, mxpolicy is "
		      "not asked"));
	else if (value[0] != '\0')
		check_tell(r, CHECK_GOOD, "tls_required_enable", NULL,
		    "tls_required_enable = %s", value);
}

static void check_protocols(struct check_report *r, const struct instance *p)
{
	static const char name[] = "smtp_tls_mandatory_protocols";
	const char *value = instance_get(p, name);
	const struct maincf_protocols on = maincf_protocols(value);
	char fix[CHECK_FIX_MAX];

	instance_fix(p, name,
	    instance_has_version(p, 3, 6) ? ">=TLSv1.2"
					  : "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1",
	    fix, sizeof fix);
	if (!on.tls12 && !on.tls13)
		check_tell(r, CHECK_BAD, name, fix,
		    _("smtp_tls_mandatory_protocols = %s permits neither TLS "
		      "1.2 nor 1.3: mail to domains with DANE or MTA-STS is "
		      "deferred"),
		    value);
	else if (!on.tls12)
		check_tell(r, CHECK_WARNING, name, fix,
		    _("smtp_tls_mandatory_protocols = %s permits no TLS 1.2: "
		      "mail to hosts without TLS 1.3 is deferred"),
		    value);
	else if (on.ssl3)
		check_tell(r, CHECK_WARNING, name, fix,
		    _("smtp_tls_mandatory_protocols = \"%s\" permits SSLv3"),
		    value);
	else
		check_tell(r, CHECK_GOOD, name, NULL,
		    "smtp_tls_mandatory_protocols = %s", value);
}

#define SEPARATORS ", \t"

/* SRV records (3.8): their hosts are not those that a policy names. */
static void check_srv(struct check_report *r, const struct instance *p,
    const struct config *config)
{
	static const char name[] = "use_srv_lookup";
	const char *value = instance_get(p, name), *at = value;
	struct domain d = {.kind = DOMAIN_MX};
	char fix[CHECK_FIX_MAX];
	size_t len;

	if (value[0] == '\0')
		return;
	for (;; at += len) {
		at += strspn(at, SEPARATORS);
		len = strcspn(at, SEPARATORS);
		if (len == 0)
			break;
		if (len >= sizeof d.service)
			continue;
		memcpy(d.service, at, len);
		d.service[len] = '\0';
		if (convert_is_srv(&d, config->srv_services))
			continue;
		check_put(fix, sizeof fix, "srv-services = %s", value);
		check_tell(r, CHECK_BAD, name, fix,
		    _("use_srv_lookup = %s: mail to hosts of SRV records is "
		      "deferred where the domain's MX hosts have a policy. "
		      "Set srv-services in mxpolicy.conf(5) to the same"),
		    value);
		return;
	}
	check_tell(r, CHECK_GOOD, name, NULL,
	    _("use_srv_lookup = %s: for these services main.cf decides"),
	    value);
}

void check_since(struct check_report *r, const struct instance *p,
    const struct config *config)
{
	check_srv(r, p, config);
	check_insecure_mx(r, p);
	check_mx_patterns(r, p);
	check_required(r, p);
	check_protocols(r, p);
}
