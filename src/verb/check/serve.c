/* serve: the sockets and the timer.
 * SPDX-License-Identifier: MIT */
#include "verb/check/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "count/counters.h"
#include "serve/pool.h"
#include "term/duration.h"
#include "verb/check/command.h"
#include "verb/check/postfix.h"

#define SLOW_US 1000000
#define PREFETCH_LATE 3600 /* the timer runs every 15 minutes */
#define HOUR 3600
/* With Accept=yes systemd itself needs about 28 ms of a processor for each
 * connection: from here on that is more than a hundredth of one. */
#define MANY_CONNECTIONS 1000 /* an hour */

/* Properties of a unit as systemctl prints them, freed by the caller.  NULL:
 * it does not answer, why says why. */
static char *show_unit(const char *unit, const char *properties,
    char why[static COMMAND_ERROR_MAX + 1])
{
	const char *const argv[] = {
	    "systemctl", "show", "-p", properties, "--", unit, NULL};
	static struct command r;

	if (command_run(&r, argv) == COMMAND_DONE)
		return maincf_split(r.out);
	strcpy(why, r.err);
	return NULL;
}

static bool is(const char *unit, const char *property, const char *wanted)
{
	return strcmp(maincf_get(unit, property), wanted) == 0;
}

/* ---- sockets ---- */

/* What main.cf names comes before what systemd names, as it has a map. */
static void add_tables(struct setup *c)
{
	for (size_t i = 0; i < c->n_instances; i++) {
		const struct instance *p = &c->instance[i];

		for (size_t k = 0; k < p->n_tables; k++)
			if (p->table[k].kind == MAINCF_INET ||
			    p->table[k].kind == MAINCF_UNIX)
				endpoint_add(&c->endpoints, &p->table[k]);
	}
}

static void add_listen(struct setup *c, const char *unit)
{
	struct maincf_table t;
	const char *value;
	size_t pos = 0;

	while ((value = maincf_next(unit, &pos, "Listen")) != NULL) {
		if (!maincf_listen(value, &t) ||
		    endpoint_has_address(&c->endpoints, &t))
			continue;
		/* It is for Postfix, and not for who asks here. */
		if (t.kind == MAINCF_UNIX && access(t.path, W_OK) != 0 &&
		    errno == EACCES)
			continue;
		strcpy(t.map, "QUERY");
		endpoint_add(&c->endpoints, &t);
	}
}

static void check_listening(
    struct setup *c, const char *name, const char *unit, bool wait)
{
	char fix[CHECK_FIX_MAX];
	long connections =
	    wait ? POOL_CHILDREN_MAX
		 : strtol(maincf_get(unit, "MaxConnections"), NULL, 10);

	if (is(unit, "UnitFileState", "disabled")) {
		check_put(fix, sizeof fix, "systemctl enable %s", name);
		check_tell(&c->report, CHECK_WARNING, "socket-unit", fix,
		    _("%s listens, but will not after the next boot"), name);
	} else {
		check_tell(&c->report, CHECK_GOOD, "socket-unit", NULL,
		    _("%s listens"), name);
	}
	add_listen(c, unit);
	c->accepts = c->accepts || !wait;
	if (c->connections == 0 || connections < c->connections)
		c->connections = connections;
}

/* A port that no main.cf asks is still one for everybody. */
static void check_port(struct setup *c, const char *name)
{
	char names[CHECK_PEOPLE_MAX], fix[CHECK_FIX_MAX];
	size_t on_unix = 0;

	for (size_t i = 0; i < c->n_instances; i++)
		for (size_t k = 0; k < c->instance[i].n_tables; k++) {
			if (c->instance[i].table[k].kind == MAINCF_INET)
				return;
			on_unix += c->instance[i].table[k].kind == MAINCF_UNIX;
		}
	if (on_unix == 0 || !check_people(names))
		return;
	check_put(fix, sizeof fix, "systemctl disable --now %s", name);
	check_tell(&c->report, CHECK_WARNING, "accounts", fix,
	    _("%s listens on a port for everybody who has an account here (%s, "
	      "...), and no main.cf names it"),
	    name, names);
}

/* mxpolicy@.service has no network, where a service does the lookups. */
static void check_own_lookups(struct setup *c)
{
	char why[COMMAND_ERROR_MAX + 1], *unit;

	if (!c->accepts || c->v->config.resolve_socket[0] != '\0')
		return;
	unit = show_unit("mxpolicy@0.service", "RestrictAddressFamilies", why);
	if (unit != NULL && is(unit, "RestrictAddressFamilies", "AF_UNIX"))
		check_tell(&c->report, CHECK_BAD, "own-lookups",
		    "mkdir -p /etc/systemd/system/mxpolicy@.service.d\n"
		    "printf '[Service]\\nRestrictAddressFamilies=AF_INET "
		    "AF_INET6\\nIPAddressDeny=\\n' "
		    ">/etc/systemd/system/mxpolicy@.service.d/network.conf\n"
		    "systemctl daemon-reload",
		    _("with an empty resolve-socket each connection does its "
		      "own lookups, but mxpolicy@.service has no network: all "
		      "that is not in the cache is deferred"));
	free(unit);
}

static void check_units(struct setup *c)
{
	static const char *const names[] = {
	    "mxpolicy.socket", "mxpolicy-wait.socket", "mxpolicy-unix.socket"};
	enum { UNITS = sizeof names / sizeof names[0], ON_PORTS = 2 };
	char why[COMMAND_ERROR_MAX + 1];
	bool listens = false;

	for (int i = 0; i < UNITS; i++) {
		char *unit = show_unit(names[i],
		    "ActiveState,UnitFileState,Listen,MaxConnections", why);

		if (unit == NULL) {
			check_tell(&c->report, CHECK_SKIPPED, "socket-unit",
			    NULL, _("systemctl failed: %s"), why);
			return;
		}
		if (is(unit, "ActiveState", "active")) {
			check_listening(c, names[i], unit, i > 0);
			if (i < ON_PORTS)
				check_port(c, names[i]);
			listens = true;
		}
		free(unit);
	}
	check_own_lookups(c);
	/* xinetd may listen instead. */
	if (!listens)
		check_tell(&c->report,
		    c->endpoints.n > 0 ? CHECK_WARNING : CHECK_BAD,
		    "socket-unit", "systemctl enable --now mxpolicy.socket",
		    _("none of mxpolicy.socket, mxpolicy-wait.socket and "
		      "mxpolicy-unix.socket listens"));
}

static void ask_endpoint(struct setup *c, struct endpoint *e)
{
	const struct maincf_table *t = &e->table;
	char why[MAINCF_NAME_MAX + 1] = "", fix[CHECK_FIX_MAX] = "";
	char where[2 * MAINCF_NAME_MAX + 8];
	int64_t us;

	e->result = checksocket_ask(t, &us, why);
	if (t->kind == MAINCF_UNIX)
		check_put(where, sizeof where, "unix:%s", t->path);
	else
		check_put(where, sizeof where, "inet:%s:%s", t->host, t->port);
	switch (e->result) {
	case CHECKSOCKET_OURS:
		check_tell(&c->report,
		    us > SLOW_US ? CHECK_WARNING : CHECK_GOOD, "socket", NULL,
		    _("mxpolicy answers on %s, map %s; first answer after %.1f "
		      "ms"),
		    where, t->map, (double)us / 1000);
		return;
	case CHECKSOCKET_NO_MAP:
		check_put(fix, sizeof fix,
		    "printf '[map %s]\\ntlsrpt = no\\n' >>%s", t->map,
		    CONFIG_PATH);
		check_tell(&c->report, CHECK_BAD, "socket", fix,
		    _("mxpolicy on %s has no map %s, so all mail is deferred. "
		      "QUERY and QUERYwithTLSRPT always exist; any other name "
		      "needs a section of its own"),
		    where, t->map);
		return;
	case CHECKSOCKET_OTHER:
		if (t->kind == MAINCF_INET)
			check_put(
			    fix, sizeof fix, "ss -ltnp sport = :%s", t->port);
		check_tell(&c->report,
		    postfix_is_our_port(t->port) ? CHECK_BAD : CHECK_GOOD,
		    "socket", postfix_is_our_port(t->port) ? fix : NULL,
		    _("what answers on %s is not mxpolicy"), where);
		return;
	case CHECKSOCKET_FAILED:
		check_put(fix, sizeof fix, "systemctl enable --now %s",
		    t->kind == MAINCF_UNIX ? "mxpolicy-unix.socket"
					   : "mxpolicy.socket");
		check_tell(&c->report, CHECK_BAD, "socket",
		    c->systemd ? fix : NULL, _("nothing answers on %s: %s"),
		    where, why);
		return;
	}
}

/* Has the machine so many connections that processes should stand ready?  Less
 * than an hour of counting counts as an hour. */
static void check_rate(struct setup *c)
{
	static struct counters_file counters;
	int64_t age;
	uint64_t rate;
	struct reason why;

	if (!c->accepts ||
	    counters_read(c->v->config.cache, &counters, &why) != COUNTERS_READ)
		return;
	age = clock_now() - (int64_t)counters.head.made;
	rate = counters.cell[COUNTERS_CONNECTIONS] * HOUR /
	       (uint64_t)(age > HOUR ? age : HOUR);
	if (rate >= MANY_CONNECTIONS)
		check_tell(&c->report, CHECK_WARNING, "connections",
		    "systemctl disable --now mxpolicy.socket && "
		    "systemctl enable --now mxpolicy-wait.socket",
		    _("about %llu connections an hour, and systemd needs about "
		      "28 ms of a processor for each; mxpolicy-wait.socket has "
		      "processes that stand ready"),
		    (unsigned long long)rate);
}

/* ---- the timer ---- */

static void check_timer(struct setup *c)
{
	char why[COMMAND_ERROR_MAX + 1], fix[CHECK_FIX_MAX];
	const char *last;
	char *unit;

	if (!c->systemd) {
		check_put(fix, sizeof fix,
		    "echo '*/15 * * * * %s " PKGLIBEXECDIR "/prefetch' "
		    ">/etc/cron.d/mxpolicy",
		    c->user.name);
		check_tell(&c->report, CHECK_SKIPPED, "timer", fix,
		    _("systemd does not run here; let cron start prefetch, "
		      "which keeps the cache fresh"));
		return;
	}
	unit = show_unit("mxpolicy-prefetch.timer",
	    "ActiveState,UnitFileState,LastTriggerUSec", why);
	if (unit == NULL) {
		check_tell(&c->report, CHECK_SKIPPED, "timer", NULL,
		    _("systemctl failed: %s"), why);
	} else if (!is(unit, "ActiveState", "active")) {
		check_tell(&c->report, CHECK_BAD, "timer",
		    "systemctl enable --now mxpolicy-prefetch.timer",
		    _("mxpolicy-prefetch.timer is not active: policies are not "
		      "kept fresh, and the cache grows without limit"));
	} else if (is(unit, "UnitFileState", "disabled")) {
		check_tell(&c->report, CHECK_WARNING, "timer",
		    "systemctl enable mxpolicy-prefetch.timer",
		    _("mxpolicy-prefetch.timer is active, but will not be "
		      "after the next boot"));
	} else {
		last = maincf_get(unit, "LastTriggerUSec");
		check_tell(&c->report, CHECK_GOOD, "timer", NULL,
		    _("mxpolicy-prefetch.timer is active (last run: %s)"),
		    last[0] != '\0' ? last : _("never"));
	}
	free(unit);
}

/* How the service that the timer starts ended. */
static void check_service(struct setup *c)
{
	char why[COMMAND_ERROR_MAX + 1];
	char *unit =
	    show_unit("mxpolicy-prefetch.service", "LoadState,Result", why);

	if (unit != NULL && is(unit, "LoadState", "loaded") &&
	    !is(unit, "Result", "success"))
		check_tell(&c->report, CHECK_BAD, "prefetch",
		    "journalctl -n 20 -u mxpolicy-prefetch.service",
		    _("the last run of prefetch failed: %s"),
		    maincf_get(unit, "Result"));
	free(unit);
}

/* When prefetch last ended, whoever started it. */
static void check_last_run(struct setup *c)
{
	static struct counters_file counters;
	int64_t now = clock_now(), ended;
	char age[DURATION_MAX];
	struct reason why;

	switch (counters_read(c->v->config.cache, &counters, &why)) {
	case COUNTERS_BROKEN:
		check_tell(&c->report, CHECK_SKIPPED, "prefetch", NULL,
		    _("the last run of prefetch could not be determined: %s"),
		    why.text);
		return;
	case COUNTERS_ABSENT:
	case COUNTERS_READ:
		break;
	}
	ended = (int64_t)counters.cell[COUNTERS_RUN + COUNTERS_RUN_ENDED];
	if (ended == 0)
		check_tell(&c->report, CHECK_WARNING, "prefetch",
		    c->systemd ? "systemctl start mxpolicy-prefetch.service"
			       : NULL,
		    _("prefetch has not run yet"));
	else if (now - ended > PREFETCH_LATE)
		check_tell(&c->report, CHECK_WARNING, "prefetch",
		    c->systemd ? "systemctl start mxpolicy-prefetch.service"
			       : NULL,
		    _("prefetch last ran %s ago; it should run every 15 "
		      "minutes"),
		    duration_text(now - ended, age));
	else
		check_tell(&c->report, CHECK_GOOD, "prefetch", NULL,
		    _("prefetch last ran %s ago, with %llu records in the "
		      "cache"),
		    duration_text(now - ended, age),
		    (unsigned long long)
			counters.cell[COUNTERS_RUN + COUNTERS_RUN_RECORDS]);
}

void check_serve(struct setup *c)
{
	check_group(&c->report, "serve", _("Serving"));
	add_tables(c);
	if (c->systemd)
		check_units(c);
	for (size_t i = 0; i < c->endpoints.n; i++)
		ask_endpoint(c, &c->endpoints.at[i]);
	if (c->endpoints.n == 0)
		check_tell(&c->report, CHECK_SKIPPED, "socket", NULL,
		    _("there is no socket to check: main.cf names none, and no "
		      "socket unit listens"));
	check_rate(c);
	check_timer(c);
	if (c->systemd)
		check_service(c);
	if (c->v->config.cache[0] != '\0')
		check_last_run(c);
}
