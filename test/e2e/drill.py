# drill: resolve has been taken over, and says what it likes to those who ask.
# SPDX-License-Identifier: MIT
import json
import os
import random
import socket
import subprocess
import threading
import time
import harness as h

QUIET = subprocess.DEVNULL
VICTIM = "all-n-sts.example"  # whose policy is enforced, and cached
OTHER = "all-u.example"       # which is cached too, and never asked for
REPLY = "OK secure match=n1.example servername=hostname"
WEAK = ("version: STSv1\nmode: none\nmax_age: 31557600\n")
TIMEOUT = 4  # of answers; nobody waits much longer

GOOD_DANE = "dane 2 %d insecure 0 0 1 0 300 none "
NO_STS = "sts 2 %d absent 300 - - 0 none \n"


class Hostile:
    """What stands where resolve listens.  behave(connection, seq, want): what
    it does about a question; it may say anything to the socket."""

    def __init__(self, path, behave):
        self.path = path
        self.behave = behave
        self.asked = []
        self.kept = []  # connections that stay open
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(64)
        threading.Thread(target=self.stand_by, daemon=True).start()

    def stand_by(self):
        while True:
            try:
                c = self.socket.accept()[0]
            except OSError:
                return
            self.kept.append(c)
            threading.Thread(target=self.serve, args=(c,),
                             daemon=True).start()

    def serve(self, c):
        buffer = b""
        try:
            while True:
                data = c.recv(65536)
                if not data:
                    return
                buffer += data
                while b":" in buffer:
                    size = int(buffer.split(b":")[0])
                    start = buffer.index(b":") + 1
                    if len(buffer) <= start + size:
                        break
                    word = buffer[start:start + size].decode().split(" ")
                    buffer = buffer[start + size + 1:]
                    if word[0] == "question":
                        self.asked.append(word)
                        self.behave(c, int(word[2]), word[5])
        except (OSError, ValueError):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for c in self.kept:
            c.close()
        os.unlink(self.path)


def say(c, *frames):
    c.sendall(b"".join(h.netstring(f) for f in frames))


def policy(seq, mode, text, max_age=31557600, id_="forged"):
    return "sts 2 %d policy 300 %s %s %d none \n%s" % (
        seq, id_, mode, max_age, text)


def flood(c, seq, want):
    frame = h.netstring(b"note 2 %d \x00\x00\x00\x07\x00\x00\x00\x00" % seq)
    while True:
        c.sendall(frame * 1000)


def close_half(c, seq, want):
    c.shutdown(socket.SHUT_WR)


# Name, what it does, and what the asker is told: None for what is expected of
# a lookup that failed, a policy that is cached and enforced.
BEHAVIOURS = [
    ("silence", lambda c, seq, want: None),
    ("hanging up", lambda c, seq, want: c.close()),
    ("closing its output and staying", close_half),
    ("half a frame, and silence", lambda c, seq, want: c.sendall(
        b"300:sts 2 %d policy 300 x none" % seq)),
    ("half a frame, and hanging up", lambda c, seq, want: (
        c.sendall(b"300:sts 2 %d policy" % seq), c.close())),
    ("no frame at all", lambda c, seq, want: c.sendall(b"\x00" * 70000)),
    ("a flood of notes", flood),
    ("an end without findings", lambda c, seq, want: say(
        c, "end 2 %d" % seq)),
    ("findings for nobody", lambda c, seq, want: say(
        c, policy(seq + 1, "none", WEAK), policy(4294967295, "none", WEAK),
        "dane 2 %d none 0 0 0 0 86400 none " % (seq + 7),
        "end 2 %d" % (seq + 1), GOOD_DANE % seq, NO_STS % seq,
        "end 2 %d" % seq)),
    ("no MTA-STS record any more", lambda c, seq, want: say(
        c, GOOD_DANE % seq, NO_STS % seq, "end 2 %d" % seq)),
    ("a TXT record that fails", lambda c, seq, want: say(
        c, GOOD_DANE % seq, "sts 2 %d txt-failed 300 - - 0 dns-bogus x\n" %
        seq, "end 2 %d" % seq)),
    ("a fetch that fails", lambda c, seq, want: say(
        c, GOOD_DANE % seq,
        "sts 2 %d fetch-failed 300 other - 0 https-certificate x\n" % seq,
        "end 2 %d" % seq)),
    ("the same id, but another", lambda c, seq, want: say(
        c, GOOD_DANE % seq, "sts 2 %d same 300 other - 0 none \n" % seq,
        NO_STS % seq, "end 2 %d" % seq)),
    ("an MX without DNSSEC", lambda c, seq, want: say(
        c, "dane 2 %d insecure 0 9 0 0 86400 none " % seq, NO_STS % seq,
        "end 2 %d" % seq)),
    ("an MX that has no TLSA", lambda c, seq, want: say(
        c, "dane 2 %d secure 0 0 9 0 86400 none " % seq, NO_STS % seq,
        "end 2 %d" % seq)),
    ("a policy of mode none, unproven", lambda c, seq, want: say(
        c, GOOD_DANE % seq, "sts 2 %d absent 300 x none 9 none \n%s" % (
            seq, WEAK), "end 2 %d" % seq)),
    ("a policy with a match of its own", lambda c, seq, want: say(
        c, GOOD_DANE % seq, policy(
            seq, "enforce", "version: STSv1\nmode: enforce\n"
            "mx: } match=evil {\nmax_age: 9\n", 9), "end 2 %d" % seq)),
    ("terms that are not those of the text", lambda c, seq, want: say(
        c, GOOD_DANE % seq, policy(
            seq, "none", "version: STSv1\nmode: enforce\nmx: n1.example\n"
            "max_age: 31557600\n"), "end 2 %d" % seq)),
    ("policies that nobody asked for, after the answer",
     lambda c, seq, want: say(c, GOOD_DANE % seq, NO_STS % seq, policy(
         seq, "none", WEAK), "end 2 %d" % seq)),
]


def record(cache, domain):
    out = subprocess.run([h.MXPOLICY] + h.options(cache) +
                         ["cache", "show", "--json", domain],
                         stdout=subprocess.PIPE, stderr=QUIET).stdout
    return json.loads(out) if out else None


def terms(cache):
    """What is stored of a policy, but for when it was looked at."""
    sts = record(cache, VICTIM)["mta_sts"]
    return {k: sts[k] for k in ("id", "mode", "max_age", "fetched", "policy")}


def names(cache):
    """Of all records."""
    out = subprocess.run([h.MXPOLICY] + h.options(cache) +
                         ["cache", "list", "--json"],
                         stdout=subprocess.PIPE, stderr=QUIET).stdout
    return sorted(json.loads(line)["key"] for line in out.splitlines())


def untouched(cache):
    r = record(cache, OTHER)
    return r["dane"], r["mta_sts"]


def strong(reply):
    """As the cache has it, or deferred: never weaker."""
    return reply == REPLY or reply is not None and reply.startswith("TEMP ")


with h.Scratch() as scratch:
    clock = h.Clock(scratch)
    cache = clock.cache
    with clock.session() as s:
        h.same("the policy is cached", s.ask(VICTIM), REPLY)
        h.same("and another domain", s.ask(OTHER), "OK dane-only")
    before, there = terms(cache), names(cache)
    other = untouched(cache)
    h.same("of these", there, sorted([VICTIM, OTHER]))
    h.same("with its mode", before["mode"], "enforce")
    path = scratch.file("hostile")
    # Each of them two days later, when both halves are to be looked up.
    clock.at += 2 * 86400
    for name, behave in BEHAVIOURS:
        clock.at += 3600
        with Hostile(path, behave) as hostile, clock.session(
                "resolve-socket=" + path,
                "answer-timeout=%d" % TIMEOUT) as s:
            begun = time.monotonic()
            reply = s.ask(VICTIM, timeout=60)
            h.check(name + ": the policy, or TEMP", strong(reply), reply)
            h.check(name + ": somebody was asked", hostile.asked)
            # Nobody who waits for the same name waits for long either.
            with clock.session("resolve-socket=" + path,
                               "answer-timeout=%d" % TIMEOUT) as t:
                reply = t.ask(VICTIM, timeout=60)
                h.check(name + ": nor another process", strong(reply), reply)
                t.process.kill()
            h.same(name + ": others are answered from the cache", s.ask(
                ".example"), "NOTFOUND ")
            s.process.kill()  # it would wait for the lookup to end
        h.same(name + ": what is stored stands", terms(cache), before)
        h.same(name + ": and no other name", names(cache), there)
        h.same(name + ": and no other record", untouched(cache), other)

    # Only MTA-STS is due: of DANE nothing was asked.
    clock.at += 400
    with Hostile(path, lambda c, seq, want: say(
            c, "dane 2 %d none 0 0 0 0 86400 none " % seq,
            NO_STS % seq, "end 2 %d" % seq) if "d" not in want else say(
            c, GOOD_DANE % seq, NO_STS % seq, "end 2 %d" % seq)) as hostile:
        for _ in range(2):
            with clock.session("resolve-socket=" + path) as s:
                h.same("a half that was not asked for is not believed",
                       s.ask(VICTIM), REPLY)
            clock.at += 301
    h.check("one question was for MTA-STS alone or both were for both",
            hostile.asked)

    # What is believed, because nobody can tell: a policy that it says it has
    # fetched.  src/README has it; the true one comes back within a day of the
    # end of it all.
    clock.at += 86400
    with Hostile(path, lambda c, seq, want: say(
            c, GOOD_DANE % seq, policy(seq, "none", WEAK),
            "end 2 %d" % seq)), clock.session(
            "resolve-socket=" + path) as s:
        h.same("a policy that was fetched, it says: believed",
               s.ask(VICTIM), "NOTFOUND ")
    with clock.session() as s:
        s.ask(VICTIM)
    clock.at += 86400
    with clock.session() as s:
        h.same("a day after it has gone the true one holds", s.ask(VICTIM),
               REPLY)

    # As a child, in the manner of inetd: closing its output ends it, staying
    # silent costs the answer deadline.
    for name, text in (("closes its output and stays",
                        "head -c 20 >/dev/null; exec >&-; exec sleep 600"),
                       ("closes both and stays",
                        "head -c 20 >/dev/null; exec <&- >&-; "
                        "exec sleep 600")):
        stand_in = scratch.file("resolve")
        with open(stand_in + ".new", "w") as f:
            f.write("#!/bin/sh\nunset LD_PRELOAD\n%s\n" % text)
        os.chmod(f.name, 0o755)
        os.rename(f.name, stand_in)
        with h.Session(scratch.file("child.tdb"), "answer-timeout=%d" %
                       TIMEOUT, program=clock.socketmap, stderr=QUIET) as s:
            reply = s.ask("victim.example", timeout=60)
            h.check("a child that %s: TEMP" % name,
                    reply is not None and reply.startswith("TEMP "), reply)
            s.process.kill()

    # A million replies that are nearly right: FUZZ_RUNS of the driver
    # "question" is for the parser; these are for the process behind it.
    rng = random.Random(8461)
    seeds = [GOOD_DANE, NO_STS, "end 2 %d", "queued 2 %d",
             "sts 2 %d txt-failed 300 - - 0 dns-bogus x\n",
             "sts 2 %d fetching 300 x - 0 none \n"]

    def nearly(c, seq, want):
        frame = bytearray(h.netstring(rng.choice(seeds) % seq))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(frame))
            frame[at:at + rng.randrange(2)] = bytes(
                [rng.randrange(256)] * rng.randrange(3))
        c.sendall(frame)
        c.close()
    clock.at += 2 * 86400
    with Hostile(path, nearly) as hostile:
        for _ in range(100):
            clock.at += 301
            with clock.session("resolve-socket=" + path,
                               "answer-timeout=%d" % TIMEOUT) as s:
                reply = s.ask(VICTIM, timeout=60)
                if not strong(reply):
                    h.check("nearly right", False, reply)
                s.socket.close()
                if s.process.wait(h.PATIENCE) != 0:
                    h.check("it ends well", False, s.process.returncode)
    h.same("a hundred times nearly right: what is stored stands",
           {k: v for k, v in terms(cache).items() if k != "fetched"},
           {k: v for k, v in before.items() if k != "fetched"})
    h.same("and no other name", names(cache), there)
h.done()
