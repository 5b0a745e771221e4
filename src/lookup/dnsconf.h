/* dnsconf: which name servers are asked, and with which trust anchor.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DNSCONF_H
#define MXPOLICY_LOOKUP_DNSCONF_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"

#define DNSCONF_SERVERS_MAX 16	    /* more are left out */
#define DNSCONF_SERVER_TEXT_MAX 320 /* address, scope, port, a host name */
#define DNSCONF_RESOLV_CONF "/etc/resolv.conf"

/* What resolve was told. */
struct dns_config {
	const char *resolver;	  /* the setting; "" those of resolv.conf */
	const char *trust_anchor; /* a file; "" the distribution's */
	const char *ca_file;	  /* for DNS over TLS; "" the system's */
	/* Told about name servers that are of no use; NULL for nobody. */
	void (*log)(const char *text);
};

struct dnsconf {
	bool recursive; /* from the root, no forwards */
	bool tls;	/* all forwards speak DNS over TLS */
	size_t n;
	/* In libunbound's form: address[%scope][@port][#name]. */
	char server[DNSCONF_SERVERS_MAX][DNSCONF_SERVER_TEXT_MAX + 1];
};

/* The text of the setting `resolver`: "recursive", or addresses separated by
 * blanks or commas: "addr", "addr@port", "tls://addr[@port][#name]".  One list
 * is all TLS or has none: a fallback to clear text would be no protection.
 * false: why says what is wrong. */
bool dnsconf_parse(struct dnsconf *c, const char *text, struct reason *why)
    __attribute__((warn_unused_result));

/* The nameserver lines of a resolv.conf(5); lines that name no address are
 * left out.  Without any: 127.0.0.1, as the C library has it. */
void dnsconf_parse_resolv_conf(struct dnsconf *c, const char *text);

/* Read DNSCONF_RESOLV_CONF (its first 64 KiB); absent is as empty. */
void dnsconf_read_system(struct dnsconf *c);

/* "192.0.2.1, 192.0.2.2": for reasons; cut where it does not fit. */
void dnsconf_format(const struct dnsconf *c, char *buf, size_t size);

/* The distribution's file with the root's trust anchor, or NULL. */
const char *dnsconf_anchor_file(void);

/* What stands in for it: DS records of the root's keys, NULL at the end. */
extern const char *const dnsconf_anchors[];

#endif
