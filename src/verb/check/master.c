/* master: what master.cf means for the sockets: chroot, limits, and
 * settings of single services.
 * SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "verb/check/check.h"

/* Lines that make a socket which smtp(8) sees with and without its chroot, as
 * units/mxpolicy.socket has them. */
static void fix_socket(
    const struct postfix *p, const char *map, char fix[static CHECK_FIX_MAX])
{
	char owner[64];

	check_put(owner, sizeof owner, "%s", postfix_get(p, "mail_owner"));
	check_put(fix, CHECK_FIX_MAX,
	    "mkdir -p /etc/systemd/system/mxpolicy.socket.d\n"
	    "cat >/etc/systemd/system/mxpolicy.socket.d/postfix.conf <<END\n"
	    "[Socket]\n"
	    "ListenStream=%s/mxpolicy/socket\n"
	    "SocketUser=%s\n"
	    "SocketMode=0660\n"
	    "DirectoryMode=0755\n"
	    "RemoveOnStop=yes\n"
	    "END\n"
	    "systemctl daemon-reload && systemctl restart mxpolicy.socket\n"
	    "postconf -c %s -e 'smtp_tls_policy_maps = "
	    "socketmap:unix:mxpolicy/socket:%s'\n"
	    "postfix -c %s reload",
	    p->queue, owner, p->dir, map, p->dir);
}

/* Where smtp(8) in a chroot looks for the socket, against where it is. */
static void check_chroot(struct check *c, const struct postfix *p,
    const struct maincf_table *t, const struct maincf_service *s)
{
	char fix[CHECK_FIX_MAX], inside[PATH_MAX + MAINCF_NAME_MAX + 1];

	/* A relative path is the same file with and without the chroot. */
	if (!s->chroot || strstr(t->text, ":unix:/") == NULL)
		return;
	check_put(inside, sizeof inside, "%s%s", p->queue, t->path);
	if (access(inside, F_OK) == 0)
		return;
	fix_socket(p, t->map, fix);
	check_tell(c, CHECK_BAD, "chroot", fix,
	    _("the service %s of master.cf runs in the chroot %s, where %s is "
	      "not to be seen: all mail waits"),
	    s->name, p->queue, t->path);
}

/* May smtp(8), which runs as mail_owner, connect? */
static void check_permission(
    struct check *c, const struct postfix *p, const struct maincf_table *t)
{
	const struct passwd *owner = getpwnam(postfix_get(p, "mail_owner"));
	struct check as = *c;
	char fix[CHECK_FIX_MAX];
	struct stat st;

	if (owner == NULL || stat(t->path, &st) != 0)
		return; /* that nobody answers is told with the socket */
	as.user = owner->pw_name;
	as.uid = owner->pw_uid;
	as.gid = owner->pw_gid;
	as.has_user = true;
	if (check_may(&as, t->path, W_OK))
		return;
	fix_socket(p, t->map, fix);
	check_tell(c, CHECK_BAD, "socket-permission", fix,
	    _("the user %s, as whom smtp(8) runs, may not connect to %s"),
	    owner->pw_name, t->path);
}

static void check_unix(struct check *c, const struct postfix *p)
{
	for (size_t i = 0; i < p->n_tables; i++) {
		const struct maincf_table *t = &p->table[i];
		size_t bad = c->count[CHECK_BAD];

		if (t->kind != MAINCF_UNIX || t->proxied)
			continue;
		for (size_t k = 0;
		     k < p->n_services && c->count[CHECK_BAD] == bad; k++)
			check_chroot(c, p, t, &p->service[k]);
		check_permission(c, p, t);
		if (c->count[CHECK_BAD] == bad)
			check_tell(c, CHECK_GOOD, "chroot", NULL,
			    _("smtp(8) sees %s and may connect"), t->path);
	}
}

/* Each smtp(8) process holds a connection. */
static void check_limits(struct check *c, const struct postfix *p)
{
	long sum = 0;
	bool unlimited = false;
	char fix[CHECK_FIX_MAX];

	for (size_t i = 0; i < p->n_services; i++) {
		sum += p->service[i].maxproc;
		unlimited = unlimited || p->service[i].maxproc == 0;
	}
	if (c->connections == 0) {
		check_tell(c, CHECK_SKIPPED, "limits", NULL,
		    _("up to %ld smtp(8) processes ask at once; how many "
		      "connections are taken is not known here (no socket "
		      "unit listens)"),
		    sum);
	} else if (unlimited || sum > c->connections) {
		check_put(fix, sizeof fix,
		    "mkdir -p /etc/systemd/system/mxpolicy.socket.d\n"
		    "printf '[Socket]\\nMaxConnections=%ld\\n' "
		    ">/etc/systemd/system/mxpolicy.socket.d/limits.conf\n"
		    "systemctl daemon-reload && systemctl restart "
		    "mxpolicy.socket",
		    sum + sum / 4);
		check_tell(c, CHECK_BAD, "limits", unlimited ? NULL : fix,
		    unlimited
			? _("a service of master.cf may start any number of "
			    "smtp(8) processes, more than the %ld connections "
			    "that are taken at once (the other services: %ld)")
			: _("only %ld connections are taken at once, and up to "
			    "%ld smtp(8) processes ask: mail waits under load"),
		    c->connections, sum);
	} else {
		check_tell(c, CHECK_GOOD, "limits", NULL,
		    _("up to %ld smtp(8) processes ask at once, %ld "
		      "connections are taken"),
		    sum, c->connections);
	}
}

/* -o of a service in master.cf wins over main.cf. */
static void check_overrides(struct check *c, const struct postfix *p)
{
	static const char *const names[] = {"smtp_dns_support_level",
	    "smtp_tls_security_level", "smtp_tls_policy_maps",
	    "smtp_tls_CAfile"};
	char *const argv[] = {(char *)(uintptr_t) "postconf",
	    (char *)(uintptr_t) "-P", (char *)(uintptr_t) "-c",
	    (char *)(uintptr_t)p->dir, NULL};
	static struct command r;

	if (command_run(&r, argv) != COMMAND_DONE)
		return;
	/* "smtp/unix/smtp_tls_security_level = none" */
	for (const char *line = r.out; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n') {
		int len = (int)strcspn(line, "\n");
		const char *name = memrchr(line, '/', strcspn(line, " \n"));

		for (size_t i = 0;
		     name != NULL && i < sizeof names / sizeof names[0]; i++)
			if (strncmp(name + 1, names[i], strlen(names[i])) ==
				0 &&
			    name[1 + strlen(names[i])] == ' ')
				check_tell(c, CHECK_WARNING, "master.cf", NULL,
				    _("master.cf has its own setting for a "
				      "service, which is not checked here: "
				      "%.*s"),
				    len, line);
	}
}

void check_master(struct check *c, const struct postfix *p)
{
	check_unix(c, p);
	check_limits(c, p);
	check_overrides(c, p);
}
