/* ask: the talk with the asker: questions in, findings out (wire/question.h).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_ASK_H
#define MXPOLICY_LOOKUP_ASK_H

#include <stdint.h>
#include "lookup/dns.h"
#include "lookup/https.h"
#include "lookup/report.h"

#define ASK_OPEN_MAX 512     /* questions in flight; more are not read yet */
#define ASK_IDLE_SECONDS 5   /* without a question and nothing in flight */
#define ASK_OUT_HIGH 1048576 /* bytes that wait for the asker: read no more */
/* After the end of the questions: what the https timeout does not cover. */
#define ASK_LINGER_SECONDS 30

struct ask_config {
	int in, out; /* descriptors, neither a regular file */
	struct dns_config dns;
	struct https_config https;
	struct report_config report;
	void (*log)(const char *text); /* one line for people */
};

/* Answer questions until the asker has no more of them: at the end of its
 * input and after ASK_IDLE_SECONDS 0; EX_DATAERR for what is no question (the
 * asker is confused), 0 when nobody reads the findings any more, EX_OSERR
 * where the descriptors cannot be watched. */
int ask_serve(const struct ask_config *config);

#endif
