# truth: what the domains of the soak publish, and what a sender may answer.
# SPDX-License-Identifier: MIT
#
# The truth is computed from what is written into the zones and policy files,
# by a table of its own; no answer of the program is asked for it.
import itertools
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.environ["top_srcdir"], "test", "world"))
import build  # noqa: E402
import dnsmsg  # noqa: E402
import servers  # noqa: E402
import zonefile  # noqa: E402

WORLD = os.environ["WORLD"]
TTL = 10
SIGNED = ["soak%d.example" % n for n in range(4)]
MOVING = "soak4.example"
PLAIN = "soak5.plain"
ZONES = SIGNED + [MOVING, PLAIN]
EACH, MOVERS = 1000, 240
KEY = "3 1 1 " + "8f" * 32
UNUSABLE = "3 1 1 " + "8f" * 31	 # one byte is missing
MAX_AGE = 604800
# Of a sender: the TXT record is looked at again after five minutes, and a
# failed fetch is remembered for as long (RFC 8461 section 3.3).
TXT_MIN = 300
# An answer is that of a time in the last so many seconds: the record's TTL
# twice (the resolver's cache and ours), with the setting min-ttl for one of
# them, and the time that a lookup may take.
DEADLINE = 20
STALE = TTL + 60 + DEADLINE
RANK = {"NOTFOUND ": 0, "OK dane": 1, "OK dane-only": 2}


def rank(reply):
    return 2 if reply.startswith("OK secure ") else RANK[reply]


def secure_reply(patterns):
    return "OK secure match=%s servername=hostname" % ":".join(patterns)


def verdict(is_secure, hosts, policy):
    """The table of src/README without "strict"; policy: patterns or None."""
    secure = secure_reply(policy) if policy else None
    if not is_secure:
        return secure or ("OK dane" if set(hosts) & {"U", "X"}
                          else "NOTFOUND ")
    if hosts and set(hosts) == {"U"}:
        return "OK dane-only"
    if "U" in hosts:
        return "OK dane-only" if policy else "OK dane"
    if "E" in hosts:
        return "TEMP" if policy else "OK dane"
    if "X" in hosts:
        return secure or "OK dane"
    return (secure or "NOTFOUND ") if hosts else "NOTFOUND "


class State:
    """What a domain publishes from some time on."""

    def __init__(self, hosts, mode=None, patterns=(), txt=True):
        self.hosts = hosts  # [(name, letter)]
        self.mode = mode    # of the policy file; None, there is none
        self.patterns = list(patterns)
        self.txt = txt and mode is not None
        self.since = 0.0    # somebody may have seen it
        self.until = float("inf")  # nobody sees it any more

    def policy(self):
        return self.patterns if self.mode == "enforce" else None

    def had_dane(self):
        return any(letter != "N" for _, letter in self.hosts)


class Domain:
    def __init__(self, label, zone, state, kind):
        self.label, self.zone, self.kind = label, zone, kind
        self.name = "%s.%s" % (label, zone)
        self.states = [state] if state else []
        self.ids = 1
        self.cert = None

    def lines(self):
        """The records, of a zone file."""
        state = self.states[-1]
        lines = []
        if self.kind == "null":
            lines.append("%s MX 0 ." % self.label)
        for n, (host, _) in enumerate(state.hosts):
            lines.append("%s MX %d %s." % (self.label, 10 + 10 * n, host))
        if state.txt:
            lines.append('_mta-sts.%s TXT "v=STSv1; id=%d;"'
                         % (self.label, self.ids))
        if self.kind.startswith("sts") or self.zone == MOVING:
            lines.append("mta-sts.%s A %s" % (self.label,
                                              policy_address(self.zone)))
        if self.kind == "bogus":
            lines.append(";@ bogus %s MX" % self.label)
        return lines

    def write_policy(self):
        state = self.states[-1]
        if state.mode is None:
            return
        path = "%s/https.d/mta-sts.%s" % (WORLD, self.name)
        with open(path + ".new", "w") as file:
            file.write("!cert %s\nversion: STSv1\nmode: %s\n"
                       % (self.cert, state.mode))
            file.writelines("mx: %s\n" % p for p in state.patterns)
            file.write("max_age: %d\n" % MAX_AGE)
        os.rename(path + ".new", path)


def group(zone):
    return ZONES.index(zone)


def policy_address(zone):
    return "203.0.113.%d" % (20 + group(zone))


def dns_address(zone):
    return "198.51.100.%d" % (20 + group(zone))


def host(kind, number, zone):
    if zone == PLAIN:
        zone = SIGNED[0]
    return "%s%d.%s" % (kind, number % 4, zone), kind.upper()


def static(zone, number):
    """The domains that stay as they are, twenty kinds of them in turn."""
    turn, n = number % 20, number // 20

    def h(kind, more=0):
        return host(kind, n + more, zone)
    u, x, plain = h("u"), h("x"), h("n")
    if zone == PLAIN:
        table = [("sts", [plain], 6), ("dane", [u], 2), ("sts-u", [u], 2),
                 ("nothing", [plain], 10)]
    else:
        table = [("dane", [u, h("u", 1)], 5), ("part", [u, plain], 1),
                 ("sts-part", [u, plain], 1), ("x", [x], 1),
                 ("sts-x", [x], 1), ("sts", [plain], 5), ("sts-test", [plain],
                 1), ("nothing", [plain], 3), ("null", [], 1),
                 ("bogus", [plain], 1)]
    for kind, hosts, many in table:
        if turn < many:
            break
        turn -= many
    mode = None
    if kind.startswith("sts"):
        mode = "testing" if kind == "sts-test" else "enforce"
    return Domain("d%03d" % number, zone, State(
        hosts, mode, [name for name, _ in hosts]), kind)


def moving(number):
    """Those that change, in one of three ways: see World.next_state()."""
    kind = ("policy", "record", "dane")[number % 3]
    h = [host("n", number, MOVING)]
    mode = None if kind == "dane" else "enforce"
    state = State(h, mode, [h[0][0]], txt=True)
    return Domain("d%03d" % number, MOVING, state, kind)


class World:
    """All domains, and the servers that are asked about them."""

    def __init__(self):
        self.domains = [static(zone, n) for zone in SIGNED + [PLAIN]
                        for n in range(EACH)]
        self.movers = [moving(n) for n in range(MOVERS)]
        self.domains += self.movers
        self.serial = 1

    def certificates(self):
        """certtool takes no more than 128 names for one"""
        need = [d for d in self.domains if d.states[0].mode or
                d.zone == MOVING]
        for at in range(0, len(need), 100):
            part, name = need[at:at + 100], "soak-%d" % at
            build.make_cert(WORLD + "/certs", name,
                            ["mta-sts." + d.name for d in part])
            for d in part:
                d.cert = name

    def write_zone(self, zone):
        self.serial += 1
        lines = ["$TTL %d" % TTL, "@ SOA ns hostmaster %d 3600 900 86400 %d"
                 % (self.serial, TTL), "@ NS ns",
                 "ns A " + dns_address(zone)]
        if zone != PLAIN:
            lines.insert(0, ";@ sign nsec")
        for n in range(4):
            lines += ["%s%d A 192.0.2.%d" % (kind, n, 130 + n)
                      for kind in "uxn"]
            if zone != PLAIN:
                lines += ["_25._tcp.u%d TLSA %s" % (n, KEY),
                          "_25._tcp.x%d TLSA %s" % (n, UNUSABLE)]
        for d in self.domains:
            if d.zone == zone:
                lines += d.lines()
        zonefile.write(zonefile.Zone(zone, "\n".join(lines)), [],
                       WORLD + "/keys", WORLD + "/zones/" + zone)

    def start(self):
        ip = ["ip", "-batch", "-"]
        subprocess.run(ip, text=True, check=True, input="".join(
            "addr add %s/32 dev lo\n" % address(zone) for zone in ZONES
            for address in (policy_address, dns_address)))
        self.certificates()
        for d in self.domains:
            d.write_policy()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.write_zone, ZONES))
        for zone in ZONES:
            name = "soak%d" % group(zone)
            servers.NSD[name] = [dns_address(zone)]
            servers.write_nsd(WORLD, name, [zonefile.Zone(zone, "")])
            self.start_dns(zone)
            self.start_https(zone)
            self.wait_https(zone)

    def start_dns(self, zone):
        servers.start(WORLD, "soak%d" % group(zone))
        self.wait(lambda: servers.answers(dns_address(zone), zone, rd=False))

    def start_https(self, zone):
        name = "policy%d" % group(zone)
        with open("%s/log/%s" % (WORLD, name), "a") as log:
            process = subprocess.Popen(
                servers.PYTHON + [servers.HERE + "/policyhost.py", WORLD, "no",
                                  policy_address(zone)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=WORLD,
                start_new_session=True)
        with open("%s/pid/%s" % (WORLD, name), "w") as file:
            file.write("%d\n" % process.pid)

    def wait_https(self, zone):
        def answers():
            with servers.socket.create_connection((policy_address(zone), 443),
                                                  1):
                return True
        self.wait(answers)

    @staticmethod
    def wait(test, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if test():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit("soak: a server of the world does not come up")

    @staticmethod
    def next_state(d):
        """policy: a second host, then mode none, then the first again;
        record: the TXT record goes and comes back; dane: the host has a TLSA
        record, then not."""
        old, n = d.states[-1], len(d.states)
        first = d.states[0].patterns
        if d.kind == "policy":
            new = [State(old.hosts, "enforce", first),
                   State(old.hosts, "enforce", first + ["more." + d.zone]),
                   State(old.hosts, "none", [])][n % 3]
        elif d.kind == "record":
            new = State(old.hosts, "enforce", first, txt=n % 2 == 0)
        else:
            new = State([host("u" if n % 2 else "n", 1, d.zone)])
        return new

    def move(self, chosen):
        """Publish the next state of these: the policy, then the zone."""
        now = time.monotonic()
        for d in chosen:
            new = self.next_state(d)
            new.since = now
            d.states.append(new)
            d.ids += 1
            d.write_policy()
        self.write_zone(MOVING)
        servers.send(WORLD, "soak%d" % group(MOVING), 1)
        self.wait(lambda: dnsmsg.ask(
            dns_address(MOVING), MOVING, "SOA", rd=False,
            timeout=1).values("SOA") == [self.serial])
        for d in chosen:
            d.states[-2].until = time.monotonic()


class Seen:
    """What one cache was asked of one domain."""

    def __init__(self, now):
        self.first = now
        self.firm = None    # the newest policy that it has answered from
        self.temp = 0.0     # the last TEMP


def dane_choices(domain, began, ended, zone_failed, stale):
    """Which (secure, letters) may stand behind an answer."""
    found = set()
    for state in domain.states:
        if state.since > ended:
            continue
        letters = [letter for _, letter in state.hosts]
        if state.until < began - stale:
            # A result of the last 24 hours is served while lookups fail.
            if not (zone_failed and state.had_dane()):
                continue
        for cut in itertools.product((False, True), repeat=len(letters)):
            if any(cut) and not zone_failed:
                continue
            found.add((domain.zone != PLAIN, tuple(
                "E" if c else letter for c, letter in zip(cut, letters))))
    return found


def policy_choices(domain, began, ended, excused, seen):
    """Which policies, as tuples, and None for no policy, may."""
    found = set()
    states = domain.states
    firm = seen.firm or 0
    for n, state in enumerate(states):
        if state.since > ended:
            continue
        if n >= firm and state.policy() and (state.txt or n > 0):
            found.add(tuple(state.policy()))
        known = state.until >= began - TXT_MIN - STALE or excused
        if n >= firm and state.mode not in ("enforce", None) and known:
            found.add(None)  # withdrawn, or testing
        elif seen.firm is None and not state.txt and \
                state.until >= began - TXT_MIN - STALE:
            found.add(None)  # as it was when it was looked at
    if seen.firm is None and excused:
        found.add(None)
    return found or {None}


