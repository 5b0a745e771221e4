# cases: every row of the world's table, cold, warm, and by each map.
# SPDX-License-Identifier: MIT
import concurrent.futures
import subprocess
import harness as h

LANES = 12


def lane(cache, rows, column, map_name):
    """Some rows over one connection; (row, reply) for each."""
    replies = []
    # A policy host that never ends is given up before the answer is due; what
    # happens after that is lookup_lock.py's.
    with h.Session(cache, "https-timeout=12", "answer-timeout=80",
                   stderr=subprocess.DEVNULL) as s:
        for row in rows:
            replies.append((row, s.ask(row[1], map_name), row[column]))
    return replies


def run(cache, rows, column, map_name, what):
    lanes = [rows[i::LANES] for i in range(LANES)]
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        futures = [pool.submit(lane, cache, l, column, map_name)
                   for l in lanes]
        for future in futures:
            for row, reply, wanted in future.result():
                h.check("%s, %s (%s)" % (row[0], what, row[1]),
                        h.matches(reply, wanted),
                        "got %r, wanted %r" % (reply, wanted))


with h.Scratch() as scratch:
    table = list(h.cases())
    cache = scratch.file("cache.tdb")
    h.check("there are at least 40 cases", len(table) >= 40, len(table))
    run(cache, table, 2, "QUERY", "cold")
    run(cache, table, 2, "QUERY", "warm")
    run(cache, table, 3, "QUERYwithTLSRPT", "with TLSRPT")
    run(cache, table, 2, "postfix", "as postfix-mta-sts-resolver")
h.done()
