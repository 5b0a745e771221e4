/* peer: what a mail host shows in the TLS handshake.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/peer.h"

#include <stdlib.h>
#include <string.h>

void peer_clear(struct peer *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->cert[i].der);
	memset(p, 0, sizeof *p);
}
