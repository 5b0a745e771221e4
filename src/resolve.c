/* resolve: questions on standard input, findings on standard output
 * (wire/question.h).  The only program that talks to strangers.
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>
#include "lookup/ask.h"
#include "lookup/collector.h"
#include "lookup/sandbox.h"
#include "serve/config.h"
#include "serve/log.h"

/* Standard error is the asker's log, and goes where its lines go. */
static void log_warning(const char *text)
{
	log_line(CONFIG_LOG_WARNING, "%s", text);
}

static void log_debug(const char *text)
{
	log_line(CONFIG_LOG_DEBUG, "%s", text);
}

int main(int argc, char **argv)
{
	static struct config config;
	struct reason why = {0};
	int rest = config_from_args(&config, argc, argv, &why);
	const char *const files[] = {config.trust_anchor, config.ca_file, NULL};
	struct collector *collector = NULL;

	log_open("resolve", config.log_level);
	if (rest < 0 || rest < argc) {
		log_line(CONFIG_LOG_ERROR, "%s",
		    rest < 0 ? why.text
			     : "usage: resolve [-c file] [-o key=value]");
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	/* Inside the sandbox no such socket can be made. */
	if (config.tlsrpt_socket[0] != '\0') {
		collector = collector_open(config.tlsrpt_socket, &why);
		if (collector == NULL)
			log_trouble(&why);
	}
	sandbox_enter(files, &why);
	if (why.text[0] != '\0')
		log_debug(why.text);
	const struct ask_config ask = {
	    .in = STDIN_FILENO,
	    .out = STDOUT_FILENO,
	    .dns =
		{
		    .resolver = config.resolver,
		    .trust_anchor = config.trust_anchor,
		    .ca_file = config.ca_file,
		    .log = log_warning,
		},
	    .https =
		{
		    .ca_file = config.ca_file,
		    .proxy = config.https_proxy,
		    .timeout = config.https_timeout,
		},
	    .report =
		{
		    .collector = collector,
		    .log = log_warning,
		    .debug = log_wants(CONFIG_LOG_DEBUG) ? log_debug : NULL,
		},
	    .log = log_warning,
	};
	int status = ask_serve(&ask);

	collector_close(collector);
	return status;
}
