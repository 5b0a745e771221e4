/* filter: which system calls a process may make; a small seccomp filter without
 * libseccomp, which takes much longer to set up.  Owns
 * <linux/seccomp.h> and <linux/filter.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CONFINE_FILTER_H
#define MXPOLICY_CONFINE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum filter_action {
	FILTER_ALLOW,
	FILTER_REFUSE, /* it fails with ENOSYS, so that libraries try another */
	FILTER_KILL,   /* SIGSYS ends the process; the audit log tells */
};

/* A call, with any arguments (arg FILTER_ANY) or where the lower 32 bits of
 * argument `arg`, from 0 on, are `value` under `mask`. */
#define FILTER_ANY (-1)
struct filter_rule {
	int call; /* SYS_... */
	enum filter_action action;
	int arg;
	uint32_t mask, value;
};

#define FILTER_RULES_MAX 160

/* Of the rules for an argument the first that fits a call decides, else the one
 * rule for the call with any arguments, else `otherwise`.  Calls of another
 * architecture, or of x32, end the process.  It holds for children as
 * well; needs PR_SET_NO_NEW_PRIVS.  false: the kernel cannot do it, or this
 * architecture is not known here. */
bool filter_enter(const struct filter_rule *rules, size_t n,
    enum filter_action otherwise) __attribute__((warn_unused_result));

#endif
