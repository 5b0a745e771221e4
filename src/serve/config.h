/* config: mxpolicy.conf and -o settings.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_CONFIG_H
#define MXPOLICY_SERVE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"
#include "wire/request.h"

#define CONFIG_PATH SYSCONFDIR "/mxpolicy/mxpolicy.conf"
#define CONFIG_PATH_MAX 1024  /* a path among the settings */
#define CONFIG_SOCKET_MAX 108 /* sun_path of unix(7) */
#define CONFIG_USER_MAX 128   /* the name of a user elsewhere */
#define CONFIG_LIST_MAX 1024  /* resolver = */
#define CONFIG_SERVICES_MAX 256
#define CONFIG_MAPS_MAX 32    /* maps with their own section */
#define CONFIG_PROBLEMS_MAX 8 /* stored; further ones are only counted */

struct stat;

/* smtp_tls_security_level of main.cf, for what publishes nothing. */
enum config_level {
	CONFIG_LEVEL_NONE,
	CONFIG_LEVEL_MAY,
	CONFIG_LEVEL_DANE,
	CONFIG_LEVEL_ENCRYPT, /* from here on, `dane` would be weaker */
	CONFIG_LEVEL_VERIFY,
	CONFIG_LEVEL_SECURE,
};

/* The form of the replies of one map. */
struct config_map {
	char name[REQUEST_MAP_MAX + 1];
	bool tlsrpt;	      /* attributes of Postfix 3.10 and newer */
	bool testing_enforce; /* testing = enforce */
	bool servername;      /* servername=hostname in the reply */
	enum config_level default_level;
};

enum config_log {
	CONFIG_LOG_ERROR,
	CONFIG_LOG_WARNING,
	CONFIG_LOG_INFO,
	CONFIG_LOG_DEBUG
};

enum config_share {
	CONFIG_SHARE_READ_WRITE,
	CONFIG_SHARE_READ_ONLY,
	CONFIG_SHARE_OFF
};

struct config {
	char cache[CONFIG_PATH_MAX]; /* "" serves without a cache */
	uint32_t cache_max_entries;
	char resolve_socket[CONFIG_SOCKET_MAX]; /* "" none: a child each */
	char resolver[CONFIG_LIST_MAX]; /* "" system, "recursive", addresses */
	bool trust_ad;			/* dnssec = trust-ad */
	char local_zones[CONFIG_LIST_MAX];  /* not validated; "" the usual */
	char trust_anchor[CONFIG_PATH_MAX]; /* "" the distribution's */
	char ca_file[CONFIG_PATH_MAX];	    /* "" the system's store */
	char https_proxy[CONFIG_PATH_MAX];  /* "" none */
	bool fetch_reserved; /* from reserved addresses as well */
	char tlsrpt_socket[CONFIG_SOCKET_MAX];	 /* "" no fetch reports */
	char shared_cache[CONFIG_PATH_MAX];	 /* wire/shareurl.h; "" none */
	char shared_cache_read[CONFIG_PATH_MAX]; /* "" the same */
	enum config_share shared_cache_mode;
	char shared_cache_user[CONFIG_USER_MAX];
	char shared_cache_password[CONFIG_PATH_MAX]; /* a file */
	char shared_cache_key[CONFIG_PATH_MAX];	     /* a file */
	bool shared_cache_trust;
	char shared_cache_ca[CONFIG_PATH_MAX];
	char shared_cache_cert[CONFIG_PATH_MAX];
	char share_socket[CONFIG_SOCKET_MAX]; /* "" none */
	uint32_t answer_timeout;	      /* seconds */
	uint32_t https_timeout;		      /* seconds */
	uint32_t idle_timeout;		      /* seconds, at least 120 */
	char
	    srv_services[CONFIG_SERVICES_MAX]; /* as main.cf's use_srv_lookup */
	uint32_t min_ttl;		       /* seconds */
	uint32_t prefetch_idle;		       /* seconds */
	bool sts_failure_defer;
	enum config_log log_level;
	struct config_map maps[CONFIG_MAPS_MAX];
	size_t n_maps;
	struct reason problems[CONFIG_PROBLEMS_MAX]; /* for log and check */
	size_t n_problems; /* may be larger than CONFIG_PROBLEMS_MAX */
};

/* All defaults, with the maps QUERY, QUERYwithTLSRPT and postfix. */
void config_init(struct config *c);

/* Read a file.  An absent file is fine; unknown keys, bad values and lines that
 * are no setting become problems, "FILE:LINE: [SECTION] what", and leave the
 * default.  false: the file exists but cannot be read (which is a problem as
 * well). */
bool config_read(struct config *c, const char *path);

/* Is there a shared cache, and may it be asked? */
bool config_shares(const struct config *c);

/* Settings that are refused beside each other: dnssec = trust-ad, where
 * `resolver` names servers that are not on loopback.  false: why says so, and
 * c has the default again. */
bool config_agree(struct config *c, struct reason *why);

/* One "key=value", or "map NAME.key=value" for a map's key, as after -o.
 * false: why says what is wrong. */
bool config_set(struct config *c, const char *assignment, struct reason *why);

/* -c FILE and -o KEY=VALUE for every program: reads the file (CONFIG_PATH
 * without -c, which may be absent), then applies each -o.  Returns the index of
 * the first argument that is neither (argc when there is none), or -1.  why is
 * set in any case: to what is wrong, or to the usage for callers that expect no
 * more arguments. */
int config_from_args(
    struct config *c, int argc, char **argv, struct reason *why);

/* The file of settings that config_from_args() reads with these arguments. */
const char *config_path(int argc, char **argv);

/* What the file of settings is now (all zero when it is absent), to notice that
 * it was changed since config_from_args() with the same arguments. */
void config_stat(int argc, char **argv, struct stat *st);

/* Does one of the -o set that key? */
bool config_was_given(const char *key, int argc, char **argv);

/* The map of that name, else one whose name differs in case only (as
 * postfix-tlspol takes them), or NULL.  name need not end in NUL. */
const struct config_map *config_map(
    const struct config *c, const char *name, size_t len);

/* Walk all keys: name and value as text into buf; NULL after the last.  For
 * `mxpolicy check` and for the test that compares code, manual and example. */
const char *config_key(
    const struct config *c, size_t i, char *buf, size_t size);

#endif
