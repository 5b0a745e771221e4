/* dnsword: words for the properties of a DNS answer.
 * SPDX-License-Identifier: MIT */
#include "policy/dnsword.h"

#include <stddef.h>

static const char *type_word(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_CNAME:
		return "CNAME";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	case DNS_DNSKEY:
		return "DNSKEY";
	case DNS_TLSA:
		return "TLSA";
	}
	return NULL;
}

const char *dnsword_type(enum dns_type type)
{
	const char *word = type_word(type);

	return word != NULL ? word : "?";
}

bool dnsword_is_type(uint32_t type)
{
	return type_word((enum dns_type)type) != NULL;
}

const char *dnsword_outcome(enum dns_outcome outcome)
{
	switch (outcome) {
	case DNS_SECURE:
		return "secure";
	case DNS_INSECURE:
		return "insecure";
	case DNS_FAILED:
		return "failed";
	}
	return "failed";
}

const char *dnsword_content(enum dns_content content)
{
	switch (content) {
	case DNS_DATA:
		return "data";
	case DNS_NODATA:
		return "nodata";
	case DNS_NXDOMAIN:
		return "nxdomain";
	}
	return "nodata";
}
