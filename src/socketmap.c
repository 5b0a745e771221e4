/* socketmap: answer Postfix, on a connection or on a listening socket.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>
#include "serve/listen.h"
#include "serve/log.h"
#include "serve/session.h"
#include "serve/startup.h"
#include "serve/stats.h"

/* Simultaneous lookups of one connection: the one that is asked for, and those
 * that outlived their answers. */
#define SOCKETMAP_LOOKUPS 16

static void log_end(enum session_end end)
{
	stats_end(end);
	switch (end) {
	case SESSION_CLOSED:
	case SESSION_IDLE:
		break;
	case SESSION_BROKEN:
		stats_bad(COUNTERS_BAD_NETSTRING);
		log_line(CONFIG_LOG_WARNING,
		    "the client did not send a complete netstring; "
		    "is it a socketmap client?");
		break;
	case SESSION_LOST:
		log_line(CONFIG_LOG_DEBUG, "the connection was lost");
		break;
	}
}

static int serve_connection(int argc, char **argv)
{
	static struct config config;
	struct answer_env env = {.config = &config, .args = argv + 1};
	struct reason why;

	if (config_from_args(&config, argc, argv, &why) != argc) {
		log_open("socketmap", CONFIG_LOG_WARNING);
		log_line(CONFIG_LOG_ERROR, "%s", why.text);
		return EX_USAGE;
	}
	log_open("socketmap", config.log_level);
	log_problems(&config);
	stats_open(config.cache);
	stats_connection();
	log_line(CONFIG_LOG_DEBUG, "new connection");
	env.store = store_open(config.cache, config.cache_max_entries);
	if (config.cache[0] != '\0' && !store_is_writable(env.store))
		log_trouble(store_trouble(env.store));
	env.refresh =
	    refresh_open(&config, env.store, argv + 1, SOCKETMAP_LOOKUPS, true);
	refresh_set_reports(env.refresh);
	log_end(session_run(STDIN_FILENO, STDOUT_FILENO, &env));
	refresh_close(env.refresh);
	store_close(env.store);
	return EX_OK;
}

/* Both modes of inetd: serve a connection, or listen and fork a child for each
 * connection, which does what a separate process would do. */
int main(int argc, char **argv)
{
	int sockets[LISTEN_SOCKETS_MAX];
	size_t n;

	startup_settle();
	log_open("socketmap", CONFIG_LOG_INFO);
	/* inetd also passes the client's socket, or the listening one, as
	 * standard error.  If it cannot be replaced, nothing is written to
	 * it. */
	if (!log_to_stderr())
		(void)startup_mute_stderr();
	n = listen_sockets(sockets);
	if (n > 0) {
		switch (listen_run(sockets, n)) {
		case LISTEN_IDLE:
		case LISTEN_ORPHAN:
			return EX_OK;
		case LISTEN_FAILED:
			return EX_OSERR;
		case LISTEN_CHILD:
			break;
		}
	}
	return serve_connection(argc, argv);
}
