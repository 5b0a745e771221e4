/* conffile: a file of settings, line by line.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CONF_CONFFILE_H
#define MXPOLICY_CONF_CONFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFFILE_LINE_MAX 4096	/* bytes; and of a value with its lines */
#define CONFFILE_SECTION_MAX 80 /* bytes between the brackets */

/* One setting, or why a line is none. */
struct conffile_item {
	unsigned int line;   /* from 1; of a value, where it begins */
	const char *section; /* "" before the first one */
	/* A setting: neither is NULL; blanks around them are gone. */
	const char *name, *value;
	const char *fault; /* else NULL */
	bool continued;	   /* the value has more than one line */
};

/* Read "key = value" (or ":"), [section], comments that begin with "#" or ";"
 * and end with the line.  A line that begins with a blank continues the value
 * of the one above it: they are joined by one blank.  item is called for each
 * setting, and for each line that is no setting and was ignored; below a
 * section header that cannot be read every line is ignored.  What item gets is
 * valid during the call.  false: reading failed, errno is set. */
bool conffile_read(FILE *file,
    void (*item)(void *arg, const struct conffile_item *item), void *arg)
    __attribute__((warn_unused_result));

#endif
