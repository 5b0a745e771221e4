/* reserved: addresses that are nobody's on the Internet.
 * SPDX-License-Identifier: MIT */
#include "policy/reserved.h"

#include <stddef.h>

struct prefix {
	uint8_t bits;
	uint8_t addr[6]; /* no prefix here is longer */
};

static bool is_below(const uint8_t *addr, const struct prefix *p)
{
	unsigned int whole = p->bits / 8, rest = p->bits % 8;

	for (unsigned int i = 0; i < whole; i++)
		if (addr[i] != p->addr[i])
			return false;
	return rest == 0 ||
	       (addr[whole] >> (8 - rest)) == (p->addr[whole] >> (8 - rest));
}

static bool is_listed(const uint8_t *addr, const struct prefix *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_below(addr, &list[i]))
			return true;
	return false;
}

/* https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast.
 * The few addresses of 192.0.0.0/24 that are reachable from everywhere are no
 * web servers. */
bool reserved_v4(const uint8_t addr[static 4])
{
	static const struct prefix list[] = {
	    {8, {0}},		  /* "this network" */
	    {8, {10}},		  /* private */
	    {10, {100, 64}},	  /* shared: carrier-grade NAT */
	    {8, {127}},		  /* loopback */
	    {16, {169, 254}},	  /* link-local */
	    {12, {172, 16}},	  /* private */
	    {24, {192, 0, 0}},	  /* protocol assignments */
	    {24, {192, 0, 2}},	  /* documentation */
	    {24, {192, 88, 99}},  /* 6to4 relays, deprecated */
	    {16, {192, 168}},	  /* private */
	    {15, {198, 18}},	  /* benchmarks */
	    {24, {198, 51, 100}}, /* documentation */
	    {24, {203, 0, 113}},  /* documentation */
	    {4, {224}},		  /* multicast */
	    {4, {240}},		  /* reserved, broadcast */
	};

	return is_listed(addr, list, sizeof list / sizeof *list);
}

/* https://www.iana.org/assignments/iana-ipv6-special-registry.  Public servers
 * are in 2000::/3, apart from what is taken out of it. */
bool reserved_v6(const uint8_t addr[static 16])
{
	static const struct prefix nat64 = {48, {0, 0x64, 0xff, 0x9b, 0, 0}};
	static const struct prefix public = {3, {0x20}};
	static const struct prefix six_to_four = {16, {0x20, 0x02}};
	static const struct prefix list[] = {
	    {23, {0x20, 0x01, 0x00}},	    /* protocol assignments, Teredo */
	    {32, {0x20, 0x01, 0x0d, 0xb8}}, /* documentation */
	    {20, {0x3f, 0xff, 0x00}},	    /* documentation */
	};
	bool is_padded = true;

	for (size_t i = 6; i < 12; i++)
		is_padded = is_padded && addr[i] == 0;
	if (is_padded && is_below(addr, &nat64)) /* 64:ff9b::/96 */
		return reserved_v4(addr + 12);
	if (is_below(addr, &six_to_four))
		return reserved_v4(addr + 2);
	return !is_below(addr, &public) ||
	       is_listed(addr, list, sizeof list / sizeof *list);
}
