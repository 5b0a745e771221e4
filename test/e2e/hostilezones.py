# hostilezones: zones made after what is published of faults in validators. For
# each there is TEMP or the right answer; resolve goes on, and so do others.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import signal
import subprocess
import harness as h
from hostilecases import CASES, RIGHT
from hostiledns import Parent, Server, Zone

ADDRESS = "198.51.100.8"
FORWARDER = "127.1.0.60"
GOOD = [("all-u.example", RIGHT), ("secure.hashed.example", None),
        ("all-n-sts.example",
         "OK secure match=n1.example servername=hostname"),
        ("mixed-un.example", None), ("post.example", None)]


class Watched(h.Service):
    """which keeps what resolve says"""

    def __init__(self, scratch, name, settings):
        self.log = scratch.file(name + ".log")
        conf = scratch.file(name + ".conf")
        with open(conf, "w") as f:
            f.writelines(s + "\n" for s in settings)
        self.program = scratch.file(name)
        with open(self.program, "w") as f:
            f.write("#!/bin/sh\nexec %s \"$@\" 2>>%s\n" % (h.RESOLVE, self.log))
        os.chmod(self.program, 0o755)
        super().__init__(scratch.file(name + ".socket"), conf)

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()


def ask(service, domain):
    with service.session() as s:
        return s.ask(domain)


def is_allowed(reply, allowed):
    return any(h.matches(reply, a) for a in allowed)


def ask_until(service, domain, *allowed):
    """What it is answered until it is one of those: beside so many, and with
    sanitizers, a slow machine has no answer in time, which is TEMP."""
    seen = []

    def is_right():
        seen.append(ask(service, domain))
        return is_allowed(seen[-1], allowed) or \
            not seen[-1].startswith("TEMP ")
    h.wait_until(is_right, step=0.5)
    return seen[-1]


def learn(service, expected):
    """what others are answered when nobody is hostile"""
    for domain, _ in GOOD:
        reply = expected.setdefault(domain, ask(service, domain))
        h.check(domain + " is no failure", not reply.startswith("TEMP"), reply)


def ask_all(service, name, zones, expected, meanwhile=lambda: None):
    """all of them at once, and others meanwhile; the hostile zones' replies"""
    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        hostile = [pool.submit(ask, service, zone.name) for zone in zones]
        others = [(d, pool.submit(ask_until, service, d, expected[d]))
                  for d, _ in GOOD for _ in range(4)]
        meanwhile()
        for domain, future in others:
            h.same("%s: %s meanwhile" % (name, domain), future.result(),
                   expected[domain])
        return [future.result() for future in hostile]


def answered(service, name, zones, expected):
    before = service.workers()
    replies = ask_all(service, name, zones, expected)
    for (what, allowed, _), zone, reply in zip(CASES, zones, replies):
        print("%s: %s: %s" % (name, what, reply))
        if not is_allowed(reply, allowed):
            reply = ask_until(service, zone.name, *allowed)
        h.check("%s: %s" % (name, what), is_allowed(reply, allowed),
                repr(reply))
    h.same(name + ": the same process answers to the end", service.workers(),
           before)
    h.check(name + ": nothing died", "killed by" not in service.said() and
            "AddressSanitizer" not in service.said(), service.said())


def survived(service, name, zones, expected):
    """a zone has found a fault that nobody knows"""
    def crash():
        h.wait_until(service.workers)
        for worker in service.workers():
            os.kill(worker, signal.SIGKILL)
    replies = ask_all(service, name, zones, expected, crash)
    h.check(name + ": after a crash everybody is answered", all(
        reply is not None for reply in replies), replies)
    h.check(name + ": which is logged", "killed by signal 9" in
            service.said(), service.said())
    h.same(name + ": and a zone without a fault", ask(service, zones[0].name),
           RIGHT)


with h.Scratch() as scratch:
    subprocess.run(["ip", "addr", "add", ADDRESS + "/32", "dev", "lo"],
                   check=True)
    zones = [Zone("c%d.hostile.live.example" % n, **hooks)
             for n, (_, _, hooks) in enumerate(CASES)]
    parent = Parent("hostile.live.example", zones)
    h.zone_set(parent.lines())
    Server(ADDRESS, zones + [parent])
    Server(FORWARDER, zones + [parent], "127.1.0.53")
    common = ["trust-anchor = " + os.environ["WORLD_ANCHOR"],
              "ca-file = " + os.environ["WORLD_CA"], "fetch-reserved = yes"]
    expected = {domain: reply for domain, reply in GOOD if reply}
    for name, resolver in (("from the root", "recursive"),
                           ("by a forwarder", FORWARDER)):
        with Watched(scratch, name.replace(" ", "-"),
                     common + ["resolver = " + resolver]) as service:
            learn(service, expected)
            answered(service, name, zones, expected)
            if resolver == FORWARDER:
                survived(service, name, zones[:40], expected)
h.done()
