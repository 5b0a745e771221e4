# soak: many clients ask for thousands of domains while all that can fail does,
# and each answer is held against the truth.
# SPDX-License-Identifier: MIT
# usage: test/world/run python3 soak.py [MINUTES [SEED]]
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "test", "e2e"))
import harness as h  # noqa: E402
import truth  # noqa: E402
from faults import Faults  # noqa: E402
from judge import Judge  # noqa: E402
from leaks import Leaks  # noqa: E402
from places import Places  # noqa: E402

CLIENTS = 50
STUCK = truth.DEADLINE + 15  # the answer deadline, and a busy machine
# Where the clients go: most to the shared resolve, for a child each is a
# process with libraries and caches of its own.
TO = [(0, 0)] * 20 + [(0, 1)] * 20 + [(1, 0)] * 5 + [(1, 1)] * 5


class Cut(Exception):
    """The other side is gone: Postfix would ask again."""


class Client(threading.Thread):
    def __init__(self, number, seed, soak):
        super().__init__()
        self.random = random.Random("%d %d" % (seed, number))
        self.soak = soak
        n, manner = TO[number % len(TO)]
        self.place = soak.places.places[n]
        self.address = self.place.addresses()[manner]

    def choose(self):
        r = self.random
        if r.random() < 0.03:
            return "no%d.%s" % (r.randrange(10000), r.choice(truth.ZONES)), \
                None
        world = self.soak.world
        x = r.random()
        domain = r.choice(world.movers if x < 0.15 else
                          world.domains if x < 0.6 else self.soak.hot)
        return domain.name, domain

    def run(self):
        try:
            while not self.soak.ends.is_set():
                self.connection()
        except Exception:  # noqa: B902
            self.soak.broken.append(sys.exc_info()[1])
            raise

    def connection(self):
        again = None
        try:
            with h.socket.create_connection(self.address, STUCK) as c:
                for _ in range(self.random.randint(1, 30)):
                    key = again or self.choose()
                    again = key
                    self.question(c, *key)
                    again = None
                    if self.soak.ends.wait(
                            self.random.expovariate(1 / self.soak.pause)):
                        return
        except (Cut, ConnectionError):
            self.soak.judge.cut(self.place, self.since)
            time.sleep(0.05)

    def question(self, c, name, domain):
        began = self.since = time.monotonic()
        self.soak.judge.asks(self.place, domain, began)
        c.sendall(h.netstring("QUERY " + name))
        data = b""
        while not data.endswith(b","):
            c.settimeout(max(0.01, began + STUCK - time.monotonic()))
            try:
                more = c.recv(65536)
            except h.socket.timeout:
                self.soak.judge.stuck(self.place, name, began)
                raise Cut from None
            if not more:
                raise Cut
            data += more
        self.soak.judge.answer(self.place, name, domain, began,
                               time.monotonic(),
                               data.partition(b":")[2][:-1].decode())

    since = 0.0


class Soak:
    def __init__(self, minutes, seed, scratch):
        self.ends = threading.Event()
        self.broken = []
        self.pause = 0.3
        self.world = truth.World()
        self.world.start()
        self.hot = random.Random(seed).sample(self.world.domains, 200)
        self.places = Places(scratch)
        self.faults = Faults(seed, self.world, self.places)
        self.judge = Judge(self.faults)
        self.leaks = Leaks(self.places)
        self.minutes = minutes
        self.clients = [Client(n, seed, self) for n in range(CLIENTS)]

    def prefetch(self):
        while not self.ends.wait(7):
            for place in self.places.places:
                self.places.prefetch(place).wait()

    def run(self):
        began = time.monotonic()
        rest = threading.Thread(target=self.prefetch)
        for t in self.clients + [rest]:
            t.start()
        self.leaks.begin()
        self.faults.start()
        end = began + self.minutes * 60
        shown = began
        while time.monotonic() < end and not self.broken:
            self.leaks.sample()
            time.sleep(1)
            if time.monotonic() - shown >= 60:
                shown = time.monotonic()
                print("%d min: %s" % ((shown - began) / 60,
                                      self.judge.line()), flush=True)
        self.faults.stop()
        self.ends.set()
        for t in self.clients + [rest]:
            t.join()
        self.leaks.end()
        self.places.stop()
        self.leaks.left()


def main():
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else \
        random.SystemRandom().randrange(10 ** 6)
    print("seed %d, %g minutes" % (seed, minutes), flush=True)
    with h.Scratch() as scratch:
        soak = Soak(minutes, seed, scratch)
        try:
            soak.run()
        finally:
            for folder in soak.places.folders:
                h.subprocess.run(["umount", "-l", folder], check=False)
        j = soak.judge
        print(j.table())
        print(soak.leaks.table())
        print("faults: " + ", ".join(
            "%s %d" % item for item in soak.faults.count.items()))
        h.same("no client broke", soak.broken, [])
        h.same("no fault failed", soak.faults.broken, [])
        for what in ("weaker", "stronger", "stuck", "cut"):
            h.same("%s: none" % what, j.count[what], 0)
        h.same("leaks", soak.leaks.found, [])
        h.check("enough was asked", j.asked > 1000 * minutes, j.asked)
        for reply in ("OK dane-only", "OK dane", "OK secure", "NOTFOUND ",
                      "TEMP"):
            h.check("there was " + reply, j.replies.get(reply, 0) > 0)
        for kind, number in soak.faults.count.items():
            h.check("it failed: " + kind, number > 0 or
                    (kind == "clock" and not soak.places.faketime))
    h.done()


main()
