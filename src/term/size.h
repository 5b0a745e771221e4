/* size: sizes for a person.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_SIZE_H
#define MXPOLICY_TERM_SIZE_H

#include <stdint.h>

#define SIZE_TEXT_MAX 32

/* "12.5 MB", in powers of 1000.  buf is returned. */
const char *size_text(uint64_t bytes, char buf[static SIZE_TEXT_MAX]);

#endif
