# share_id: a policy and its next id, which one machine sees and all have; and
# what no machine takes from another one.
# SPDX-License-Identifier: MIT
import os
import subprocess

import fleet
import harness as h

fleet.need_share()

HOST = "mta-sts.live.example"
ZONE = """@ MX 10 mx
mx A 192.0.2.1
mx2 A 192.0.2.1
_mta-sts TXT "v=STSv1; id=%d;"
mta-sts A 203.0.113.10
"""
OLD = "OK secure match=mx.live.example servername=hostname"
NEW = "OK secure match=mx2.live.example servername=hostname"


def policy(mx, mode="enforce"):
    return ("version: STSv1\nmode: %s\nmx: %s.live.example\n"
            "max_age: 86400\n" % (mode, mx))


class Machine:
    """A machine of the fleet whose clock, and its share's, is in our hand."""

    def __init__(self, scratch, clock, name, settings):
        self.scratch, self.clock, self.name = scratch, clock, name
        self.cache = scratch.file(name + ".tdb")
        self.path = scratch.file(name)
        self.settings = settings + ("share-socket=" + self.path,)

    def share(self):
        env = self.clock.environment()
        script = self.scratch.file("share-" + self.name)
        with open(script, "w") as f:
            f.write("#!/bin/sh\n" + "".join(
                "%s='%s'\nexport %s\n" % (k, env[k], k) for k in (
                    "LD_PRELOAD", "FAKETIME", "TZ",
                    "FAKETIME_DONT_FAKE_MONOTONIC")) +
                    "exec %s \"$@\"\n" % fleet.SHARE)
        os.chmod(script, 0o755)
        made = type("Made", (fleet.Share,), {"program": script})
        return made(self.path, *self.settings).warm()

    def ask(self, told=None):
        """told: wait for that, too, before share ends: what it has not yet
        told the store by then is lost."""
        with self.share(), h.Session(
                self.cache, *self.settings, program=self.clock.socketmap,
                stderr=subprocess.DEVNULL,
                env=self.clock.environment()) as s:
            reply = s.ask("live.example")
            if told:
                h.check("the store is told", h.wait_until(told))
            return reply

    def prefetch(self):
        with self.share():
            return subprocess.run(
                [self.clock.prefetch] + h.options(
                    self.cache, *self.settings),
                env=self.clock.environment(), stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE).stderr.decode()


def publish(number, text):
    h.zone_set(ZONE % number)
    h.serve_policy(text)


with h.Scratch() as scratch:
    clock = h.Clock(scratch)
    with fleet.Redis(scratch) as redis:
        settings = ("shared-cache=" + redis.url(),
                    "shared-cache-key=" + fleet.key_file(scratch))
        a, b, c = (Machine(scratch, clock, n, settings) for n in "abc")

        def kept():
            return redis.say("GET", fleet.RECORD + "live.example")

        publish(1, policy("mx"))
        mark = h.Mark()
        h.same("the first machine", a.ask(kept), OLD)
        h.same("the second", b.ask(), OLD)
        h.same("the third", c.ask(), OLD)
        h.same("one fetch", mark.https(HOST), 1)

        # A new id: one machine sees it with a question, the others with their
        # next question and their next prefetch run.
        publish(2, policy("mx2"))
        clock.at += 400
        mark, before = h.Mark(), kept()
        h.same("the new id is seen", a.ask(lambda: kept() != before), NEW)
        h.same("a question has it", b.ask(), NEW)
        h.check("prefetch has it", "due=1" in c.prefetch())
        h.same("one fetch for all", mark.https(HOST), 1)
        h.same("the third machine", c.ask(), NEW)
        h.same("and asks nobody", mark.https(HOST), 1)

        # Withdrawn: each machine sees to it itself.
        publish(3, policy("mx2", "none"))
        clock.at += 400
        mark, before = h.Mark(), kept()
        h.same("mode none is seen", a.ask(lambda: kept() != before),
               "NOTFOUND ")
        h.same("who holds an enforced policy fetches it itself", b.ask(),
               "NOTFOUND ")
        h.same("two fetches", mark.https(HOST), 2)

        # A clock that is an hour ahead is not believed.
        publish(4, policy("mx"))
        clock.at += 3600 + 400
        before = kept()
        a.ask(lambda: kept() != before)
        clock.at -= 3600
        mark = h.Mark()
        h.same("an hour before", c.ask(), OLD)
        h.same("it looks up itself", mark.https(HOST), 1)
h.done()
