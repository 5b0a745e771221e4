# lookup_lock: fifty processes, one cold domain, one lookup; whoever dies.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import signal
import subprocess
import time

import exposition
import harness as h

QUIET = subprocess.DEVNULL
HOST = "mta-sts.live.example"
OVERRIDE = os.path.join(h.WORLD, "https.d", HOST)
POLICY = ("version: STSv1\nmode: enforce\nmx: mx.live.example\n"
          "max_age: 86400\n")
REPLY = "OK secure match=mx.live.example servername=hostname"
ZONE = """@ MX 10 mx
mx A 192.0.2.1
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 203.0.113.10
"""


def fifty(cache):
    """Fifty processes ask at once; replies and the seconds of each."""
    sessions = [h.Session(cache, stderr=QUIET) for _ in range(50)]
    for s in sessions:
        s.ask(".example")

    def ask(s):
        return s.ask("live.example"), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, sessions))
    for s in sessions:
        s.__exit__()
    return answers


def at_once(scratch):
    h.zone_set(ZONE)
    h.serve_policy("!delay 0.3\n" + POLICY)
    mark = h.Mark()
    cache = scratch.file("cache.tdb")
    answers = fifty(cache)
    counted = exposition.read(cache)
    h.check("fifty get the same answer",
            all(a == REPLY for a, _ in answers), {a for a, _ in answers})
    for branch in ("dane", "sts"):
        h.same("from one lookup of " + branch, counted.sum(
            "mxpolicy_lookup_duration_seconds_count", branch=branch), 1)
    h.check("which asked for MX", mark.dns("live.example", "MX") > 0)
    h.check("and TXT", mark.dns("_mta-sts.live.example", "TXT") > 0)
    h.same("one HTTPS request", mark.https(HOST), 1)
    times = sorted(t for _, t in answers)
    print("the last of 50 had its answer %.1f ms after the first" %
          ((times[-1] - times[0]) * 1000))


def killed(scratch):
    """The one who looks is killed, again and again: the next takes over."""
    h.zone_set(ZONE)
    h.serve_policy("!hang\n" + POLICY)
    cache = scratch.file("second.tdb")
    mark = h.Mark()
    sessions = [h.Session(cache, stderr=QUIET) for _ in range(6)]
    for s in sessions:
        s.ask(".example")
        s.send(h.netstring("QUERY live.example"))
    alive = list(sessions)
    for requests in (1, 2, 3):
        found = []

        def looks():
            found[:] = [s for s in alive if h.children(s.process.pid)]
            return found and mark.https(HOST) >= requests
        if not h.check("somebody fetches", h.wait_until(looks)):
            break
        h.same("and nobody else", len(found), 1)
        if requests == 3:
            h.serve_policy(POLICY)
        found[0].process.send_signal(signal.SIGKILL)
        found[0].process.wait()
        alive.remove(found[0])
    for s in sessions:
        if s in alive:
            h.same("a follower of the killed is answered", s.receive(), REPLY)
        s.__exit__()


def late(scratch):
    """A lookup that outlives the deadline of the one who asked is stored."""
    h.zone_set(ZONE)
    h.serve_policy("!delay 12\n" + POLICY)
    cache = scratch.file("third.tdb")
    mark = h.Mark()
    with h.Session(cache, "answer-timeout=8", stderr=QUIET) as s:
        reply = s.ask("live.example")
        h.same("a policy host that is too slow does not stop mail", reply,
               "NOTFOUND ")
        h.check("and another question gets it", h.wait_until(
            lambda: s.ask("live.example") == REPLY))
        h.same("from one request", mark.https(HOST), 1)
    os.unlink(cache)
    with h.Session(cache, "answer-timeout=1", stderr=QUIET) as s:
        s.ask("live.example")
        s.socket.close()
        h.check("also when the client has left",
                s.process.wait(h.PATIENCE) == 0)
    mark = h.Mark()
    with h.Session(cache, stderr=QUIET) as s:
        h.same("the cache has it", s.ask("live.example"), REPLY)
        h.same("without a request", mark.https(HOST), 0)


def endless(scratch):
    """A policy host that never ends does not stop mail."""
    h.zone_set(ZONE.replace("id=1", "id=2"))
    h.serve_policy("!drip 1\n" + POLICY)
    cache = scratch.file("fourth.tdb")
    with h.Session(cache, "answer-timeout=8", "https-timeout=12",
                   stderr=QUIET) as s:
        reply = s.ask("live.example")
        h.same("a dripping policy is waited for until the deadline", reply,
               "NOTFOUND ")
        h.same("then it is given up, and mail goes as without a policy",
               s.ask("live.example"), "NOTFOUND ")


with h.Scratch() as main_scratch:
    at_once(main_scratch)
    killed(main_scratch)
    late(main_scratch)
    endless(main_scratch)
    os.unlink(OVERRIDE)
h.done()
