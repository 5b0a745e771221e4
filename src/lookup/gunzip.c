/* gunzip: the content of a gzip body (RFC 1952).  Owns <zlib.h>.
 * SPDX-License-Identifier: MIT
 *
 * libcurl would unpack it as well, but takes a body that ends in the middle for
 * a whole one. */
#include "lookup/gunzip.h"

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>
#include "base/xalloc.h"

#define GZIP_ONLY (16 + MAX_WBITS) /* of inflateInit2() */

/* One member; z->next_in is behind it then. */
static enum gunzip unpack_member(z_stream *z)
{
	int rc = inflate(z, Z_FINISH);

	xneed(rc != Z_MEM_ERROR);
	if (rc == Z_STREAM_END)
		return GUNZIP_WHOLE;
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return GUNZIP_DAMAGED;
	return z->avail_in == 0 && z->avail_out > 0 ? GUNZIP_CUT
						    : GUNZIP_TOO_LARGE;
}

enum gunzip gunzip(
    const void *packed, size_t len, void *out, size_t max, size_t *n)
{
	z_stream z = {
	    .next_in = (Bytef *)(uintptr_t)packed,
	    .avail_in = (uInt)len,
	    .next_out = out,
	    .avail_out = (uInt)max,
	};
	enum gunzip result;

	if (len == 0)
		return GUNZIP_CUT;
	xneed(inflateInit2(&z, GZIP_ONLY) == Z_OK);
	do {
		result = unpack_member(&z);
	} while (result == GUNZIP_WHOLE && z.avail_in > 0 &&
		 inflateReset(&z) == Z_OK);
	(void)inflateEnd(&z);
	*n = max - z.avail_out;
	return result;
}
