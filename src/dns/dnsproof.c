/* dnsproof: what weakens the DNSSEC records of a packet.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsproof.h"

#include <stdbool.h>

/* RFC 8624 3.1 */
enum { RSASHA1 = 5, RSASHA1_NSEC3 = 7 };

/* An RRSIG record has its algorithm in the third byte (RFC 4034 3.1), an NSEC3
 * record its iterations in the third and fourth (RFC 5155 3.2). */
void dnsproof_read(ns_msg *msg, uint8_t *sha1, uint16_t *iterations)
{
	static const ns_sect sections[] = {ns_s_an, ns_s_ns};
	bool other = false;
	ns_rr rr;

	*sha1 = 0;
	*iterations = 0;
	for (int s = 0; s < 2; s++)
		for (int i = 0; i < ns_msg_count(*msg, sections[s]) &&
				ns_parserr(msg, sections[s], i, &rr) == 0;
		     i++) {
			const u_char *rd = ns_rr_rdata(rr);
			bool is_rrsig = ns_rr_type(rr) == ns_t_rrsig;

			if (ns_rr_rdlen(rr) < 5)
				continue;
			if (is_rrsig &&
			    (rd[2] == RSASHA1 || rd[2] == RSASHA1_NSEC3))
				*sha1 = rd[2];
			else if (is_rrsig)
				other = true;
			else if (ns_rr_type(rr) == ns_t_nsec3 &&
				 ns_get16(rd + 2) > *iterations)
				*iterations = (uint16_t)ns_get16(rd + 2);
		}
	if (other)
		*sha1 = 0;
}
