/* metrics: the counters of all processes, for Prometheus.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cache/store.h"
#include "verb/json.h"
#include "verb/metrics/expose.h"
#include "verb/metrics/scrape.h"
#include "verb/verb.h"

struct sums {
	uint64_t records, bytes;
};

static bool add_record(const char *key, const void *data, size_t len, void *arg)
{
	struct sums *s = arg;

	(void)data;
	s->records++;
	s->bytes += strlen(key) + len;
	return true;
}

/* In parts, so that writers never wait for long; nothing is changed. */
static void measure_cache(struct expose_from *from)
{
	struct store *store = store_open_read(
	    from->config->cache, from->config->cache_max_entries);
	struct store_part part = {0};
	struct sums sums = {0};
	enum store_result result;
	uint64_t index;

	do {
		result = store_walk_part(store, &part, add_record, &sums);
	} while (result == STORE_FOUND);
	if (result == STORE_MISS &&
	    store_size(store, &from->file_bytes, &index)) {
		from->readable = true;
		from->records = sums.records;
		from->record_bytes = sums.bytes;
	}
	store_close(store);
}

/* ---- as text, version 0.0.4 ---- */

static void text_family(
    void *arg, const char *name, const char *type, const char *help)
{
	fprintf(arg, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void text_sample(
    void *arg, const char *name, const struct expose_sample *s)
{
	FILE *to = arg;

	fprintf(to, "%s%s", name, s->suffix);
	for (size_t i = 0; i < s->n_labels; i++) {
		fprintf(to, "%c%s=\"", i == 0 ? '{' : ',', s->label[i].name);
		for (const char *p = s->label[i].text; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				putc('\\', to);
			putc(*p, to);
		}
		putc('"', to);
	}
	fprintf(to, "%s %s\n", s->n_labels > 0 ? "}" : "", s->value);
}

/* ---- as JSON: one object for each family ---- */

struct as_json {
	json_t *object, *samples; /* of the family at hand, or NULL */
};

static void json_flush(struct as_json *j)
{
	if (j->object != NULL)
		json_print(j->object);
	j->object = NULL;
}

static void json_family(
    void *arg, const char *name, const char *type, const char *help)
{
	struct as_json *j = arg;

	json_flush(j);
	j->object = json_open("metrics-1");
	json_text(j->object, "name", name);
	json_text(j->object, "type", type);
	json_text(j->object, "help", help);
	j->samples = json_member(j->object, "samples", json_array());
}

static void json_sample(
    void *arg, const char *name, const struct expose_sample *s)
{
	struct as_json *j = arg;
	json_t *o = json_append_object(j->samples), *labels;
	char full[128];

	snprintf(full, sizeof full, "%s%s", name, s->suffix);
	json_text(o, "name", full);
	labels = json_member(o, "labels", json_object());
	for (size_t i = 0; i < s->n_labels; i++)
		json_text(labels, s->label[i].name, s->label[i].text);
	if (strchr(s->value, '.') != NULL)
		json_member(o, "value", json_real(strtod(s->value, NULL)));
	else
		json_number(o, "value", (int64_t)strtoull(s->value, NULL, 10));
}

/* ---- the work ---- */

static void write_metrics(const struct verb_context *v, FILE *to)
{
	static struct counters_file counters;
	struct expose_from from = {.config = &v->config,
	    .counters = &counters,
	    .version = PACKAGE_VERSION};
	struct libraries libraries;
	struct as_json json = {NULL, NULL};
	const struct expose_to text = {text_family, text_sample, to};
	const struct expose_to objects = {json_family, json_sample, &json};
	struct reason why;

	/* A scraper does not read reasons: mxpolicy_counters_up and
	 * mxpolicy_cache_up have to do. */
	from.counting =
	    counters_read(v->config.cache, &counters, &why) == COUNTERS_READ;
	(void)!libraries_read(&libraries, &why);
	from.libraries = &libraries;
	measure_cache(&from);
	expose_metrics(&from, v->json ? &objects : &text);
	json_flush(&json);
}

static void write_body(void *arg, FILE *to)
{
	write_metrics(arg, to);
}

enum { OPTION_HTTP = 1 };

static int metrics_run(struct verb_context *v, int argc, char **argv)
{
	const char *value;
	bool http = false;
	int opt;

	while ((opt = verb_option(v, &verb_metrics, argc, argv, &value)) > 0)
		http = http || opt == OPTION_HTTP;
	if (opt < 0)
		return -opt - 1;
	if (http && v->json)
		return verb_usage(
		    &verb_metrics, _("--http serves text, not JSON"));
	if (http) {
		scrape_serve(write_body, v);
		return VERB_OK;
	}
	write_metrics(v, stdout);
	return VERB_OK;
}

static const struct verb_option metrics_options[] = {
    {OPTION_HTTP, "http", NULL,
	N_("answer one HTTP request on standard input and output, for "
	   "mxpolicy-metrics.socket")},
    {0},
};

const struct verb verb_metrics = {
    .name = "metrics",
    .arguments = "",
    .summary = N_("the counters of all processes, for Prometheus"),
    .options = metrics_options,
    .run = metrics_run,
};
