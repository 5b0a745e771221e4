/* prefetch: refresh what falls due soon; run by a timer.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "serve/log.h"
#include "serve/prefetch.h"
#include "serve/startup.h"
#include "serve/stats.h"
#include "term/progress.h"

/* mxpolicy-prefetch.timer runs it every 15 minutes, with a random delay of up
 * to 2: this run refreshes what falls due before the next one. */
#define PREFETCH_WITHIN 1080
/* The last ones end before the timer starts it again. */
#define PREFETCH_START_MS (10 * 60 * 1000)

static int usage(void)
{
	fprintf(stderr,
	    "usage: prefetch [-c FILE] [-o KEY=VALUE]... [--dry-run] "
	    "[--within SECONDS]\n");
	return EX_USAGE;
}

/* A bar for the domains, then another for the records; NULL in between. */
static struct progress *bar;

static void show_progress(size_t at, size_t of)
{
	if (at == 0) {
		progress_close(bar);
		bar = progress_open(of);
	}
	progress_set(bar, at);
}

static void print_key(const char *key)
{
	puts(key);
}

static void log_sum(const struct prefetch_sum *s, int64_t usec)
{
	char text[24];
	const struct journal_field fields[] = {{"USEC", text, NULL}, {0}};

	if (s->mended)
		log_line(CONFIG_LOG_WARNING,
		    "the cache was damaged and has been repaired: %u records "
		    "were saved",
		    s->saved);
	snprintf(text, sizeof text, "%lld", (long long)usec);
	log_event(CONFIG_LOG_INFO, LOG_EVENT_PREFETCH, fields,
	    "records=%u policies=%u due=%u refreshed=%u failed=%u "
	    "elsewhere=%u left=%u dropped=%u damaged=%u repacked=%s usec=%s",
	    s->records, s->policies, s->due, s->refreshed, s->failed,
	    s->elsewhere, s->left, s->dropped, s->damaged,
	    s->repacked ? "yes" : "no", text);
	sd_notifyf(0, "STATUS=%u records, %u refreshed, %u dropped", s->records,
	    s->refreshed, s->dropped);
}

/* false: the command line is wrong. */
static bool parse(int argc, char **argv, struct prefetch_run *run)
{
	static const struct option options[] = {
	    {"dry-run", no_argument, NULL, 'n'},
	    {"within", required_argument, NULL, 'w'},
	    {0},
	};
	long within = PREFETCH_WITHIN;
	char *end;
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			run->dry = true;
			run->tell = print_key;
			break;
		case 'w':
			within = strtol(optarg, &end, 10);
			if (*end != '\0' || end == optarg || within < 0 ||
			    within > 86400)
				return false;
			break;
		default:
			return false;
		}
	}
	run->until = clock_now() + within;
	return optind == argc;
}

int main(int argc, char **argv)
{
	static struct config config;
	struct prefetch_run run = {.config = &config,
	    .start_ms = PREFETCH_START_MS,
	    .progress = show_progress};
	struct prefetch_sum sum;
	struct reason why;
	char **options;
	int64_t began = clock_us();
	int first;
	bool ok;

	startup_settle();
	first = config_from_args(&config, argc, argv, &why);
	log_open("prefetch", config.log_level);
	if (first < 0) {
		log_line(CONFIG_LOG_ERROR, "%s", why.text);
		return usage();
	}
	options = xcalloc((size_t)first, sizeof *options);
	memcpy(options, argv + 1, (size_t)(first - 1) * sizeof *options);
	if (!parse(argc - first + 1, argv + first - 1, &run)) {
		free(options);
		return usage();
	}
	log_problems(&config);
	run.store = store_open(config.cache, config.cache_max_entries);
	run.refresh = refresh_open(&config, run.store,
	    &(const struct refresh_options){.max = PREFETCH_LOOKUPS,
		.args = options,
		.background = true,
		.reports = true,
		.observer = &stats_observer});
	if (!run.dry)
		stats_open(config.cache);
	ok = prefetch_run(&run, &sum);
	progress_close(bar);
	began = clock_us() - began;
	if (!run.dry)
		stats_run(&sum, ok, began);
	if (ok)
		log_sum(&sum, began);
	else
		log_event(CONFIG_LOG_ERROR, LOG_EVENT_TROUBLE, NULL, "%s",
		    store_trouble(run.store)->text);
	refresh_close(run.refresh);
	store_close(run.store);
	free(options);
	return ok ? EX_OK : EX_TEMPFAIL;
}
