/* user: what a user of this system may do.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_USER_H
#define MXPOLICY_VERB_CHECK_USER_H

#include <stdbool.h>
#include <sys/types.h>

struct check_user {
	const char *name; /* borrowed */
	bool exists;	  /* the two below are known */
	uid_t uid;
	gid_t gid;
};

struct check_user check_user(const char *name);

/* May the user do this (as for access(2))?  Tried as that user where we are
 * root; where we are somebody else, judged by owner and mode.  A user that does
 * not exist owns nothing. */
bool check_may(const struct check_user *u, const char *path, int mode);

#endif
