/* proof: what proves that a record in the shared cache is from one of us.
 * SPDX-License-Identifier: MIT */
#include "share/proof.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

struct proof {
	size_t n;
	struct {
		char bytes[PROOF_KEY_MAX + 2];
		size_t len;
	} keys[PROOF_KEYS_MAX];
};

bool proof_read_line(
    const char *path, char *buf, size_t size, struct reason *why)
{
	FILE *f = fopen(path, "re");
	bool good = f != NULL && fgets(buf, (int)size, f) != NULL;

	if (!good)
		reason_fail_errno(why, CAUSE_FILE,
		    f == NULL || ferror(f) ? errno : ENODATA, "%s", path);
	else
		buf[strcspn(buf, "\r\n")] = '\0';
	if (f != NULL)
		fclose(f);
	return good;
}

static bool add_key(struct proof *s, const char *line, size_t len)
{
	if (len == 0 || line[0] == '#')
		return true;
	if (len < PROOF_KEY_MIN || len > PROOF_KEY_MAX ||
	    s->n == PROOF_KEYS_MAX)
		return false;
	memcpy(s->keys[s->n].bytes, line, len);
	s->keys[s->n++].len = len;
	return true;
}

static bool read_keys(struct proof *s, FILE *f)
{
	char line[PROOF_KEY_MAX + 3];
	bool good = true;

	while (good && fgets(line, sizeof line, f) != NULL)
		good = add_key(s, line, strcspn(line, "\r\n"));
	explicit_bzero(line, sizeof line);
	return good && s->n > 0;
}

struct proof *proof_open(const char *path, struct reason *why)
{
	struct proof *s = xcalloc(1, sizeof *s);
	bool good;
	FILE *f;

	if (path[0] == '\0')
		return s;
	f = fopen(path, "re");
	if (f == NULL) {
		reason_fail_errno(why, CAUSE_FILE, errno, "%s", path);
		proof_close(s);
		return NULL;
	}
	good = read_keys(s, f);
	fclose(f);
	if (good)
		return s;
	reason_set(why,
	    "%s: not one to %d lines of %d to %d bytes, one key each", path,
	    PROOF_KEYS_MAX, PROOF_KEY_MIN, PROOF_KEY_MAX);
	proof_close(s);
	return NULL;
}

void proof_close(struct proof *s)
{
	if (s == NULL)
		return;
	explicit_bzero(s, sizeof *s);
	free(s);
}

bool proof_has_key(const struct proof *s)
{
	return s->n > 0;
}

/* The name ends in a NUL, which no name contains: nothing moves between it
 * and the record. */
static void sign_with(const struct proof *s, size_t i, const char *name,
    const void *data, size_t len, uint8_t mac[static PROOF_SIZE])
{
	gnutls_hmac_hd_t h;

	xneed(gnutls_hmac_init(&h, GNUTLS_MAC_SHA256, s->keys[i].bytes,
		  s->keys[i].len) == 0);
	xneed(gnutls_hmac(h, name, strlen(name) + 1) == 0);
	xneed(gnutls_hmac(h, data, len) == 0);
	gnutls_hmac_deinit(h, mac);
}

void proof_sign(const struct proof *s, const char *name, const void *data,
    size_t len, uint8_t mac[static PROOF_SIZE])
{
	sign_with(s, 0, name, data, len, mac);
}

bool proof_is_ours(const struct proof *s, const char *name, const void *data,
    size_t len, const uint8_t mac[static PROOF_SIZE])
{
	uint8_t own[PROOF_SIZE];
	bool good = false;

	for (size_t i = 0; i < s->n && !good; i++) {
		sign_with(s, i, name, data, len, own);
		good = gnutls_memcmp(own, mac, PROOF_SIZE) == 0;
	}
	return good;
}
