# resolver: name servers that fail, lie, are replaced, or are not asked at all.
# SPDX-License-Identifier: MIT
import itertools
import os
import subprocess
import harness as h

GOOD, STRIPS, DEAD, SILENT = ("127.1.0.53", "127.1.0.54", "127.1.0.55",
                              "127.1.0.56")
KEY, REPLY = "all-n-sts.example", "OK secure match=n1.example " \
    "servername=hostname"


def resolv_conf(*servers):
    with open("/etc/resolv.conf.new", "w") as f:
        f.writelines("nameserver %s\n" % s for s in servers)
    os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")


def ask(*settings, key=KEY):
    with h.Session("", *settings, stderr=subprocess.DEVNULL) as s:
        return s.ask(key)


for name, servers in (
        ("one good", (GOOD,)),
        ("the first is dead", (DEAD, GOOD)),
        ("the first is silent", (SILENT, GOOD)),
        ("dead and silent", (DEAD, SILENT, GOOD)),
        ("by IPv6", ("fd00::53",))):
    if "IPv6" in name and os.environ["WORLD_IPV6"] != "yes":
        continue
    resolv_conf(*servers)
    h.same("name servers of the system: " + name, ask(), REPLY)
    h.same("DANE: " + name, ask(key="all-u.example"), "OK dane-only")

# Nothing would validate through a name server that strips DNSSEC records;
# lookups go from the root then (the world's root has the real addresses).
resolv_conf(STRIPS)
mark = h.Mark()
h.same("a name server that strips DNSSEC records", ask(key="all-u.example"),
       "OK dane-only")
h.same("is gone around", mark.dns("all-u.example", "MX"), 0)
with h.Session("", "resolver=" + STRIPS, stderr=subprocess.PIPE) as s:
    reply = s.ask("all-u.example")
    h.check("where it was chosen: TEMP that names it",
            reply.startswith("TEMP ") and STRIPS in reply, reply)
    s.socket.close()
    s.process.wait()
    log = s.process.stderr.read().decode()
    h.check("and so does the log", STRIPS in log and "DNSSEC" in log, log)

resolv_conf(DEAD)
h.same("from the root by choice", ask("resolver=recursive"), REPLY)
h.same("a name server by choice", ask("resolver=" + GOOD), REPLY)
h.same("with its port", ask("resolver=%s@53" % GOOD), REPLY)
h.same("two of them", ask("resolver=%s %s" % (DEAD, GOOD)), REPLY)
reply = ask("resolver=nonsense")
h.check("one that is none: TEMP with a reason", reply.startswith("TEMP ") and
        "nonsense" in reply, reply)
reply = ask("resolver=" + DEAD)
h.check("a dead one: TEMP that names it", reply.startswith("TEMP ") and
        DEAD in reply, reply)
reply = ask("trust-anchor=/nonexistent/anchor")
h.check("no trust anchor file: TEMP that names it",
        reply.startswith("TEMP ") and "/nonexistent/anchor" in reply, reply)

# resolv.conf is replaced while a process runs: no restart is needed.
resolv_conf(GOOD)
with h.Session("", stderr=subprocess.DEVNULL) as s:
    numbers = itertools.count(1)

    def good_is_asked():
        name = "n%d.plain" % next(numbers)
        mark = h.Mark()
        h.same("from the one or the other", s.ask(name), "NOTFOUND ")
        return mark.dns(name, "MX") > 0
    h.check("before", good_is_asked())
    resolv_conf(DEAD)
    h.check("resolv.conf replaced at run time", h.wait_until(
        lambda: not good_is_asked(), step=0.2))
    resolv_conf(SILENT, GOOD)
    h.check("and once more", h.wait_until(good_is_asked, step=0.2))
    h.same("an answer as before", s.ask(KEY), REPLY)
h.done()
