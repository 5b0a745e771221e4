/* settings: the settings, and whether the user that serves can read them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SETTINGS_H
#define MXPOLICY_VERB_CHECK_SETTINGS_H

#include "verb/check/setup.h"

/* The group "settings". */
void check_settings(struct setup *c);

#endif
