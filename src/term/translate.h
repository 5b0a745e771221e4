/* translate: what a person reads is translated.  Owns <libintl.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_TRANSLATE_H
#define MXPOLICY_TERM_TRANSLATE_H

#include <libintl.h>

#define _(text) gettext(text)
/* Marks a text in a table; it is translated where it is printed. */
#define N_(text) text

#endif
