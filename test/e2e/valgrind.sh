#!/bin/sh
# valgrind: the serving path under memcheck, cold and from the cache.
# SPDX-License-Identifier: MIT
# usage: valgrind.sh, with top_srcdir and top_builddir set (make check-valgrind)
set -eu
if ! command -v valgrind >/dev/null; then
	echo "valgrind is missing (package valgrind)" >&2
	exit 77
fi
exec "$top_srcdir/test/world/run" -d "$top_builddir/test/world/state" \
	/usr/bin/python3 -B "$top_srcdir/test/e2e/valgrind.py"
