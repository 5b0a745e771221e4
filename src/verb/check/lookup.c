/* lookup: name servers, trust anchor, clock, CA store.
 * SPDX-License-Identifier: MIT */
#include "verb/check/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policy/anchor.h"
#include "policy/loopback.h"
#include "serve/link.h"
#include "term/duration.h"
#include "verb/check/castore.h"
#include "verb/check/keytag.h"
#include "verb/check/nameserver.h"
#include "verb/check/postfixdns.h"
#include "verb/libraries.h"
#include "wire/note.h"

#define ANSWER_MS 30000	  /* of resolve, which has its own limits */
#define FILE_MAX 4194304  /* of a CA store or an anchor */
#define CLOCK_SLACK 86400 /* time stamps of files may be of another time zone */

/* ---- name servers ---- */

/* Our options, and one that keeps resolve from logging what becomes an item
 * here. */
static char **quiet_options(const struct setup *c)
{
	static char o[] = "-o", level[] = "log-level=error";
	char **options;
	size_t n = 0;

	while (c->v->options[n] != NULL)
		n++;
	options = xcalloc(n + 3, sizeof *options);
	memcpy(options, c->v->options, n * sizeof *options);
	options[n] = o;
	options[n + 1] = level;
	return options;
}

/* What resolve notes about the name servers, with a question that it answers by
 * itself: "invalid" is a reserved name (RFC 6761 6.4).  true: the caller frees
 * the text of the servers. */
static bool ask_servers(
    const struct setup *c, struct note_servers *n, struct reason *why)
{
	const struct question q = {.seq = 1,
	    .kind = QUESTION_MX,
	    .port = DOMAIN_SMTP_PORT,
	    .dane = true,
	    .notes = true,
	    .name = "mxpolicy.invalid"};
	char **options = quiet_options(c);
	struct link *l = link_open("", options);
	int64_t deadline = clock_ms() + ANSWER_MS;
	static struct finding f;
	bool found = false, going;

	reason_set(why, "it does not name its name servers");
	going = link_ask(l, &q, why);
	while (going && !found && link_wait(l, &f, deadline, why)) {
		found = f.kind == FINDING_NOTE && f.note.kind == NOTE_SERVERS;
		going = f.kind != FINDING_END;
	}
	if (found) {
		*n = f.note.servers;
		n->servers = xstrdup(n->servers);
	}
	link_close(l);
	free(options);
	return found;
}

static void check_trust(struct setup *c, const struct note_servers *n)
{
	char other[LOOPBACK_WORD_MAX + 1];

	c->trusts_ad = !loopback_find_other(n->servers, other);
	if (c->trusts_ad)
		check_tell(&c->report, CHECK_GOOD, "name-servers", NULL,
		    _("name servers (%s): they validate, and what they say of "
		      "it is believed (dnssec = trust-ad)"),
		    n->servers);
	else
		check_tell(&c->report, CHECK_WARNING, "name-servers", NULL,
		    _("dnssec = trust-ad does not hold for name server %s, "
		      "which is not on loopback: what it says is validated. "
		      "Name a resolver on this machine as \"resolver\""),
		    other);
}

static void check_servers(struct setup *c, const struct note_servers *n)
{
	if (n->fell_back)
		check_tell(&c->report, CHECK_WARNING, "name-servers", NULL,
		    _("the name servers in /etc/resolv.conf cannot be used for "
		      "DNSSEC (%s). mxpolicy does without them, but Postfix "
		      "needs a validating resolver, such as Unbound on this "
		      "machine"),
		    n->why.text);
	else if (n->validates && c->v->config.trust_ad)
		check_trust(c, n);
	else if (n->validates)
		check_tell(&c->report, CHECK_GOOD, "name-servers", NULL,
		    _("name servers (%s): DNSSEC records arrive and validate"),
		    n->servers);
	else if (c->v->config.resolver[0] != '\0')
		check_tell(&c->report, CHECK_BAD, "name-servers", NULL,
		    _("nothing validates with \"resolver = %s\" of the "
		      "settings: %s. All domains get TEMP, and mail to them is "
		      "deferred. Name a server that passes DNSSEC records on, "
		      "or \"recursive\", or remove the line"),
		    c->v->config.resolver,
		    n->why.text[0] != '\0' ? n->why.text : n->servers);
	else
		check_tell(&c->report, CHECK_BAD, "name-servers",
		    postfix_dns_fix(),
		    _("nothing validates: %s. All domains get TEMP, and mail "
		      "to them is deferred"),
		    n->why.text[0] != '\0' ? n->why.text : n->servers);
}

/* ---- files ---- */

/* The contents of a file, NUL-terminated, or NULL with errno. */
static char *read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t len;
	int err;

	if (f == NULL)
		return NULL;
	text = xmalloc(FILE_MAX + 1);
	len = fread(text, 1, FILE_MAX, f);
	err = ferror(f) ? errno : 0;
	fclose(f);
	text[len] = '\0';
	if (err == 0)
		return text;
	free(text);
	errno = err;
	return NULL;
}

static bool has_tag(const uint16_t *tag, size_t n, uint16_t wanted)
{
	for (size_t i = 0; i < n; i++)
		if (tag[i] == wanted)
			return true;
	return false;
}

/* A file that mxpolicy only found does not stop it, but what else on this
 * machine validates may have nothing more than it. */
static void tell_found(
    struct setup *c, const char *path, const char *list, size_t n, bool is_old)
{
	static const char fix[] = "apt update && apt install dns-root-data";

	if (n == 0)
		check_tell(&c->report, CHECK_WARNING, "trust-anchor", fix,
		    _("%s contains no key of the root zone: mxpolicy uses its "
		      "built-in keys, other programs on this machine may not "
		      "be able to validate"),
		    path);
	else if (is_old)
		check_tell(&c->report, CHECK_WARNING, "trust-anchor", fix,
		    _("%s is outdated: it does not contain the key %u, which "
		      "has signed the root zone since October 2026 (key tags: "
		      "%s). mxpolicy uses its built-in keys as well, other "
		      "programs on this machine may not"),
		    path, KEYTAG_2024, list);
	else
		check_tell(&c->report, CHECK_GOOD, "trust-anchor", NULL,
		    _("the built-in keys of the root zone are used (%u, %u), "
		      "and those of %s (key tags: %s)"),
		    KEYTAG_2017, KEYTAG_2024, path, list);
}

static void tell_configured(struct setup *c, const char *path, const char *list,
    size_t n, bool is_old, bool validates)
{
	if (n == 0)
		check_tell(&c->report, CHECK_BAD, "trust-anchor", NULL,
		    _("%s contains no key of the root zone: all domains get "
		      "TEMP. Without trust-anchor the built-in keys are used"),
		    path);
	else if (is_old)
		check_tell(&c->report, validates ? CHECK_WARNING : CHECK_BAD,
		    "trust-anchor", "apt update && apt install dns-root-data",
		    _("%s is outdated: it does not contain the key %u, which "
		      "has signed the root zone since October 2026 (key tags: "
		      "%s)"),
		    path, KEYTAG_2024, list);
	else if (!validates)
		check_tell(&c->report, CHECK_WARNING, "trust-anchor", NULL,
		    _("%s could not be verified, because nothing validates "
		      "(key tags: %s)"),
		    path, list);
	else
		check_tell(&c->report, CHECK_GOOD, "trust-anchor", NULL,
		    _("the root zone validates with %s (key tags: %s)"), path,
		    list);
}

/* Does the file have the keys with which the root validates today? */
static void check_keys(
    struct setup *c, const char *path, const char *text, bool validates)
{
	uint16_t tag[KEYTAGS_MAX];
	size_t n = keytag_read(text, tag), at = 0;
	char list[KEYTAGS_MAX * 8] = "";
	bool is_old;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(list + at, sizeof list - at, "%s%u",
		    i > 0 ? ", " : "", tag[i]);
	is_old = !has_tag(tag, n, KEYTAG_2024) &&
		 (has_tag(tag, n, KEYTAG_2017) || has_tag(tag, n, KEYTAG_2010));
	if (c->v->config.trust_anchor[0] == '\0')
		tell_found(c, path, list, n, is_old);
	else
		tell_configured(c, path, list, n, is_old, validates);
}

static void check_anchor(struct setup *c, bool validates)
{
	const char *path = c->v->config.trust_anchor;
	char *text, fix[CHECK_FIX_MAX];

	for (size_t i = 0; path[0] == '\0' && anchor_files[i] != NULL; i++)
		if (check_may(&c->user, anchor_files[i], R_OK))
			path = anchor_files[i];
	if (path[0] == '\0') {
		check_tell(&c->report, CHECK_GOOD, "trust-anchor", NULL,
		    _("there is no trust anchor file for the root zone: the "
		      "built-in keys are used (%u, %u)"),
		    KEYTAG_2017, KEYTAG_2024);
		return;
	}
	text = check_may(&c->user, path, R_OK) ? read_file(path) : NULL;
	if (text == NULL) {
		check_put(fix, sizeof fix, "chmod a+r %s", path);
		check_tell(&c->report, CHECK_BAD, "trust-anchor",
		    access(path, F_OK) == 0 ? fix : NULL,
		    _("the trust anchor %s cannot be read by the user %s: all "
		      "domains get TEMP"),
		    path, c->user.name);
		return;
	}
	check_keys(c, path, text, validates);
	free(text);
}

static void check_ca(struct setup *c)
{
	const char *path = c->v->config.ca_file, *at;
	char *text;
	size_t n = 0;

	if (path[0] == '\0')
		path = castore_find();
	if (path == NULL) {
		check_tell(&c->report, CHECK_BAD, "ca-store",
		    "apt install ca-certificates",
		    _("there are no CA certificates: no MTA-STS policy can be "
		      "fetched"));
		return;
	}
	text = check_may(&c->user, path, R_OK) ? read_file(path) : NULL;
	for (at = text; at != NULL && (at = strstr(at, "-----BEGIN ")); at++)
		n +=
		    strncmp(at, "-----BEGIN CERTIFICATE-----", 27) == 0 ||
		    strncmp(at, "-----BEGIN TRUSTED CERTIFICATE-----", 35) == 0;
	if (text == NULL)
		check_tell(&c->report, CHECK_BAD, "ca-store", NULL,
		    _("the CA store %s cannot be read by the user %s: no "
		      "MTA-STS policy can be fetched"),
		    path, c->user.name);
	else if (n == 0)
		check_tell(&c->report, CHECK_BAD, "ca-store",
		    c->v->config.ca_file[0] == '\0'
			? "update-ca-certificates --fresh"
			: NULL,
		    _("the CA store %s contains no certificate: no MTA-STS "
		      "policy can be fetched"),
		    path);
	else
		check_tell(&c->report, CHECK_GOOD, "ca-store", NULL,
		    ngettext("CA store %s: %zu certificate",
			"CA store %s: %zu certificates", n),
		    path, n);
	free(text);
}

/* ---- clock ---- */

/* A clock that is before the installation of this program is wrong. */
static void check_clock(struct setup *c, bool validates)
{
	char now[DURATION_MAX], then[DURATION_MAX];
	struct stat st;

	duration_date(clock_now(), now);
	if (stat("/proc/self/exe", &st) == 0 &&
	    clock_now() + CLOCK_SLACK < st.st_mtime)
		check_tell(&c->report, CHECK_BAD, "clock",
		    "timedatectl set-ntp true\ntimedatectl",
		    _("the clock says %s, but this program was installed on "
		      "%s: signatures and policies are checked against a wrong "
		      "time"),
		    now, duration_date(st.st_mtime, then));
	else if (validates)
		check_tell(&c->report, CHECK_GOOD, "clock", NULL,
		    _("the clock says %s, which is within the validity of the "
		      "root's signatures"),
		    now);
	else
		check_tell(&c->report, CHECK_GOOD, "clock", NULL,
		    _("the clock says %s; there is no signature to compare "
		      "it with"),
		    now);
}

/* ---- the program that does the lookups ---- */

/* The first without the known faults of the validator (CVE-2026-81642). */
#define UNBOUND "libunbound"
#define UNBOUND_SOUND 1, 26, 1

/* "libunbound 1.17.1, libcurl 7.88.1, ..." */
static void list_libraries(const struct libraries *l, char *to, size_t size)
{
	size_t at = 0;

	to[0] = '\0';
	for (size_t i = 0; i < l->n && at < size; i++)
		at += (size_t)snprintf(to + at, size - at, "%s%s %s",
		    i > 0 ? ", " : "", l->of[i].name, l->of[i].version);
}

static void check_age(struct setup *c, const struct libraries *l)
{
	char text[LIBRARIES_MAX * (2 * LIBRARIES_WORD_MAX + 4)];

	list_libraries(l, text, sizeof text);
	if (c->trusts_ad || libraries_is_at_least(l, UNBOUND, UNBOUND_SOUND))
		check_tell(&c->report, CHECK_GOOD, "libraries", NULL,
		    _("resolve uses %s"), text);
	else
		check_tell(&c->report, CHECK_WARNING, "libraries", NULL,
		    _("resolve uses %s. Before 1.26.1 the DNSSEC validator of "
		      "libunbound has faults that a malicious zone can use "
		      "(CVE-2026-81642), unless your distribution has mended "
		      "them: keep it up to date, or upgrade the system (Debian "
		      "13 has 1.26.2), or set \"dnssec = trust-ad\" where a "
		      "resolver on this machine validates"),
		    text);
}

static void check_resolve(struct setup *c)
{
	struct libraries l;
	struct reason why;

	if (!libraries_read(&l, &why)) {
		check_tell(&c->report, CHECK_SKIPPED, "libraries", NULL,
		    _("the versions of the libraries are unknown: %s"),
		    why.text);
		return;
	}
	check_age(c, &l);
	if (l.unconfined[0] == '\0')
		check_tell(&c->report, CHECK_GOOD, "sandbox", NULL,
		    _("the kernel confines resolve: files, TCP ports and "
		      "system calls"));
	else
		check_tell(&c->report, CHECK_WARNING, "sandbox", NULL,
		    _("the kernel does not confine resolve in full (%s): if "
		      "it is taken over, it can do more than it should"),
		    l.unconfined);
}

void check_lookup(struct setup *c)
{
	struct note_servers n;
	bool validates = false;
	struct reason why;

	check_group(&c->report, "lookup", _("Lookups"));
	if (ask_servers(c, &n, &why)) {
		validates = n.validates;
		check_servers(c, &n);
		free((char *)(uintptr_t)n.servers);
	} else {
		check_tell(&c->report, CHECK_BAD, "name-servers", NULL,
		    _("resolve, which does the lookups, does not answer: %s"),
		    why.text);
	}
	check_nameservers(c);
	check_postfix_dns(c);
	check_anchor(c, validates);
	check_clock(c, validates);
	check_ca(c);
	check_resolve(c);
}
