# deaths: resolve is killed at every state of a lookup, once and twice; what
# the askers get, and what all others get from their cache afterwards.
# SPDX-License-Identifier: MIT
import os
import subprocess
import time
import harness as h

PROXY = "127.1.0.57"
HOST = "mta-sts.a.live.example"
POLICY = ("version: STSv1\nmode: enforce\nmx: mx.live.example\n"
          "mx: dane.live.example\nmax_age: 86400\n")
STS = "OK secure match=mx.live.example:dane.live.example servername=hostname"
DANE = "OK dane-only"
ZONE = """mx A 192.0.2.1
dane A 192.0.2.1
_25._tcp.dane TLSA 3 1 1 %s
a MX 10 %s
_mta-sts.a TXT "v=STSv1; id=%d;"
mta-sts.a A 203.0.113.10
"""
serial = 0


def rules(*lines):
    with open(os.path.join(h.WORLD, "dns.d", PROXY), "w") as f:
        f.writelines(line + "\n" for line in lines)


def held(kind):
    try:
        with open(os.path.join(h.WORLD, "held.log")) as f:
            return sum(line.endswith(" %d\n" % kind) for line in f)
    except FileNotFoundError:
        return 0


def nothing_in():
    """The answer about the MX records does not come."""
    rules("hold a.live.example MX")
    seen = held(15)
    return lambda: held(15) > seen


def dane_in():
    """All is known but the TXT record."""
    rules("hold _mta-sts.a.live.example TXT")
    seen = held(16)

    def reached():
        if held(16) == seen:
            return False
        time.sleep(0.5)  # all else is answered and told
        return True
    return reached


def txt_in():
    """The policy host does not answer."""
    rules()
    h.serve_policy("!hang\n" + POLICY, HOST)
    mark = h.Mark()
    return lambda: mark.https(HOST)


def let_go():
    h.serve_policy(POLICY, HOST)
    rules()


def is_temp(reply):
    return reply is not None and reply.startswith("TEMP ")


def scenario(name, service, cache, state, host, right, kills):
    global serial
    serial += 1
    h.serve_policy(POLICY, HOST)
    h.zone_set(ZONE % ("ab" * 32, host, serial))
    time.sleep(3)  # what was just found is not looked up again
    with service.session(cache) as one, service.session(cache) as other:
        h.same(name + ": before", one.ask("all-u.example"), DANE)
        reached, dead = state(), []
        for asker in (one, other):
            asker.send(h.netstring("QUERY a.live.example"))
        for left in reversed(range(kills)):
            h.check("%s: it gets there" % name, h.wait_until(
                lambda: service.workers() not in ([], dead) and reached()))
            dead = service.workers()
            if left:
                reached = state()
            else:
                let_go()
            for worker in dead:
                os.kill(worker, 9)
        replies = [one.receive(), other.receive()]
        if kills == 1:
            h.same(name + ": both get it", replies, [right] * 2)
        else:
            h.check(name + ": both get what is known or TEMP",
                    all(r == right or is_temp(r) for r in replies), replies)
    # Others: with a resolve of their own, and with the next service.
    seen = set()

    def ask(session):
        with session() as s:
            seen.add(s.ask("a.live.example"))
        return right in seen
    for who, session in (
            ("the service", lambda: service.session(cache)),
            ("a resolve of their own", lambda: h.Session(
                cache, "resolver=" + PROXY, stderr=subprocess.DEVNULL))):
        seen.clear()
        h.check("%s: others get it by %s" % (name, who),
                h.wait_until(lambda: ask(session), step=0.3), seen)
        h.check("%s: and nothing else by %s" % (name, who),
                all(r == right or is_temp(r) for r in seen), seen)


with h.Scratch() as scratch:
    conf = scratch.file("conf")
    with open(conf, "w") as f:
        f.write("resolver = %s\n" % PROXY)
    with h.Service(scratch.file("resolve"), conf) as service:
        for host, right in (("mx.live.example.", STS),
                            ("dane.live.example.", DANE)):
            for state in (nothing_in, dane_in, txt_in):
                for kills in (1, 2):
                    name = "%s, %s, %d deaths" % (
                        "DANE" if right == DANE else "MTA-STS only",
                        state.__name__.replace("_", " "), kills)
                    began = time.monotonic()
                    scenario(name, service, scratch.file(
                        "cache%d.tdb" % serial), state, host, right, kills)
                    print("%s: %.1f s" % (name, time.monotonic() - began))
    os.unlink(os.path.join(h.WORLD, "https.d", HOST))
h.done()
