# stopped: a process that holds the cache's lock and does not go on.
# SPDX-License-Identifier: MIT
import fcntl
import json
import subprocess

import harness as h

QUIET = subprocess.DEVNULL
WRITER = 0  # the byte of cache.tdb.lock that whoever writes holds


def cached(cache, key):
    out = subprocess.run([h.MXPOLICY] + h.options(cache) +
                         ["cache", "show", "--json", key],
                         stdout=subprocess.PIPE, stderr=QUIET)
    return [json.loads(line)["key"] for line in out.stdout.splitlines()]


with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    with h.Session(cache, stderr=QUIET) as s:
        before = s.ask("all-n-sts.example")
        h.check("a policy is cached", before.startswith("OK secure"), before)
    log = open(scratch.file("log"), "w+")
    with open(cache + ".lock", "r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX, 1, WRITER)
        with h.Session(cache, stderr=log) as s:
            h.same("what is cached is answered",
                   s.ask("all-n-sts.example"), before)
            h.check("what is not is looked up and answered",
                    s.ask("all-u.example").startswith("OK dane-only"))
            h.same("another one, too", s.ask("all-n.example"), "NOTFOUND ")
            h.same("and what is cached, again",
                   s.ask("all-n-sts.example"), before)
        log.seek(0)
        told = log.read()
        h.check("the log says why nothing is stored",
                "another process holds its lock" in told, told)
        h.same("a verb says so, too", subprocess.run(
            [h.MXPOLICY] + h.options(cache) + ["cache", "drop", "--all"],
            stderr=QUIET).returncode, 75)
        h.check("prefetch does not wait for ever", subprocess.run(
            [h.PREFETCH] + h.options(cache), stderr=QUIET).returncode == 75)
        h.same("nothing was stored", cached(cache, "all-u.example"), [])
    lock = open(cache + ".lock", "r+b")
    fcntl.lockf(lock, fcntl.LOCK_EX, 1, WRITER)
    with h.Session(cache, stderr=QUIET) as s:
        h.same("it is looked up", s.ask("any-u.plain"), "OK dane")
        lock.close()
    h.same("what could not be stored is, when the lock is free",
           cached(cache, "any-u.plain"), ["any-u.plain"])
    with h.Session(cache, stderr=QUIET) as s:
        h.check("afterwards it is stored as ever",
                s.ask("all-u.example").startswith("OK dane-only"))
    h.same("and is there", cached(cache, "all-u.example"),
           ["all-u.example"])
    log.close()
h.done()
