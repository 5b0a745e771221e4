/* loopback: is a name server on this machine?
 * SPDX-License-Identifier: MIT */
#include "policy/loopback.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char between[] = " \t,";

bool loopback_is_server(const char *text)
{
	char copy[INET6_ADDRSTRLEN + 1];
	size_t len = strcspn(text, "@");
	struct in_addr four;
	struct in6_addr six;

	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, copy, &six) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&six);
}

bool loopback_find_other(
    const char *list, char word[static LOOPBACK_WORD_MAX + 1])
{
	bool found = false;

	for (;;) {
		size_t len;

		list += strspn(list, between);
		len = strcspn(list, between);
		if (len == 0)
			break;
		snprintf(word, LOOPBACK_WORD_MAX + 1, "%.*s", (int)len, list);
		if (len > LOOPBACK_WORD_MAX || !loopback_is_server(word))
			return true;
		found = true;
		list += len;
	}
	if (!found)
		strcpy(word, "");
	return !found;
}
