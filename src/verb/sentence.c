/* sentence: what a verdict means for mail.
 * SPDX-License-Identifier: MIT */
#include "verb/sentence.h"

#include "term/translate.h"

const char *verb_sentence(enum verdict v)
{
	switch (v) {
	case VERDICT_DANE_ONLY:
		return N_("Mail goes only to MX hosts whose key is in signed "
			  "DNS (DANE); the others get none.");
	case VERDICT_DANE:
		return N_("Mail goes to an MX host with DANE only if its key "
			  "is the one in DNS, and to the others with TLS if "
			  "they offer it.");
	case VERDICT_SECURE:
		return N_("Mail goes only to MX hosts with a trusted "
			  "certificate for a name of the MTA-STS policy.");
	case VERDICT_NOTFOUND:
		return N_("There is nothing to enforce: mail is sent as "
			  "smtp_tls_security_level in main.cf says.");
	case VERDICT_TEMP:
	case VERDICT_PENDING:
		break;
	}
	return N_("Mail waits until the policy is known; Postfix tries "
		  "again.");
}
