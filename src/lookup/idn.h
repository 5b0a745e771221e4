/* idn: U-labels to A-labels.  Owns <idn2.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_IDN_H
#define MXPOLICY_LOOKUP_IDN_H

#include <stdbool.h>
#include "policy/domain.h"

/* UTS 46, non-transitional, as Postfix does for DNS; lower case.
 * false: it is not a host name (RFC 5891), and alabel is "". */
bool idn_to_alabel(const char *utf8, char alabel[static DOMAIN_MAX + 1])
    __attribute__((warn_unused_result));

#endif
