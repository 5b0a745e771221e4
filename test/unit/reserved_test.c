/* reserved: which addresses a policy host cannot have.
 * SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include "policy/reserved.h"
#include "table.h"

static void each_address_is_public_or_reserved(void **state)
{
	static const struct {
		const char *name, *addr;
		bool reserved;
	} rows[] = {
	    {"the lowest public one", "1.0.0.0", false},
	    {"this network", "0.255.255.255", true},
	    {"loopback", "127.0.0.1", true},
	    {"loopback, its end", "127.255.255.255", true},
	    {"below loopback", "126.255.255.255", false},
	    {"above loopback", "128.0.0.0", false},
	    {"private, 10", "10.1.2.3", true},
	    {"above 10", "11.0.0.0", false},
	    {"below the shared space", "100.63.255.255", false},
	    {"the shared space", "100.64.0.1", true},
	    {"the shared space, its end", "100.127.255.255", true},
	    {"above the shared space", "100.128.0.0", false},
	    {"the address of cloud metadata", "169.254.169.254", true},
	    {"below private, 172", "172.15.255.255", false},
	    {"private, 172", "172.16.0.0", true},
	    {"private, 172, its end", "172.31.255.255", true},
	    {"above private, 172", "172.32.0.0", false},
	    {"private, 192", "192.168.255.1", true},
	    {"documentation", "192.0.2.1", true},
	    {"between documentation and assignments", "192.0.1.1", false},
	    {"documentation, the second", "198.51.100.7", true},
	    {"documentation, the third", "203.0.113.10", true},
	    {"benchmarks", "198.19.255.255", true},
	    {"above benchmarks", "198.20.0.0", false},
	    {"multicast", "224.0.0.1", true},
	    {"broadcast", "255.255.255.255", true},
	    {"the highest public one", "223.255.255.255", false},
	    {"no address", "::", true},
	    {"loopback of IPv6", "::1", true},
	    {"IPv4 inside IPv6", "::ffff:8.8.8.8", true},
	    {"link-local", "fe80::1", true},
	    {"unique local", "fd00::1", true},
	    {"multicast of IPv6", "ff02::1", true},
	    {"a public one", "2a00:1450:4001::1", false},
	    {"the end of the public ones", "3ffe:ffff::1", false},
	    {"documentation of IPv6", "2001:db8::1", true},
	    {"documentation of IPv6, the larger", "3fff:0fff::1", true},
	    {"above it", "3fff:1000::1", false},
	    {"Teredo", "2001::1", true},
	    {"above the protocol assignments", "2001:200::1", false},
	    {"6to4 of a public address", "2002:0808:0808::1", false},
	    {"6to4 of a private address", "2002:0a00:0001::1", true},
	    {"NAT64 to a public address", "64:ff9b::8.8.8.8", false},
	    {"NAT64 to loopback", "64:ff9b::127.0.0.1", true},
	    {"the local prefix of NAT64", "64:ff9b:1::8.8.8.8", true},
	    {"discard", "100::1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t a[16];
		bool got = false;

		if (inet_pton(AF_INET, rows[i].addr, a) == 1)
			got = reserved_v4(a);
		else if (inet_pton(AF_INET6, rows[i].addr, a) == 1)
			got = reserved_v6(a);
		else
			fail_msg("%s: not an address", rows[i].name);
		if (got != rows[i].reserved)
			fail_msg("%s: %s", rows[i].name, rows[i].addr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_address_is_public_or_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
