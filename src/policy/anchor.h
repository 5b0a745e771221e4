/* anchor: where distributions keep the trust anchor of the root zone.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_ANCHOR_H
#define MXPOLICY_POLICY_ANCHOR_H

/* In order of preference; ends with NULL. */
extern const char *const anchor_files[];

#endif
