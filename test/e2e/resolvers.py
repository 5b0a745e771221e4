# resolvers: all kinds of them, good and bad; with none is mail to all domains
# deferred, and each one that is not as it should be is logged, once.
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import sys
import harness as h

PROXY, OTHER, THIRD = "127.1.0.57", "127.1.0.58", "127.1.0.59"
GOOD, STRIPS, DEAD, SILENT = ("127.1.0.53", "127.1.0.54", "127.1.0.55",
                              "127.1.0.56")
STS = "OK secure match=n1.example servername=hostname"
# a domain, what is right, what else is not wrong where answers are missing
KEYS = (("all-u.example", "OK dane-only"), ("all-n-sts.example", STS),
        ("all-n.example", "NOTFOUND "), ("none.plain", "NOTFOUND "),
        ("all-u.nsec3", "OK dane-only"), ("unsigned.optout", "NOTFOUND "),
        ("many-mx.example", "OK dane"), ("keys.example", "OK dane-only"))
PLAIN_USER = ["unshare", "-U", "--keep-caps", "--map-user=1000",
              "--map-group=1000"]
ROOT = "lookups start at the root, because "


def rules(server, *lines):
    with open(os.path.join(h.WORLD, "dns.d", server), "w") as f:
        f.writelines(line + "\n" for line in lines)


def resolv_conf(*servers):
    with open("/etc/resolv.conf.new", "w") as f:
        f.writelines("nameserver %s\n" % s for s in servers)
    os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")


sys.path.insert(0, os.path.join(h.SOURCE, "test", "world"))
import dnsmsg  # noqa: E402


class Running:
    """A real one on 127.0.0.53, that asks the world's."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        h.check(command[4] + " answers", h.wait_until(self.is_up, 10))

    def is_up(self):
        try:
            return bool(dnsmsg.ask("127.0.0.53", "example", "SOA",
                                   timeout=1).answer)
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def dnsmasq(*more):
    """not with -d, where it serves one TCP connection at a time; so not as
    root, whose groups it would want to change"""
    return PLAIN_USER + ["dnsmasq", "-k", "-C", "/dev/null",
                         "--bind-interfaces",
                         "--listen-address=127.0.0.53", "--no-hosts",
                         "--pid-file=", "--no-resolv", "--server=" + GOOD] + \
        list(more)


def resolved(path, dnssec):
    """systemd-resolved wants a network that is up, its own anchor, not to be
    root, and capabilities"""
    with open("/etc/systemd/resolved.conf", "w") as f:
        f.write("[Resolve]\nDNS=%s\nDNSSEC=%s\nLLMNR=no\n"
                "MulticastDNS=no\n" % (GOOD, dnssec))
    return PLAIN_USER + [path]


def prepare_resolved():
    def run(*command):
        subprocess.run(command, check=True)
    run("mount", "-t", "tmpfs", "none", "/run/systemd")
    os.makedirs("/run/systemd/resolve")
    os.chmod("/run/systemd/resolve", 0o777)
    os.makedirs("/etc/systemd", exist_ok=True)
    os.makedirs("/etc/dnssec-trust-anchors.d", exist_ok=True)
    with open(os.environ["WORLD_ANCHOR"]) as f, \
            open("/etc/dnssec-trust-anchors.d/w.positive", "w") as anchor:
        anchor.writelines(line for line in f if " DS " in
                          line.replace("\t", " "))
    run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    run("ip", "addr", "add", "192.168.77.1/24", "dev", "v0")
    run("ip", "link", "set", "v0", "up")
    run("ip", "link", "set", "v1", "up")


def story(name, servers, lines=(), log="", settings=(), wait=False, **other):
    """All domains are answered rightly, but for those of `other`; log: words
    that are there once, or that nothing is there; wait: until they are."""
    for server in (PROXY, OTHER, THIRD):
        rules(server, *lines)
    resolv_conf(*servers)
    other = {key.replace("_", ".").replace("..", "-"): wanted
             for key, wanted in other.items()}
    with h.Session("", "resolve-socket=", *settings,
                   stderr=subprocess.PIPE) as s:
        replies = {key: s.ask(key) for key, _ in KEYS}
        lines = []
        while wait and not (lines and lines[-1].startswith(b"resolve: ")):
            lines.append(s.process.stderr.readline() or b"resolve: ")
        s.socket.close()
        s.process.wait()
        lines += s.process.stderr.readlines()
        said = [line.decode().strip() for line in lines
                if line.startswith(b"resolve: ")]
    for key, right in KEYS:
        wanted = other.get(key, right)
        h.check("%s: %s" % (name, key), h.matches(replies[key], wanted),
                "got %r, wanted %r" % (replies[key], wanted))
    h.check(name + ": the log", len(said) == 1 and log in said[0] if log
            else said == [], said)
    print("%s: %s; log: %s" % (name, "all right" if not other else other,
                               said or "nothing"))


story("validating", (GOOD,))
story("forwarding only, without AD", (PROXY,), ["ad none"])
story("AD copied blindly", (PROXY,), ["ad copy"])
story("AD always set", (PROXY,), ["ad set"])
story("DNSSEC records stripped", (STRIPS,),
      log=ROOT + "name server %s strips DNSSEC records" % STRIPS)
story("queries with EDNS dropped", (PROXY,), ["edns drop"],
      log=ROOT + "no answer from " + PROXY)
story("queries with EDNS refused", (PROXY,), ["edns formerr"],
      log=ROOT + "name server %s strips DNSSEC records" % PROXY)
story("EDNS removed", (PROXY,), ["edns strip"],
      log=ROOT + "name server %s strips DNSSEC records" % PROXY)
story("512 bytes over UDP", (PROXY,), ["size 512"])
story("1232 bytes over UDP", (PROXY,), ["size 1232"])
story("three with 300 bytes over UDP", (PROXY, OTHER, THIRD), ["size 300"])
story("no TCP", (PROXY,), ["tcp none", "size 1232"],
      log="name server %s does not answer over TCP" % PROXY, wait=True,
      many__mx_example="TEMP *", keys_example="TEMP *")
story("SERVFAIL for what does not exist", (PROXY,), ["nxdomain servfail"],
      log=ROOT + "name server %s does not deny names that do not exist" %
      PROXY)
story("the same where it was chosen", (), ["nxdomain servfail"],
      log="name server %s does not deny names that do not exist" % PROXY,
      settings=["resolver=" + PROXY], all__n_example="OK dane",
      all__n__sts_example="TEMP *")
story("the first is dead", (DEAD, GOOD),
      log="no answer from %s; others are asked" % DEAD, wait=True)
story("the first is silent", (SILENT, GOOD),
      log="no answer from %s; others are asked" % SILENT, wait=True)
story("the first strips", (STRIPS, GOOD),
      log="name server %s strips DNSSEC records; others are asked" % STRIPS)
story("the second is silent", (GOOD, SILENT))
story("SERVFAIL from the first", (PROXY, GOOD), ["servfail"],
      log="no answer from %s; others are asked" % PROXY)
TLS = "resolver=tls://%s#resolver.example" % GOOD
with h.Session("", "resolve-socket=", TLS, stderr=subprocess.DEVNULL) as s:
    reply = s.ask("all-u.example")
if "built without DNS over TLS" in reply:
    print("DNS over TLS: this libunbound has none, and says so")
else:
    story("DNS over TLS", (), settings=[TLS])
with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w") as f:
    f.write("0")
if shutil.which("dnsmasq"):
    for name, more in (("dnsmasq", ()), ("dnsmasq with --proxy-dnssec",
                                         ("--proxy-dnssec",)),
                       ("dnsmasq with 512 bytes", ("--edns-packet-max=512",)),
                       ("dnsmasq that keeps back plain names",
                        ("--bogus-priv", "--domain-needed"))):
        with Running(dnsmasq(*more)):
            story(name, ("127.0.0.53",))
else:
    print("dnsmasq is missing (package dnsmasq-base)")
# It may be unpacked somewhere: its package changes /etc/resolv.conf.
path = os.environ.get("SYSTEMD_RESOLVED", "/lib/systemd/systemd-resolved")
if os.path.exists(path):
    prepare_resolved()
    for dnssec in ("no", "yes", "allow-downgrade"):
        with Running(resolved(path, dnssec)):
            # without DNSSEC it passes on no DS of a top-level name
            story("systemd-resolved, DNSSEC=" + dnssec, ("127.0.0.53",),
                  log=ROOT + "name server 127.0.0.53 does not deny names "
                  "that do not exist" if dnssec == "no" else "")
else:
    print("systemd-resolved is missing (package systemd-resolved)")
h.done()
