# checkhops: `mxpolicy check` on next hops, levels and each name server.
# SPDX-License-Identifier: MIT
import json
import os
import shutil
import subprocess
import sys
import harness as h

PROXY, GOOD, DEAD, STRIPS = ("127.1.0.57", "127.1.0.53", "127.1.0.55",
                             "127.1.0.54")
for tool in ("postconf", "systemd-socket-activate"):
    if shutil.which(tool, path="/usr/sbin:/usr/bin") is None:
        print("%s is missing (packages postfix, systemd)" % tool)
        sys.exit(77)


def resolv_conf(*servers):
    with open("/etc/resolv.conf.new", "w") as f:
        f.writelines("nameserver %s\n" % s for s in servers)
    os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")


def rules(*lines):
    with open(os.path.join(h.WORLD, "dns.d", PROXY), "w") as f:
        f.writelines(line + "\n" for line in lines)


class Postfix:
    def __init__(self, scratch):
        self.scratch = scratch
        self.dir = scratch.file("postfix")
        os.mkdir(self.dir)
        os.mkdir(scratch.file("queue"))
        with open(os.path.join(self.dir, "master.cf"), "w") as f:
            f.write("smtp unix - - n - - smtp\nout unix - - n - - smtp\n")

    def items(self, what, *settings, **changes):
        """What check says of one thing: state, text and fix of each item."""
        values = {
            "compatibility_level": "3.6", "smtp_tls_security_level": "dane",
            "queue_directory": self.scratch.file("queue"),
            "smtp_tls_policy_maps": "socketmap:inet:127.0.0.1:8461:QUERY"}
        values.update(changes)
        path = os.path.join(self.dir, "main.cf")
        with open(path, "w") as f:
            f.writelines("%s = %s\n" % v for v in values.items())
        # postconf waits for files that were changed a moment ago
        for name in ("main.cf", "master.cf"):
            os.utime(os.path.join(self.dir, name), (1, 1))
        out = subprocess.run(
            [h.MXPOLICY] + h.options("", *settings) +
            ["check", "--json", "--user", "root", "--postfix", self.dir],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        found = [json.loads(line) for line in out.decode().splitlines()]
        return [(o["state"], o["text"], o["fix"] or "") for o in found
                if o["item"] == what]


def one(name, items, state, *words, fix=""):
    h.check(name, len(items) == 1 and items[0][0] == state and
            all(w in items[0][1] for w in words) and fix in items[0][2],
            items)


def next_hops(p):
    h.same("no next hop is named", p.items("next-hop"), [])
    one("a private relayhost", p.items(
        "next-hop", relayhost="[mail.corp.lan]"), "good", "relayhost",
        "publishes nothing")
    one("a relayhost with DANE", p.items(
        "next-hop", relayhost="[u1.example]"), "good", "OK dane-only")
    one("a relayhost that cannot be looked up", p.items(
        "next-hop", relayhost="bogus.example"), "bad", "bogus.example",
        "local-zones", fix="local-zones = bogus.example")
    h.same("and what the fix does", p.items(
        "next-hop", "local-zones=bogus.example",
        relayhost="bogus.example")[0][0], "good")
    one("default_transport", p.items(
        "next-hop", default_transport="out:[u1.example]:25"), "good",
        "default_transport", "OK dane-only")
    h.same("one that smtp(8) does not deliver", p.items(
        "next-hop", default_transport="lmtp:[u1.example]"), [])
    table = p.scratch.file("transport")
    with open(table, "w") as f:
        f.write("a.example smtp:all-u.example\nb.example :[nas.home]\n"
                "c.example error:no mail\nd.example smtp:all-u.example\n")
    items = p.items("next-hop", transport_maps="texthash:" + table)
    h.check("a transport table, each next hop once",
            sorted(i[0] for i in items) == ["good", "good"] and
            any("all-u.example: OK dane-only" in i[1] for i in items) and
            any("[nas.home] publishes nothing" in i[1] for i in items),
            items)


def levels(p):
    one("dane and dane", p.items("default-level"), "good")
    one("may and dane", p.items(
        "default-level", smtp_tls_security_level="may"), "good")
    one("main.cf is stricter", p.items(
        "default-level", smtp_tls_security_level="encrypt"), "bad",
        "clear text", fix="[map QUERY]\\ndefault-level = encrypt")
    one("the obsolete setting", p.items(
        "default-level", smtp_tls_security_level="", smtp_enforce_tls="yes"),
        "bad", "encrypt")
    one("what is not among the levels", p.items(
        "default-level", smtp_tls_security_level="dane-only"), "bad",
        fix="default-level = secure")
    one("both are strict", p.items(
        "default-level", "map QUERY.default-level=verify",
        smtp_tls_security_level="encrypt"), "good")
    one("the map is stricter", p.items(
        "default-level", "map QUERY.default-level=encrypt"), "warning")


def servers(p):
    for name, lines, state, words in (
            ("as it should be", (), "good", "passes on DNSSEC records"),
            ("512 bytes", ("size 512",), "good", "UDP and TCP"),
            ("no AD", ("ad none",), "good", "passes on"),
            ("silent", ("silent",), "warning", "does not answer"),
            ("EDNS dropped", ("edns drop",), "warning", "with EDNS"),
            ("EDNS refused", ("edns formerr",), "warning", "strips DNSSEC"),
            ("EDNS removed", ("edns strip",), "warning", "strips DNSSEC"),
            ("no TCP", ("tcp none",), "warning", "over TCP"),
            ("AD copied", ("ad copy",), "bad", "AD bit"),
            ("AD always set", ("ad set",), "bad", "AD bit")):
        rules(*lines)
        resolv_conf(PROXY)
        items = p.items("name-server")
        h.check("name server, " + name, any(
            i[0] == state and words in i[1] and PROXY in i[1]
            for i in items), items)
    rules("nxdomain servfail")
    h.check("name server, SERVFAIL for NXDOMAIN", any(
        i[0] == "warning" and "does not deny" in i[1]
        for i in p.items("name-server")))
    resolv_conf(DEAD, STRIPS, GOOD)
    h.same("each of three", [
        (i[0], i[1].split()[2]) for i in p.items("name-server")],
        [("warning", DEAD), ("warning", STRIPS), ("good", GOOD)])
    resolv_conf(GOOD)
    for name, lines, state, words in (
            ("as it should be", (), "good", "UDP and TCP"),
            ("on another port", (), "warning", "\"resolver\" of the settings"),
            ("silent", ("silent",), "warning", "\"resolver\" of the settings"),
            ("EDNS removed", ("edns strip",), "warning", "strips DNSSEC"),
            ("no TCP", ("tcp none",), "warning", "over TCP"),
            ("AD copied", ("ad copy",), "good", "passes on")):
        rules(*lines)
        where = PROXY + ("@54" if name == "on another port" else "")
        items = p.items("name-server", "resolver=%s, %s" % (where, GOOD))
        h.check("resolver, " + name, len(items) == 2 and
                items[0][0] == "good" and GOOD in items[0][1] and
                items[1][0] == state and words in items[1][1] and
                "server %s" % where in items[1][1], items)
    rules()
    for setting in ("recursive", "tls://%s" % PROXY):
        h.same("not asked apart: " + setting, [
            i[1].split()[2] for i in p.items(
                "name-server", "resolver=" + setting)], [GOOD])


with h.Scratch() as scratch, h.Server("") as server:
    postfix = Postfix(scratch)
    next_hops(postfix)
    levels(postfix)
    servers(postfix)
h.done()
