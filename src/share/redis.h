/* redis: a connection to a server of Redis or Valkey, which comes and goes.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SHARE_REDIS_H
#define MXPOLICY_SHARE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"
#include "wire/shareurl.h"

/* Without an answer for so long, a connection is given up. */
#define REDIS_HANG_MS 500
/* Between attempts to connect: doubling. */
#define REDIS_RETRY_MIN_MS 100
#define REDIS_RETRY_MAX_MS 5000
#define REDIS_ARGS_MAX 8

struct event_base;
struct redis;
struct redistls;

struct redis_config {
	struct shareurl url;
	const char *user, *password; /* "" for none */
	struct redistls *tls;	     /* for rediss:// alone */
	/* A command that it is to answer before it counts as up, a list of
	 * words that ends with NULL; an error that may pass by itself is an
	 * answer. */
	const char *const *probe;
	/* It went down, or is up again (CAUSE_NONE); once each time. */
	void (*changed)(void *arg, const struct reason *why);
	void *arg;
};

enum redis_answer {
	REDIS_DOWN,  /* it cannot be asked */
	REDIS_ERROR, /* it says no; text is its message */
	REDIS_NIL,
	REDIS_TEXT,   /* bytes, or a status */
	REDIS_NUMBER, /* number */
};

struct redis_reply {
	enum redis_answer answer;
	const char *text; /* not NUL-terminated; valid during the call */
	size_t len;
	int64_t number;
};

struct redis_arg {
	const void *bytes;
	size_t len;
};

typedef void redis_done(void *arg, const struct redis_reply *reply);

/* config must outlive the result.  Nothing is connected before redis_wake() or
 * the first command. */
struct redis *redis_open(
    struct event_base *base, const struct redis_config *config);
/* Commands that are open end with REDIS_DOWN.  NULL is fine. */
void redis_close(struct redis *r);

/* Connect, unless that was tried a moment ago. */
void redis_wake(struct redis *r);

/* Send a command; done is called once, from the event loop, when it is answered
 * or the connection is gone.  false: it cannot be asked, done is not called. */
bool redis_send(struct redis *r, const struct redis_arg *args, size_t n,
    redis_done *done, void *arg) __attribute__((warn_unused_result));

/* Is an answer to a command still to come? */
bool redis_is_busy(const struct redis *r);

/* Why it is down, CAUSE_NONE when it is not known to be. */
const struct reason *redis_trouble(const struct redis *r);

#endif
