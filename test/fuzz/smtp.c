/* fuzz smtp: a reply is made of what came, and stays what it is however it is
 * cut on its way.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "wire/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct smtp_reply r, again;
	const char *text = (const char *)data;
	enum smtp_result result = smtp_parse(&r, text, size), sooner;

	if (result != SMTP_REPLY) {
		/* Who waits for more must be told to stop some day. */
		MUST(result == SMTP_BAD || size < SMTP_REPLY_MAX);
		return 0;
	}
	MUST(r.code >= 200 && r.code <= 599);
	MUST(r.size > 3 && r.size <= size && text[r.size - 1] == '\n');
	MUST(strlen(r.text) < r.size);
	for (const char *c = r.text; *c != '\0'; c++)
		MUST(*c == '\n' || (*c >= ' ' && *c <= '~'));
	if (smtp_offers(&r, "STARTTLS"))
		MUST(strcasestr(r.text, "\nstarttls") != NULL ||
		     strcasestr(r.text, " starttls") != NULL);
	/* Nothing less is a reply, and what follows does not matter. */
	for (size_t len = 0; len < r.size; len += 1 + r.size / 64) {
		sooner = smtp_parse(&again, text, len);
		MUST(sooner == SMTP_MORE);
	}
	sooner = smtp_parse(&again, text, r.size);
	MUST(sooner == SMTP_REPLY && again.size == r.size);
	MUST(again.code == r.code && strcmp(again.text, r.text) == 0);
	return 0;
}
