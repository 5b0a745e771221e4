/* expose: the metrics, one after the other, in no particular format.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_METRICS_EXPOSE_H
#define MXPOLICY_VERB_METRICS_EXPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "count/counters.h"
#include "serve/config.h"
#include "verb/libraries.h"

#define EXPOSE_LABELS_MAX 3
#define EXPOSE_VALUE_MAX 32

struct expose_label {
	const char *name;
	char text[COUNTERS_NAME_MAX + 1]; /* printable ASCII */
};

/* One sample.  Its name is the family's and suffix: "", or "_bucket", "_sum",
 * "_count" of a histogram.  value is a decimal number: a whole one, or seconds
 * with six decimals. */
struct expose_sample {
	const char *suffix;
	size_t n_labels;
	struct expose_label label[EXPOSE_LABELS_MAX];
	char value[EXPOSE_VALUE_MAX];
};

struct expose_to {
	/* A family begins; type is "counter", "gauge" or "histogram". */
	void (*family)(
	    void *arg, const char *name, const char *type, const char *help);
	void (*sample)(
	    void *arg, const char *name, const struct expose_sample *s);
	void *arg;
};

/* What the metrics are made of. */
struct expose_from {
	const struct config *config;
	const struct counters_file *counters; /* all zero if there is no file */
	bool counting; /* the file of the counters could be read */
	const char *version;
	const struct libraries *libraries; /* of resolve */
	/* The cache at this moment; zero unless it is readable. */
	bool readable;
	uint64_t records, record_bytes, file_bytes;
};

/* Pass on all metrics in a fixed order, each family and then its samples,
 * including those that are zero.  Names, labels and help are not translated. */
void expose_metrics(const struct expose_from *from, const struct expose_to *to);

#endif
