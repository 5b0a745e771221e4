# silent: many domains behind one policy host that says nothing take no time of
# the others in the background; somebody who asks gets a try all the same.
# SPDX-License-Identifier: MIT
import re
import subprocess
import harness as h

SILENT = 300
GOOD = "abcdefgh"
# 203.0.113.3 takes no connection; .4 takes it and says no word of TLS.
ZONE = "".join(
    "%s MX 10 n1.example.\n_mta-sts.%s TXT \"v=STSv1; id=1\"\n"
    "mta-sts.%s A %s\n" % (name, name, name, address)
    for name, address in
    [("s%03d" % i, "203.0.113.%d" % (3 + i % 2)) for i in range(SILENT)] +
    [(letter, "203.0.113.10") for letter in GOOD])


class Resolve:
    def __init__(self):
        self.process = subprocess.Popen(
            [h.RESOLVE] + h.options(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.seq = 0
        self.names = {}

    def ask(self, names, want):
        for name in names:
            self.seq += 1
            self.names[self.seq] = name
            self.process.stdin.write(h.netstring(
                "question 2 %d mx 25 %s - %s.live.example" % (
                    self.seq, want, name)))
        self.process.stdin.flush()

    def end(self):
        """name: what was found of its policy last, and the cause."""
        out = self.process.communicate()[0].decode("latin-1")
        found = {}
        for m in re.finditer(r":sts 2 (\d+) (\S+) \d+ \S+ \S+ \d+ (\S+)",
                             out):
            found[self.names[int(m.group(1))]] = m.group(2), m.group(3)
        return found


def check_background():
    r = Resolve()
    silent = ["s%03d" % i for i in range(SILENT)]
    r.ask(silent + list(GOOD), "sb")
    found = r.end()
    h.same("each has a finding", len(found), SILENT + len(GOOD))
    h.same("what can be had is fetched", [found.get(g) for g in GOOD],
           [("policy", "none")] * len(GOOD))
    causes = [found.get(name, ("", ""))[1] for name in silent]
    tried = len(causes) - causes.count("resolve-busy")
    h.check("most are put off", 0 < tried <= 20, causes)
    h.check("and the failure of those that are not is the host's", set(
        causes) <= {"resolve-busy", "https-connect", "https-timeout",
                    "https-tls"}, set(causes))


def check_who_waits():
    """In the same process, whose host is known to be slow by then."""
    r = Resolve()
    r.ask(["s%03d" % i for i in range(0, SILENT, 2)], "sb")
    r.ask(["s000", "s002"], "s")
    found = r.end()
    h.check("somebody who asks is not put off", all(
        found.get(name, ("", ""))[1] == "https-connect"
        for name in ("s000", "s002")), found)


subprocess.run([h.world_tool("zone-set")], input=ZONE, text=True, check=True)
check_background()
check_who_waits()
subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
h.done()
