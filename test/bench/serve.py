# serve: what an answer from the cache costs the process that gives it.
# SPDX-License-Identifier: MIT
# usage, inside the world: serve.py [RECORDS]
import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

from common import BUILT, fill, h, median, quick, row

RECORDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
ROUNDS = 7
BATCH = 100      # requests in one write
BATCHES = 50     # of them in a round
TURNS = 2000     # requests in a round, one at a time
STARTS = 40
IDLE = 20        # connections at once
FEW, MANY = 1, 1001
# what, map, key, what the reply begins with; the first is what all others are
# compared with: no cache, no lookup
KINDS = [
    ("parent key", "QUERY", ".all-u.example", "NOTFOUND "),
    ("dane-only", "QUERY", "all-u.example", "OK dane-only"),
    ("secure with TLSRPT", "QUERYwithTLSRPT", "all-n-sts.example",
     "OK secure match=n1.example "),
]


def expect(reply, wanted):
    if reply is None or not reply.startswith(wanted):
        sys.exit("serve.py: got %r, wanted %r" % (reply, wanted))


def cpu(pid):
    """Nanoseconds of CPU that a process has had."""
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0])


def batches(session, request, wanted):
    """Seconds of wall clock and of the process's CPU, per request."""
    began, used = time.monotonic(), cpu(session.process.pid)
    size = 0
    for _ in range(BATCHES):
        session.send(request * BATCH)
        got = 0
        while got < BATCH * (size or 1 << 40):
            data = session.socket.recv(1 << 20)
            got += len(data)
            if not size:
                expect(data.partition(b":")[2].decode(), wanted)
                head = data.partition(b":")[0]
                size = len(head) + 2 + int(head)
    used = cpu(session.process.pid) - used
    number = BATCH * BATCHES
    return (time.monotonic() - began) / number, used / 1e9 / number


def turns(session, request):
    """Seconds of a request, each sent after the reply to the last."""
    began = time.monotonic()
    for _ in range(TURNS):
        session.send(request)
        session.socket.recv(1 << 17)
    return (time.monotonic() - began) / TURNS


def rates(cache):
    seen = {kind[0]: [] for kind in KINDS}
    with h.Session(cache) as session:
        for _ in range(ROUNDS):
            for what, map_name, key, wanted in KINDS:
                request = h.netstring("%s %s" % (map_name, key))
                seen[what].append(batches(session, request, wanted) +
                                  (turns(session, request),))
    figures = {what: [median(column) for column in zip(*rounds)]
               for what, rounds in seen.items()}
    base = figures[KINDS[0][0]]
    for what, (wall, used, turn) in figures.items():
        ratios = (None,) * 3 if what == KINDS[0][0] else (
            base[0] / wall, used / base[1], base[2] / turn)
        row("requests a second, %d in a write: %s" % (BATCH, what),
            "%.0f" % (1 / wall), ratios[0], KINDS[0][0])
        row("requests a second, one at a time: %s" % what,
            "%.0f" % (1 / turn), ratios[2], KINDS[0][0])
        row("CPU of a request: %s" % what,
            "%.2f us" % (used * 1e6), ratios[1], KINDS[0][0])


def first_answer(cache, kind):
    began = time.monotonic()
    with h.Session(cache, stderr=subprocess.DEVNULL) as session:
        expect(session.ask(kind[2], kind[1]), kind[3])
        return time.monotonic() - began


def starts(cache):
    seen = []
    for _ in range(STARTS):
        began = time.monotonic()
        subprocess.run(["/bin/true"])
        nothing = time.monotonic() - began
        seen.append((nothing, first_answer(cache, KINDS[1]),
                     first_answer("", KINDS[1])))
    nothing, cached, cold = [quick(column) for column in zip(*seen)]
    row("start of /bin/true, to its end", "%.2f ms" % (nothing * 1e3))
    row("start to first answer, cached", "%.2f ms" % (cached * 1e3),
        cached / nothing, "/bin/true")
    row("start to first answer, looked up", "%.2f ms" % (cold * 1e3),
        cold / cached, "cached")


def memory(cache):
    """Of one of several: pages that all of them share are nobody's own."""
    def private(session):
        with open("/proc/%d/smaps_rollup" % session.process.pid) as f:
            return sum(int(line.split()[1]) for line in f
                       if line.startswith("Private_"))
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(h.Session(cache))
                    for _ in range(IDLE)]
        for session in sessions:
            expect(session.ask(KINDS[0][2]), KINDS[0][3])
        before = median([private(session) for session in sessions])
        for session in sessions:
            for _, map_name, key, wanted in KINDS[1:]:
                expect(session.ask(key, map_name), wanted)
        after = median([private(session) for session in sessions])
    row("private memory, one of %d, no hit yet" % IDLE, "%d kB" % before)
    row("private memory, one of %d, idle after hits" % IDLE,
        "%d kB" % after, after / before, "no hit yet")


def wrapped(scratch, cache, kind, text, number):
    """Ask so often through a wrapper made from text."""
    wrapper = scratch.file("wrapper")
    with open(wrapper, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(wrapper, 0o755)
    with h.Session(cache, program=wrapper) as session:
        for _ in range(number):
            expect(session.ask(kind[2], kind[1]), kind[3])


def calls(path):
    """Name -> number of calls, from strace -c."""
    counts = {}
    with open(path) as f:
        for line in f:
            words = re.match(
                r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
            if words and words[2] != "total":
                counts[words[2]] = int(words[1])
    return counts


def system_calls(scratch, cache):
    if not shutil.which("strace"):
        row("system calls of a request", "not counted: no strace")
        return
    out = scratch.file("calls")
    for kind in KINDS:
        seen = []
        for number in (FEW, MANY):
            wrapped(scratch, cache, kind, 'exec strace -f -c -o %s %s "$@"\n'
                    % (out, h.SOCKETMAP), number)
            seen.append(calls(out))
        each = {name: (seen[1][name] - seen[0].get(name, 0)) / (MANY - FEW)
                for name in seen[1]}
        told = " ".join("%s %g" % (name, round(number, 2)) for name, number
                        in sorted(each.items()) if number >= 0.01)
        row("system calls of a request: " + kind[0], "%s (%g)" % (
            told, round(sum(each.values()), 2)))
        row("system calls of the rest of its process: " + kind[0],
            "%d" % (sum(seen[0].values()) - sum(each.values())))


def allocations(scratch, cache):
    out = scratch.file("allocations")
    for kind in KINDS:
        seen = []
        for number in (FEW, MANY):
            wrapped(scratch, cache, kind,
                    "LD_PRELOAD=%s/alloc.so ALLOC_COUNT=%s exec %s \"$@\"\n"
                    % (BUILT, out, h.SOCKETMAP), number)
            with open(out) as f:
                seen.append(int(f.read()))
            os.unlink(out)
        row("allocations, %d request and %d: %s" % (FEW, MANY, kind[0]),
            "%d and %d" % tuple(seen), (seen[1] - seen[0]) / (MANY - FEW),
            "requests")


with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    fill(cache, RECORDS, "fresh", RECORDS)
    with h.Session(cache, stderr=subprocess.DEVNULL) as session:
        for _, map_name, key, wanted in KINDS:
            expect(session.ask(key, map_name), wanted)
    rates(cache)
    starts(cache)
    memory(cache)
    system_calls(scratch, cache)
    allocations(scratch, cache)
