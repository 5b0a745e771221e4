# leaks: what the programs of the soak hold on to.
# SPDX-License-Identifier: MIT
import os
import time

import harness as h
from faults import pids

NAMES = ("socketmap", "resolve", "prefetch")
# KiB; a process for lookups has caches, which are bounded in src/dns/dnsctx.c.
BOUND = {"socketmap": 12 * 1024, "resolve": 80 * 1024, "prefetch": 24 * 1024}
DESCRIPTORS = {"socketmap": 64, "resolve": 1024, "prefetch": 64}
# Of those that live as long as the soak: KiB after the first third.
GROWTH = 512


def resident(pid):
    """KiB that are the process's own."""
    try:
        with open("/proc/%d/status" % pid) as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
    except OSError:
        pass  # it ends just now
    return 0


def descriptors(pid):
    """How many; 0 of a process that ends just now."""
    try:
        return len(os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return 0


class Leaks:
    def __init__(self, places):
        self.places = places
        self.found = []
        self.most = {name: [0, 0] for name in NAMES}
        self.began = time.monotonic()
        self.samples = {}

    def lasting(self):
        """Those that no fault ends."""
        return self.places.supervisors() + self.places.listeners()[:1]

    def begin(self):
        self.began = time.monotonic()

    def sample(self):
        for name in NAMES:
            for pid in pids(name):
                kib, fds = resident(pid), descriptors(pid)
                most = self.most[name]
                most[0], most[1] = max(most[0], kib), max(most[1], fds)
                if kib > BOUND[name] or fds > DESCRIPTORS[name]:
                    self.tell("%s %d has %d KiB and %d descriptors" %
                              (name, pid, kib, fds))
                if pid in self.lasting():
                    self.samples.setdefault((name, pid), []).append(
                        (kib, fds))

    def tell(self, text):
        if len(self.found) < 10:
            self.found.append(text)

    def end(self):
        """Nobody asks any more: what is held is what is held for ever."""
        time.sleep(1)
        self.sample()
        for (name, pid), rows in self.samples.items():
            if len(rows) < 9:
                continue
            third = len(rows) // 3
            for column, what, more in ((0, "KiB", GROWTH),
                                       (1, "descriptors", 0)):
                early = max(row[column] for row in rows[:third])
                if rows[-1][column] > early + more:
                    self.tell("%s %d: %d, then %d %s" % (
                        name, pid, early, rows[-1][column], what))

    def left(self):
        def nobody():
            return not any(pids(name) for name in NAMES)
        if not h.wait_until(nobody, step=0.2):
            self.tell("left: " + ", ".join(
                "%s %d" % (name, pid) for name in NAMES
                for pid in pids(name)))

    def table(self):
        lines = ["%-10s at most %6d KiB, %4d descriptors" % (
            name, *self.most[name]) for name in NAMES]
        for (name, pid), rows in self.samples.items():
            third = len(rows) // 3
            if third:
                lines.append("%s %d, all the time: %s" % (name, pid, ", ".join(
                    "%d KiB %d" % rows[n] for n in
                    (0, third, 2 * third, -1))))
        return "\n".join(lines)
