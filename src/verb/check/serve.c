/* serve: the sockets and the timer.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "count/counters.h"
#include "base/clock.h"
#include "serve/listen.h"
#include "verb/check/check.h"
#include "term/duration.h"

#define SLOW_US 1000000L
#define PREFETCH_LATE 3600 /* the timer runs every 15 minutes */

/* Properties of a unit as systemctl prints them.  false: they are not to be
 * had, r->err says why. */
static bool show_unit(
    struct command *r, const char *unit, const char *properties)
{
	char *const argv[] = {(char *)(uintptr_t) "systemctl",
	    (char *)(uintptr_t) "show", (char *)(uintptr_t) "-p",
	    (char *)(uintptr_t)properties, (char *)(uintptr_t) "--",
	    (char *)(uintptr_t)unit, NULL};

	return command_run(r, argv) == COMMAND_DONE;
}

static bool has(const struct command *r, const char *name, const char *wanted)
{
	static char value[MAINCF_VALUE_MAX];

	return maincf_get(r->out, name, value) && strcmp(value, wanted) == 0;
}

/* ---- sockets ---- */

static bool same_address(
    const struct maincf_table *a, const struct maincf_table *b)
{
	return a->kind == b->kind && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->port, b->port) == 0 && strcmp(a->path, b->path) == 0;
}

const struct check_endpoint *check_endpoint(
    const struct check *c, const struct maincf_table *t)
{
	for (size_t i = 0; i < c->n_endpoints; i++)
		if (same_address(&c->endpoint[i].table, t) &&
		    strcmp(c->endpoint[i].table.map, t->map) == 0)
			return &c->endpoint[i];
	return NULL;
}

static void add_endpoint(struct check *c, const struct maincf_table *t)
{
	if (c->n_endpoints < CHECK_ENDPOINTS_MAX &&
	    check_endpoint(c, t) == NULL)
		c->endpoint[c->n_endpoints++].table = *t;
}

/* What main.cf names, before what systemd names: with its map. */
static void add_tables(struct check *c)
{
	for (size_t i = 0; i < c->n_postfix; i++) {
		const struct postfix *p = &c->postfix[i];

		for (size_t k = 0; k < p->n_tables; k++)
			if (p->table[k].kind == MAINCF_INET ||
			    p->table[k].kind == MAINCF_UNIX)
				add_endpoint(c, &p->table[k]);
	}
}

static void add_listen(struct check *c, const struct command *r)
{
	static char value[MAINCF_VALUE_MAX];
	struct maincf_table t;
	size_t pos = 0;

	while (maincf_next(r->out, &pos, "Listen", value)) {
		bool known = false;

		if (!maincf_listen(value, &t))
			continue;
		for (size_t i = 0; i < c->n_endpoints; i++)
			known =
			    known || same_address(&c->endpoint[i].table, &t);
		strcpy(t.map, "QUERY");
		if (!known)
			add_endpoint(c, &t);
	}
}

static bool check_unit(struct check *c, const char *unit, bool wait)
{
	static struct command r;
	static char value[MAINCF_VALUE_MAX];

	if (!show_unit(&r, unit,
		"LoadState,ActiveState,UnitFileState,Listen,"
		"MaxConnections") ||
	    !has(&r, "ActiveState", "active"))
		return false;
	if (has(&r, "UnitFileState", "disabled")) {
		char fix[CHECK_FIX_MAX];

		check_put(fix, sizeof fix, "systemctl enable %s", unit);
		check_tell(c, CHECK_WARNING, "socket-unit", fix,
		    _("%s listens, and will not after the next boot"), unit);
	} else {
		check_tell(
		    c, CHECK_GOOD, "socket-unit", NULL, _("%s listens"), unit);
	}
	add_listen(c, &r);
	if (wait)
		c->connections = LISTEN_CHILDREN_MAX;
	else if (maincf_get(r.out, "MaxConnections", value))
		c->connections = strtol(value, NULL, 10);
	return true;
}

static void check_units(struct check *c)
{
	static struct command r;

	if (!show_unit(&r, "mxpolicy.socket", "LoadState")) {
		check_tell(c, CHECK_SKIPPED, "socket-unit", NULL,
		    _("systemctl says nothing: %s"), r.err);
		return;
	}
	if (check_unit(c, "mxpolicy.socket", false) ||
	    check_unit(c, "mxpolicy-wait.socket", true))
		return;
	/* xinetd may do it just as well. */
	check_tell(c, c->n_endpoints > 0 ? CHECK_WARNING : CHECK_BAD,
	    "socket-unit", "systemctl enable --now mxpolicy.socket",
	    _("neither mxpolicy.socket nor mxpolicy-wait.socket listens"));
}

static void ask_endpoint(struct check *c, struct check_endpoint *e)
{
	const struct maincf_table *t = &e->table;
	char why[MAINCF_NAME_MAX + 1] = "", fix[CHECK_FIX_MAX] = "";
	char where[2 * MAINCF_NAME_MAX + 8];
	long us;

	e->result = checksocket_ask(t, &us, why);
	if (t->kind == MAINCF_UNIX)
		check_put(where, sizeof where, "unix:%s", t->path);
	else
		check_put(where, sizeof where, "inet:%s:%s", t->host, t->port);
	switch (e->result) {
	case CHECKSOCKET_OURS:
		check_tell(c, us > SLOW_US ? CHECK_WARNING : CHECK_GOOD,
		    "socket", NULL,
		    _("mxpolicy answers on %s, map %s, the first answer "
		      "after %.1f ms"),
		    where, t->map, (double)us / 1000);
		return;
	case CHECKSOCKET_NO_MAP:
		check_put(fix, sizeof fix, "printf '[map %s]\\n' >>%s", t->map,
		    CONFIG_PATH);
		check_tell(c, CHECK_BAD, "socket", fix,
		    _("mxpolicy on %s knows no map %s, and all mail waits. "
		      "QUERY and QUERYwithTLSRPT are always there; another "
		      "name needs a section of its own"),
		    where, t->map);
		return;
	case CHECKSOCKET_OTHER:
		if (t->kind == MAINCF_INET)
			check_put(
			    fix, sizeof fix, "ss -ltnp sport = :%s", t->port);
		check_tell(c, CHECK_BAD, "socket", fix,
		    _("who answers on %s is not mxpolicy"), where);
		return;
	case CHECKSOCKET_FAILED:
		check_tell(c, CHECK_BAD, "socket",
		    c->systemd ? "systemctl enable --now mxpolicy.socket"
			       : NULL,
		    _("nobody answers on %s: %s"), where, why);
		return;
	}
}

/* ---- the timer ---- */

static void check_timer(struct check *c)
{
	static char when[MAINCF_VALUE_MAX];
	static struct command r;

	if (!c->systemd) {
		check_tell(c, CHECK_SKIPPED, "timer",
		    "echo '*/15 * * * * mxpolicy " PKGLIBEXECDIR "/prefetch' "
		    ">/etc/cron.d/mxpolicy",
		    _("systemd does not run here; prefetch keeps the cache "
		      "fresh when cron starts it"));
		return;
	}
	if (!show_unit(&r, "mxpolicy-prefetch.timer",
		"LoadState,ActiveState,UnitFileState,LastTriggerUSec")) {
		check_tell(c, CHECK_SKIPPED, "timer", NULL,
		    _("systemctl says nothing: %s"), r.err);
	} else if (!has(&r, "ActiveState", "active")) {
		check_tell(c, CHECK_BAD, "timer",
		    "systemctl enable --now mxpolicy-prefetch.timer",
		    _("mxpolicy-prefetch.timer does not run: policies are not "
		      "kept fresh, and the cache grows without bound"));
	} else if (has(&r, "UnitFileState", "disabled")) {
		check_tell(c, CHECK_WARNING, "timer",
		    "systemctl enable mxpolicy-prefetch.timer",
		    _("mxpolicy-prefetch.timer runs, and will not after the "
		      "next boot"));
	} else {
		maincf_get(r.out, "LastTriggerUSec", when);
		check_tell(c, CHECK_GOOD, "timer", NULL,
		    _("mxpolicy-prefetch.timer runs (last time: %s)"),
		    when[0] != '\0' ? when : _("never"));
	}
	if (show_unit(&r, "mxpolicy-prefetch.service",
		"LoadState,Result,ExecMainStatus") &&
	    has(&r, "LoadState", "loaded") && !has(&r, "Result", "success")) {
		maincf_get(r.out, "Result", when);
		check_tell(c, CHECK_BAD, "prefetch",
		    "journalctl -n 20 -u mxpolicy-prefetch.service",
		    _("the last run of prefetch failed: %s"), when);
	}
}

/* When prefetch ended last, whoever started it. */
static void check_last_run(struct check *c)
{
	static struct counters_file counters;
	int64_t now = clock_now(), ended;
	char age[DURATION_MAX];
	struct reason why;

	switch (counters_read(c->v->config.cache, &counters, &why)) {
	case COUNTERS_BROKEN:
		check_tell(c, CHECK_SKIPPED, "prefetch", NULL,
		    _("when prefetch ran last is not to be seen: %s"),
		    why.text);
		return;
	case COUNTERS_ABSENT:
	case COUNTERS_READ:
		break;
	}
	ended = (int64_t)counters.cell[COUNTERS_RUN + COUNTERS_RUN_ENDED];
	if (ended == 0)
		check_tell(c, CHECK_WARNING, "prefetch",
		    c->systemd ? "systemctl start mxpolicy-prefetch.service"
			       : NULL,
		    _("prefetch has not run yet"));
	else if (now - ended > PREFETCH_LATE)
		check_tell(c, CHECK_WARNING, "prefetch",
		    c->systemd ? "systemctl start mxpolicy-prefetch.service"
			       : NULL,
		    _("prefetch ended its last run %s ago; every 15 minutes "
		      "is usual"),
		    duration_text(now - ended, age));
	else
		check_tell(c, CHECK_GOOD, "prefetch", NULL,
		    _("prefetch ended its last run %s ago, with %llu records "
		      "in the cache"),
		    duration_text(now - ended, age),
		    (unsigned long long)
			counters.cell[COUNTERS_RUN + COUNTERS_RUN_RECORDS]);
}

void check_serve(struct check *c)
{
	check_group(c, "serve", _("Serving"));
	add_tables(c);
	if (c->systemd)
		check_units(c);
	for (size_t i = 0; i < c->n_endpoints; i++)
		ask_endpoint(c, &c->endpoint[i]);
	if (c->n_endpoints == 0)
		check_tell(c, CHECK_SKIPPED, "socket", NULL,
		    _("no socket to ask: main.cf names none, and no socket "
		      "unit listens"));
	check_timer(c);
	if (c->v->config.cache[0] != '\0')
		check_last_run(c);
}
