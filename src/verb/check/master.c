/* master: what master.cf means for the sockets: chroot, limits, and
 * settings of single services.
 * SPDX-License-Identifier: MIT */
#include "verb/check/master.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "verb/check/user.h"

#define QUEUE "/var/spool/postfix" /* of mxpolicy-unix.socket */
#define OWNER "postfix"

/* A file beside the unit, where the queue or its owner is another: the unit's
 * own address stays if there is such a queue, too.  false: no such file can be
 * written by one line. */
static bool fix_unit(
    const char *queue, const char *owner, char fix[static CHECK_FIX_MAX])
{
	const char *name = strrchr(queue, '/');

	fix[0] = '\0';
	if (strcmp(queue, QUEUE) == 0 && strcmp(owner, OWNER) == 0)
		return true;
	if (name == NULL || name[1] == '\0' ||
	    queue[strcspn(queue, " '\"\\$`;&|<>()*?[#~%")] != '\0' ||
	    owner[strcspn(owner, " '\"\\$`;&|<>()*?[#~%")] != '\0')
		return false;
	check_put(fix, CHECK_FIX_MAX,
	    "mkdir -p /etc/systemd/system/mxpolicy-unix.socket.d\n"
	    "printf '[Socket]\\n%sListenStream=%s/mxpolicy/socket\\n"
	    "SocketUser=%s\\nSocketGroup=root\\n' "
	    ">/etc/systemd/system/mxpolicy-unix.socket.d/%s.conf\n"
	    "systemctl daemon-reload && systemctl restart "
	    "mxpolicy-unix.socket\n",
	    access(QUEUE, F_OK) == 0 ? "" : "ListenStream=\\n", queue, owner,
	    name + 1);
	return fix[0] != '\0';
}

void master_fix_unix(const struct instance *p, const struct maincf_table *t,
    char fix[static CHECK_FIX_MAX])
{
	char by[MAINCF_NAME_MAX + 32], maps[CHECK_FIX_MAX] = "";
	char unit[CHECK_FIX_MAX], *list;

	fix[0] = '\0';
	if (!fix_unit(instance_get(p, "queue_directory"),
		instance_get(p, "mail_owner"), unit))
		return;
	check_put(by, sizeof by, "socketmap:unix:mxpolicy/socket:%s", t->map);
	list = p->maps != NULL ? maincf_replace(p->maps, t->text, by) : NULL;
	if (list != NULL)
		instance_fix(
		    p, "smtp_tls_policy_maps", list, maps, sizeof maps);
	free(list);
	check_put(fix, CHECK_FIX_MAX,
	    "%ssystemctl enable --now mxpolicy-unix.socket%s%s", unit,
	    maps[0] != '\0' ? "\n" : "", maps);
}

/* Is the socket where smtp(8) in a chroot looks for it? */
static void check_chroot(struct check_report *r, const struct instance *p,
    const struct maincf_table *t, const struct maincf_service *s)
{
	const char *queue = instance_get(p, "queue_directory");
	char fix[CHECK_FIX_MAX], inside[PATH_MAX + MAINCF_NAME_MAX + 1];

	/* A relative path is the same file with and without the chroot. */
	if (!s->chroot || strstr(t->text, ":unix:/") == NULL)
		return;
	check_put(inside, sizeof inside, "%s%s", queue, t->path);
	if (access(inside, F_OK) == 0)
		return;
	master_fix_unix(p, t, fix);
	check_tell(r, CHECK_BAD, "chroot", fix,
	    _("the service %s in master.cf runs in the chroot %s, where %s "
	      "does not exist: all mail is deferred"),
	    s->name, queue, t->path);
}

/* May smtp(8), which runs as mail_owner, connect? */
static void check_permission(struct check_report *r, const struct instance *p,
    const struct maincf_table *t)
{
	const struct check_user owner =
	    check_user(instance_get(p, "mail_owner"));
	char fix[CHECK_FIX_MAX];

	/* The item "socket" says that nothing answers there. */
	if (!owner.exists || access(t->path, F_OK) != 0 ||
	    check_may(&owner, t->path, W_OK))
		return;
	master_fix_unix(p, t, fix);
	check_tell(r, CHECK_BAD, "socket-permission", fix,
	    _("the user %s, which smtp(8) runs as, may not connect to %s"),
	    owner.name, t->path);
}

static void check_unix(struct check_report *r, const struct instance *p)
{
	for (size_t i = 0; i < p->n_tables; i++) {
		const struct maincf_table *t = &p->table[i];
		size_t bad = r->count[CHECK_BAD];

		if (t->kind != MAINCF_UNIX || t->proxied)
			continue;
		for (size_t k = 0;
		     k < p->n_services && r->count[CHECK_BAD] == bad; k++)
			check_chroot(r, p, t, &p->service[k]);
		check_permission(r, p, t);
		if (r->count[CHECK_BAD] == bad)
			check_tell(r, CHECK_GOOD, "chroot", NULL,
			    _("smtp(8) can connect to %s"), t->path);
	}
}

/* Each smtp(8) process holds a connection. */
static void check_limits(
    struct check_report *r, const struct instance *p, long connections)
{
	long sum = 0;
	bool unlimited = false;
	char fix[CHECK_FIX_MAX];

	for (size_t i = 0; i < p->n_services; i++) {
		sum += p->service[i].maxproc;
		unlimited = unlimited || p->service[i].maxproc == 0;
	}
	if (connections == 0) {
		check_tell(r, CHECK_SKIPPED, "limits", NULL,
		    _("up to %ld smtp(8) processes connect at once; the "
		      "connection limit is not known (no socket unit listens)"),
		    sum);
	} else if (unlimited || sum > connections) {
		check_put(fix, sizeof fix,
		    "mkdir -p /etc/systemd/system/mxpolicy.socket.d\n"
		    "printf '[Socket]\\nMaxConnections=%ld\\n' "
		    ">/etc/systemd/system/mxpolicy.socket.d/limits.conf\n"
		    "systemctl daemon-reload && systemctl restart "
		    "mxpolicy.socket",
		    sum + sum / 4);
		check_tell(r, CHECK_BAD, "limits", unlimited ? NULL : fix,
		    unlimited
			? _("only %ld connections are accepted at once, but a "
			    "service in master.cf may start any number of "
			    "smtp(8) processes (the other services: %ld)")
			: _("only %ld connections are accepted at once, but up "
			    "to %ld smtp(8) processes connect: mail is "
			    "deferred under load"),
		    connections, sum);
	} else {
		check_tell(r, CHECK_GOOD, "limits", NULL,
		    _("up to %ld smtp(8) processes connect at once, and %ld "
		      "connections are accepted"),
		    sum, connections);
	}
}

/* -o of a service in master.cf overrides main.cf. */
static void check_overrides(struct check_report *r, const struct instance *p)
{
	static const char *const names[] = {"smtp_dns_support_level",
	    "smtp_tls_security_level", "smtp_tls_policy_maps",
	    "smtp_tls_CAfile"};
	const char *const argv[] = {"postconf", "-P", "-c", p->dir, NULL};
	static struct command command;

	if (command_run(&command, argv) != COMMAND_DONE)
		return;
	/* "smtp/unix/smtp_tls_security_level = none" */
	for (const char *line = command.out; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		int len = (int)strcspn(line, "\n");
		const char *name = memrchr(line, '/', strcspn(line, " \n"));

		for (size_t i = 0;
		     name != NULL && i < sizeof names / sizeof names[0]; i++)
			if (strncmp(name + 1, names[i], strlen(names[i])) ==
				0 &&
			    name[1 + strlen(names[i])] == ' ')
				check_tell(r, CHECK_WARNING, "master.cf", NULL,
				    _("a service in master.cf overrides "
				      "main.cf, which is not checked here: "
				      "%.*s"),
				    len, line);
	}
}

void check_master(
    struct check_report *r, const struct instance *p, long connections)
{
	check_unix(r, p);
	check_limits(r, p, connections);
	check_overrides(r, p);
}
