/* journal: lines with fields for systemd-journald, in its native protocol.
 * SPDX-License-Identifier: MIT
 *
 * libsystemd would cost socketmap half a millisecond of start.  The protocol:
 * https://systemd.io/JOURNAL_NATIVE_PROTOCOL/ */
#ifndef MXPOLICY_SERVE_JOURNAL_H
#define MXPOLICY_SERVE_JOURNAL_H

#include <stdbool.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_VALUE_MAX 400 /* a value beyond it is cut; a key has 268 */
#define JOURNAL_FIELDS_MAX 16 /* further ones are left out */
#define JOURNAL_MESSAGE_MAX 1024

struct journal_field {
	const char *name;  /* without MXPOLICY_; NULL ends a list */
	const char *value; /* NULL or "": this one is left out */
	const char *key;   /* in the line of text (log_fields()), or NULL */
};

/* Send one entry: MESSAGE, PRIORITY (syslog's), MESSAGE_ID unless id is NULL,
 * SYSLOG_IDENTIFIER=mxpolicy, SYSLOG_FACILITY (mail), MXPOLICY_PROGRAM and
 * each field as MXPOLICY_<name>.  Every byte outside 0x20..0x7e becomes '?',
 * so that no value needs the protocol's binary form.  Never waits.  false: it
 * did not go out; say it elsewhere. */
bool journal_send(int priority, const char *id, const char *program,
    const struct journal_field *fields, const char *message);

#endif
