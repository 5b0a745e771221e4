/* service: the lookups of all askers, on one event loop (wire/question.h).
 * SPDX-License-Identifier: MIT */
#include "lookup/service.h"

#include <event2/event.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "lookup/asker.h"

struct service {
	const struct service_config *config;
	struct event_base *base;
	struct dns *dns;
	struct https *https;
	struct reports *reports;
	struct jobs *jobs;
	struct asker_events events;
	struct asker_list askers;
	size_t n_askers, n_lookups;
	struct event *acceptable, *idle, *linger, *burst;
	int64_t born_ms, looked_ms;
	bool outdated; /* the settings or name servers are others now */
	bool retired;
	bool busy; /* schedule() is running */
	int status;
};

static bool is_private(const struct service *s)
{
	return s->config->listener < 0;
}

static void leave(struct service *s, int status)
{
	s->status = status;
	event_base_loopbreak(s->base);
}

/* ---- whose turn is it? ---- */

/* All that askers have asked for and wait for. */
static struct asks_load load_of_all(const struct service *s, size_t *active)
{
	struct asks_load sum = {0};
	struct asker *a;

	*active = 0;
	for (a = TAILQ_FIRST(&s->askers); a != NULL; a = asker_next(a)) {
		const struct asks_load *one = asks_load(asker_asks(a));

		sum.queued += one->queued;
		sum.queued_background += one->queued_background;
		sum.open += one->open;
		sum.open_background += one->open_background;
		*active += one->queued > 0 || one->open > one->open_background;
	}
	return sum;
}

/* Is there a place for one more?  Where there is none, a lookup that nobody
 * waits for gives up its own. */
static bool have_place(struct service *s, bool background)
{
	const struct timeval turn = {.tv_usec = SERVICE_BURST_MS * 1000 / 4};

	if (jobs_recent(s->jobs, SERVICE_BURST_MS) >= SERVICE_BURST_MAX) {
		if (!evtimer_pending(s->burst, NULL))
			xneed(evtimer_add(s->burst, &turn) == 0);
		return false;
	}
	if (jobs_running(s->jobs) < SERVICE_ALL_MAX)
		return true;
	return !background && jobs_give_up_one(s->jobs);
}

static bool start_foreground(struct service *s, size_t active)
{
	size_t max = active > 1 ? SERVICE_SHARE_MAX : SERVICE_ALONE_MAX;
	struct asker *a;

	for (a = TAILQ_FIRST(&s->askers); a != NULL; a = asker_next(a)) {
		const struct asks_load *load = asks_load(asker_asks(a));

		if (load->queued == 0 ||
		    load->open - load->open_background >= max)
			continue;
		if (!have_place(s, false))
			return false;
		asker_yield(a, &s->askers);
		s->n_lookups++;
		asks_start_one(asker_asks(a), false);
		return true;
	}
	return false;
}

static bool start_background(
    struct service *s, const struct asks_load *sum, size_t active)
{
	size_t max = active > 0 ? SERVICE_BACKGROUND_MIN : SERVICE_ALONE_MAX;
	struct asker *a;

	if (sum->open_background >= max)
		return false;
	for (a = TAILQ_FIRST(&s->askers); a != NULL; a = asker_next(a)) {
		if (asks_load(asker_asks(a))->queued_background == 0)
			continue;
		if (!have_place(s, true))
			return false;
		asker_yield(a, &s->askers);
		s->n_lookups++;
		asks_start_one(asker_asks(a), true);
		return true;
	}
	return false;
}

static void schedule(struct service *s)
{
	struct asks_load sum;
	bool more = true;
	size_t active;

	if (s->busy)
		return; /* it looks again before it ends */
	s->busy = true;
	while (more) {
		sum = load_of_all(s, &active);
		more = (sum.queued > 0 && start_foreground(s, active)) ||
		       (sum.queued_background > 0 &&
			   start_background(s, &sum, active));
	}
	s->busy = false;
}

/* ---- coming and going ---- */

static bool is_quiet(const struct service *s)
{
	struct asker *a;

	for (a = TAILQ_FIRST(&s->askers); a != NULL; a = asker_next(a))
		if (!asker_is_quiet(a))
			return false;
	return true;
}

static void close_asker(struct service *s, struct asker *a)
{
	asker_delist(a, &s->askers);
	s->n_askers--;
	asker_close(a);
}

static void retire(struct service *s)
{
	if (s->retired)
		return;
	s->retired = true;
	if (s->acceptable != NULL)
		event_del(s->acceptable);
	close(s->config->listener);
	if (s->config->retired != NULL)
		s->config->retired(s->config->arg);
}

/* Who has nothing open goes, and finds our successor when it has. */
static void send_away(struct service *s)
{
	struct asker *a, *next;

	for (a = TAILQ_FIRST(&s->askers); a != NULL; a = next) {
		next = asker_next(a);
		if (asker_is_quiet(a) && !asker_look(a))
			close_asker(s, a);
	}
	if (s->n_askers == 0)
		leave(s, 0);
}

static bool is_old(const struct service *s)
{
	return s->n_lookups >= SERVICE_LOOKUPS_MAX ||
	       clock_ms() - s->born_ms >= SERVICE_LIFE_SECONDS * 1000;
}

static void watch_listener(struct service *s)
{
	if (s->retired || s->acceptable == NULL)
		return;
	if (s->n_askers < SERVICE_ASKERS_MAX)
		xneed(event_add(s->acceptable, NULL) == 0);
	else
		event_del(s->acceptable);
}

/* At most once a second. */
static void look_for_changes(struct service *s)
{
	int64_t now = clock_ms();

	if (s->outdated || s->config->is_outdated == NULL ||
	    now < s->looked_ms + SERVICE_LOOK_MS)
		return;
	s->looked_ms = now;
	s->outdated = s->config->is_outdated(s->config->arg);
}

static void settle_private(struct service *s)
{
	const struct timeval linger = {
	    .tv_sec = SERVICE_LINGER_SECONDS + s->config->https.timeout,
	};
	struct asker *a = TAILQ_FIRST(&s->askers);

	/* Whoever asks then starts one that knows better. */
	if (a != NULL && s->outdated && asker_is_quiet(a) && !asker_look(a))
		leave(s, 0);
	if (a == NULL || !asker_has_ended(a))
		return;
	if (asker_is_quiet(a))
		leave(s, 0);
	else if (!evtimer_pending(s->linger, NULL))
		xneed(evtimer_add(s->linger, &linger) == 0);
}

static void settle(struct service *s)
{
	const struct timeval idle = {
	    .tv_sec = is_private(s) ? SERVICE_PRIVATE_IDLE_SECONDS
				    : SERVICE_IDLE_SECONDS,
	};

	look_for_changes(s);
	if (is_private(s))
		settle_private(s);
	else if (s->outdated || is_old(s))
		retire(s);
	if (s->retired)
		send_away(s);
	else if (!is_quiet(s))
		evtimer_del(s->idle);
	else if (!evtimer_pending(s->idle, NULL))
		xneed(evtimer_add(s->idle, &idle) == 0);
}

static void changed(void *arg)
{
	struct service *s = arg;

	schedule(s);
	settle(s);
}

static void gone(void *arg, struct asker *a, bool broken)
{
	struct service *s = arg;

	if (broken)
		s->config->log("what an asker sent is not a question");
	if (is_private(s)) {
		leave(s, broken ? EX_DATAERR : 0);
		return;
	}
	close_asker(s, a);
	watch_listener(s);
	changed(s);
}

static bool add_asker(struct service *s, int in, int out)
{
	struct asker *a = asker_open(s->base, s->jobs, in, out, &s->events);

	if (a == NULL)
		return false;
	asker_enlist(a, &s->askers);
	s->n_askers++;
	return true;
}

/* A socket without a name in the file system is open to every process of the
 * machine: only our own user and root are answered there. */
static bool may_ask(const struct service *s, int connection)
{
	struct sockaddr_storage name = {0};
	socklen_t name_len = sizeof name, len;
	struct ucred peer;

	if (getsockname(s->config->listener, (struct sockaddr *)&name,
		&name_len) == 0 &&
	    name.ss_family == AF_UNIX &&
	    name_len > offsetof(struct sockaddr_un, sun_path) &&
	    ((struct sockaddr_un *)&name)->sun_path[0] != '\0')
		return true;
	len = sizeof peer;
	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) ==
		   0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (connection < 0)
		return; /* gone before we came, or no descriptor is left */
	if (!may_ask(s, connection)) {
		s->config->log("a process of another user asked; refused");
		close(connection);
		return;
	}
	xneed(add_asker(s, connection, connection));
	watch_listener(s);
	s->looked_ms -= SERVICE_LOOK_MS; /* it expects what holds now */
	settle(s);
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct service *s = arg;
	struct asker *a;
	bool more = false;

	(void)fd;
	(void)what;
	/* Leaving just when a question came would cost it a new process. */
	for (a = TAILQ_FIRST(&s->askers); a != NULL; a = asker_next(a))
		more |= asker_look(a);
	if (more)
		return;
	if (is_private(s))
		leave(s, 0);
	else
		retire(s);
	if (s->retired)
		send_away(s);
}

static void on_linger(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	leave(arg, 0);
}

static void on_burst(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	changed(arg);
}

static bool open_service(struct service *s, const struct service_config *config)
{
	s->config = config;
	s->born_ms = s->looked_ms = clock_ms();
	s->events = (struct asker_events){
	    .changed = changed,
	    .gone = gone,
	    .arg = s,
	};
	TAILQ_INIT(&s->askers);
	s->base = event_base_new();
	xneed(s->base != NULL);
	s->dns = dns_open(s->base, &config->dns);
	s->https = https_open(s->base, s->dns, &config->https);
	s->reports = report_open(s->dns, &config->report);
	s->jobs = jobs_open(s->base, s->dns, s->https, s->reports);
	s->idle = evtimer_new(s->base, on_idle, s);
	s->linger = evtimer_new(s->base, on_linger, s);
	s->burst = evtimer_new(s->base, on_burst, s);
	xneed(s->idle != NULL && s->linger != NULL && s->burst != NULL);
	if (is_private(s))
		return add_asker(s, config->in, config->out);
	s->acceptable = event_new(
	    s->base, config->listener, EV_READ | EV_PERSIST, on_acceptable, s);
	xneed(s->acceptable != NULL);
	watch_listener(s);
	return true;
}

static void close_service(struct service *s)
{
	struct asker *a;

	while ((a = TAILQ_FIRST(&s->askers)) != NULL)
		close_asker(s, a);
	jobs_close(s->jobs);
	report_close(s->reports);
	https_close(s->https);
	dns_close(s->dns);
	if (s->acceptable != NULL)
		event_free(s->acceptable);
	event_free(s->idle);
	event_free(s->linger);
	event_free(s->burst);
	event_base_free(s->base);
}

int service_run(const struct service_config *config)
{
	static struct service s;

	if (open_service(&s, config)) {
		settle(&s);
		event_base_dispatch(s.base);
	} else {
		config->log("standard input and output must be pipes or "
			    "sockets");
		s.status = EX_OSERR;
	}
	close_service(&s);
	return s.status;
}
