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

#define CHECK_PEOPLE_MAX 128

/* The first two people who have an account here, as "alice, bob": a user number
 * from 1000 on (UID_MIN of login.defs(5)) and a shell that is not nologin or
 * false.  One alone is the administrator, and is none of the others: false. */
bool check_people(char names[static CHECK_PEOPLE_MAX])
    __attribute__((warn_unused_result));

#endif
