# prefetch: a run with nothing to do, and one with thousands of lookups.
# SPDX-License-Identifier: MIT
# usage, inside the world: prefetch.py [RECORDS [DUE]]
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

from common import cpu_of, fill, h, median, row

RECORDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
DUE = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
ROUNDS = 3
WINDOW = 192     # plain questions in flight: three for each of 64 domains
# No wildcard: its answers would be made up from cached NSEC records, and the
# resolver not asked.
ZONE = "mx A 192.0.2.110\n_25._tcp.mx TLSA 3 1 1 %s\n" % ("08" * 32) + \
    "".join("d%d MX 10 mx\n" % i for i in range(1, DUE + 1))


def run(cache, entries):
    """CPU seconds, wall-clock seconds, and the sums that it logs."""
    began = time.monotonic()
    used, done = cpu_of(
        [h.PREFETCH] + h.options(cache, "cache-max-entries=%d" % entries),
        stderr=subprocess.PIPE)
    took = time.monotonic() - began
    sums = {key: int(value) for key, value in
            re.findall(r"(\w+)=(\d+)", done.stderr.decode())}
    return used, took, sums


def nothing_due(scratch):
    cache, copy = scratch.file("fresh.tdb"), scratch.file("copy")
    fill(cache, RECORDS, "fresh", RECORDS)
    seen = []
    for _ in range(ROUNDS):
        used, took, sums = run(cache, RECORDS)
        if (sums["records"], sums["due"]) != (RECORDS, 0):
            sys.exit("prefetch.py: %r" % sums)
        seen.append((used, took, cpu_of(["cp", cache, copy])[0]))
        os.unlink(copy)
    used, took, cp = [median(column) for column in zip(*seen)]
    row("nothing due, CPU", "%.3f s" % used, used / cp, "cp of the file")
    row("nothing due, wall clock", "%.3f s" % took, took / used, "its CPU")


def question(number, name, kind):
    """As libunbound asks: recursion, checking disabled, EDNS with DO."""
    out = struct.pack(">6H", number, 0x0110, 1, 0, 0, 1)
    for label in name.split("."):
        out += bytes([len(label)]) + label.encode()
    return (out + struct.pack(">BHH", 0, kind, 1) +
            struct.pack(">BHHIH", 0, 41, 1232, 0x8000, 0))


def plain_questions():
    """Seconds of an MX, a TXT and an A question for each of DUE domains,
    WINDOW in flight."""
    mx, txt, a = 15, 16, 1
    names = ["d%d.live.example" % i for i in range(1, DUE + 1)]
    left = [q for name in names for q in (
        (name, mx), ("_mta-sts." + name, txt), ("mx.live.example", a))]
    left = [question(i & 0xffff, *q) for i, q in enumerate(left)][::-1]
    number, got, lost, found, failed = len(left), 0, 0, 0, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.connect((os.environ["WORLD_RESOLVER"], 53))
        began = time.monotonic()
        for _ in range(min(WINDOW, number)):
            s.send(left.pop())
        while got + lost < number:
            if not select.select([s], [], [], 3)[0]:
                lost = number - len(left) - got
                for _ in range(min(WINDOW, len(left))):
                    s.send(left.pop())
                continue
            flags, _, answers = struct.unpack_from(">3H", s.recv(4096), 2)
            failed += flags & 15 not in (0, 3)
            found += answers > 0
            got += 1
            if left:
                s.send(left.pop())
    if lost:
        row("plain questions lost", "%d" % lost)
    if failed or found + lost < 2 * DUE:
        sys.exit("prefetch.py: %d questions failed, %d answered" %
                 (failed, found))
    return time.monotonic() - began


def many_due(scratch):
    cache = scratch.file("due.tdb")
    subprocess.run([h.world_tool("zone-set")], input=ZONE.encode(),
                   check=True)
    plain = plain_questions()
    fill(cache, DUE, "due", DUE, "live.example")
    time.sleep(1.1)  # the zone's TTL is 1: the resolver has to forget it
    mark = h.Mark()
    used, took, sums = run(cache, DUE)
    asked = sum(" IN" in line for line in mark.lines("dns.log"))
    if (sums["due"], sums["refreshed"]) != (DUE, DUE):
        sys.exit("prefetch.py: %r" % sums)
    with h.Session(cache, stderr=subprocess.DEVNULL) as session:
        for i in (1, DUE // 2, DUE):
            reply = session.ask("d%d.live.example" % i)
            if reply != "OK dane-only":
                sys.exit("prefetch.py: d%d: %r" % (i, reply))
    row("due domains a second", "%.0f" % (DUE / took), plain / took,
        "the resolver alone, MX+TXT+A")
    row("the resolver alone, MX+TXT+A of a domain", "%.0f a second" %
        (DUE / plain))
    row("questions to the resolver, of a domain", "%.2f" % (asked / DUE),
        asked / DUE / 3, "MX+TXT+A")
    row("CPU of a due domain", "%.0f us" % (used / DUE * 1e6), used / took,
        "wall clock of the run")


with h.Scratch() as scratch:
    nothing_due(scratch)
    many_due(scratch)
