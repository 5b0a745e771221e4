# horizon: names that exist only here, with a local resolver that serves them.
# SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import sys
import harness as h

ADDRESS, UP = "127.1.0.70", "127.1.0.53"
# zones that only the local resolver has; the last two are public, one does not
# exist there and one is not signed
ZONES = ("lan", "home", "box", "consul", "cluster.local", "mailrelay",
         "inside.example", "unsigned.optout")
HOSTS = ("mail.corp.lan", "home", "nas.fritz.box", "mail.service.consul",
         "smtp.mail.svc.cluster.local", "mailrelay", "mx.inside.example",
         "mx.unsigned.optout")
MAIL = (("corp.lan", "mail.corp.lan"), ("inside.example", "mx.inside.example"),
        ("unsigned.optout", "mx.unsigned.optout"))
KEYS = ("corp.lan", "[mail.corp.lan]", "home", "[home]", "[nas.fritz.box]",
        "[mail.service.consul]", "[smtp.mail.svc.cluster.local]",
        "[mailrelay]:587", "mailrelay", "inside.example",
        "[mx.inside.example]", "unsigned.optout", "[mx.unsigned.optout]:26")


def put(path, text):
    with open(path, "w") as f:
        f.write(text)


def unbound(scratch):
    lines = ["server:", "interface: " + ADDRESS, 'username: ""', 'chroot: ""',
             'pidfile: ""', "do-daemonize: no", "use-syslog: no",
             "access-control: 127.0.0.0/8 allow", "do-not-query-localhost: no",
             'module-config: "validator iterator"',
             'trust-anchor-file: "%s"' % os.environ["WORLD_ANCHOR"]]
    lines += ['local-zone: "%s." static' % z for z in ZONES]
    lines += ['local-data: "%s. A 192.0.2.200"' % name for name in HOSTS]
    lines += ['local-data: "%s. MX 10 %s."' % row for row in MAIL]
    lines += ["forward-zone:", 'name: "."', "forward-addr: " + UP]
    put(scratch.file("unbound.conf"), "\n".join(lines) + "\n")
    return [os.path.join(h.WORLD, "bin", "unbound"), "-d", "-c",
            scratch.file("unbound.conf")]


def dnsmasq(scratch):
    """local records, and no word of DNSSEC about them"""
    return ["dnsmasq", "-d", "-C", "/dev/null",
            "--listen-address=" + ADDRESS, "--bind-interfaces", "--no-hosts",
            "--pid-file=", "--no-resolv", "--server=" + UP,
            "--proxy-dnssec"] + \
        ["--local=/%s/" % z for z in ZONES] + \
        ["--host-record=%s,192.0.2.200" % name for name in HOSTS] + \
        ["--mx-host=%s,%s,10" % row for row in MAIL]


def conditional(scratch):
    """asks another server for the names that are local: an unbound without
    validation that has them, on another address"""
    inner = scratch.file("inner.conf")
    with open(scratch.file("unbound.conf")) as f:
        put(inner, f.read().replace(ADDRESS, "127.1.0.71"))
    other = subprocess.Popen([os.path.join(h.WORLD, "bin", "unbound"), "-d",
                              "-c", inner], stderr=subprocess.DEVNULL)
    return ["dnsmasq", "-d", "-C", "/dev/null",
            "--listen-address=" + ADDRESS, "--bind-interfaces", "--no-hosts",
            "--pid-file=", "--no-resolv", "--server=" + UP] + \
        ["--server=/%s/127.1.0.71" % z for z in ZONES], other


def bind(scratch):
    lines = ['options { directory "%s"; listen-on { %s; }; listen-on-v6 { '
             'none; }; pid-file none; forward only; forwarders { %s; }; '
             'dnssec-validation no; allow-query { any; }; recursion yes; '
             'session-keyfile none; empty-zones-enable no; };'
             % (scratch.path, ADDRESS, UP),
             'controls { };']
    for z in ZONES:
        zone = ["$TTL 60", "@ SOA ns.%s. root.%s. 1 60 60 60 60" % (z, z),
                "@ NS ns.%s." % z, "ns A 192.0.2.201"]
        zone += ["%s. A 192.0.2.200" % name for name in HOSTS
                 if ("." + name).endswith("." + z)]
        zone += ["%s. MX 10 %s." % row for row in MAIL
                 if ("." + row[0]).endswith("." + z)]
        put(scratch.file(z + ".zone"), "\n".join(zone) + "\n")
        lines.append('zone "%s" { type master; file "%s.zone"; };' % (z, z))
    put(scratch.file("named.conf"), "\n".join(lines) + "\n")
    # a copy is out of reach of the distribution's AppArmor profile
    shutil.copy(shutil.which("named"), scratch.file("named"))
    return [scratch.file("named"), "-g", "-c", scratch.file("named.conf")]


sys.path.insert(0, os.path.join(h.SOURCE, "test", "world"))
import dnsmsg  # noqa: E402


def is_up():
    try:
        return dnsmsg.ask(ADDRESS, "mail.corp.lan", "A", timeout=1).values(
            "A") == ["192.0.2.200"]
    except OSError:
        return False


def story(name, command, *settings):
    path = os.path.join(h.WORLD, "log", "horizon")
    with open(path, "w") as log:
        p = subprocess.Popen(command, stderr=log, stdout=log)
    try:
        if not h.check(name + " answers", h.wait_until(is_up, 10)):
            with open(path) as log:
                print(log.read())
            return
        with h.Session("", *settings, stderr=subprocess.DEVNULL) as s:
            for key in KEYS:
                h.same("%s, %s" % (name, key), s.ask(key), "NOTFOUND ")
            for key, wanted in (
                    ("all-u.example", "OK dane-only"),
                    ("all-n-sts.example", "OK secure match=n1.example "
                     "servername=hostname"),
                    ("none.plain", "NOTFOUND "),
                    ("only-e.example", "OK dane")):
                h.same("%s, %s is public" % (name, key), s.ask(key), wanted)
            for key in ("bogus.example", "expired.example", "badds.example"):
                reply = s.ask(key)
                h.check("%s, %s is still TEMP" % (name, key),
                        reply.startswith("TEMP "), reply)
        out = subprocess.run(
            [h.MXPOLICY] + h.options("", *settings) +
            ["explain", "inside.example", "[nas.fritz.box]"], stdout=subprocess.PIPE,
            env=dict(os.environ, LC_ALL="C.UTF-8")).stdout.decode()
        h.check(name + ", explain says why a name is only here",
                "it can only exist here (" in out and
                ("(local-zones names it), ttl 3600" if settings else
                 "proven not to exist in public), ttl 3600") in out, out)
    finally:
        p.kill()
        p.wait()


# BIND listens on what an interface has; all of 127.0.0.0/8 is there for others
subprocess.run(["ip", "addr", "add", ADDRESS + "/32", "dev", "lo"],
               check=True)
with open("/etc/resolv.conf.new", "w") as f:
    f.write("nameserver %s\n" % ADDRESS)
os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")
with h.Scratch() as scratch:
    story("unbound", unbound(scratch))
    # Where the root cannot be asked, a setting names what nobody can prove.
    story("unbound alone", unbound(scratch), "resolver=" + ADDRESS,
          "local-zones=.inside.example, unsigned.optout.")
    if shutil.which("dnsmasq"):
        story("dnsmasq", dnsmasq(scratch))
        command, other = conditional(scratch)
        story("dnsmasq that asks another one", command)
        other.kill()
        other.wait()
    else:
        print("dnsmasq is missing (package dnsmasq-base)")
    if shutil.which("named"):
        story("BIND", bind(scratch))
    else:
        print("named is missing (package bind9)")
h.done()
