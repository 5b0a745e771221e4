/* journal: lines with fields for systemd-journald, in its native protocol.
 * SPDX-License-Identifier: MIT */
#include "serve/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include "base/text.h"

/* Each field has a name of at most 32 bytes, '=' and a newline; a datagram of
 * this size is far below what a socket takes at once. */
#define ENTRY_MAX                                                              \
	(JOURNAL_MESSAGE_MAX +                                                 \
	    (JOURNAL_FIELDS_MAX + 8) * (JOURNAL_VALUE_MAX + 34))

struct entry {
	char text[ENTRY_MAX];
	size_t len;
};

/* A field that does not fit is left out: none does not, see ENTRY_MAX. */
static void put(struct entry *e, const char *prefix, const char *name,
    const char *value, size_t max)
{
	char *at = e->text + e->len;
	int n = snprintf(at, sizeof e->text - e->len, "%s%s=%.*s\n", prefix,
	    name, (int)max, value);

	if (n < 0 || (size_t)n >= sizeof e->text - e->len)
		return;
	text_clean(at, (size_t)n - 1);
	e->len += (size_t)n;
}

static void put_number(struct entry *e, const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof text, "%d", number);
	put(e, "", name, text, sizeof text);
}

/* Not connected: a journald that is started anew has another socket. */
static bool send_entry(const struct entry *e)
{
	static int fd = -1;
	const struct sockaddr_un to = {
	    .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};

	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd >= 0 &&
	       sendto(fd, e->text, e->len, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&to, sizeof to) == (ssize_t)e->len;
}

bool journal_send(int priority, const char *id, const char *program,
    const struct journal_field *fields, const char *message)
{
	static struct entry e;

	e.len = 0;
	put(&e, "", "MESSAGE", message, JOURNAL_MESSAGE_MAX);
	put_number(&e, "PRIORITY", priority);
	put(&e, "", "SYSLOG_IDENTIFIER", "mxpolicy", JOURNAL_VALUE_MAX);
	put_number(&e, "SYSLOG_FACILITY", LOG_FAC(LOG_MAIL));
	if (id != NULL)
		put(&e, "", "MESSAGE_ID", id, JOURNAL_VALUE_MAX);
	put(&e, "MXPOLICY_", "PROGRAM", program, JOURNAL_VALUE_MAX);
	for (size_t i = 0;
	     fields != NULL && fields[i].name != NULL && i < JOURNAL_FIELDS_MAX;
	     i++)
		if (fields[i].value != NULL && fields[i].value[0] != '\0')
			put(&e, "MXPOLICY_", fields[i].name, fields[i].value,
			    JOURNAL_VALUE_MAX);
	return send_entry(&e);
}
