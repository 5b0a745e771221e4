/* span: lengths of time and points in time, for a person.
 * SPDX-License-Identifier: MIT */
#include "verb/span.h"

#include <stdio.h>
#include <time.h>
#include "verb/verb.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

const char *span_text(int64_t seconds, char buf[static SPAN_MAX])
{
	long long s = seconds > 0 ? seconds : 0;

	if (s >= 2 * DAY)
		snprintf(buf, SPAN_MAX,
		    ngettext("%lld day", "%lld days", (unsigned long)(s / DAY)),
		    s / DAY);
	else if (s >= 2 * HOUR)
		snprintf(buf, SPAN_MAX, _("%lld h"), s / HOUR);
	else if (s >= 2 * MINUTE)
		snprintf(buf, SPAN_MAX, _("%lld min"), s / MINUTE);
	else
		snprintf(buf, SPAN_MAX, _("%lld s"), s);
	return buf;
}

const char *span_date(int64_t when, char buf[static SPAN_MAX])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when == 0 || gmtime_r(&t, &tm) == NULL)
		snprintf(buf, SPAN_MAX, "%s", _("never"));
	else
		strftime(buf, SPAN_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return buf;
}
