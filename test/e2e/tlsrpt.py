# tlsrpt: failed policy fetches are told to the TLSRPT collector, once, and at
# nobody's expense.
# SPDX-License-Identifier: MIT
import json
import os
import socket
import subprocess
import harness as h

QUIET = subprocess.DEVNULL
RECORD = "v=TLSRPTv1; rua=mailto:tls@%s"


class Collector:
    """The socket of a TLSRPT collector: what it gets waits to be read."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.path = path

    def take(self):
        """All that has come, by domain."""
        reports = {}
        while True:
            try:
                text = self.socket.recv(300000, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return reports
            report = json.loads(text)
            reports.setdefault(report["d"], []).append(report)

    def fill(self):
        """Send to it until it takes no more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            try:
                while True:
                    s.sendto(b"{}", socket.MSG_DONTWAIT, self.path)
            except BlockingIOError:
                pass

    def close(self):
        self.socket.close()
        os.unlink(self.path)


def zone(more="", id="1"):
    """The domains a to h: each has a policy, and most a TLSRPT record."""
    lines = ["@ MX 10 mx", "mx A 192.0.2.1"]
    for name in "abcdefgh":
        domain = name + ".live.example"
        lines += ["%s MX 10 mx" % name,
                  '_mta-sts.%s TXT "v=STSv1; id=%s;"' % (name, id),
                  "mta-sts.%s A 203.0.113.%d" %
                  (name, 2 if name == "a" else 10)]
        if name in "abcd":
            lines.append('_smtp._tls.%s TXT "%s"' % (name, RECORD % domain))
    subprocess.run([h.world_tool("zone-set")],
                   input=("\n".join(lines) + "\n" + more).encode(),
                   check=True)


def serve(name, text):
    path = os.path.join(h.WORLD, "https.d", "mta-sts.%s.live.example" % name)
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(f.name, path)


GOOD = "version: STSv1\nmode: enforce\nmx: mx.live.example\nmax_age: 604800\n"


def ask(keys, cache="", *more):
    """One connection; when it is over, so are its reports."""
    with h.Session(cache, *more, stderr=subprocess.PIPE) as s:
        replies = [s.ask(key) for key in keys]
        s.socket.close()
        log = s.process.stderr.read().decode()
        s.process.wait()
    return replies, log


def domain(name):
    return name + ".live.example"


def told(name, reports, code, detail):
    """One report in the form of the TLSRPT library."""
    got = reports.get(domain(name), [])
    if not h.same("%s: one report" % name, len(got), 1):
        return
    got[0].pop("dpv", None)
    said = got[0]["policies"][0]["failure-details"][0].pop("f", None)
    h.same("%s: its content" % name, got[0], {
        "d": domain(name), "pr": RECORD % domain(name),
        "policies": [{"policy-type": 2, "policy-domain": domain(name),
                      "failure-details": [{"c": code}], "t": 1, "f": 1}]})
    h.check("%s: its detail" % name, said is not None and detail in said,
            said)


def reports_of_all_kinds(scratch, collector, setting):
    zone("_smtp._tls.f TXT \"%s\"\n_smtp._tls.f TXT \"%s\"\n"
         "_smtp._tls.g TXT \"v=TLSRPTv1; rua=tls@g.live.example\"\n"
         "_smtp._tls.h CNAME elsewhere\n"
         "elsewhere TXT \"v=spf1 -all\"\n"
         "elsewhere TXT \"v=TLSRPTv1; rua=mailto:\" \"tls@h.live.example\"\n"
         % (RECORD % "one", RECORD % "two"))
    serve("b", "!status 404\n" + GOOD)
    serve("c", GOOD.replace("mode: enforce", "mode: \"wrong\""))
    serve("d", "!cert selfsigned\n" + GOOD)
    for name in "efgh":
        serve(name, "!status 500\n")
    keys = [domain(name) for name in "abcdefgh"]
    cache = scratch.file("kinds.tdb")

    mark = h.Mark()
    replies, log = ask(keys, cache)
    h.same("without the setting: the replies", replies, ["NOTFOUND "] * 8)
    h.same("without the setting: no TLSRPT record is asked for",
           mark.dns("_smtp._tls.b.live.example", "TXT"), 0)
    h.same("without the setting: nothing is sent", collector.take(), {})

    os.unlink(cache)
    replies, log = ask(keys, cache, setting, "log-level=debug")
    h.same("the replies are the same", replies, ["NOTFOUND "] * 8)
    reports = collector.take()
    h.same("who publishes one valid record gets a report", sorted(reports),
           [domain(name) for name in "abcdh"])
    told("a", reports, 301, "mta-sts.a.live.example: ")
    told("b", reports, 301, "HTTP status 404")
    told("c", reports, 302, "policy line 2: mode is not")
    told("d", reports, 303, "certificate: ")
    told("h", reports, 301, "HTTP status 500")
    for name, why in (("b", "sent"), ("e", "not sent, no TLSRPT record"),
                      ("f", "not sent, 2 TLSRPT records, one is allowed"),
                      ("g", 'not sent, TLSRPT record: bad value of "rua"')):
        line = "report of sts-policy-fetch-error for %s: %s\n"
        h.check("%s: log-level=debug tells it" % name,
                line % (domain(name), why) in log, log)

    mark = h.Mark()
    ask(keys, cache, setting)
    h.same("asked again, nothing is sent again", collector.take(), {})
    h.same("nor looked up", mark.dns("_smtp._tls.b.live.example", "TXT"), 0)


def once(scratch, collector, setting):
    forms = ["b.live.example", "[b.live.example]", "b.live.example:26",
             "B.live.example."]
    ask(forms, "", setting)
    h.same("all forms of a next hop: one report",
           [len(r) for r in collector.take().values()], [1])
    ask(["b.live.example"] * 3, "", setting)
    h.same("without a cache the process remembers",
           [len(r) for r in collector.take().values()], [1])

    cache = scratch.file("once.tdb")
    sessions = [h.Session(cache, setting, stderr=QUIET) for _ in range(12)]
    for s in sessions:
        s.send(h.netstring("QUERY b.live.example"))
    h.same("twelve processes at once: each is answered",
           [s.receive() for s in sessions], ["NOTFOUND "] * 12)
    for s in sessions:
        s.socket.close()
        s.process.wait()
    h.same("twelve processes at once: one report",
           [len(r) for r in collector.take().values()], [1])

    # What a person looks up is no delivery.
    for verb in (["query"], ["query", "--live"]):
        p = subprocess.run([h.MXPOLICY] + h.options("", setting) + verb +
                           ["b.live.example"], stdout=subprocess.PIPE)
        h.check("%s: the reply" % " ".join(verb),
                b"NOTFOUND" in p.stdout and p.returncode == 1, p)
        h.same("%s: no report" % " ".join(verb), collector.take(), {})


def trouble(scratch, path, setting):
    """A collector that is away or stuck costs a line in the log."""
    keys = ["b.live.example", "c.live.example"]
    replies, log = ask(keys, "", setting)
    h.same("no collector: the replies", replies, ["NOTFOUND "] * 2)
    h.same("no collector: told once", log.count("tlsrpt-socket " + path), 1)
    h.check("no collector: and what to do",
            "is the collector running?" in log, log)

    # The units let no line of resolve pass that has no level.
    ours, theirs = os.pipe()
    end = os.fstat(theirs)
    with h.Session("", setting, stderr=theirs, env=dict(
            os.environ, JOURNAL_STREAM="%d:%d" % (end.st_dev, end.st_ino))
            ) as s:
        os.close(theirs)
        s.ask("b.live.example")
    with os.fdopen(ours) as f:
        log = f.read()
    h.check("no collector: a warning in the journal",
            "<4>resolve: tlsrpt-socket " in log, log)

    with h.Session("", setting, stderr=QUIET) as s:
        h.same("before it comes", s.ask("b.live.example"), "NOTFOUND ")
        collector = Collector(path)
        h.same("after it has come", s.ask("c.live.example"), "NOTFOUND ")
        s.socket.close()
        s.process.wait()
    h.check("the second is reported",
            domain("c") in collector.take())
    collector.fill()
    replies, log = ask(keys, "", setting)
    h.same("a collector that does not read: the replies", replies,
           ["NOTFOUND "] * 2)
    h.check("a collector that does not read: a line in the log",
            "does not keep up" in log, log)
    h.same("a collector that does not read: the lines in the log",
           log.count("tlsrpt-socket"), 1)
    collector.close()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.bind(path)
        s.listen()
        replies, log = ask(keys, "", setting)
    os.unlink(path)
    h.same("a stream socket: the replies", replies, ["NOTFOUND "] * 2)
    h.check("a stream socket: a line in the log",
            "is it the collector's datagram socket?" in log, log)

    replies, log = ask(keys, "", setting, "ca-file=/nonexistent")
    h.check("no report of what is this system's own fault",
            "tlsrpt" not in log, log)


def in_time(scratch, collector, setting):
    """Nobody answers for the TLSRPT record: the reply does not wait."""
    zone("_tls.e NS silent.example.\n")
    path = scratch.file("in-time.log")
    line = "report of sts-policy-fetch-error for e.live.example: not sent"
    with open(path, "w") as log, h.Session(
            "", setting, "log-level=debug", stderr=log) as s:
        h.same("a silent zone: the reply", s.ask("e.live.example"),
               "NOTFOUND ")
        h.same("a silent zone: again, from what is known",
               s.ask("e.live.example"), "NOTFOUND ")
        s.socket.close()
        s.process.wait()
    with open(path) as f:
        log = f.read()
    h.check("a silent zone: which was waited for then", line in log, log)
    h.check("a silent zone: the reply came before that",
            -1 < log.find("lookup domain=e.live.example ") < log.find(line),
            log)
    h.same("a silent zone: no report", collector.take(), {})


def over_days(scratch, collector, setting):
    clock = h.Clock(scratch)
    zone()

    def asked(later, name="b"):
        clock.at += later
        with clock.session(setting) as s:
            s.ask(domain(name))
            s.socket.close()
            s.process.wait()
        return len(collector.take().get(domain(name), []))

    def prefetched(later, name="b"):
        clock.at += later
        status, _, err = clock.run_prefetch(settings=(setting,))
        h.same("prefetch: status", status, 0)
        return len(collector.take().get(domain(name), []))

    h.same("the first failure is reported", asked(0), 1)
    h.same("not within five minutes", asked(200), 0)
    h.same("then again", asked(200), 1)
    zone(id="2")
    h.same("another id within them is not looked at", asked(100), 0)
    h.same("but after them", asked(300), 1)

    # A policy that holds, and then cannot be fetched again.
    serve("b", GOOD)
    zone(id="3")
    h.same("a policy that is good is not reported", asked(600), 0)
    serve("b", "!status 404\n")
    zone(id="4")
    h.same("one that cannot be renewed is", asked(600), 1)
    h.same("while the cached one holds", clock.ask("b.live.example", 100),
           "OK secure match=mx.live.example servername=hostname")
    h.same("prefetch within the five minutes: no report", prefetched(60), 0)
    h.same("prefetch after them: one", prefetched(300), 1)
    h.same("prefetch a minute later: none", prefetched(60), 0)
    h.same("prefetch after five minutes more: one", prefetched(400), 1)

    # DANE falls due while the policy's back-off runs: only DANE is looked up.
    zone("_25._tcp.mx TLSA 3 1 1 %s\n" % ("ab" * 32), id="5")
    h.same("beside DANE", asked(600, "c"), 1)
    mark = h.Mark()
    h.same("prefetch when DANE alone is due: no report",
           prefetched(100, "c"), 0)
    h.same("DANE was looked up", mark.dns("c.live.example", "MX") > 0, True)
    h.same("and no policy fetched", mark.https("mta-sts.c.live.example"), 0)


with h.Scratch() as main_scratch:
    path = main_scratch.file("collector.sock")
    option = "tlsrpt-socket=" + path
    one = Collector(path)
    reports_of_all_kinds(main_scratch, one, option)
    once(main_scratch, one, option)
    in_time(main_scratch, one, option)
    one.close()
    zone()
    trouble(main_scratch, path, option)
    if os.environ.get("SANITIZERS") != "yes":
        one = Collector(path)
        over_days(main_scratch, one, option)
        one.close()
    subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
    for letter in "bcdefgh":
        os.unlink(os.path.join(h.WORLD, "https.d", "mta-sts.%s.live.example"
                               % letter))
h.done()
