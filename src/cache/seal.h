/* seal: the serial number that a record carries in the file, and its two
 * places; pure.
 * SPDX-License-Identifier: MIT
 *
 * A record is never written over while it is the only one of its key that is on
 * the disk: what was synced has to survive a loss of power in the middle of a
 * write.  So a key has two places in the file, and the newer of the two records
 * counts.  Records of version 0.1 have no seal: they are the oldest. */
#ifndef MXPOLICY_CACHE_SEAL_H
#define MXPOLICY_CACHE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/record.h"

#define SEAL_LEN 16
#define SEAL_MAX (RECORD_MAX + SEAL_LEN)
#define SEAL_PLACES 2
#define SEAL_KEY_MAX (DOMAIN_KEY_MAX + 1)

/* Put a seal after the len bytes of a record in buf, which has room for it.
 * Returns the length of both. */
size_t seal_close(uint8_t *buf, size_t len, uint64_t serial);

/* The length of the record in len bytes from the file; *serial is 0 where there
 * is no seal. */
size_t seal_open(const void *data, size_t len, uint64_t *serial);

/* The key of a place in the file, 0 or 1.  Returns its length. */
size_t seal_key(const char *key, int place, char buf[static SEAL_KEY_MAX + 1]);

/* Back from there: the key, NUL-terminated, and its place.  false: no key of
 * ours. */
bool seal_key_open(const void *data, size_t len,
    char key[static DOMAIN_KEY_MAX + 1], int *place)
    __attribute__((warn_unused_result));

#endif
