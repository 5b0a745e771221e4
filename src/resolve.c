/* resolve: questions on standard input, findings on standard output
 * (wire/question.h).  The only program that talks to strangers.
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>
#include "lookup/ask.h"
#include "lookup/sandbox.h"
#include "serve/config.h"

/* Standard error is the asker's log. */
static void log_line(const char *text)
{
	fprintf(stderr, "resolve: %s\n", text);
}

int main(int argc, char **argv)
{
	static struct config config;
	struct reason why = {""};
	int rest = config_from_args(&config, argc, argv, &why);
	const char *const files[] = {config.trust_anchor, config.ca_file, NULL};

	if (rest < 0 || rest < argc) {
		log_line(rest < 0 ? why.text
				  : "usage: resolve [-c file] [-o key=value]");
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	sandbox_enter(files, &why);
	if (config.log_level >= CONFIG_LOG_DEBUG && why.text[0] != '\0')
		log_line(why.text);
	const struct ask_config ask = {
	    .in = STDIN_FILENO,
	    .out = STDOUT_FILENO,
	    .dns =
		{
		    .resolver = config.resolver,
		    .trust_anchor = config.trust_anchor,
		    .ca_file = config.ca_file,
		    .log = log_line,
		},
	    .https =
		{
		    .ca_file = config.ca_file,
		    .proxy = config.https_proxy,
		    .timeout = config.https_timeout,
		},
	    .log = log_line,
	};
	return ask_serve(&ask);
}
