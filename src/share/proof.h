/* proof: what proves that a record in the shared cache is from one of us.
 * SPDX-License-Identifier: MIT
 *
 * HMAC-SHA256 over the name and the record, behind the record.  Each line of
 * the key file is a key: all are good for reading, the first one signs, so that
 * keys can be changed without a gap. */
#ifndef MXPOLICY_SHARE_PROOF_H
#define MXPOLICY_SHARE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

#define PROOF_SIZE 32
#define PROOF_KEYS_MAX 4
#define PROOF_KEY_MIN 32 /* bytes */
#define PROOF_KEY_MAX 256

struct proof;

/* path "": no keys.  NULL: why says what is wrong with the file. */
struct proof *proof_open(const char *path, struct reason *why);
void proof_close(struct proof *s);

bool proof_has_key(const struct proof *s);

/* Sign what was named so; there is a key. */
void proof_sign(const struct proof *s, const char *name, const void *data,
    size_t len, uint8_t mac[static PROOF_SIZE]);

/* Was it signed with one of the keys? */
bool proof_is_ours(const struct proof *s, const char *name, const void *data,
    size_t len, const uint8_t mac[static PROOF_SIZE]);

/* The first line of a file of a secret, without its end, to buf.  false: why
 * says what is wrong. */
bool proof_read_line(const char *path, char *buf, size_t size,
    struct reason *why) __attribute__((warn_unused_result));

#endif
