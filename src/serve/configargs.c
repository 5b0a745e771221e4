/* configargs: settings from the command line.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "serve/config.h"

/* The next -c or -o: its letter and value.  0 at the end of the options, '?' if
 * it is another one or lacks its value.  Not getopt(), because the arguments
 * after ours have another table. */
static int next_option(int argc, char **argv, int *at, const char **value)
{
	const char *arg = *at < argc ? argv[*at] : "";

	/* -h is for mxpolicy, whose verbs have options of their own. */
	if (arg[0] != '-' || arg[1] == '-' || arg[1] == 'h')
		return 0;
	if (arg[1] != 'c' && arg[1] != 'o')
		return '?';
	*value = arg[2] != '\0' ? arg + 2 : *at + 1 < argc ? argv[++*at] : NULL;
	++*at;
	return *value != NULL ? arg[1] : '?';
}

const char *config_path(int argc, char **argv)
{
	const char *path = CONFIG_PATH, *value;
	int opt, at = 1;

	while (
	    (opt = next_option(argc, argv, &at, &value)) == 'c' || opt == 'o')
		if (opt == 'c')
			path = value;
	return path;
}

bool config_was_given(const char *key, int argc, char **argv)
{
	size_t len = strlen(key);
	const char *value;
	int opt, at = 1;

	while (
	    (opt = next_option(argc, argv, &at, &value)) == 'c' || opt == 'o')
		if (opt == 'o' && strncmp(value, key, len) == 0 &&
		    value[len] == '=')
			return true;
	return false;
}

void config_stat(int argc, char **argv, struct stat *st)
{
	if (stat(config_path(argc, argv), st) != 0)
		memset(st, 0, sizeof *st);
}

int config_from_args(
    struct config *c, int argc, char **argv, struct reason *why)
{
	const char *path = NULL, *value;
	struct reason disagreement;
	int opt, at;

	config_init(c);
	reason_set(why, "usage: %s [-c FILE] [-o KEY=VALUE]...", argv[0]);
	/* Twice, because the file comes first and -o overrides it. */
	for (at = 1; (opt = next_option(argc, argv, &at, &value)) != 0;) {
		if (opt == '?')
			return -1;
		if (opt == 'c')
			path = value;
	}
	if (path != NULL && access(path, F_OK) != 0 &&
	    (errno == ENOENT || errno == ENOTDIR)) {
		reason_set(why, "-c %s: %s", path, strerror(errno));
		return -1;
	}
	config_read(c, path != NULL ? path : CONFIG_PATH);
	for (at = 1; (opt = next_option(argc, argv, &at, &value)) != 0;)
		if (opt == 'o' && !config_set(c, value, why))
			return -1;
	if (!config_agree(c, &disagreement)) {
		*why = disagreement;
		return -1;
	}
	return at;
}
