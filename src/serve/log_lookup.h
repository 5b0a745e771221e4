/* log_lookup: what the log says of lookups and of the answers made from them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_LOG_LOOKUP_H
#define MXPOLICY_SERVE_LOG_LOOKUP_H

#include "serve/answer.h"

/* The fields are described in DIAGNOSTICS of mxpolicy-socketmap(8). */

/* An answer that took a lookup: info; a warning if it is TEMP, or if the policy
 * could not be determined and there is none in force. */
void log_lookup_answer(const struct config_map *map, const struct answer *a);

/* One half is in, after so many microseconds: debug. */
void log_lookup_dane(
    const struct lookup *l, const struct dane_finding *f, int64_t usec);
void log_lookup_sts(
    const struct lookup *l, const struct sts_finding *f, int64_t usec);

/* A policy stays in force although it could not be confirmed: a warning, since
 * its publisher has to act before it expires. */
void log_lookup_kept(const struct lookup *l, const struct sts_finding *f);

#endif
