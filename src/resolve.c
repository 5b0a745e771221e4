/* resolve: questions in, findings out (wire/question.h).  The only program
 * that talks to strangers.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "dns/dnsctx.h"
#include "lookup/collector.h"
#include "lookup/httpsxfer.h"
#include "lookup/ports.h"
#include "lookup/sandbox.h"
#include "lookup/service.h"
#include "lookup/supervise.h"
#include "serve/config.h"
#include "serve/log.h"
#include "x509/trust.h"

static struct config config;
static struct stat config_seen;	 /* the settings' file, as it was read */
static struct stat servers_seen; /* resolv.conf, the same */

/* Standard error is the asker's log, and goes where its lines go. */
static void log_warning(const char *text)
{
	log_line(CONFIG_LOG_WARNING, "%s", text);
}

static void log_debug(const char *text)
{
	log_line(CONFIG_LOG_DEBUG, "%s", text);
}

/* false: the command line is wrong. */
static bool read_settings(int argc, char **argv)
{
	struct reason why;
	int rest;

	config_stat(argc, argv, &config_seen);
	if (stat(DNSCONF_RESOLV_CONF, &servers_seen) != 0)
		memset(&servers_seen, 0, sizeof servers_seen);
	rest = config_from_args(&config, argc, argv, &why);
	log_open("resolve", config.log_level);
	if (rest == argc)
		return true;
	log_line(CONFIG_LOG_ERROR, "%s",
	    rest < 0 ? why.text : "usage: resolve [-c file] [-o key=value]");
	return false;
}

struct arguments {
	int argc;
	char **argv;
};

static bool is_same(const struct stat *now, const struct stat *seen)
{
	return now->st_ino == seen->st_ino && now->st_size == seen->st_size &&
	       now->st_mtim.tv_sec == seen->st_mtim.tv_sec &&
	       now->st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}

/* Neither file can be read from inside the sandbox. */
static bool is_outdated(void *arg)
{
	const struct arguments *args = arg;
	struct stat now;

	config_stat(args->argc, args->argv, &now);
	if (!is_same(&now, &config_seen))
		return true;
	if (stat(DNSCONF_RESOLV_CONF, &now) != 0)
		memset(&now, 0, sizeof now);
	return config.resolver[0] == '\0' && !is_same(&now, &servers_seen);
}

static void retired(void *arg)
{
	(void)arg;
	supervise_retire();
}

/* listener: -1 for one asker on standard input and output. */
static int serve(int listener, struct arguments *args)
{
	const char *const files[] = {config.trust_anchor, config.ca_file, NULL};
	struct collector *collector = NULL;
	struct service_config service = {
	    .listener = listener,
	    .in = STDIN_FILENO,
	    .out = STDOUT_FILENO,
	    .dns = {.resolver = config.resolver,
		.local_zones = config.local_zones,
		.trust_anchor = config.trust_anchor,
		.ca_file = config.ca_file,
		.trust_ad = config.trust_ad,
		.log = log_warning},
	    .https = {.ca_file = config.ca_file,
		.proxy = config.https_proxy,
		.timeout = config.https_timeout,
		.reserved = config.fetch_reserved},
	    .report = {.log = log_warning,
		.debug = log_wants(CONFIG_LOG_DEBUG) ? log_debug : NULL},
	    .log = log_warning,
	    .retired = retired,
	    .is_outdated = is_outdated,
	    .arg = args,
	};
	uint16_t ports[PORTS_MAX];
	struct sandbox sandbox = {.files = files, .ports = ports};
	struct reason why;
	int status;

	/* Inside the sandbox no such socket can be made. */
	if (config.tlsrpt_socket[0] != '\0') {
		collector = collector_open(config.tlsrpt_socket, &why);
		if (collector == NULL)
			log_trouble(&why);
	}
	service.report.collector = collector;
	sandbox.n_ports =
	    ports_wanted(config.resolver, config.https_proxy, ports);
	sandbox_enter(&sandbox, &why);
	if (why.text[0] != '\0')
		log_debug(why.text);
	status = service_run(&service);
	collector_close(collector);
	return status;
}

static bool is_listening(int fd)
{
	return sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0;
}

/* The listening socket that systemd, or a parent of ours, hands over; -1: one
 * asker is on standard input and output. */
static int find_listener(void)
{
	if (sd_listen_fds(0) > 0 && is_listening(SD_LISTEN_FDS_START))
		return SD_LISTEN_FDS_START;
	return is_listening(STDIN_FILENO) ? STDIN_FILENO : -1;
}

/* A line for each library, as it runs; then what the kernel cannot confine.
 * For a person, and for verb/libraries.c. */
static void print_version(void)
{
	struct reason why;

	printf("%s\n", PACKAGE_STRING);
	printf("libunbound %s\n", dnsctx_library());
	printf("libcurl %s\n", httpsxfer_library());
	printf("GnuTLS %s\n", trust_library());
	sandbox_look(&why);
	if (why.text[0] != '\0')
		printf("unconfined %s\n", why.text);
}

int main(int argc, char **argv)
{
	struct arguments args = {argc, argv};
	struct reason why;
	int listener;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		print_version();
		return EX_OK;
	}
	if (!read_settings(argc, argv))
		return EX_USAGE;
	listener = find_listener();
	if (listener < 0)
		return serve(-1, &args);
	sd_notify(0, "READY=1");
	sandbox_look(&why);
	if (why.text[0] != '\0')
		log_warning(why.text);
	switch (supervise_run(listener, log_warning)) {
	case SUPERVISE_IDLE:
		return EX_OK;
	case SUPERVISE_FAILED:
		return EX_OSERR;
	case SUPERVISE_WORKER:
		break;
	}
	/* What is in mxpolicy.conf holds for each worker. */
	return read_settings(argc, argv) ? serve(listener, &args) : EX_USAGE;
}
