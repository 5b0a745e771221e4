/* share: what one machine has learned, for others, in Redis or Valkey
 * (wire/share.h).  The only program that knows its password and its key.
 * SPDX-License-Identifier: MIT */
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "serve/config.h"
#include "serve/log.h"
#include "serve/startup.h"
#include "share/cage.h"
#include "share/client.h"
#include "share/redistls.h"

/* Without a question for so long it leaves; the next one starts it again. */
#define SHARE_IDLE_SECONDS 60
/* It leaves after so long as well, when nothing is open, and in any case a
 * little later: nothing that it caught lives long, and keys, certificates and
 * resolv.conf are read anew. */
#define SHARE_LIFE_SECONDS 600
#define SHARE_LEAVE_MS 50
#define SHARE_LEAVE_TRIES 100
#define SHARE_SECRET_MAX 512

static struct config config;

struct share {
	struct event_base *base;
	struct event *idle, *acceptable, *old;
	int leaving; /* how often it has tried to */
	struct client_events events;
	struct redis_config write, read;
	struct records records;
	char password[SHARE_SECRET_MAX];
};

static void on_changed(void *arg, const struct reason *why)
{
	(void)arg;
	if (why->cause != CAUSE_NONE)
		log_line(CONFIG_LOG_WARNING,
		    "the shared cache is not asked: %s", why->text);
	else
		log_line(CONFIG_LOG_WARNING, "the shared cache is back");
}

static void stay(struct share *s)
{
	const struct timeval idle = {.tv_sec = SHARE_IDLE_SECONDS};

	xneed(evtimer_add(s->idle, &idle) == 0);
}

static void on_asked(void *arg)
{
	stay(arg);
}

static void on_gone(void *arg, bool broken)
{
	(void)arg;
	if (broken)
		log_line(CONFIG_LOG_WARNING,
		    "what a process sent to share is no question");
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct share *s = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(s->base);
}

static void on_old(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = {.tv_usec = SHARE_LEAVE_MS * 1000};
	struct share *s = arg;

	(void)fd;
	(void)what;
	if (s->leaving++ == 0)
		xneed(event_del(s->acceptable) == 0);
	if ((s->records.asks == 0 && !redis_is_busy(s->records.write) &&
		!redis_is_busy(s->records.read)) ||
	    s->leaving > SHARE_LEAVE_TRIES)
		event_base_loopbreak(s->base);
	else
		xneed(evtimer_add(s->old, &soon) == 0);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct share *s = arg;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (connection < 0)
		return; /* gone before we came, or no descriptor is left */
	stay(s);
	client_open(s->base, &s->records, connection, &s->events);
}

/* ---- settings ---- */

static bool read_url(
    const char *text, struct redis_config *c, struct reason *why)
{
	if (!shareurl_parse(&c->url, text, why))
		return false;
	if (c->url.kind != SHAREURL_TLS)
		return true;
	c->tls = redistls_open(
	    config.shared_cache_ca, config.shared_cache_cert, why);
	return c->tls != NULL;
}

static bool read_secrets(struct share *s, struct reason *why)
{
	s->password[0] = '\0';
	if (config.shared_cache_password[0] != '\0' &&
	    !proof_read_line(config.shared_cache_password, s->password,
		sizeof s->password, why))
		return false;
	s->records.proof = proof_open(config.shared_cache_key, why);
	if (s->records.proof == NULL)
		return false;
	if (proof_has_key(s->records.proof) || config.shared_cache_trust)
		return true;
	reason_set(why,
	    "shared-cache without shared-cache-key: nothing in it could be "
	    "believed, see mxpolicy-share(8)");
	return false;
}

static bool read_settings(struct share *s, struct reason *why)
{
	const struct redis_config common = {
	    .user = config.shared_cache_user,
	    .password = s->password,
	    .changed = on_changed,
	};

	if (!config_shares(&config)) {
		reason_set(
		    why, "no shared-cache is set, see mxpolicy-share(8)");
		return false;
	}
	s->write = s->read = common;
	s->write.probe = config.shared_cache_mode == CONFIG_SHARE_READ_ONLY
			     ? records_read_probe
			     : records_write_probe;
	s->read.probe = records_read_probe;
	s->records.trust = config.shared_cache_trust;
	s->records.read_only =
	    config.shared_cache_mode == CONFIG_SHARE_READ_ONLY;
	return read_secrets(s, why) &&
	       read_url(config.shared_cache, &s->write, why) &&
	       (config.shared_cache_read[0] == '\0' ||
		   read_url(config.shared_cache_read, &s->read, why));
}

/* The listening socket that a super-server hands over, or -1. */
static int find_listener(void)
{
	int fd = sd_listen_fds(0) > 0 ? SD_LISTEN_FDS_START : STDIN_FILENO;

	return sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0 ? fd : -1;
}

static void open_all(struct share *s, int listener)
{
	const struct timeval life = {.tv_sec = SHARE_LIFE_SECONDS};

	s->base = event_base_new();
	xneed(s->base != NULL);
	s->events = (struct client_events){on_asked, on_gone, s};
	s->records.write = redis_open(s->base, &s->write);
	s->records.read = config.shared_cache_read[0] != '\0'
			      ? redis_open(s->base, &s->read)
			      : s->records.write;
	s->idle = evtimer_new(s->base, on_idle, s);
	s->old = evtimer_new(s->base, on_old, s);
	s->acceptable = event_new(
	    s->base, listener, EV_READ | EV_PERSIST, on_acceptable, s);
	xneed(s->idle != NULL && s->old != NULL && s->acceptable != NULL &&
	      event_add(s->acceptable, NULL) == 0 &&
	      evtimer_add(s->old, &life) == 0);
}

static void enter_cage(const struct share *s)
{
	const struct cage cage = {
	    .urls = {&s->write.url, &s->read.url},
	    .n = config.shared_cache_read[0] != '\0' ? 2 : 1,
	    .system_trust = config.shared_cache_ca[0] == '\0' &&
			    (s->write.tls != NULL || s->read.tls != NULL),
	};

	cage_enter(&cage);
}

int main(int argc, char **argv)
{
	static struct share s;
	struct reason why;
	int listener;

	startup_settle();
	/* Its memory holds the key. */
	setrlimit(RLIMIT_CORE, &(const struct rlimit){0, 0});
	if (config_from_args(&config, argc, argv, &why) != argc) {
		log_open("share", CONFIG_LOG_ERROR);
		log_line(CONFIG_LOG_ERROR, "%s", why.text);
		return EX_USAGE;
	}
	log_open("share", config.log_level);
	listener = find_listener();
	if (listener < 0) {
		log_line(CONFIG_LOG_ERROR,
		    "share needs a listening unix socket: systemctl enable "
		    "--now mxpolicy-share.socket");
		return EX_USAGE;
	}
	if (!read_settings(&s, &why)) {
		log_line(CONFIG_LOG_ERROR, "%s", why.text);
		return EX_CONFIG;
	}
	if (fcntl(listener, F_SETFL, O_NONBLOCK) != 0)
		return EX_OSERR;
	open_all(&s, listener);
	enter_cage(&s);
	sd_notify(0, "READY=1");
	redis_wake(s.records.write);
	redis_wake(s.records.read);
	stay(&s);
	/* What is open ends with the process. */
	return event_base_dispatch(s.base) < 0 ? EX_OSERR : EX_OK;
}
