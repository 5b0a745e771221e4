/* fuzz share: a frame that is read is written back the same; an address of a
 * shared cache stays within its bounds.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "wire/share.h"
#include "wire/shareurl.h"

static void check_url(const char *text, size_t size)
{
	char *copy = malloc(size + 1);
	struct shareurl u;
	struct reason why;

	MUST(copy != NULL);
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (shareurl_parse(&u, copy, &why)) {
		MUST(u.n_hosts <= SHAREURL_HOSTS_MAX);
		MUST((u.n_hosts == 0) == (u.kind == SHAREURL_UNIX));
		for (size_t i = 0; i < u.n_hosts; i++)
			MUST(u.hosts[i].name[0] != '\0' && u.hosts[i].port > 0);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[SHARE_FRAME_MAX];
	struct share_frame f;

	check_url((const char *)data, size);
	if (!share_parse(&f, (const char *)data, size))
		return 0;
	MUST(f.seq != 0);
	MUST(share_format(&f, buf) == size);
	MUST(memcmp(buf, data, size) == 0);
	return 0;
}
