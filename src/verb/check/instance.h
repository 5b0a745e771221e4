/* instance: the instances of Postfix, as postconf(1) shows them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_INSTANCE_H
#define MXPOLICY_VERB_CHECK_INSTANCE_H

#include <limits.h>
#include "verb/check/command.h"
#include "verb/check/maincf.h"

#define INSTANCES_MAX 16

struct instance {
	char dir[PATH_MAX];		 /* config_directory */
	char *main;			 /* settings; NULL: unreadable */
	char why[COMMAND_ERROR_MAX + 1]; /* then: what is wrong */
	struct maincf_table table[MAINCF_TABLES_MAX];
	size_t n_tables; /* of smtp_tls_policy_maps */
	char *maps;	 /* smtp_tls_policy_maps as written, parameters and all;
			    NULL: unreadable */
	struct maincf_service service[MAINCF_SERVICES_MAX];
	size_t n_services; /* smtp(8) and lmtp(8) of master.cf */
};

/* Read the instances with these configuration directories, or, if there are
 * none, those that postmulti(1) lists.  Returns an array of *n, 0 where Postfix
 * is not installed; instance_free() frees it. */
struct instance *instance_read(
    const char *const *dirs, size_t n_dirs, size_t *n);
void instance_free(struct instance *list, size_t n);

/* A value of main.cf, "" where there is none.  Valid until instance_free(). */
const char *instance_get(const struct instance *p, const char *name);

/* Commands that set one of its parameters and make Postfix read it.  "" where
 * they do not fit. */
void instance_fix(const struct instance *p, const char *name, const char *value,
    char *fix, size_t size);

/* Is its version at least major.minor? */
bool instance_has_version(const struct instance *p, int major, int minor);

#endif
