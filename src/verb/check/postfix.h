/* postfix: the instances of Postfix and what they are told.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_POSTFIX_H
#define MXPOLICY_VERB_CHECK_POSTFIX_H

#include <limits.h>
#include "verb/check/maincf.h"
#include "verb/check/command.h"

struct check;

#define POSTFIX_INSTANCES_MAX 16

struct postfix {
	char dir[PATH_MAX]; /* config_directory */
	char *main;	    /* "name = value" lines, NULL: not to be had */
	char trouble[COMMAND_ERROR_MAX + 1]; /* then: why */
	char queue[PATH_MAX];		     /* queue_directory */
	struct maincf_table table[MAINCF_TABLES_MAX];
	size_t n_tables; /* of smtp_tls_policy_maps */
	struct maincf_service service[MAINCF_SERVICES_MAX];
	size_t n_services; /* smtp(8) and lmtp(8) of master.cf */
};

/* Read the instances into c->postfix: those of dirs, else of postmulti(1).
 * c->n_postfix stays 0 where no Postfix is installed. */
void postfix_read(struct check *c, const char *const *dirs, size_t n_dirs);
void postfix_free(struct check *c);

/* A value of main.cf, "" when it is not there; valid until the next call. */
const char *postfix_get(const struct postfix *p, const char *name);

/* Items of one instance. */
void check_tls(struct check *c, const struct postfix *p);    /* checktls.c */
void check_master(struct check *c, const struct postfix *p); /* checkmaster.c */

#endif
