/* instance: the instances of Postfix, as postconf(1) shows them.
 * SPDX-License-Identifier: MIT */
#include "verb/check/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "verb/check/report.h"

const char *instance_get(const struct instance *p, const char *name)
{
	return maincf_get(p->main, name);
}

void instance_fix(const struct instance *p, const char *name, const char *value,
    char *fix, size_t size)
{
	char assignment[CHECK_FIX_MAX], quoted[CHECK_FIX_MAX];
	char dir[PATH_MAX + 8];

	fix[0] = '\0';
	check_put(assignment, sizeof assignment, "%s = %s", name, value);
	check_quote(quoted, sizeof quoted, assignment);
	if (strcspn(p->dir, " '\"\\$`;&|<>()*?[#~") == strlen(p->dir))
		check_put(dir, sizeof dir, "%s", p->dir);
	else
		check_quote(dir, sizeof dir, p->dir);
	if (assignment[0] != '\0' && quoted[0] != '\0')
		check_put(fix, size,
		    "postconf -c %s -e %s\npostfix -c %s reload", dir, quoted,
		    dir);
}

bool instance_has_version(const struct instance *p, int major, int minor)
{
	return maincf_version(instance_get(p, "mail_version"), major, minor, 0);
}

/* master.cf of Postfix 3.0 and newer leaves services out of the chroot where
 * it says "-", unless compatibility_level is 0. */
static bool chroot_default(const struct instance *p)
{
	return !instance_has_version(p, 3, 0) ||
	       strcmp(instance_get(p, "compatibility_level"), "0") == 0;
}

static void read_one(struct instance *p)
{
	static struct command r;
	const char *json_argv[] = {"postconf", "-j", "-x", "-c", p->dir, NULL};
	const char *main_argv[] = {"postconf", "-x", "-c", p->dir, NULL};
	const char *maps_argv[] = {
	    "postconf", "-h", "-c", p->dir, "smtp_tls_policy_maps", NULL};
	const char *master_argv[] = {"postconf", "-M", "-c", p->dir, NULL};

	/* Older Postfix has no -j. */
	if (command_run(&r, json_argv) == COMMAND_DONE)
		p->main = maincf_split_json(r.out);
	if (p->main == NULL && command_run(&r, main_argv) == COMMAND_DONE)
		p->main = maincf_split(r.out);
	if (p->main == NULL) {
		snprintf(p->why, sizeof p->why, "%s", r.err);
		return;
	}
	if (command_run(&r, maps_argv) == COMMAND_DONE) {
		r.out[strcspn(r.out, "\n")] = '\0';
		p->maps = xstrdup(r.out);
	}
	p->n_tables =
	    maincf_tables(instance_get(p, "smtp_tls_policy_maps"), p->table);
	/* The working directory of smtp(8) is the queue. */
	for (size_t i = 0; i < p->n_tables; i++) {
		char *path = p->table[i].path, relative[MAINCF_NAME_MAX + 1];

		if (p->table[i].kind != MAINCF_UNIX || path[0] == '/')
			continue;
		strcpy(relative, path);
		if (snprintf(path, MAINCF_NAME_MAX + 1, "%s/%s",
			instance_get(p, "queue_directory"),
			relative) > MAINCF_NAME_MAX)
			p->table[i].kind = MAINCF_BROKEN;
	}
	if (command_run(&r, master_argv) == COMMAND_DONE)
		p->n_services = maincf_services(r.out, chroot_default(p),
		    strtol(instance_get(p, "default_process_limit"), NULL, 10),
		    p->service);
}

/* "name group enabled directory", as postmulti -l prints it. */
static size_t parse_list(const char *text, struct instance *to)
{
	size_t n = 0;

	for (; *text != '\0';
	     text += strcspn(text, "\n"), text += *text == '\n') {
		const char *end = text + strcspn(text, "\n"), *dir = end;

		while (dir > text && dir[-1] != ' ' && dir[-1] != '\t')
			dir--;
		if (*dir == '/' && n < INSTANCES_MAX)
			snprintf(to[n++].dir, PATH_MAX, "%.*s",
			    (int)(end - dir), dir);
	}
	return n;
}

struct instance *instance_read(
    const char *const *dirs, size_t n_dirs, size_t *n)
{
	const char *multi[] = {"postmulti", "-l", NULL};
	const char *plain[] = {
	    "postconf", "-d", "-h", "config_directory", NULL};
	struct instance *list = xcalloc(INSTANCES_MAX, sizeof *list);
	static struct command r;

	for (*n = 0; *n < n_dirs; ++*n)
		snprintf(list[*n].dir, PATH_MAX, "%s", dirs[*n]);
	if (*n == 0 && command_run(&r, multi) == COMMAND_DONE)
		*n = parse_list(r.out, list);
	/* postmulti fails where main.cf is absent or broken. */
	if (*n == 0 && command_run(&r, plain) == COMMAND_DONE)
		*n = parse_list(r.out, list);
	for (size_t i = 0; i < *n; i++)
		read_one(&list[i]);
	return list;
}

void instance_free(struct instance *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].main);
		free(list[i].maps);
	}
	free(list);
}
