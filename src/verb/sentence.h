/* sentence: what a verdict means for mail.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_SENTENCE_H
#define MXPOLICY_VERB_SENTENCE_H

#include "policy/verdict.h"

/* One sentence (N_()). */
const char *verb_sentence(enum verdict v);

#endif
