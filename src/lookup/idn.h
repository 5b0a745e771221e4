/* idn: U-labels to A-labels.  Owns <idn2.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_IDN_H
#define MXPOLICY_LOOKUP_IDN_H

#include <stdbool.h>
#include "policy/domain.h"

/* UTS 46, nontransitional, as Postfix does for DNS by ICU: symbols and emoji,
 * which IDNA 2008 does not allow, are converted as well; lower case.
 * false: it is not a host name, and alabel is "". */
bool idn_to_alabel(const char *utf8, char alabel[static DOMAIN_MAX + 1])
    __attribute__((warn_unused_result));

#endif
