/* records: what the shared cache holds of a domain, believed as far as it
 * proves itself.
 * SPDX-License-Identifier: MIT */
#include "share/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "fleet/foreign.h"

#define VALUE_MAX (RECORD_MAX + PROOF_SIZE)

/* One question to a server, until its answer. */
struct op {
	struct records *rs;
	void *arg;
	records_got *got;
	void (*done)(void *arg, enum share_why why);
	records_stated *stated;
	int64_t began_us, took_us;
	bool warm;     /* it has answered once: the connection is there */
	uint8_t *data; /* to be put */
	size_t len;
	bool release;
	char key[DOMAIN_KEY_MAX + 1];
};

#define STRING(x) #x
#define EXPANDED(x) STRING(x)
#define PROBE_NAME ("mxpolicy:" EXPANDED(RECORD_VERSION) ":check")
const char *const records_write_probe[] = {
    "SET", PROBE_NAME, "1", "PX", "10000", NULL};
const char *const records_read_probe[] = {
    "GETRANGE", PROBE_NAME, "0", "0", NULL};

static void name_of(
    char name[static RECORDS_NAME_MAX], const char *what, const char *key)
{
	snprintf(name, RECORDS_NAME_MAX, "mxpolicy:%d:%s:%s", RECORD_VERSION,
	    what, key);
}

static struct redis_arg word(const char *text)
{
	return (struct redis_arg){text, strlen(text)};
}

static struct op *op_new(struct records *rs, const char *key, void *arg)
{
	struct op *op = xcalloc(1, sizeof *op);

	op->rs = rs;
	op->arg = arg;
	snprintf(op->key, sizeof op->key, "%s", key);
	return op;
}

static void op_free(struct op *op)
{
	free(op->data);
	free(op);
}

static void ignore(void *arg, const struct redis_reply *reply)
{
	(void)arg;
	(void)reply;
}

/* ---- what is there ---- */

/* r's text points into value. */
static enum share_why open_value(struct records *rs, const char *key,
    const char *value, size_t len, struct record *r)
{
	char name[RECORDS_NAME_MAX];

	record_init(r);
	if (len == 0)
		return SHARE_MISS;
	if (proof_has_key(rs->proof)) {
		name_of(name, "record", key);
		if (len <= PROOF_SIZE)
			return SHARE_REFUSED;
		len -= PROOF_SIZE;
		if (!proof_is_ours(rs->proof, name, value, len,
			(const uint8_t *)value + len))
			return SHARE_REFUSED;
	} else if (!rs->trust) {
		return SHARE_REFUSED;
	}
	if (len > RECORD_MAX || !record_parse(r, key, value, len) ||
	    !foreign_clean(r, clock_now()))
		return SHARE_REFUSED;
	return SHARE_OK;
}

static enum share_why open_reply(struct records *rs, const char *key,
    const struct redis_reply *reply, struct record *r)
{
	record_init(r);
	switch (reply->answer) {
	case REDIS_DOWN:
		return SHARE_DOWN;
	case REDIS_NIL:
		return SHARE_MISS;
	case REDIS_TEXT:
		return open_value(rs, key, reply->text, reply->len, r);
	case REDIS_ERROR: /* it holds something that is no text */
	case REDIS_NUMBER:
		return SHARE_REFUSED;
	}
	return SHARE_REFUSED;
}

static bool ask_value(
    struct redis *server, const char *key, redis_done *done, void *arg)
{
	char name[RECORDS_NAME_MAX], end[16];
	struct redis_arg args[4] = {
	    word("GETRANGE"), word(""), word("0"), word("")};

	/* Never more than a record can have, whatever is there. */
	snprintf(end, sizeof end, "%d", VALUE_MAX);
	args[3] = word(end);
	name_of(name, "record", key);
	args[1] = word(name);
	return redis_send(server, args, 4, done, arg);
}

static void on_value(void *arg, const struct redis_reply *reply)
{
	struct op *op = arg;
	struct record r;
	enum share_why why = open_reply(op->rs, op->key, reply, &r);

	op->rs->count.found += why == SHARE_OK;
	op->rs->count.refused += why == SHARE_REFUSED;
	op->rs->count.down += why == SHARE_DOWN;
	op->got(op->arg, why, &r);
	op_free(op);
}

void records_get(struct records *rs, const char *key, bool fresh,
    records_got *got, void *arg)
{
	struct op *op = op_new(rs, key, arg);

	op->got = got;
	rs->count.asked++;
	if (!fresh && rs->read != rs->write &&
	    ask_value(rs->read, key, on_value, op))
		return;
	if (!ask_value(rs->write, key, on_value, op))
		on_value(op, &(const struct redis_reply){.answer = REDIS_DOWN});
}

/* ---- keeping ---- */

static void on_put(void *arg, const struct redis_reply *reply)
{
	struct records *rs = arg;

	rs->count.put += reply->answer == REDIS_TEXT;
}

static void set_value(struct op *op, const struct record *r, int64_t life)
{
	static uint8_t value[VALUE_MAX];
	char name[RECORDS_NAME_MAX], ms[24];
	size_t len = record_format(r, op->key, value);
	struct redis_arg args[5] = {
	    word("SET"), word(""), {value, len}, word("PX"), word("")};

	name_of(name, "record", op->key);
	snprintf(ms, sizeof ms, "%lld", (long long)life * 1000);
	if (proof_has_key(op->rs->proof)) {
		proof_sign(op->rs->proof, name, value, len, value + len);
		args[2].len = len + PROOF_SIZE;
	}
	args[1] = word(name);
	args[4] = word(ms);
	(void)!redis_send(op->rs->write, args, 5, on_put, op->rs);
}

/* Between this answer and the write somebody else may write: what is lost by
 * that is looked up once more, by whoever needs it. */
static void on_before(void *arg, const struct redis_reply *reply)
{
	struct op *op = arg;
	struct record there, r;
	int64_t now = clock_now(), life;

	if (open_reply(op->rs, op->key, reply, &there) != SHARE_DOWN &&
	    record_parse(&r, op->key, op->data, op->len) &&
	    foreign_export(&r, &r, now)) {
		foreign_join(&r, &there);
		life = foreign_lifetime(&r, now);
		if (life > 0)
			set_value(op, &r, life);
	}
	if (op->release)
		records_release(op->rs, op->key);
	op_free(op);
}

void records_put(struct records *rs, const char *key, const void *data,
    size_t len, bool release)
{
	struct op *op;

	if (rs->read_only || (!rs->trust && !proof_has_key(rs->proof)))
		return;
	op = op_new(rs, key, NULL);
	op->data = xmalloc(len);
	memcpy(op->data, data, len);
	op->len = len;
	op->release = release;
	if (!ask_value(rs->write, key, on_before, op))
		op_free(op);
}

/* ---- the rest ---- */

static void on_number(void *arg, const struct redis_reply *reply)
{
	enum share_why why = reply->answer != REDIS_NUMBER ? SHARE_DOWN
			     : reply->number > 0	   ? SHARE_OK
							   : SHARE_MISS;
	struct op *op = arg;

	op->done(op->arg, why);
	op_free(op);
}

void records_drop(struct records *rs, const char *key,
    void (*dropped)(void *arg, enum share_why why), void *arg)
{
	char name[RECORDS_NAME_MAX];
	struct redis_arg args[2] = {word("DEL"), word("")};
	struct op *op = op_new(rs, key, arg);

	op->done = dropped;
	name_of(name, "record", key);
	args[1] = word(name);
	if (rs->read_only || !redis_send(rs->write, args, 2, on_number, op))
		on_number(
		    op, &(const struct redis_reply){.answer = REDIS_DOWN});
}

static void on_taken(void *arg, const struct redis_reply *reply)
{
	enum share_why why = reply->answer == REDIS_TEXT  ? SHARE_OK
			     : reply->answer == REDIS_NIL ? SHARE_MISS
							  : SHARE_DOWN;
	struct op *op = arg;

	op->rs->count.leases += why == SHARE_OK;
	op->done(op->arg, why);
	op_free(op);
}

void records_take(struct records *rs, const char *key,
    void (*taken)(void *arg, enum share_why why), void *arg)
{
	char name[RECORDS_NAME_MAX], ms[24];
	struct redis_arg args[6] = {
	    word("SET"), word(""), word("1"), word("NX"), word("PX"), word("")};
	struct op *op = op_new(rs, key, arg);

	op->done = taken;
	name_of(name, "lease", key);
	snprintf(ms, sizeof ms, "%d", RECORDS_LEASE_MS);
	args[1] = word(name);
	args[5] = word(ms);
	if (rs->read_only || !redis_send(rs->write, args, 6, on_taken, op))
		on_taken(op, &(const struct redis_reply){.answer = REDIS_DOWN});
}

void records_release(struct records *rs, const char *key)
{
	char name[RECORDS_NAME_MAX];
	struct redis_arg args[2] = {word("DEL"), word("")};

	name_of(name, "lease", key);
	args[1] = word(name);
	/* Where it cannot be said, the lease runs out. */
	(void)!redis_send(rs->write, args, 2, ignore, NULL);
}

/* ---- its state ---- */

static bool probe(struct redis *server, const char *const *words,
    redis_done *done, struct op *op)
{
	struct redis_arg args[REDIS_ARGS_MAX];
	size_t n = 0;

	for (; words[n] != NULL; n++)
		args[n] = word(words[n]);
	return redis_send(server, args, n, done, op);
}

static void state(struct op *op, enum share_why why, const char *text)
{
	op->stated(op->arg, why, (uint32_t)op->took_us, text);
	op_free(op);
}

/* Of the replica, which the other stands in for. */
static void on_read_probe(void *arg, const struct redis_reply *reply)
{
	struct op *op = arg;
	struct reason why;

	if (reply->answer == REDIS_DOWN)
		reason_set(&why, "shared-cache-read: %s",
		    redis_trouble(op->rs->read)->text);
	else if (reply->answer == REDIS_ERROR)
		reason_set(&why, "shared-cache-read: %.*s", (int)reply->len,
		    reply->text);
	else
		reason_clear(&why);
	state(op, why.text[0] != '\0' ? SHARE_REFUSED : SHARE_OK, why.text);
}

static bool probe_write(struct op *op);

static void on_probe(void *arg, const struct redis_reply *reply)
{
	struct op *op = arg;
	struct reason why;

	op->took_us = clock_us() - op->began_us;
	if (!op->warm && reply->answer != REDIS_DOWN && probe_write(op)) {
		op->warm = true;
	} else if (reply->answer == REDIS_DOWN) {
		state(op, SHARE_DOWN, redis_trouble(op->rs->write)->text);
	} else if (reply->answer == REDIS_ERROR) {
		reason_set(&why, "%.*s", (int)reply->len, reply->text);
		state(op, SHARE_REFUSED, why.text);
	} else if (op->rs->read == op->rs->write) {
		state(op, SHARE_OK, "");
	} else if (!probe(
		       op->rs->read, records_read_probe, on_read_probe, op)) {
		on_read_probe(
		    op, &(const struct redis_reply){.answer = REDIS_DOWN});
	}
}

static bool probe_write(struct op *op)
{
	op->began_us = clock_us();
	return probe(op->rs->write,
	    op->rs->read_only ? records_read_probe : records_write_probe,
	    on_probe, op);
}

void records_state(struct records *rs, records_stated *done, void *arg)
{
	struct op *op = op_new(rs, "", arg);

	op->stated = done;
	if (!probe_write(op))
		on_probe(op, &(const struct redis_reply){.answer = REDIS_DOWN});
}
