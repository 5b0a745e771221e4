/* tls: what main.cf says about TLS and DNS for outgoing mail.
 * SPDX-License-Identifier: MIT */
#include "verb/check/tls.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "verb/check/castore.h"

static void check_dns_level(struct check_report *r, const struct instance *p)
{
	const char *value = instance_get(p, "smtp_dns_support_level");
	char fix[CHECK_FIX_MAX];

	if (strcmp(value, "dnssec") == 0) {
		check_tell(r, CHECK_GOOD, "smtp_dns_support_level", NULL,
		    "smtp_dns_support_level = dnssec");
		return;
	}
	instance_fix(p, "smtp_dns_support_level", "dnssec", fix, sizeof fix);
	check_tell(r, CHECK_BAD, "smtp_dns_support_level", fix,
	    _("smtp_dns_support_level is \"%s\", not dnssec: Postfix does not "
	      "do DANE. Mail to dane-only domains is deferred, and dane "
	      "becomes may"),
	    value);
}

/* Settings that silently disable DANE. */
static void check_dane(struct check_report *r, const struct instance *p)
{
	char fix[CHECK_FIX_MAX];

	if (strstr(instance_get(p, "smtp_host_lookup"), "dns") == NULL) {
		instance_fix(p, "smtp_host_lookup", "dns", fix, sizeof fix);
		check_tell(r, CHECK_BAD, "smtp_host_lookup", fix,
		    _("smtp_host_lookup is \"%s\", without dns: Postfix does "
		      "not do DANE"),
		    instance_get(p, "smtp_host_lookup"));
	}
	if (strcmp(instance_get(p, "ignore_mx_lookup_error"), "yes") == 0) {
		instance_fix(
		    p, "ignore_mx_lookup_error", "no", fix, sizeof fix);
		check_tell(r, CHECK_BAD, "ignore_mx_lookup_error", fix,
		    _("ignore_mx_lookup_error = yes: Postfix does not do "
		      "DANE"));
	}
}

static bool is_one_of(const char *word, const char *const list[])
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static void check_level(struct check_report *r, const struct instance *p)
{
	static const char *const usual[] = {"dane", "may", NULL};
	static const char *const strict[] = {
	    "encrypt", "verify", "secure", "dane-only", "fingerprint", NULL};
	const char *value = instance_get(p, "smtp_tls_security_level");
	/* Obsolete, and stricter than "dane" where the other is empty. */
	bool enforced = value[0] == '\0' &&
			strcmp(instance_get(p, "smtp_enforce_tls"), "yes") == 0;
	char fix[CHECK_FIX_MAX];

	if (enforced)
		value = "encrypt";

	instance_fix(p, "smtp_tls_security_level", "dane", fix, sizeof fix);
	if (is_one_of(value, usual))
		check_tell(r, CHECK_GOOD, "smtp_tls_security_level", NULL,
		    _("smtp_tls_security_level = %s, for domains that publish "
		      "no policy"),
		    value);
	else if (is_one_of(value, strict))
		check_tell(r, CHECK_WARNING, "smtp_tls_security_level", NULL,
		    _("smtp_tls_security_level = %s: mail to domains that "
		      "publish no policy is deferred unless their servers "
		      "support it"),
		    value);
	else
		check_tell(r, CHECK_BAD, "smtp_tls_security_level", fix,
		    _("smtp_tls_security_level is \"%s\": mail to domains that "
		      "publish no policy is sent in clear text, and TLSRPT is "
		      "off"),
		    value);
}

static void check_ca(struct check_report *r, const struct instance *p)
{
	const char *file = instance_get(p, "smtp_tls_CAfile");
	const char *dir = instance_get(p, "smtp_tls_CApath");
	const char *store = castore_find();
	char fix[CHECK_FIX_MAX];
	bool system;

	instance_fix(p, "smtp_tls_CAfile",
	    store != NULL ? store : CASTORE_DEBIAN, fix, sizeof fix);
	system = strcmp(instance_get(p, "tls_append_default_CA"), "yes") == 0;
	if (file[0] != '\0' && access(file, R_OK) != 0)
		check_tell(r, CHECK_BAD, "smtp_tls_CAfile", fix,
		    _("smtp_tls_CAfile = %s cannot be read: TLS fails, and "
		      "mail is deferred or sent in clear text"),
		    file);
	else if (file[0] != '\0' || system)
		check_tell(r, CHECK_GOOD, "smtp_tls_CAfile", NULL,
		    _("Postfix trusts the certificate authorities of %s"),
		    file[0] != '\0' ? file : "tls_append_default_CA = yes");
	else if (dir[0] == '\0')
		check_tell(r, CHECK_BAD, "smtp_tls_CAfile", fix,
		    _("smtp_tls_CAfile, smtp_tls_CApath and "
		      "tls_append_default_CA are empty: Postfix trusts no "
		      "certificate authority, and mail to all domains with "
		      "MTA-STS is deferred"));
	else if (access(dir, R_OK | X_OK) != 0)
		check_tell(r, CHECK_BAD, "smtp_tls_CAfile", fix,
		    _("smtp_tls_CApath = %s cannot be read: mail to all "
		      "domains with MTA-STS is deferred"),
		    dir);
	else
		check_tell(r, CHECK_GOOD, "smtp_tls_CAfile", NULL,
		    _("Postfix trusts the certificate authorities of %s"), dir);
}

void check_tls(struct check_report *r, const struct instance *p)
{
	check_dns_level(r, p);
	check_dane(r, p);
	check_level(r, p);
	check_ca(r, p);
}
