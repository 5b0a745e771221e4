# faults: what goes wrong while the soak asks, at random, and when it did.
# SPDX-License-Identifier: MIT
import glob
import os
import random
import signal
import threading
import time

import harness as h
import truth
from truth import WORLD, ZONES, servers

PROXY = "127.1.0.57"
KINDS = ["dns-kill", "dns-hang", "https-kill", "https-hang", "resolver-kill",
         "resolver-hang", "second-silent", "second-servfail", "disk", "clock",
         "resolve-kill", "resolve-hang", "serving-kill", "listener-kill",
         "prefetch-kill", "move"]


class Fault:
    def __init__(self, kind, scope):
        self.kind, self.scope = kind, scope
        self.since, self.until = time.monotonic(), float("inf")


def pids(name):
    """Of all processes of that name in this world, which is ours alone."""
    found = []
    for path in glob.glob("/proc/[0-9]*"):
        pid = int(path[6:])
        if h.name_of(pid) == name and h.state(pid) not in ("Z", ""):
            found.append(pid)
    return found


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def control(command):
    """unbound's, which holds servers for dead longer than they are."""
    try:
        with servers.socket.create_connection((servers.RESOLVER, 8953),
                                              5) as sock:
            sock.sendall(b"UBCT1 %s\n" % command.encode())
            while sock.recv(4096):
                pass
    except OSError:
        pass  # it is down itself


class Faults:
    def __init__(self, seed, world, places):
        self.random = random.Random(seed)
        self.world, self.places = world, places
        self.log = []
        self.count = dict.fromkeys(KINDS, 0)
        self.ends = threading.Event()
        self.busy = set()
        self.lock = threading.Lock()
        self.offset = 0
        self.broken = []
        self.threads = [threading.Thread(target=self.run, args=(n,))
                        for n in range(3)]

    def start(self):
        for t in self.threads:
            t.start()

    def stop(self):
        self.ends.set()
        for t in self.threads:
            t.join()

    # --- what the judge asks

    def during(self, kinds, began, ended, scopes=None, slack=0):
        return [f for f in list(self.log) if f.kind in kinds and
                (scopes is None or f.scope in scopes) and
                f.since <= ended and f.until + slack >= began]

    def around(self, began, ended):
        """What went wrong then and in the minute before, for people."""
        return ", ".join(
            "%s %s %.1f to %s s" % (f.kind, f.scope or "", f.since - began,
                                    "-" if f.until > ended
                                    else "%.1f" % (f.until - began))
            for f in list(self.log)
            if f.since <= ended and f.until > began - 60)

    def zone_failed(self, domain, began, ended, slack=0):
        scopes = {domain.zone}
        if domain.zone == truth.PLAIN:
            scopes.add(truth.SIGNED[0])  # its mail hosts
        return self.during(("dns-kill", "dns-hang"), began, ended, scopes,
                           slack)

    def dns_failed(self, domain, began, ended, slack=0):
        return self.zone_failed(domain, began, ended, slack) + self.during(
            ("resolver-kill", "resolver-hang"), began, ended, None, slack)

    def policy_failed(self, domain, began, ended, slack=0):
        """Of the domain's own making: it may do without its policy."""
        return self.zone_failed(domain, began, ended, slack) + self.during(
            ("https-kill", "https-hang"), began, ended, {domain.zone}, slack)

    # --- doing it

    def run(self, number):
        rand = random.Random("%s %d" % (self.random.random(), number))
        while not self.ends.wait(rand.uniform(0.5, 4)):
            with self.lock:
                least = min(self.count.values())
                kind = rand.choice([k for k in KINDS
                                    if self.count[k] <= least + 3])
                scope = self.scope_of(kind, rand)
                if (kind, scope) in self.busy or scope in self.busy:
                    continue
                self.busy |= {(kind, scope), scope} - {None}
            try:
                if self.one(kind, scope, rand):
                    self.count[kind] += 1
            except (Exception, SystemExit) as error:  # noqa: B902
                self.broken.append("%s: %r" % (kind, error))
            finally:
                with self.lock:
                    self.busy -= {(kind, scope), scope}

    def scope_of(self, kind, rand):
        if kind.startswith(("dns", "https")):
            return rand.choice(ZONES)
        if kind == "move":
            return truth.MOVING
        if kind == "disk":
            return rand.choice(self.places.folders)
        if kind.startswith("resolver"):
            return "resolver"
        return PROXY if kind.startswith("second") else None

    def one(self, kind, scope, rand):
        """true: it has happened."""
        fault = Fault(kind, scope)
        seconds = rand.uniform(1, 8)
        self.log.append(fault)
        try:
            return getattr(self, kind.replace("-", "_"))(scope, seconds, rand)
        finally:
            fault.until = time.monotonic()

    def server(self, name, seconds, restart):
        """Kill it and start it anew, or, with restart None, let it hang."""
        servers.send(WORLD, name, signal.SIGSTOP if restart is None
                     else signal.SIGKILL)
        self.ends.wait(seconds)
        if restart is None:
            servers.send(WORLD, name, signal.SIGCONT)
        else:
            restart()
        return True

    def dns_kill(self, zone, seconds, _):
        self.server("soak%d" % truth.group(zone), seconds,
                    lambda: self.world.start_dns(zone))
        control("flush_infra all")
        return True

    def dns_hang(self, zone, seconds, _):
        self.server("soak%d" % truth.group(zone), seconds, None)
        control("flush_infra all")
        return True

    def https_kill(self, zone, seconds, _):
        return self.server("policy%d" % truth.group(zone), seconds,
                           lambda: (self.world.start_https(zone),
                                    self.world.wait_https(zone)))

    def https_hang(self, zone, seconds, _):
        return self.server("policy%d" % truth.group(zone), seconds, None)

    def resolver_kill(self, _, seconds, rand):
        def restart():
            servers.start(WORLD, "unbound")
            self.world.wait(lambda: servers.is_ready("unbound"))
        return self.server("unbound", seconds, restart)

    def resolver_hang(self, _, seconds, rand):
        return self.server("unbound", seconds, None)

    def second(self, rule, seconds):
        path = "%s/dns.d/%s" % (WORLD, PROXY)
        with open(path, "w") as file:
            file.write(rule + "\n")
        self.ends.wait(seconds)
        os.unlink(path)
        return True

    def second_silent(self, _, seconds, rand):
        return self.second("silent", seconds)

    def second_servfail(self, _, seconds, rand):
        return self.second("servfail", seconds)

    def disk(self, folder, seconds, _):
        """No block is free, then some are, then all."""
        path = os.path.join(folder, "filler")
        try:
            with open(path, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError:
            pass
        self.ends.wait(seconds)
        os.unlink(path)
        return True

    def clock(self, _, seconds, rand):
        """Of the processes that begin now.  Who counts in seconds believes
        the clock; what that means for TTLs is in Place.ahead."""
        if not self.places.faketime:
            return False
        self.offset = rand.choice((-86400, -45, 45, 10800))
        self.places.set_clock(self.offset)
        self.ends.wait(seconds)
        self.places.set_clock(0)
        return True

    def some(self, name, rand, number, besides=()):
        there = [p for p in pids(name) if p not in besides]
        return bool(there) and kill(rand.choice(there), number)

    def resolve_kill(self, _, seconds, rand):
        return self.some("resolve", rand, rand.choice(
            (signal.SIGKILL, signal.SIGSEGV)), self.places.supervisors())

    def resolve_hang(self, _, seconds, rand):
        there = [p for p in pids("resolve")
                 if p not in self.places.supervisors()]
        if not there:
            return False
        pid = rand.choice(there)
        kill(pid, signal.SIGSTOP)
        self.ends.wait(seconds)
        kill(pid, signal.SIGCONT)
        return True

    def serving_kill(self, _, seconds, rand):
        return self.some("socketmap", rand, signal.SIGKILL,
                         self.places.listeners())

    def listener_kill(self, _, seconds, rand):
        """Of the second place: that of the first lives on, to be measured."""
        return self.places.kill_listener()

    def prefetch_kill(self, _, seconds, rand):
        place = rand.choice(self.places.places)
        run = self.places.prefetch(place)
        self.ends.wait(rand.uniform(0, 0.3))
        run.kill()
        run.wait()
        return True

    def move(self, _, seconds, rand):
        self.world.move(rand.sample(self.world.movers, 20))
        return True

