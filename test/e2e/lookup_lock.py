# flight: fifty processes, one cold domain, one lookup; whoever dies.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import signal
import subprocess
import time
import harness as h

QUIET = subprocess.DEVNULL
HOST = "mta-sts.live.example"
OVERRIDE = os.path.join(h.WORLD, "https.d", HOST)
POLICY = ("version: STSv1\nmode: enforce\nmx: mx.live.example\n"
          "max_age: 86400\n")
REPLY = "OK secure match=mx.live.example servername=hostname"
ZONE = """@ MX 10 mx
mx A 192.0.2.1
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 203.0.113.10
"""


def zone(text):
    subprocess.run([h.world_tool("zone-set")], input=text.encode(), check=True)


def serve(text):
    with open(OVERRIDE + ".new", "w") as f:
        f.write(text)
    os.rename(f.name, OVERRIDE)


def fifty(cache):
    """Fifty processes ask at once; replies and the seconds of each."""
    sessions = [h.Session(cache, stderr=QUIET) for _ in range(50)]
    for s in sessions:
        s.ask(".example")

    def ask(s):
        return s.ask("live.example"), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, sessions))
    for s in sessions:
        s.__exit__()
    return answers


with h.Scratch() as scratch:
    zone(ZONE)
    serve("!delay 0.3\n" + POLICY)
    mark = h.Mark()
    answers = fifty(scratch.file("cache.tdb"))
    h.check("fifty get the same answer",
            all(a == REPLY for a, _ in answers), {a for a, _ in answers})
    h.same("one MX question upstream", mark.dns("live.example", "MX"), 1)
    h.same("one TXT question", mark.dns("_mta-sts.live.example", "TXT"), 1)
    h.same("one HTTPS request", mark.https(HOST), 1)
    times = sorted(t for _, t in answers)
    print("the last of 50 had its answer %.1f ms after the first" %
          ((times[-1] - times[0]) * 1000))

    # The one who looks is killed, again and again: the next takes over.
    zone(ZONE)
    serve("!delay 0.5\n" + POLICY)
    cache = scratch.file("second.tdb")
    sessions = [h.Session(cache, stderr=QUIET) for _ in range(6)]
    for s in sessions:
        s.ask(".example")
        s.send(h.netstring("QUERY live.example"))
    killed = []
    for _ in range(3):
        def leader():
            for s in sessions:
                if s not in killed and h.children(s.process.pid):
                    return s
            return None
        h.check("somebody looks", h.wait_until(lambda: leader() is not None))
        victim = leader()
        time.sleep(0.1)
        victim.process.send_signal(signal.SIGKILL)
        victim.process.wait()
        killed.append(victim)
    for s in sessions:
        if s not in killed:
            h.same("a follower of the killed is answered", s.receive(), REPLY)
        s.__exit__()

    # A lookup that outlives the deadline of the one who asked is stored.
    zone(ZONE)
    serve("!delay 2.5\n" + POLICY)
    cache = scratch.file("third.tdb")
    mark = h.Mark()
    with h.Session(cache, "answer-timeout=1", stderr=QUIET) as s:
        reply = s.ask("live.example")
        h.check("too slow is TEMP with a reason",
                reply.startswith("TEMP no answer in 1 s"), reply)
        time.sleep(2.5)
        h.same("and the next question gets it", s.ask("live.example"), REPLY)
        h.same("from one request", mark.https(HOST), 1)
    os.unlink(cache)
    with h.Session(cache, "answer-timeout=1", stderr=QUIET) as s:
        s.ask("live.example")
        s.socket.close()
        h.check("also when the client has left", s.process.wait(20) == 0)
    with h.Session(cache, "answer-timeout=1", stderr=QUIET) as s:
        h.same("the cache has it", s.ask("live.example"), REPLY)

    # A policy host that never ends stops mail once, not again and again.
    zone(ZONE.replace("id=1", "id=2"))
    serve("!drip 1\n" + POLICY)
    cache = scratch.file("fourth.tdb")
    with h.Session(cache, "answer-timeout=1", "https-timeout=3",
                   stderr=QUIET) as s:
        reply = s.ask("live.example")
        h.check("a dripping policy is TEMP at first",
                reply.startswith("TEMP no answer in 1 s"), reply)
        time.sleep(3)
        h.same("then it is given up, and mail goes as without a policy",
               s.ask("live.example"), "NOTFOUND ")
    os.unlink(OVERRIDE)
h.done()
