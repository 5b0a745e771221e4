/* maincf: what postconf(1) and systemctl(1) print, taken apart; pure.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_MAINCF_H
#define MXPOLICY_VERB_CHECK_MAINCF_H

#include <stdbool.h>
#include <stddef.h>

#define MAINCF_TABLES_MAX 32
#define MAINCF_SERVICES_MAX 64
#define MAINCF_NAME_MAX 255

/* A copy of a text of lines "name = value" (or "name=value"), in which each is
 * a string without blanks at its end; an empty string ends them.  Freed by the
 * caller. */
char *maincf_split(const char *text) __attribute__((warn_unused_result));

/* The same of what "postconf -j" prints (Postfix 3.11), an object {"name":
 * "value"} on each line; line ends in a value become blanks.  NULL: it is
 * something else. */
char *maincf_split_json(const char *text) __attribute__((warn_unused_result));

/* The value of the next line of that name from *pos (0 at first) on, or NULL;
 * *pos moves past it.  Points into lines. */
const char *maincf_next(const char *lines, size_t *pos, const char *name);
/* The value of the first, "" where there is none. */
const char *maincf_get(const char *lines, const char *name);

/* One table of a list such as smtp_tls_policy_maps. */
enum maincf_kind {
	MAINCF_OTHER,  /* hash:, inline:, ... */
	MAINCF_INET,   /* socketmap:inet:host:port:map */
	MAINCF_UNIX,   /* socketmap:unix:path:map */
	MAINCF_BROKEN, /* socketmap: with no such endpoint: smtp(8) exits */
};
struct maincf_table {
	char text[MAINCF_NAME_MAX + 1]; /* as written, cut where too long */
	enum maincf_kind kind;
	bool proxied;			/* proxy: in front */
	char host[MAINCF_NAME_MAX + 1]; /* INET; without brackets */
	char port[MAINCF_NAME_MAX + 1]; /* INET; a number or a service */
	char path[MAINCF_NAME_MAX + 1]; /* UNIX */
	char map[MAINCF_NAME_MAX + 1];	/* INET, UNIX: after the last colon */
};

/* Split a list at blanks and commas outside of braces (Postfix, mystrtokq()).
 * Returns how many, at most MAINCF_TABLES_MAX. */
size_t maincf_tables(
    const char *value, struct maincf_table table[static MAINCF_TABLES_MAX]);

/* The list with the table `from` replaced by `to`: "" takes it out; with `from`
 * "" `to` is added at the end.  What else is in the list stays as it is
 * written.  Freed by the caller.  NULL: `from` is not in the list once, for
 * example because a parameter stands for it. */
char *maincf_replace(const char *list, const char *from, const char *to)
    __attribute__((warn_unused_result));

/* What smtp_tls_mandatory_protocols permits, as far as it matters. */
struct maincf_protocols {
	bool ssl3, tls12, tls13;
};
/* A list such as "!SSLv2, !SSLv3", ">=TLSv1.2" or "TLSv1.2": as Postfix reads
 * it, an empty one permits all. */
struct maincf_protocols maincf_protocols(const char *value);

/* An address of a socket unit as `systemctl show -p Listen` prints it:
 * "127.0.0.1:8461 (Stream)", "[::1]:8461 (Stream)", "/path (Stream)".  The
 * map stays empty.  false: it is not a stream socket. */
bool maincf_listen(const char *value, struct maincf_table *t);

/* An smtp(8) or lmtp(8) service of master.cf, from `postconf -M`. */
struct maincf_service {
	char name[MAINCF_NAME_MAX + 1];
	char type[16];
	bool chroot;
	long maxproc; /* 0: no limit */
};

/* chroot_default, maxproc_default: what "-" stands for. */
size_t maincf_services(const char *text, bool chroot_default,
    long maxproc_default,
    struct maincf_service service[static MAINCF_SERVICES_MAX]);

/* Is the version ("3.7.11", "3.12-20260821") at least major.minor.patch? */
bool maincf_version(const char *version, int major, int minor, int patch);

#endif
