/* fuzz: what the drivers share.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TEST_FUZZ_H
#define MXPOLICY_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer, or by standalone.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert() that NDEBUG leaves alone. */
#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what)) {                                                 \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,       \
			    __LINE__, #what);                                  \
			abort();                                               \
		}                                                              \
	} while (0)

#endif
