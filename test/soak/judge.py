# judge: each answer of the soak against the truth at that time.
# SPDX-License-Identifier: MIT
import collections
import os
import threading
import time

import truth

SHOWN = 20  # of each kind of finding
# A failure may be remembered by a resolver, and then by a child's, for so long.
REMEMBERED = 12
# One that kept it from a zone's keys libunbound holds against the whole zone
# for so long, and so does the resolver.
KEYS_REMEMBERED = 62 + REMEMBERED


def servfail(name, since):
    """Did the resolver, alive, say that it cannot find what the domain's
    MTA-STS is made of?  Others were answered, so it is the domain's failure
    (RFC 8461, 3.3), whatever was behind it."""
    since = time.time() - (time.monotonic() - since)
    wanted = ("SERVFAIL <_mta-sts.%s. " % name, "SERVFAIL <mta-sts.%s. " % name)
    with open(os.path.join(truth.WORLD, "dns.log"), errors="replace") as log:
        return any(w in line and float(line[1:line.index("]")]) >= since - 1
                   for line in log for w in wanted)


class Judge:
    def __init__(self, faults):
        self.faults = faults
        self.lock = threading.Lock()
        self.asked = 0
        self.began = time.monotonic()
        self.count = dict.fromkeys(
            ("weaker", "stronger", "temp needed", "temp without need",
             "stuck", "cut", "cut by a fault", "SERVFAIL believed"), 0)
        self.replies = collections.Counter()
        self.slowest = 0.0

    def tell(self, what, text):
        self.count[what] += 1
        if self.count[what] <= SHOWN:
            print("%6.1f %s: %s" % (time.monotonic() - self.began, what, text),
                  flush=True)

    def asks(self, place, domain, began):
        if domain is not None:
            with self.lock:
                place.seen.setdefault(domain.name, truth.Seen(began))

    def cut(self, place, began):
        killed = self.faults.during(
            ("serving-kill", "listener-kill"), began - 5, time.monotonic())
        with self.lock:
            if killed:
                self.count["cut by a fault"] += 1
            else:
                self.tell("cut", "a connection to " + place.folder)

    def stuck(self, place, name, began):
        with self.lock:
            self.tell("stuck", "%s, asked of %s" % (name, place.folder))

    def answer(self, place, name, domain, began, ended, reply):
        with self.lock:
            self.asked += 1
            self.slowest = max(self.slowest, ended - began)
            key = "TEMP" if reply.startswith("TEMP") else \
                "OK secure" if reply.startswith("OK secure") else reply
            self.replies[key] += 1
            if domain is None:
                self.absent(place, name, began, ended, reply)
            elif key == "TEMP":
                self.temp(place, domain, began, ended, reply)
            else:
                self.hold(place, domain, began, ended, reply)

    def absent(self, place, name, began, ended, reply):
        if reply.startswith("TEMP"):
            domain = truth.Domain(*name.split(".", 1), None, "nothing")
            self.temp(place, domain, began, ended, reply)
        elif reply != "NOTFOUND ":
            self.tell("stronger", "%s: %s" % (name, reply))

    def temp(self, place, domain, began, ended, reply):
        seen = place.seen.setdefault(domain.name, truth.Seen(began))
        f = self.faults
        needed = domain.kind == "bogus" or \
            f.dns_failed(domain, began - KEYS_REMEMBERED, ended) or \
            f.during(("resolve-hang",), began - 5, ended) or \
            len(f.during(("resolve-kill",), began - 5, ended)) > 1 or \
            began - seen.temp < 300
        if needed:
            seen.temp = ended
            self.count["temp needed"] += 1
        else:
            self.tell("temp without need", "%s (%s): %s after %.1f s; %s" % (
                domain.name, domain.kind, reply, ended - began,
                f.around(began, ended)))

    def allowed(self, place, domain, began, ended, believed=False):
        f, seen = self.faults, place.seen[domain.name]
        failed = bool(f.dns_failed(domain, began - 2 * truth.TXT_MIN, ended)
                      if seen.first < began - REMEMBERED else
                      f.dns_failed(domain, began - REMEMBERED, ended))
        since = max(seen.first, began - truth.TXT_MIN - truth.DEADLINE)
        excused = believed or \
            bool(f.policy_failed(domain, since - REMEMBERED, ended))
        found = {}
        for is_secure, hosts in truth.dane_choices(
                domain, began, ended, failed, truth.STALE + place.ahead):
            for policy in truth.policy_choices(domain, began, ended, excused,
                                               seen):
                found.setdefault(truth.verdict(is_secure, hosts, policy),
                                 set()).add(policy)
        found.pop("TEMP", None)
        return found

    def hold(self, place, domain, began, ended, reply):
        if domain.kind == "bogus":
            self.tell("stronger" if reply != "NOTFOUND " else "weaker",
                      "%s is bogus: %s" % (domain.name, reply))
            return
        found = self.allowed(place, domain, began, ended)
        seen = place.seen[domain.name]
        if reply not in found and seen.firm is None and \
                servfail(domain.name, seen.first - REMEMBERED):
            found = self.allowed(place, domain, began, ended, True)
            if reply in found:
                self.count["SERVFAIL believed"] += 1
        if reply in found:
            self.learn(place, domain, began, ended, found[reply])
            return
        above = found and truth.rank(reply) > max(map(truth.rank, found))
        self.tell("stronger" if above else "weaker",
                  "%s (%s), asked of %s after %.1f s: %r, may be %s; "
                  "first asked %.1f s ago, firm %s, states %s; %s" % (
                      domain.name, domain.kind, place.folder[-1:],
                      ended - began, reply, sorted(found),
                      ended - seen.first, seen.firm,
                      ["%.0f" % (ended - s.since) for s in domain.states],
                      self.faults.around(began, ended)))

    def learn(self, place, domain, began, ended, policies):
        """A policy that was answered once stays, unless the disk was full."""
        seen = place.seen[domain.name]
        if None in policies or self.faults.during(
                ("disk",), began, ended + 2, {place.folder}):
            return
        fits = [n for n, s in enumerate(domain.states)
                if s.since <= ended and s.policy() and
                tuple(s.policy()) in policies and n >= (seen.firm or 0)]
        if fits:
            seen.firm = fits[0]

    def line(self):
        with self.lock:
            return "%d asked, %s, slowest %.1f s" % (
                self.asked, ", ".join("%s %d" % i for i in self.count.items()),
                self.slowest)

    def table(self):
        rows = [("asked", self.asked)] + list(self.count.items()) + \
            sorted(self.replies.items())
        return "\n".join("%-20s %8d" % row for row in rows) + \
            "\nslowest %.1f s" % self.slowest
