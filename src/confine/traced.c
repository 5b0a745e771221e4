/* traced: is something at work here that needs more than the program does?
 * SPDX-License-Identifier: MIT */
#include "confine/traced.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN true
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN false
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

bool traced_by_sanitizer(void)
{
	return UNDER_ASAN;
}

bool traced_by_valgrind(void)
{
	return RUNNING_ON_VALGRIND != 0;
}
