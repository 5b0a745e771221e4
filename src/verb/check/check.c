/* check: the set-up, item by item.
 * SPDX-License-Identifier: MIT */
#include "verb/check/check.h"

#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "verb/json.h"

#define SERVICE_USER "mxpolicy"		   /* units/mxpolicy.sysusers */
#define SYSTEMD_RUNS "/run/systemd/system" /* sd_booted(3) */

/* ---- telling ---- */

static const struct {
	const char *word, *shown;
	enum term_style style;
} states[CHECK_STATES] = {
    [CHECK_GOOD] = {"good", N_("good"), TERM_GOOD},
    [CHECK_WARNING] = {"warning", N_("warning"), TERM_WARN},
    [CHECK_BAD] = {"bad", N_("BAD"), TERM_BAD},
    [CHECK_SKIPPED] = {"skipped", N_("skipped"), TERM_FAINT},
};

/* The column where texts begin: behind the longest state's word. */
static int text_column(void)
{
	int most = 0;

	for (int i = 0; i < CHECK_STATES; i++) {
		int columns = term_columns(_(states[i].shown));

		if (columns > most)
			most = columns;
	}
	return most + 4;
}

void check_group(struct check *c, const char *group, const char *heading)
{
	bool first = c->group == NULL;

	c->group = group;
	c->where = "";
	if (c->v->json)
		return;
	if (!first)
		putchar('\n');
	term_put(&c->v->term, TERM_HEAD, "%s", heading);
	putchar('\n');
	fflush(stdout);
}

static void print_item(const struct check *c, enum check_state state,
    const char *text, const char *fix)
{
	const struct term *p = &c->v->term;
	const char *word = _(states[state].shown);
	int column = text_column();

	printf("  ");
	term_put(p, states[state].style, "%s", word);
	printf("%*s", column - 2 - term_columns(word), "");
	if (p->terminal)
		term_wrapped(stdout, text, column, column, p->width - 1);
	else
		puts(text);
	/* To be pasted: as it is, never wrapped. */
	while (fix != NULL && *fix != '\0') {
		int len = (int)strcspn(fix, "\n");

		printf("%*s%.*s\n", column + 4, "", len, fix);
		fix += len + (fix[len] == '\n');
	}
	fflush(stdout);
}

void check_tell(struct check *c, enum check_state state, const char *item,
    const char *fix, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		exit(EX_TEMPFAIL);
	va_end(ap);
	c->count[state]++;
	if (c->v->json) {
		json_t *o = json_open("check-1");

		json_text(o, "group", c->group);
		json_text(o, "item", item);
		json_text(o, "state", states[state].word);
		json_text(o, "text", text);
		json_text(o, "fix", fix != NULL ? fix : "");
		if (c->where[0] != '\0')
			json_text(o, "where", c->where);
		json_print(o);
		fflush(stdout);
	} else {
		print_item(c, state, text, fix);
	}
	free(text);
}

void check_put(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(to, size, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= size)
		to[0] = '\0';
}

static void print_sum(const struct check *c)
{
	if (c->v->json)
		return;
	putchar('\n');
	for (int i = CHECK_STATES - 1; i >= 0; i--)
		if (c->count[i] > 0)
			term_put(&c->v->term,
			    i != CHECK_SKIPPED ? states[i].style : TERM_PLAIN,
			    "%zu %s  ", c->count[i], _(states[i].shown));
	putchar('\n');
}

/* ---- who serves ---- */

static void find_user(struct check *c)
{
	const struct passwd *user = getpwnam(c->user);

	c->has_user = user != NULL;
	if (c->has_user) {
		c->uid = user->pw_uid;
		c->gid = user->pw_gid;
	}
}

/* In a child, because there is no way back from another user. */
static bool try_as_user(const struct check *c, const char *path, int mode)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (initgroups(c->user, c->gid) != 0 || setgid(c->gid) != 0 ||
		    setuid(c->uid) != 0)
			_exit(2);
		_exit(access(path, mode) == 0 ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool check_may(const struct check *c, const char *path, int mode)
{
	struct stat st;
	int bits;

	if (c->has_user && c->uid == geteuid())
		return access(path, mode) == 0;
	if (c->has_user && geteuid() == 0)
		return try_as_user(c, path, mode);
	if (stat(path, &st) != 0)
		return false;
	/* Who is still to be made owns nothing. */
	bits = !c->has_user	     ? st.st_mode & 7
	       : st.st_uid == c->uid ? st.st_mode >> 6 & 7
	       : st.st_gid == c->gid ? st.st_mode >> 3 & 7
				     : st.st_mode & 7;
	return (bits & mode) == mode;
}

/* ---- the command line ---- */

enum { OPTION_USER = 1, OPTION_POSTFIX };

static int check_run(struct verb_context *v, int argc, char **argv)
{
	const char *dirs[POSTFIX_INSTANCES_MAX], *value;
	struct check c = {.v = v, .user = SERVICE_USER, .where = ""};
	size_t n_dirs = 0;
	int opt;

	while ((opt = verb_option(v, &verb_check, argc, argv, &value)) > 0) {
		if (opt == OPTION_USER)
			c.user = value;
		else if (n_dirs < POSTFIX_INSTANCES_MAX)
			dirs[n_dirs++] = value;
		else
			return verb_usage(
			    &verb_check, _("too many arguments: %s"), value);
	}
	if (opt < 0)
		return -opt - 1;
	if (c.user[0] == '\0')
		return verb_usage(&verb_check, _("%s needs a value"), "--user");
	if (optind < argc)
		return verb_usage(
		    &verb_check, _("too many arguments: %s"), argv[optind]);
	c.systemd = access(SYSTEMD_RUNS, F_OK) == 0;
	find_user(&c);
	postfix_read(&c, dirs, n_dirs);
	check_settings(&c);
	check_lookup(&c);
	check_cache(&c);
	check_serve(&c);
	check_postfix(&c);
	postfix_free(&c);
	print_sum(&c);
	return c.count[CHECK_BAD] > 0 ? VERB_BAD : VERB_OK;
}

static const struct verb_option options[] = {
    {OPTION_POSTFIX, "postfix", N_("DIR"),
	N_("the configuration directory of a Postfix; may be given more "
	   "than once (default: all instances of postmulti)")},
    {OPTION_USER, "user", N_("NAME"), N_("the user that serves (mxpolicy)")},
    {0},
};

const struct verb verb_check = {
    .name = "check",
    .arguments = "",
    .summary = N_("is everything set up as it should be? With what to "
		  "paste where it is not"),
    .options = options,
    .run = check_run,
};
