/* config: mxpolicy.conf and -o settings.
 * SPDX-License-Identifier: MIT */
#include "serve/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "conf/conffile.h"
#include "policy/loopback.h"
#include "wire/shareurl.h"

/* Each kind of value has its own parser and message. */
struct key {
	const char *name;
	bool (*parse)(void *field, const struct key *k, const char *value,
	    struct reason *why);
	void (*print)(
	    const void *field, const struct key *k, char *buf, size_t size);
	size_t offset, size;	  /* of the field in its struct */
	uint32_t low, high;	  /* of numbers */
	const char *const *words; /* of choices, in order of their values */
	const char *fallback;	  /* the default, as in the file */
};

static bool parse_text(
    void *field, const struct key *k, const char *value, struct reason *why)
{
	if (strlen(value) >= k->size) {
		reason_set(
		    why, "%s: longer than %zu bytes", k->name, k->size - 1);
		return false;
	}
	strcpy(field, value);
	return true;
}

static void print_text(
    const void *field, const struct key *k, char *buf, size_t size)
{
	(void)k;
	snprintf(buf, size, "%s", (const char *)field);
}

static bool parse_path(
    void *field, const struct key *k, const char *value, struct reason *why)
{
	if (value[0] != '\0' && value[0] != '/') {
		reason_set(
		    why, "%s: \"%s\" is not an absolute path", k->name, value);
		return false;
	}
	return parse_text(field, k, value, why);
}

static bool parse_shareurl(
    void *field, const struct key *k, const char *value, struct reason *why)
{
	struct shareurl url;
	struct reason what;

	if (value[0] == '\0' || shareurl_parse(&url, value, &what))
		return parse_text(field, k, value, why);
	reason_set(why, "%s: %s", k->name, what.text);
	return false;
}

/* "20", "20s", "5m", "2h", "7d"; the unit is a convenience. */
static bool parse_number(
    void *field, const struct key *k, const char *value, struct reason *why)
{
	static const struct {
		char unit;
		uint32_t factor;
	} units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(value, &end, 10);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (value[0] < '0' || value[0] > '9' || errno != 0)
			break;
		if (*end != units[i].unit || (*end != '\0' && end[1] != '\0'))
			continue;
		if (v > UINT32_MAX / units[i].factor ||
		    (v *= units[i].factor) < k->low || v > k->high)
			break;
		*(uint32_t *)field = (uint32_t)v;
		return true;
	}
	reason_set(why, "%s: \"%s\" is not a number from %u to %u", k->name,
	    value, k->low, k->high);
	return false;
}

static void print_number(
    const void *field, const struct key *k, char *buf, size_t size)
{
	(void)k;
	snprintf(buf, size, "%u", *(const uint32_t *)field);
}

/* A choice is stored as its index among the words: bool or enum. */
static bool parse_choice(
    void *field, const struct key *k, const char *value, struct reason *why)
{
	char list[REASON_MAX];
	size_t used = 0;

	for (int i = 0; k->words[i] != NULL; i++) {
		used += (size_t)snprintf(list + used, sizeof list - used,
		    "%s%s", i > 0 ? ", " : "", k->words[i]);
		if (strcmp(value, k->words[i]) != 0)
			continue;
		if (k->size == sizeof(bool))
			*(bool *)field = i != 0;
		else
			*(unsigned *)field = (unsigned)i; /* any enum */
		return true;
	}
	reason_set(why, "%s: \"%s\" is not one of %s", k->name, value, list);
	return false;
}

static void print_choice(
    const void *field, const struct key *k, char *buf, size_t size)
{
	int i = k->size == sizeof(bool) ? *(const bool *)field
					: (int)*(const unsigned *)field;

	snprintf(buf, size, "%s", k->words[i]);
}

static const char *const no_yes[] = {"no", "yes", NULL};
static const char *const ignore_defer[] = {"ignore", "defer", NULL};
static const char *const ignore_enforce[] = {"ignore", "enforce", NULL};
static const char *const validate_or_ad[] = {"validate", "trust-ad", NULL};
static const char *const tls_levels[] = {
    "none", "may", "dane", "encrypt", "verify", "secure", NULL};
static const char *const shares[] = {"read-write", "read-only", "off", NULL};
static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

#define TEXT(field)                                                            \
	parse_text, print_text, offsetof(struct config, field),                \
	    sizeof(((struct config *)0)->field), 0, 0, NULL
#define PATH(field)                                                            \
	parse_path, print_text, offsetof(struct config, field),                \
	    sizeof(((struct config *)0)->field), 0, 0, NULL
#define SHAREURL(field)                                                        \
	parse_shareurl, print_text, offsetof(struct config, field),            \
	    sizeof(((struct config *)0)->field), 0, 0, NULL
#define NUMBER(field, low, high)                                               \
	parse_number, print_number, offsetof(struct config, field),            \
	    sizeof(uint32_t), low, high, NULL
#define CHOICE(type, field, words)                                             \
	parse_choice, print_choice, offsetof(type, field),                     \
	    sizeof(((type *)0)->field), 0, 0, words

/* mxpolicy.conf(5) and units/mxpolicy.conf have the same keys in the same
 * order; test/script/settings compares the three. */
static const struct key keys[] = {
    {"cache", PATH(cache), LOCALSTATEDIR "/lib/mxpolicy/cache.tdb"},
    {"cache-max-entries", NUMBER(cache_max_entries, 1, 10000000), "100000"},
    {"shared-cache", SHAREURL(shared_cache), ""},
    {"shared-cache-read", SHAREURL(shared_cache_read), ""},
    {"shared-cache-mode", CHOICE(struct config, shared_cache_mode, shares),
	"read-write"},
    {"shared-cache-user", TEXT(shared_cache_user), ""},
    {"shared-cache-password", PATH(shared_cache_password), ""},
    {"shared-cache-key", PATH(shared_cache_key), ""},
    {"shared-cache-trust", CHOICE(struct config, shared_cache_trust, no_yes),
	"no"},
    {"shared-cache-ca", PATH(shared_cache_ca), ""},
    {"shared-cache-cert", PATH(shared_cache_cert), ""},
    {"share-socket", PATH(share_socket), RUNSTATEDIR "/mxpolicy/share"},
    {"resolve-socket", PATH(resolve_socket), RUNSTATEDIR "/mxpolicy/resolve"},
    {"resolver", TEXT(resolver), ""},
    {"dnssec", CHOICE(struct config, trust_ad, validate_or_ad), "validate"},
    {"local-zones", TEXT(local_zones), ""},
    {"trust-anchor", PATH(trust_anchor), ""},
    {"ca-file", PATH(ca_file), ""},
    {"https-proxy", TEXT(https_proxy), ""},
    {"fetch-reserved", CHOICE(struct config, fetch_reserved, no_yes), "no"},
    {"answer-timeout", NUMBER(answer_timeout, 1, 90), "20"},
    {"https-timeout", NUMBER(https_timeout, 1, 60), "60"},
    {"idle-timeout", NUMBER(idle_timeout, 120, 86400), "120"},
    {"srv-services", TEXT(srv_services), ""},
    {"min-ttl", NUMBER(min_ttl, 0, 3600), "60"},
    {"sts-failure", CHOICE(struct config, sts_failure_defer, ignore_defer),
	"ignore"},
    {"prefetch-idle", NUMBER(prefetch_idle, 0, 31557600), "604800"},
    {"tlsrpt-socket", PATH(tlsrpt_socket), ""},
    {"log-level", CHOICE(struct config, log_level, levels), "info"},
};

static const struct key map_keys[] = {
    {"tlsrpt", CHOICE(struct config_map, tlsrpt, no_yes), "no"},
    {"testing", CHOICE(struct config_map, testing_enforce, ignore_enforce),
	"ignore"},
    {"servername", CHOICE(struct config_map, servername, no_yes), "yes"},
    {"default-level", CHOICE(struct config_map, default_level, tls_levels),
	"dane"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct key *find_key(
    const struct key *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static bool set_field(
    void *base, const struct key *k, const char *value, struct reason *why)
{
	return k->parse((char *)base + k->offset, k, value, why);
}

static void set_fallbacks(void *base, const struct key *table, size_t n)
{
	struct reason why;

	for (size_t i = 0; i < n; i++)
		if (!set_field(base, &table[i], table[i].fallback, &why))
			abort();
}

static struct config_map *add_map(struct config *c, const char *name)
{
	struct config_map *m;

	for (size_t i = 0; i < c->n_maps; i++)
		if (strcmp(c->maps[i].name, name) == 0)
			return &c->maps[i];
	if (c->n_maps == CONFIG_MAPS_MAX || strlen(name) > REQUEST_MAP_MAX ||
	    name[0] == '\0' || strpbrk(name, " \t") != NULL ||
	    (strlen(name) == strlen(REQUEST_SELF_MAP) &&
		ascii_equal(name, REQUEST_SELF_MAP, strlen(name))))
		return NULL;
	m = &c->maps[c->n_maps++];
	set_fallbacks(m, map_keys, COUNT(map_keys));
	strcpy(m->name, name);
	return m;
}

void config_init(struct config *c)
{
	struct config_map *m;

	memset(c, 0, sizeof *c);
	set_fallbacks(c, keys, COUNT(keys));
	/* The names that users of similar servers already have in main.cf. */
	add_map(c, "QUERY");
	m = add_map(c, "QUERYwithTLSRPT");
	if (m != NULL)
		m->tlsrpt = true;
	add_map(c, "postfix");
}

/* Set one key of the section "" or "map NAME". */
static bool set(struct config *c, const char *section, const char *name,
    const char *value, struct reason *why)
{
	const struct key *k;
	struct config_map *m;

	if (section[0] == '\0') {
		k = find_key(keys, COUNT(keys), name);
		if (k != NULL)
			return set_field(c, k, value, why);
		reason_set(
		    why, "unknown key \"%s\", see mxpolicy.conf(5)", name);
		return false;
	}
	if (strncmp(section, "map ", 4) != 0) {
		reason_set(why, "unknown section, only [map NAME] exists");
		return false;
	}
	k = find_key(map_keys, COUNT(map_keys), name);
	if (k == NULL) {
		reason_set(why, "unknown key \"%s\"", name);
		return false;
	}
	m = add_map(c, section + 4 + strspn(section + 4, " "));
	if (m == NULL) {
		reason_set(
		    why, "invalid name, or more than %d maps", CONFIG_MAPS_MAX);
		return false;
	}
	return set_field(m, k, value, why);
}

bool config_shares(const struct config *c)
{
	return c->shared_cache[0] != '\0' &&
	       c->shared_cache_mode != CONFIG_SHARE_OFF;
}

static void add_problem(struct config *c, const struct reason *why)
{
	if (c->n_problems < CONFIG_PROBLEMS_MAX)
		c->problems[c->n_problems] = *why;
	c->n_problems++;
}

struct reading {
	struct config *c;
	const char *path;
	unsigned int dnssec; /* its line */
};

bool config_agree(struct config *c, struct reason *why)
{
	char word[LOOPBACK_WORD_MAX + 1];

	if (!c->trust_ad || c->resolver[0] == '\0' ||
	    !loopback_find_other(c->resolver, word))
		return true;
	reason_set(why,
	    "dnssec: \"trust-ad\" is refused, for resolver %s is not on "
	    "loopback",
	    word);
	c->trust_ad = false;
	return false;
}

static void on_item(void *arg, const struct conffile_item *item)
{
	struct reading *r = arg;
	const char *section = item->section;
	struct reason what, why;

	if (item->name != NULL && strcmp(item->name, "dnssec") == 0)
		r->dnssec = item->line;
	if (item->fault != NULL)
		reason_set(&what, "%s; it is ignored", item->fault);
	else if (set(r->c, section, item->name, item->value, &what))
		return;
	reason_set(&why, "%s:%u: %s%s%s%s%s", r->path, item->line,
	    section[0] != '\0' ? "[" : "", section,
	    section[0] != '\0' ? "] " : "", what.text,
	    item->continued ? " (with the lines below it, which begin with a "
			      "blank)"
			    : "");
	add_problem(r->c, &why);
}

bool config_read(struct config *c, const char *path)
{
	struct reading reading = {.c = c, .path = path};
	FILE *file = fopen(path, "re");
	struct reason why, what;
	bool good;

	if (file == NULL && errno == ENOENT)
		return true;
	good = file != NULL && conffile_read(file, on_item, &reading);
	if (!good) {
		reason_set(&why, "%s: %s", path, strerror(errno));
		add_problem(c, &why);
	}
	if (!config_agree(c, &what)) {
		reason_set(&why, "%s:%u: %s", path, reading.dnssec, what.text);
		add_problem(c, &why);
	}
	if (file != NULL)
		fclose(file);
	return good;
}

bool config_set(struct config *c, const char *assignment, struct reason *why)
{
	char text[CONFIG_LIST_MAX + REQUEST_MAP_MAX + 64];
	const char *section = "";
	char *name = text, *dot, *value;

	if (snprintf(text, sizeof text, "%s", assignment) >= (int)sizeof text ||
	    (value = strchr(text, '=')) == NULL) {
		reason_set(why, "\"%.60s\" is not KEY=VALUE", assignment);
		return false;
	}
	*value++ = '\0';
	if (strncmp(text, "map ", 4) == 0 &&
	    (dot = strrchr(text, '.')) != NULL) {
		*dot = '\0';
		section = text;
		name = dot + 1;
	}
	if (set(c, section, name, value, why))
		return true;
	if (section[0] != '\0')
		reason_set(why, "[%s] %s", section, why->text);
	return false;
}

const struct config_map *config_map(
    const struct config *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->n_maps; i++)
		if (strlen(c->maps[i].name) == len &&
		    memcmp(c->maps[i].name, name, len) == 0)
			return &c->maps[i];
	for (size_t i = 0; i < c->n_maps; i++)
		if (strlen(c->maps[i].name) == len &&
		    ascii_equal(c->maps[i].name, name, len))
			return &c->maps[i];
	return NULL;
}

const char *config_key(const struct config *c, size_t i, char *buf, size_t size)
{
	if (i >= COUNT(keys))
		return NULL;
	keys[i].print((const char *)c + keys[i].offset, &keys[i], buf, size);
	return keys[i].name;
}
