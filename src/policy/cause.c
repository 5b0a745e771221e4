/* cause: what failed, and whose fault it is.
 * SPDX-License-Identifier: MIT */
#include "policy/cause.h"

#include <string.h>

static const struct {
	const char *name;
	enum cause_owner owner;
} causes[CAUSES] = {
    [CAUSE_NONE] = {"none", CAUSE_OF_NOBODY},
    [CAUSE_UNKNOWN] = {"unknown", CAUSE_OF_DOMAIN},
    [CAUSE_DNS_SILENT] = {"dns-silent", CAUSE_OF_NETWORK},
    [CAUSE_DNS_STRIPPED] = {"dns-stripped", CAUSE_OF_NETWORK},
    [CAUSE_DNS_ANCHOR] = {"dns-anchor", CAUSE_OF_NETWORK},
    [CAUSE_DNS_SETTINGS] = {"dns-settings", CAUSE_OF_US},
    [CAUSE_DNS_TIMEOUT] = {"dns-timeout", CAUSE_OF_DOMAIN},
    [CAUSE_DNS_SERVFAIL] = {"dns-servfail", CAUSE_OF_DOMAIN},
    [CAUSE_DNS_BOGUS] = {"dns-bogus", CAUSE_OF_DOMAIN},
    [CAUSE_DNS_REFUSED] = {"dns-refused", CAUSE_OF_DOMAIN},
    [CAUSE_DNS_GARBLED] = {"dns-garbled", CAUSE_OF_DOMAIN},
    [CAUSE_STS_TXT] = {"sts-txt", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_LOOKUP] = {"https-lookup", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_ADDRESS] = {"https-address", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_RESERVED] = {"https-reserved", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_CONNECT] = {"https-connect", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_TLS] = {"https-tls", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_CERTIFICATE] = {"https-certificate", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_STATUS] = {"https-status", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_MEDIA_TYPE] = {"https-media-type", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_ENCODING] = {"https-encoding", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_SIZE] = {"https-size", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_TIMEOUT] = {"https-timeout", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_CUT_SHORT] = {"https-cut-short", CAUSE_OF_DOMAIN},
    [CAUSE_HTTPS_PROXY] = {"https-proxy", CAUSE_OF_NETWORK},
    [CAUSE_STS_POLICY] = {"sts-policy", CAUSE_OF_DOMAIN},
    [CAUSE_DEADLINE] = {"deadline", CAUSE_OF_NOBODY},
    [CAUSE_RESOLVE_START] = {"resolve-start", CAUSE_OF_US},
    [CAUSE_RESOLVE_DIED] = {"resolve-died", CAUSE_OF_US},
    [CAUSE_RESOLVE_HUNG] = {"resolve-hung", CAUSE_OF_US},
    [CAUSE_RESOLVE_NONSENSE] = {"resolve-nonsense", CAUSE_OF_US},
    [CAUSE_RESOLVE_BUSY] = {"resolve-busy", CAUSE_OF_US},
    [CAUSE_MEMORY] = {"memory", CAUSE_OF_US},
    [CAUSE_DESCRIPTORS] = {"descriptors", CAUSE_OF_US},
    [CAUSE_FILE] = {"file", CAUSE_OF_US},
    [CAUSE_DISK] = {"disk", CAUSE_OF_US},
};

enum cause_owner cause_owner(enum cause cause)
{
	return causes[cause].owner;
}

bool cause_is_domains(enum cause cause)
{
	return causes[cause].owner == CAUSE_OF_DOMAIN;
}

const char *cause_name(enum cause cause)
{
	return causes[cause].name;
}

const char *cause_owner_name(enum cause_owner owner)
{
	switch (owner) {
	case CAUSE_OF_NOBODY:
		return "none";
	case CAUSE_OF_DOMAIN:
		return "domain";
	case CAUSE_OF_NETWORK:
		return "network";
	case CAUSE_OF_US:
		return "local";
	}
	return "none";
}

bool cause_parse(enum cause *cause, const char *word, size_t len)
{
	for (int i = 0; i < CAUSES; i++) {
		if (strlen(causes[i].name) == len &&
		    memcmp(causes[i].name, word, len) == 0) {
			*cause = (enum cause)i;
			return true;
		}
	}
	return false;
}
