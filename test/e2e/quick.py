# quick: the whole way once, for make check-quick: questions of each verdict to
# socketmap, resolve behind it, prefetch, and what mxpolicy says of the cache.
# SPDX-License-Identifier: MIT
import concurrent.futures
import subprocess
import harness as h

QUIET = subprocess.DEVNULL
LANES = 4
# one of each verdict, and of each fault that costs no waiting
KEYS = """all-u.example some-n.example some-e.example only-x.example
all-n.example any-u.plain any-e.plain none.plain bogus.example expired.example
no-such-domain.example nullmx.example all-u-sts.example only-x-sts.example
only-e-sts.example all-n-sts.example none-sts.plain mx-bogus-sts.example
self-signed.example notfound.example""".split()
ROWS = [row for row in h.cases() if row[1] in KEYS]


def ask(cache, rows):
    """Rows over one connection, on the maps with and without TLSRPT."""
    with h.Session(cache, stderr=QUIET) as s:
        return [(row, s.ask(row[1]), s.ask(row[1], "QUERYwithTLSRPT"))
                for row in rows]


def questions(cache, what):
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        for found in pool.map(lambda n: ask(cache, ROWS[n::LANES]),
                              range(LANES)):
            for (name, key, plain, tlsrpt), reply, other in found:
                h.check("%s, %s (%s)" % (name, what, key),
                        h.matches(reply, plain), (reply, plain))
                h.check("%s, %s, with TLSRPT (%s)" % (name, what, key),
                        h.matches(other, tlsrpt), (other, tlsrpt))


def mxpolicy(cache, *args):
    p = subprocess.run([h.MXPOLICY] + h.options(cache) + list(args),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return p.returncode, p.stdout.decode()


with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    h.same("each has its row", sorted(row[1] for row in ROWS), sorted(KEYS))
    questions(cache, "looked up")
    mark = h.Mark()
    questions(cache, "from the cache")
    h.same("which asks nobody", mark.dns("all-n-sts.example", "MX") +
           mark.https("mta-sts.all-n-sts.example"), 0)

    code, out = mxpolicy(cache, "query", "--map", "QUERY", "all-n-sts.example")
    h.same("mxpolicy query", (code, out), (
        0, "OK secure match=n1.example servername=hostname\n"))
    code, out = mxpolicy(cache, "cache", "list")
    h.check("mxpolicy cache list", code == 0 and "all-u.example" in out, out)
    code, out = mxpolicy(cache, "explain", "some-e-sts.example")
    h.check("mxpolicy explain", code == 0 and
            "Verdict: dane-only\n" in out, out)
    h.same("prefetch", subprocess.run(
        [h.PREFETCH] + h.options(cache), stderr=QUIET).returncode, 0)
h.done()
