/* socketmap: answer Postfix, on a connection or on a listening socket.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>
#include "serve/cell.h"
#include "serve/link.h"
#include "serve/listen.h"
#include "serve/log.h"
#include "serve/pool.h"
#include "serve/session.h"
#include "serve/startup.h"
#include "serve/stats.h"

/* Simultaneous lookups of one connection: the one that is asked for, and those
 * that outlived their answers. */
#define SOCKETMAP_LOOKUPS 16

/* What a process serves with, one connection after the other. */
static struct serving {
	int argc;
	char **argv;
	struct stat seen; /* the file of settings, as it was read */
	bool is_read;
	struct config config;
	struct answer_env env; /* env.store NULL: not open */
	/* The settings name a cache that cannot be reached from here. */
	bool outdated;
} serving;

static void log_end(enum stats_end end)
{
	stats_end(end);
	switch (end) {
	case STATS_CLOSED:
	case STATS_IDLE:
	case STATS_CHECK:
		break;
	case STATS_BROKEN:
		stats_bad(COUNTERS_BAD_NETSTRING);
		log_line(CONFIG_LOG_WARNING,
		    "the client did not send a complete netstring; "
		    "is it a socketmap client?");
		break;
	case STATS_LOST:
		log_line(CONFIG_LOG_DEBUG, "the connection was lost");
		break;
	}
}

static void close_serving(struct serving *s)
{
	refresh_close(s->env.refresh);
	store_close(s->env.store);
	memset(&s->env, 0, sizeof s->env);
}

/* Is there a cache in the settings that another process has to open? */
static bool is_elsewhere(const struct serving *s)
{
	static struct config now;
	struct reason why;

	return config_from_args(&now, s->argc, s->argv, &why) == s->argc &&
	       !cell_reaches(now.cache);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Read the settings, unless they are those that were read.  false: the command
 * line is wrong. */
static bool read_settings(struct serving *s, struct reason *why)
{
	struct stat now;

	config_stat(s->argc, s->argv, &now);
	if (s->is_read && is_same(&now, &s->seen))
		return true;
	s->seen = now;
	s->is_read =
	    config_from_args(&s->config, s->argc, s->argv, why) == s->argc;
	return s->is_read;
}

/* false: the command line is wrong. */
static bool open_serving(struct serving *s)
{
	struct reason why;

	if (!read_settings(s, &why)) {
		log_open("socketmap", CONFIG_LOG_WARNING);
		log_line(CONFIG_LOG_ERROR, "%s", why.text);
		return false;
	}
	log_open("socketmap", s->config.log_level);
	log_problems(&s->config);
	stats_open(s->config.cache);
	s->env = (struct answer_env){
	    .config = &s->config,
	    .args = s->argv + 1,
	    .store = store_open(s->config.cache, s->config.cache_max_entries),
	};
	if (s->config.cache[0] != '\0' && !store_is_writable(s->env.store))
		log_trouble(store_trouble(s->env.store));
	s->env.refresh = refresh_open(&s->config, s->env.store,
	    &(const struct refresh_options){.max = SOCKETMAP_LOOKUPS,
		.args = s->argv + 1,
		.asked = true,
		.reports = true,
		.observer = &stats_observer});
	return true;
}

/* What is in the file of settings now holds for each connection; only another
 * directory of the cache holds for the next process. */
static bool settle_serving(struct serving *s)
{
	struct stat now;

	if (s->env.store == NULL)
		return open_serving(s);
	config_stat(s->argc, s->argv, &now);
	if (is_same(&now, &s->seen)) {
		store_refresh(s->env.store);
		return true;
	}
	if (is_elsewhere(s)) {
		s->outdated = true;
		return true;
	}
	close_serving(s);
	return open_serving(s);
}

/* Nothing of a client has been read yet, and all is open that will be. */
static void confine(const struct serving *s)
{
	static bool done;
	bool may_start;

	if (done)
		return;
	done = true;
	may_start = link_needs_child(s->config.resolve_socket);
	if (!may_start)
		link_forbid_child();
	cell_enter(s->config.cache, config_path(s->argc, s->argv), may_start);
}

static int serve(int in, int out)
{
	if (!settle_serving(&serving))
		return EX_USAGE;
	confine(&serving);
	log_line(CONFIG_LOG_DEBUG, "new connection");
	log_end(session_run(in, out, &serving.env));
	return EX_OK;
}

/* Both modes of inetd: serve a connection; or listen, and keep a few processes
 * ready that do what a separate process would do. */
int main(int argc, char **argv)
{
	int sockets[LISTEN_SOCKETS_MAX], connection, status = EX_OK;
	struct reason why;
	size_t n;

	startup_settle();
	log_open("socketmap", CONFIG_LOG_INFO);
	/* inetd also passes the client's socket, or the listening one, as
	 * standard error.  If it cannot be replaced, nothing is written to
	 * it. */
	if (!log_to_stderr())
		(void)startup_mute_stderr();
	serving.argc = argc;
	serving.argv = argv;
	n = listen_sockets(sockets);
	if (n == 0)
		return serve(STDIN_FILENO, STDOUT_FILENO);
	/* Its children share them; each tells what is wrong itself. */
	(void)read_settings(&serving, &why);
	switch (pool_run(sockets, n, listen_were_passed(), argv + 1)) {
	case POOL_IDLE:
	case POOL_ORPHAN:
		return EX_OK;
	case POOL_FAILED:
		return EX_OSERR;
	case POOL_CHILD:
		break;
	}
	while (status == EX_OK && !serving.outdated &&
	       (connection = pool_next()) >= 0) {
		status = serve(connection, connection);
		close(connection);
	}
	close_serving(&serving);
	return status;
}
