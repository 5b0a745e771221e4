# service: one resolve for all who ask, on a listening socket.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import socket
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
_mta-sts TXT "v=STSv1; id=%d;"
mta-sts A 203.0.113.10
"""


with h.Scratch() as scratch:
    with h.Service(scratch.file("resolve")) as service:
        h.same("nobody asks, nobody is there", service.workers(), [])
        with service.session() as s:
            h.same("a question is answered", s.ask("all-u.example"),
                   "OK dane-only")
            h.same("by one process", len(service.workers()), 1)
            h.same("which is not a child of the one that asks",
                   h.children(s.process.pid), [])
            h.same("U-labels as well", s.ask("b\u00fccher.example"),
                   s.ask("xn--bcher-kva.example"))

        # One lookup for all who ask at once, with one cache or without one.
        for name, cache in (("without a cache", ""),
                            ("with one", scratch.file("cache.tdb"))):
            h.zone_set(ZONE % (1 if cache else 2))
            h.serve_policy("!delay 0.3\n" + POLICY)
            mark = h.Mark()
            sessions = [service.session(cache) for _ in range(50)]
            for s in sessions:
                s.ask(".example")

            def ask(s):
                return s.ask("live.example"), time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(50) as pool:
                answers = list(pool.map(ask, sessions))
            h.check("fifty get the same answer " + name,
                    all(a == REPLY for a, _ in answers),
                    {a for a, _ in answers})
            h.same("one HTTPS request " + name, mark.https(HOST), 1)
            times = sorted(t for _, t in answers)
            print("the last of 50 had its answer %.1f ms after the first" %
                  ((times[-1] - times[0]) * 1000))
            for s in sessions:
                s.__exit__()
            time.sleep(3)  # what was just found is not looked up again

        # Whoever sends what is not a question is cut off, and nobody else.
        with service.session() as s:
            s.ask("all-u.example")
            for nonsense in (b"hello", b"5:hello,", b"99999999:",
                             h.netstring("question 1 1 mx 25 d - a.b"),
                             h.netstring("question 2 1 mx 25 d - a..b")):
                with socket.socket(socket.AF_UNIX) as c:
                    c.connect(service.path)
                    c.settimeout(h.PATIENCE)
                    c.sendall(nonsense)
                    h.same("%r is cut off" % nonsense[:20], c.recv(10), b"")
            h.same("others go on", s.ask("all-n-sts.example"),
                   "OK secure match=n1.example servername=hostname")

        # A death costs each asker one more question and no answer.
        h.zone_set(ZONE % 3)
        h.serve_policy("!hang\n" + POLICY)
        mark = h.Mark()
        with service.session() as a, service.session() as b:
            a.send(h.netstring("QUERY live.example"))
            b.send(h.netstring("QUERY live.example"))
            h.check("it fetches", h.wait_until(lambda: mark.https(HOST)))
            worker = service.workers()[0]
            h.serve_policy(POLICY)
            os.kill(worker, 9)
            h.same("killed in the middle of a fetch: the one who asked",
                   a.receive(), REPLY)
            h.same("and the one who asked as well", b.receive(), REPLY)
            h.check("from another process",
                    worker not in service.workers(), service.workers())

        # Two deaths are enough: the question may be their cause.
        h.zone_set(ZONE % 4)
        h.serve_policy("!hang\n" + POLICY)
        mark = h.Mark()
        with service.session() as a:
            a.send(h.netstring("QUERY live.example"))
            for number in (1, 2):
                h.check("it fetches again", h.wait_until(
                    lambda: mark.https(HOST) >= number))
                for worker in service.workers():
                    os.kill(worker, 11)
            reply = a.receive()
            h.check("two deaths: TEMP with a reason, not absent",
                    reply.startswith("TEMP resolve hung up"), reply)
            h.same("others are served", a.ask("all-u.example"),
                   "OK dane-only")
        h.serve_policy(POLICY)
        with service.session() as a:
            h.same("and so is the domain, for the next", a.ask(
                "live.example"), REPLY)

        # Sixteen policy hosts that hang do not keep the seventeenth waiting.
        hang = ["hang%d.live.example" % n for n in range(16)]
        h.zone_set("mx A 192.0.2.1\n" + ZONE % 5 + "".join(
            "%s MX 10 mx.live.example.\n_mta-sts.%s TXT \"v=STSv1; id=1;\"\n"
            "mta-sts.%s A 203.0.113.99\n" % (n, n, n)
            for n in (name.split(".")[0] for name in hang)))
        sessions = [h.Session("", "resolve-socket=" + service.path,
                              "answer-timeout=10", stderr=QUIET)
                    for _ in hang]
        for s, name in zip(sessions, hang):
            s.send(h.netstring("QUERY " + name))
        h.same("policy hosts that hang do not stop mail",
               {s.receive() for s in sessions}, {"NOTFOUND "})
        h.same("nor keep places from others", sessions[0].ask("live.example"),
               REPLY)
        for s in sessions:
            s.__exit__()

    # Settings that were changed hold for the next connection.
    conf = scratch.file("conf")
    open(conf, "w").close()
    with h.Service(scratch.file("resolve"), conf) as service:
        with service.session() as s:
            s.ask("all-u.example")
            old = service.workers()
            with open(conf, "w") as f:
                f.write("https-timeout = 30\n")
            with service.session() as t:
                h.same("whoever comes is served", t.ask("all-u.example"),
                       "OK dane-only")
            h.check("the old process leaves", h.wait_until(
                lambda: not set(old) & set(service.workers())))
            h.same("and those that it served go on", s.ask(
                "all-n-sts.example"),
                "OK secure match=n1.example servername=hostname")

    # A process that found the service may not start a child any more.  Without
    # either it ends the connection: whoever connects anew is answered.
    with h.Service(scratch.file("resolve")) as service:
        path, s = service.path, service.session()
        s.ask("all-u.example")
    h.check("the service is gone", h.wait_until(
        lambda: not os.path.exists(path)))
    h.same("what needs no lookup is answered", s.ask(".example"), "NOTFOUND ")
    h.same("what does ends the connection, not the mail",
           s.ask("all-n-sts.example"), None)
    s.__exit__()
    with h.Session("", "resolve-socket=" + path, stderr=QUIET) as s:
        h.same("and the next one has a child", s.ask("all-n-sts.example"),
               "OK secure match=n1.example servername=hostname")

    # Nobody listens where resolve-socket leads: a child is started.
    for name, path in (("no such socket", scratch.file("absent")),
                       ("a socket that nobody has", scratch.file("dead"))):
        with socket.socket(socket.AF_UNIX) as dead:
            if "dead" in path:
                dead.bind(path)
        with h.Session("", "resolve-socket=" + path, stderr=QUIET) as s:
            h.same(name, s.ask("all-u.example"), "OK dane-only")
            h.same(name + ": a child of one's own",
                   len(h.children(s.process.pid)), 1)
    if os.path.exists(OVERRIDE):
        os.unlink(OVERRIDE)
h.done()
