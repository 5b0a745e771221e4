/* expose: the metrics, one after the other, in no particular format.
 * SPDX-License-Identifier: MIT */
#include "verb/metrics/expose.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "policy/sts.h"
#include "policy/verdict.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define STORE_FILE_MAX (UINT64_C(1) << 32) /* tdb's offsets have 32 bits */

/* A family of n adjacent cells, distinguished by one label; a single cell needs
 * none. */
struct family {
	const char *name, *type, *help;
	size_t cell;
	const char *label;
	const char *(*word)(size_t i); /* the label's value of a cell */
	size_t n;
};

/* The values of a label that have no name elsewhere, one for each cell. */
#define WORDS(function, count, ...)                                            \
	static const char *function(size_t i)                                  \
	{                                                                      \
		static const char *const words[] = {__VA_ARGS__};              \
                                                                               \
		_Static_assert(COUNT(words) == (count), "a word a cell");      \
		return words[i];                                               \
	}

WORDS(source_word, COUNTERS_SOURCE_KINDS, "hit", "miss", "bypass")
WORDS(why_word, COUNTERS_WHY_KINDS, "dnssec", "dns", "deadline", "sts-failure",
    "resolve")
WORDS(end_word, COUNTERS_END_KINDS, "closed", "idle", "broken", "lost")
WORDS(bad_word, COUNTERS_BAD_KINDS, "netstring", "request", "map")
WORDS(resolve_word, COUNTERS_RESOLVE_KINDS, "failed", "hung")
WORDS(shared_word, COUNTERS_SHARED_ASKED_KINDS, "hit", "miss", "refused",
    "down", "late")
WORDS(lease_word, 2, "held", "waited")
WORDS(run_word, 2, "done", "failed")
WORDS(dane_word, COUNTERS_DANE_KINDS, "tlsa", "no-tlsa", "no-mail", "partial",
    "failed")

static const char *class_word(size_t i)
{
	return counters_class_name((enum counters_class)i);
}

static const char *sts_word(size_t i)
{
	static const enum sts_found found[] = {
	    [COUNTERS_STS_ABSENT] = STS_FOUND_ABSENT,
	    [COUNTERS_STS_SAME] = STS_FOUND_SAME,
	    [COUNTERS_STS_POLICY] = STS_FOUND_POLICY,
	    [COUNTERS_STS_TXT_FAILED] = STS_FOUND_TXT_FAILED,
	    [COUNTERS_STS_FETCH_FAILED] = STS_FOUND_FETCH_FAILED,
	};

	_Static_assert(COUNT(found) == COUNTERS_STS_KINDS, "one a cell");
	return sts_found_name(found[i]);
}

static const char *reply_word(size_t i)
{
	_Static_assert((int)COUNTERS_DANE_ONLY == (int)VERDICT_DANE_ONLY &&
			   (int)COUNTERS_DANE == (int)VERDICT_DANE &&
			   (int)COUNTERS_SECURE == (int)VERDICT_SECURE &&
			   (int)COUNTERS_NOTFOUND == (int)VERDICT_NOTFOUND &&
			   (int)COUNTERS_TEMP == (int)VERDICT_TEMP,
	    "replies are counted in the order of enum verdict");
	return i == COUNTERS_PERM ? "PERM" : verdict_name((enum verdict)i);
}

static const struct family answers[] = {
    {"mxpolicy_cache_requests_total", "counter",
	"Requests answered from the cache (hit), by a lookup (miss), or "
	"without either (bypass).",
	COUNTERS_SOURCES, "result", source_word, COUNTERS_SOURCE_KINDS},
    {"mxpolicy_stale_replies_total", "counter",
	"Replies from a DANE result that could not be refreshed and is "
	"less than a day old.",
	COUNTERS_STALE, NULL, NULL, 1},
    {"mxpolicy_temp_replies_total", "counter", "TEMP replies, by reason.",
	COUNTERS_WHYS, "reason", why_word, COUNTERS_WHY_KINDS},
    {"mxpolicy_bad_requests_total", "counter",
	"Malformed netstrings and requests, and requests for unknown maps.",
	COUNTERS_BAD, "kind", bad_word, COUNTERS_BAD_KINDS},
    {"mxpolicy_connections_total", "counter", "Connections served.",
	COUNTERS_CONNECTIONS, NULL, NULL, 1},
    {"mxpolicy_connection_ends_total", "counter",
	"Ended connections, by how they ended.", COUNTERS_ENDS, "end", end_word,
	COUNTERS_END_KINDS},
};

static const struct family lookups[] = {
    {"mxpolicy_failures_total", "counter",
	"Failures found by lookups, by result type of RFC 8460.",
	COUNTERS_CLASSES, "result_type", class_word, COUNTERS_CLASS_KINDS},
    {"mxpolicy_resolve_failures_total", "counter",
	"Processes of resolve that failed, or hung and were killed.",
	COUNTERS_RESOLVE, "kind", resolve_word, COUNTERS_RESOLVE_KINDS},
    {"mxpolicy_shared_questions_total", "counter",
	"Lookups that asked the shared cache, by what it held.",
	COUNTERS_SHARED, "result", shared_word, COUNTERS_SHARED_ASKED_KINDS},
    {"mxpolicy_shared_leases_total", "counter",
	"Policies for which this machine was to fetch (held), or another "
	"one was (waited).",
	COUNTERS_SHARED + COUNTERS_SHARED_LEASED, "result", lease_word, 2},
    {"mxpolicy_cache_write_errors_total", "counter",
	"Results that could not be written to the cache.",
	COUNTERS_CACHE_ERRORS, NULL, NULL, 1},
    {"mxpolicy_prefetch_runs_total", "counter",
	"Runs of prefetch, by whether the cache could be used.",
	COUNTERS_RUNS_DONE, "result", run_word, 2},
    {"mxpolicy_prefetch_repacks_total", "counter",
	"Runs of prefetch that returned space to the file system.",
	COUNTERS_RUNS_REPACKED, NULL, NULL, 1},
    {"mxpolicy_prefetch_mends_total", "counter",
	"Runs of prefetch that repaired a damaged cache.", COUNTERS_RUNS_MENDED,
	NULL, NULL, 1},
    {"mxpolicy_prefetch_lookups_total", "counter",
	"Domains that prefetch looked up.",
	COUNTERS_PREFETCH + COUNTERS_PREFETCH_REFRESHED, NULL, NULL, 1},
    {"mxpolicy_prefetch_lookup_failures_total", "counter",
	"Domains of these whose lookup failed in part or in full.",
	COUNTERS_PREFETCH + COUNTERS_PREFETCH_FAILED, NULL, NULL, 1},
    {"mxpolicy_prefetch_elsewhere_total", "counter",
	"Domains that a serving process was looking up.",
	COUNTERS_PREFETCH + COUNTERS_PREFETCH_ELSEWHERE, NULL, NULL, 1},
    {"mxpolicy_prefetch_dropped_records_total", "counter",
	"Records dropped because of cache-max-entries.",
	COUNTERS_PREFETCH + COUNTERS_PREFETCH_DROPPED, NULL, NULL, 1},
    {"mxpolicy_prefetch_damaged_records_total", "counter",
	"Records that runs of prefetch found damaged.",
	COUNTERS_PREFETCH + COUNTERS_PREFETCH_DAMAGED, NULL, NULL, 1},
    {"mxpolicy_prefetch_saved_records_total", "counter",
	"Records saved when the cache was repaired.",
	COUNTERS_PREFETCH + COUNTERS_PREFETCH_SAVED, NULL, NULL, 1},
    {"mxpolicy_prefetch_last_run_timestamp_seconds", "gauge",
	"When the latest run of prefetch ended, since the epoch; 0 if "
	"never.",
	COUNTERS_RUN + COUNTERS_RUN_ENDED, NULL, NULL, 1},
    {"mxpolicy_prefetch_last_run_records", "gauge",
	"Records in the cache after that run.",
	COUNTERS_RUN + COUNTERS_RUN_RECORDS, NULL, NULL, 1},
    {"mxpolicy_prefetch_last_run_policies", "gauge",
	"Unexpired MTA-STS policies in the cache at that run.",
	COUNTERS_RUN + COUNTERS_RUN_POLICIES, NULL, NULL, 1},
    {"mxpolicy_prefetch_last_run_due", "gauge",
	"Domains that were due in that run.", COUNTERS_RUN + COUNTERS_RUN_DUE,
	NULL, NULL, 1},
};

/* ---- one sample ---- */

static void begin(const struct expose_to *to, const char *name,
    const char *type, const char *help)
{
	to->family(to->arg, name, type, help);
}

static void add_label(
    struct expose_sample *s, const char *name, const char *text)
{
	struct expose_label *l = &s->label[s->n_labels++];

	l->name = name;
	text_printable(l->text, sizeof l->text, text, strlen(text));
}

static void put(const struct expose_to *to, const char *name,
    struct expose_sample *s, uint64_t value)
{
	snprintf(s->value, sizeof s->value, "%" PRIu64, value);
	to->sample(to->arg, name, s);
}

static void put_seconds(const struct expose_to *to, const char *name,
    struct expose_sample *s, uint64_t usec)
{
	snprintf(s->value, sizeof s->value, "%" PRIu64 ".%06" PRIu64,
	    usec / 1000000, usec % 1000000);
	to->sample(to->arg, name, s);
}

/* A family of one sample without labels. */
static void tell(const struct expose_to *to, const char *name, const char *type,
    const char *help, uint64_t value)
{
	struct expose_sample s = {.suffix = ""};

	begin(to, name, type, help);
	put(to, name, &s, value);
}

static void tell_families(const struct expose_from *from,
    const struct expose_to *to, const struct family *f, size_t n)
{
	const uint64_t *cell = from->counters->cell;

	for (; n > 0; n--, f++) {
		begin(to, f->name, f->type, f->help);
		for (size_t i = 0; i < f->n; i++) {
			struct expose_sample s = {.suffix = ""};

			if (f->label != NULL)
				add_label(&s, f->label, f->word(i));
			put(to, f->name, &s, cell[f->cell + i]);
		}
	}
}

static void tell_causes(
    const struct expose_from *from, const struct expose_to *to)
{
	static const char name[] = "mxpolicy_failures_by_cause_total";

	begin(to, name, "counter",
	    "Failures found by lookups, by cause and whose failure it is.");
	for (int i = CAUSE_NONE + 1; i < CAUSES; i++) {
		enum cause cause = (enum cause)i;
		struct expose_sample s = {.suffix = ""};

		add_label(&s, "cause", cause_name(cause));
		add_label(&s, "owner", cause_owner_name(cause_owner(cause)));
		put(to, name, &s, from->counters->cell[COUNTERS_CAUSES + i]);
	}
}

/* ---- replies by map ---- */

static void tell_map(
    const struct expose_to *to, const char *map, const uint64_t *cell)
{
	for (size_t i = 0; i < COUNTERS_REPLY_KINDS; i++) {
		struct expose_sample s = {.suffix = ""};

		add_label(&s, "map", map);
		add_label(&s, "reply", reply_word(i));
		put(to, "mxpolicy_replies_total", &s,
		    cell != NULL ? cell[i] : 0);
	}
}

static bool has_slot(const struct counters_file *c, const char *map)
{
	char name[COUNTERS_NAME_MAX + 1];

	for (size_t i = 0; i < COUNTERS_MAPS; i++) {
		counters_slot_name(&c->slot[i], name);
		if (strcmp(name, map) == 0)
			return true;
	}
	return false;
}

/* Every map that has been asked, all others in the settings, and "other" for
 * what belongs to no map: malformed requests, and maps beyond COUNTERS_MAPS. */
static void tell_replies(
    const struct expose_from *from, const struct expose_to *to)
{
	const struct counters_file *c = from->counters;
	const struct config *config = from->config;
	uint64_t other[COUNTERS_REPLY_KINDS];

	begin(to, "mxpolicy_replies_total", "counter",
	    "Replies by map and kind.");
	memcpy(other,
	    &c->cell[COUNTERS_REPLIES + COUNTERS_OTHER * COUNTERS_REPLY_KINDS],
	    sizeof other);
	for (size_t i = 0; i < COUNTERS_MAPS; i++) {
		const uint64_t *cell =
		    &c->cell[COUNTERS_REPLIES + i * COUNTERS_REPLY_KINDS];
		char name[COUNTERS_NAME_MAX + 1];

		counters_slot_name(&c->slot[i], name);
		if (name[0] != '\0' && strcmp(name, "other") != 0) {
			tell_map(to, name, cell);
			continue;
		}
		for (size_t k = 0; k < COUNTERS_REPLY_KINDS; k++)
			other[k] += cell[k];
	}
	for (size_t i = 0; i < config->n_maps; i++)
		if (!has_slot(c, config->maps[i].name) &&
		    strcmp(config->maps[i].name, "other") != 0)
			tell_map(to, config->maps[i].name, NULL);
	tell_map(to, "other", other);
}

/* ---- histograms ---- */

static void tell_histogram(const struct expose_to *to, const char *name,
    const struct expose_sample *labels, const uint64_t *cell)
{
	struct expose_sample s;
	uint64_t count = 0;

	for (size_t i = 0; i <= COUNTERS_BOUNDS; i++) {
		char bound[24] = "+Inf";

		if (i < COUNTERS_BOUNDS)
			snprintf(bound, sizeof bound, "%g",
			    counters_bounds[i] / 1000.0);
		count += cell[i];
		s = *labels;
		s.suffix = "_bucket";
		add_label(&s, "le", bound);
		put(to, name, &s, count);
	}
	s = *labels;
	s.suffix = "_sum";
	put_seconds(to, name, &s, cell[COUNTERS_BOUNDS + 1]);
	s.suffix = "_count";
	put(to, name, &s, count);
}

static void tell_branch(const struct expose_to *to, const char *branch,
    const char *(*outcome)(size_t i), size_t n, const uint64_t *cell)
{
	for (size_t i = 0; i < n; i++) {
		struct expose_sample s = {.suffix = ""};

		add_label(&s, "branch", branch);
		add_label(&s, "outcome", outcome(i));
		tell_histogram(to, "mxpolicy_lookup_duration_seconds", &s,
		    cell + i * COUNTERS_HISTOGRAM);
	}
}

static void tell_histograms(
    const struct expose_from *from, const struct expose_to *to)
{
	const uint64_t *cell = from->counters->cell;
	const struct expose_sample none = {.suffix = ""};

	begin(to, "mxpolicy_reply_wait_seconds", "histogram",
	    "Duration of replies that needed a lookup.");
	tell_histogram(
	    to, "mxpolicy_reply_wait_seconds", &none, cell + COUNTERS_WAIT);
	begin(to, "mxpolicy_shared_duration_seconds", "histogram",
	    "How long the shared cache took to answer.");
	tell_histogram(to, "mxpolicy_shared_duration_seconds", &none,
	    cell + COUNTERS_SHARED_TOOK);
	begin(to, "mxpolicy_lookup_duration_seconds", "histogram",
	    "Duration of lookups, by branch (dane, sts) and outcome.");
	tell_branch(to, "dane", dane_word, COUNTERS_DANE_KINDS,
	    cell + COUNTERS_DANE_LOOKUPS);
	tell_branch(to, "sts", sts_word, COUNTERS_STS_KINDS,
	    cell + COUNTERS_STS_LOOKUPS);
}

/* ---- gauges ---- */

static void tell_state(
    const struct expose_from *from, const struct expose_to *to)
{
	struct expose_sample s = {.suffix = ""};

	begin(to, "mxpolicy_prefetch_last_run_duration_seconds", "gauge",
	    "Duration of the latest run of prefetch.");
	put_seconds(to, "mxpolicy_prefetch_last_run_duration_seconds", &s,
	    from->counters->cell[COUNTERS_RUN + COUNTERS_RUN_TOOK]);
	tell(to, "mxpolicy_cache_up", "gauge", "1 if the cache can be read.",
	    from->readable);
	tell(to, "mxpolicy_cache_records", "gauge", "Records in the cache.",
	    from->records);
	tell(to, "mxpolicy_cache_max_records", "gauge",
	    "Limit of records, cache-max-entries.",
	    from->config->cache_max_entries);
	tell(to, "mxpolicy_cache_record_bytes", "gauge", "Size of all records.",
	    from->record_bytes);
	tell(to, "mxpolicy_cache_file_bytes", "gauge",
	    "Size of the cache file.", from->file_bytes);
	tell(to, "mxpolicy_cache_max_file_bytes", "gauge",
	    "Largest possible size of the cache file.", STORE_FILE_MAX);
	tell(to, "mxpolicy_counters_up", "gauge",
	    "1 if the file of the counters can be read.", from->counting);
	tell(to, "mxpolicy_counters_start_time_seconds", "gauge",
	    "When the counters began at 0, since the epoch.",
	    from->counters->head.made);
	tell(to, "mxpolicy_config_problems", "gauge",
	    "Settings that are unknown or invalid.", from->config->n_problems);
	begin(to, "mxpolicy_build_info", "gauge", "The version, always 1.");
	add_label(&s, "version", from->version);
	put(to, "mxpolicy_build_info", &s, 1);
	begin(to, "mxpolicy_library_info", "gauge",
	    "The libraries that lookups are done with, always 1.");
	for (size_t i = 0; i < from->libraries->n; i++) {
		struct expose_sample one = {.suffix = ""};

		add_label(&one, "library", from->libraries->of[i].name);
		add_label(&one, "version", from->libraries->of[i].version);
		put(to, "mxpolicy_library_info", &one, 1);
	}
}

void expose_metrics(const struct expose_from *from, const struct expose_to *to)
{
	tell_replies(from, to);
	tell_families(from, to, answers, COUNT(answers));
	tell_histograms(from, to);
	tell_causes(from, to);
	tell_families(from, to, lookups, COUNT(lookups));
	tell_state(from, to);
}
