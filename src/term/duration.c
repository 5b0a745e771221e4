/* duration: durations and dates, for a person.
 * SPDX-License-Identifier: MIT */
#include "term/duration.h"

#include <stdio.h>
#include <time.h>
#include "term/translate.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

static long long rounded(long long seconds, long long unit)
{
	return (seconds + unit / 2) / unit;
}

const char *duration_text(int64_t seconds, char buf[static DURATION_MAX])
{
	long long s = seconds > 0 ? seconds : 0;

	if (s >= 2 * DAY)
		snprintf(buf, DURATION_MAX,
		    ngettext("%lld day", "%lld days",
			(unsigned long)rounded(s, DAY)),
		    rounded(s, DAY));
	else if (s >= 2 * HOUR)
		snprintf(buf, DURATION_MAX, _("%lld h"), rounded(s, HOUR));
	else if (s >= 2 * MINUTE)
		snprintf(buf, DURATION_MAX, _("%lld min"), rounded(s, MINUTE));
	else
		snprintf(buf, DURATION_MAX, _("%lld s"), s);
	return buf;
}

const char *duration_date(int64_t when, char buf[static DURATION_MAX])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when == 0 || gmtime_r(&t, &tm) == NULL)
		snprintf(buf, DURATION_MAX, "%s", _("never"));
	else
		strftime(buf, DURATION_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return buf;
}
