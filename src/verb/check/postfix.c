/* postfix: the instances of Postfix, and which policy tables they ask.
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "verb/check/check.h"

#define TLSPOL_PORT "8642" /* of postfix-tlspol */
#define OUR_PORT "8461"	   /* and of postfix-mta-sts-resolver */
#define OUR_ADDRESS "socketmap:inet:127.0.0.1:" OUR_PORT

/* ---- reading ---- */

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* master.cf of Postfix 3.0 and newer leaves services out of the chroot where
 * it says "-", unless compatibility_level is 0. */
static bool chroot_default(const struct postfix *p)
{
	return !maincf_version(postfix_get(p, "mail_version"), 3, 0, 0) ||
	       strcmp(postfix_get(p, "compatibility_level"), "0") == 0;
}

static void read_instance(struct postfix *p)
{
	static struct command r;
	char *main_argv[] = {
	    word("postconf"), word("-x"), word("-c"), p->dir, NULL};
	char *master_argv[] = {
	    word("postconf"), word("-M"), word("-c"), p->dir, NULL};

	if (command_run(&r, main_argv) != COMMAND_DONE) {
		check_put(p->trouble, sizeof p->trouble, "%s", r.err);
		return;
	}
	p->main = strdup(r.out);
	if (p->main == NULL)
		exit(EX_TEMPFAIL);
	check_put(
	    p->queue, sizeof p->queue, "%s", postfix_get(p, "queue_directory"));
	p->n_tables =
	    maincf_tables(postfix_get(p, "smtp_tls_policy_maps"), p->table);
	/* The working directory of smtp(8) is the queue. */
	for (size_t i = 0; i < p->n_tables; i++) {
		char *path = p->table[i].path, relative[MAINCF_NAME_MAX + 1];

		if (p->table[i].kind != MAINCF_UNIX || path[0] == '/')
			continue;
		strcpy(relative, path);
		if (snprintf(path, MAINCF_NAME_MAX + 1, "%s/%s", p->queue,
			relative) > MAINCF_NAME_MAX)
			p->table[i].kind = MAINCF_BROKEN;
	}
	if (command_run(&r, master_argv) == COMMAND_DONE)
		p->n_services = maincf_services(r.out, chroot_default(p),
		    strtol(postfix_get(p, "default_process_limit"), NULL, 10),
		    p->service);
}

/* "name group enabled directory", as postmulti -l has it. */
static size_t parse_instances(const char *text, struct postfix *to)
{
	size_t n = 0;

	for (; *text != '\0';
	     text += strcspn(text, "\n"), text += *text == '\n') {
		const char *end = text + strcspn(text, "\n"), *dir = end;

		while (dir > text && !isblank((unsigned char)dir[-1]))
			dir--;
		if (*dir == '/' && n < POSTFIX_INSTANCES_MAX)
			check_put(to[n++].dir, PATH_MAX, "%.*s",
			    (int)(end - dir), dir);
	}
	return n;
}

void postfix_read(struct check *c, const char *const *dirs, size_t n_dirs)
{
	char *const multi[] = {word("postmulti"), word("-l"), NULL};
	char *const plain[] = {word("postconf"), word("-d"), word("-h"),
	    word("config_directory"), NULL};
	static struct command r;

	c->postfix = calloc(POSTFIX_INSTANCES_MAX, sizeof *c->postfix);
	if (c->postfix == NULL)
		exit(EX_TEMPFAIL);
	for (size_t i = 0; i < n_dirs; i++)
		check_put(
		    c->postfix[c->n_postfix++].dir, PATH_MAX, "%s", dirs[i]);
	if (n_dirs == 0 && command_run(&r, multi) == COMMAND_DONE)
		c->n_postfix = parse_instances(r.out, c->postfix);
	/* postmulti leaves when main.cf is absent or broken. */
	if (c->n_postfix == 0 && command_run(&r, plain) == COMMAND_DONE)
		c->n_postfix = parse_instances(r.out, c->postfix);
	for (size_t i = 0; i < c->n_postfix; i++)
		read_instance(&c->postfix[i]);
}

void postfix_free(struct check *c)
{
	for (size_t i = 0; i < c->n_postfix; i++)
		free(c->postfix[i].main);
	free(c->postfix);
}

const char *postfix_get(const struct postfix *p, const char *name)
{
	static char value[MAINCF_VALUE_MAX];

	maincf_get(p->main, name, value);
	return value;
}

/* ---- which tables are asked ---- */

/* "postconf -e" for this instance. */
static void fix_maps(
    const struct postfix *p, const char *value, char fix[static CHECK_FIX_MAX])
{
	check_put(fix, CHECK_FIX_MAX,
	    "postconf -c %s -e 'smtp_tls_policy_maps = %s'\n"
	    "postfix -c %s reload",
	    p->dir, value, p->dir);
}

static const char *best_map(const struct postfix *p)
{
	return maincf_version(postfix_get(p, "mail_version"), 3, 10, 0)
		   ? OUR_ADDRESS ":QUERYwithTLSRPT"
		   : OUR_ADDRESS ":QUERY";
}

/* The list again, with one table replaced by another text. */
static void replaced(const struct postfix *p, size_t at, const char *by,
    char value[static CHECK_FIX_MAX])
{
	size_t len = 0;

	value[0] = '\0';
	for (size_t i = 0; i < p->n_tables && len < CHECK_FIX_MAX; i++)
		len += (size_t)snprintf(value + len, CHECK_FIX_MAX - len,
		    "%s%s", i > 0 ? ", " : "", i == at ? by : p->table[i].text);
}

/* The same table with another map behind its last colon. */
static void fix_map_name(const struct postfix *p, size_t at, const char *map,
    char fix[static CHECK_FIX_MAX])
{
	const char *text = p->table[at].text, *colon = strrchr(text, ':');
	char by[2 * MAINCF_NAME_MAX], value[CHECK_FIX_MAX];

	check_put(by, sizeof by, "%.*s:%s", (int)(colon - text), text, map);
	replaced(p, at, by, value);
	fix_maps(p, value, fix);
}

static void check_version(struct check *c, const struct postfix *p, size_t at)
{
	const struct maincf_table *t = &p->table[at];
	const struct config_map *map =
	    config_map(&c->v->config, t->map, strlen(t->map));
	char version[64], fix[CHECK_FIX_MAX];
	bool knows;

	check_put(
	    version, sizeof version, "%s", postfix_get(p, "mail_version"));
	knows = maincf_version(version, 3, 10, 0);
	if (map == NULL)
		return; /* told with its socket */
	if (map->tlsrpt && !knows) {
		fix_map_name(p, at, "QUERY", fix);
		check_tell(c, CHECK_BAD, "map-version", fix,
		    _("Postfix %s refuses the attributes of the map %s, which "
		      "needs 3.10: mail to all domains with MTA-STS waits"),
		    version, t->map);
	} else if (map->servername && !maincf_version(version, 3, 4, 0)) {
		check_put(fix, sizeof fix,
		    "printf '[map %s]\\nservername = no\\n' >>%s", t->map,
		    CONFIG_PATH);
		check_tell(c, CHECK_BAD, "map-version", fix,
		    _("Postfix %s refuses servername=, which needs 3.4: mail "
		      "to all domains with MTA-STS waits"),
		    version);
	} else if (!map->tlsrpt && knows) {
		fix_map_name(p, at, "QUERYwithTLSRPT", fix);
		check_tell(c, CHECK_WARNING, "map-version", fix,
		    _("Postfix %s would take more than the map %s gives: the "
		      "MX hosts that a policy allows, and what TLSRPT reports "
		      "need QUERYwithTLSRPT"),
		    version, t->map);
	} else {
		check_tell(c, CHECK_GOOD, "map-version", NULL,
		    _("Postfix %s and the map %s fit"), version, t->map);
	}
}

static bool is_ours(const struct check *c, const struct maincf_table *t)
{
	const struct check_endpoint *e = check_endpoint(c, t);

	return e != NULL && (e->result == CHECKSOCKET_OURS ||
				e->result == CHECKSOCKET_NO_MAP);
}

/* A socketmap that mxpolicy does not answer. */
static void tell_foreign(struct check *c, const struct postfix *p, size_t at)
{
	const struct maincf_table *t = &p->table[at];
	const struct check_endpoint *e = check_endpoint(c, t);
	char value[CHECK_FIX_MAX], fix[CHECK_FIX_MAX];

	replaced(p, at, best_map(p), value);
	fix_maps(p, value, fix);
	/* main.cf is right, and who serves is to be changed. */
	if (strcmp(t->port, OUR_PORT) == 0 && e != NULL) {
		check_tell(c, CHECK_BAD, "policy-maps",
		    e->result == CHECKSOCKET_OTHER
			? "systemctl disable --now postfix-mta-sts-resolver\n"
			  "systemctl enable --now mxpolicy.socket"
			: "systemctl enable --now mxpolicy.socket",
		    e->result == CHECKSOCKET_OTHER
			? _("smtp_tls_policy_maps: %s is answered by another "
			    "server; postfix-mta-sts-resolver has the same "
			    "port")
			: _("smtp_tls_policy_maps: mxpolicy does not answer "
			    "%s"),
		    t->text);
		return;
	}
	if (t->kind == MAINCF_BROKEN)
		check_tell(c, CHECK_BAD, "policy-maps", fix,
		    _("smtp_tls_policy_maps: %s names no inet: or unix: "
		      "socket and a map, smtp(8) ends with a fatal error"),
		    t->text);
	else if (strcmp(t->port, TLSPOL_PORT) == 0)
		check_tell(c, CHECK_BAD, "policy-maps", fix,
		    _("smtp_tls_policy_maps: %s is the port of "
		      "postfix-tlspol; mxpolicy has the same maps on port "
		      "8461"),
		    t->text);
	else
		check_tell(c, CHECK_BAD, "policy-maps", fix,
		    _("smtp_tls_policy_maps: mxpolicy does not answer %s"),
		    t->text);
}

/* The one table that is mxpolicy's, and those before it. */
static void check_tables(struct check *c, const struct postfix *p)
{
	size_t ours = p->n_tables, foreign = 0;
	char fix[CHECK_FIX_MAX];

	for (size_t i = 0; i < p->n_tables; i++) {
		const struct maincf_table *t = &p->table[i];

		if (ours == p->n_tables && is_ours(c, t))
			ours = i;
		else if (t->kind != MAINCF_OTHER && !is_ours(c, t))
			foreign++;
	}
	for (size_t i = 0; i < p->n_tables; i++)
		if (p->table[i].kind != MAINCF_OTHER &&
		    !is_ours(c, &p->table[i]))
			tell_foreign(c, p, i);
	if (ours == p->n_tables) {
		fix_maps(p, best_map(p), fix);
		if (foreign == 0)
			check_tell(c, CHECK_BAD, "policy-maps", fix,
			    _("smtp_tls_policy_maps does not name mxpolicy: "
			      "it is never asked"));
		return;
	}
	check_tell(c, CHECK_GOOD, "policy-maps", NULL,
	    _("smtp_tls_policy_maps asks mxpolicy: %s"), p->table[ours].text);
	for (size_t i = 0; i < ours; i++)
		if (p->table[i].kind == MAINCF_OTHER)
			check_tell(c, CHECK_GOOD, "earlier-table", NULL,
			    _("%s is asked first: for what it lists, mxpolicy "
			      "is not asked"),
			    p->table[i].text);
	if (p->table[ours].proxied) {
		char value[CHECK_FIX_MAX];

		replaced(
		    p, ours, p->table[ours].text + strlen("proxy:"), value);
		fix_maps(p, value, fix);
		check_tell(c, CHECK_WARNING, "proxy", fix,
		    _("proxymap(8) asks one question at a time: while a "
		      "policy is fetched, other tables behind it wait"));
	}
	check_version(c, p, ours);
}

void check_postfix(struct check *c)
{
	char heading[PATH_MAX + 64];

	if (c->n_postfix == 0) {
		check_group(c, "postfix", _("Postfix"));
		check_tell(c, CHECK_SKIPPED, "postfix", NULL,
		    _("no Postfix is installed here (postconf is not "
		      "there)"));
		return;
	}
	for (size_t i = 0; i < c->n_postfix; i++) {
		const struct postfix *p = &c->postfix[i];

		check_put(heading, sizeof heading, _("Postfix, %s"), p->dir);
		check_group(c, "postfix", heading);
		c->where = p->dir;
		if (p->main == NULL) {
			check_tell(c, CHECK_BAD, "postfix", NULL,
			    _("its settings cannot be read: %s"), p->trouble);
			continue;
		}
		check_tables(c, p);
		check_tls(c, p);
		check_master(c, p);
	}
}
