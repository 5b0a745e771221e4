/* dnsquery: the bytes of a question to a name server, and whether a packet
 * answers it.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsquery.h"

#include <sys/types.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>
#include "base/ascii.h"

#define HEADER 12
#define NAME_MAX_WIRE 255 /* RFC 1035 2.3.4 */
#define FLAG_QR 0x80	  /* of the third byte */
#define FLAG_TC 0x02
#define FLAG_RD 0x01
#define OPCODE 0x78
#define FLAG_AD 0x20 /* of the fourth (RFC 4035 3.2) */
#define RCODE 0x0f
#define OPT_DO 0x80

static uint8_t *put16(uint8_t *to, unsigned int value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

bool dnsquery_make(
    struct dnsquery *q, const char *name, enum dns_type type, uint16_t id)
{
	uint8_t *at = q->bytes + HEADER;
	int len = dn_comp(name, at, NAME_MAX_WIRE, NULL, NULL);

	if (len <= 0)
		return false;
	memset(q->bytes, 0, HEADER);
	put16(q->bytes, id);
	q->bytes[2] = FLAG_RD;
	q->bytes[5] = 1;  /* question */
	q->bytes[11] = 1; /* additional record */
	at = put16(at + len, (unsigned int)type);
	at = put16(at, ns_c_in);
	q->question = (size_t)(at - q->bytes);
	*at++ = 0; /* OPT is at the root */
	at = put16(at, ns_t_opt);
	at = put16(at, DNSQUERY_UDP_MAX);
	at = put16(at, 0); /* extended RCODE, version */
	at = put16(at, OPT_DO << 8);
	at = put16(at, 0);
	q->len = (size_t)(at - q->bytes);
	return true;
}

/* Length bytes of a name are below the letters. */
static bool same_name(const uint8_t *a, const uint8_t *b, size_t len)
{
	return ascii_equal((const char *)a, (const char *)b, len);
}

bool dnsquery_is_answered(const struct dnsquery *q, const uint8_t *packet,
    size_t len, struct dnsquery_reply *r)
{
	size_t name = q->question - HEADER - 4;

	if (len < q->question || memcmp(packet, q->bytes, 2) != 0 ||
	    (packet[2] & (FLAG_QR | OPCODE)) != FLAG_QR || packet[4] != 0 ||
	    packet[5] != 1 ||
	    !same_name(packet + HEADER, q->bytes + HEADER, name) ||
	    memcmp(packet + HEADER + name, q->bytes + HEADER + name, 4) != 0)
		return false;
	r->rcode = packet[3] & RCODE;
	r->cut = (packet[2] & FLAG_TC) != 0;
	r->authentic = (packet[3] & FLAG_AD) != 0;
	return true;
}
