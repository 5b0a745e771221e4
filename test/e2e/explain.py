# explain: the whole way to a verdict, as a tree and as an object.
# SPDX-License-Identifier: MIT
import json
import os
import re
import subprocess
import harness as h


def explain(*args, settings=()):
    p = subprocess.run([h.MXPOLICY] + h.options("", *settings) +
                       ["explain"] + list(args), stdout=subprocess.PIPE,
                       env=dict(os.environ, LC_ALL="C.UTF-8"))
    return p.returncode, p.stdout.decode()


# Every lookup, its DNSSEC state, and why the verdict is what it is.
code, out = explain("some-e-sts.example")
for words in ("MX some-e-sts.example: secure, ttl ", "\n      10 u1.example\n",
              "\n      20 e1.example\n",
              "TXT _mta-sts.some-e-sts.example: secure",
              "TLSA _25._tcp.u1.example: secure, ttl ", "\n        3 1 1 ",
              "TLSA _25._tcp.e1.example: not determined: bogus",
              "10 u1.example: U, 1 of 1 TLSA record usable\n",
              "20 e1.example: E, ",
              "https://mta-sts.some-e-sts.example at 203.0.113.10: TLS 1.3, "
              "status 200", "issued by CN=ca of the test world", "mode enforce, max_age 604800 s",
              "  3 mx: n1.example\n", "Verdict: dane-only\n",
              "(U 1, X 0, N 0, E 1)", "name servers: 127.1.0.53\n",
              "QUERY, QUERYwithTLSRPT, postfix: OK dane-only\n"):
    h.check("explain tells: " + words, words in out, out)
for key, words in (
        ("none.plain", "MX none.plain: insecure"),
        ("badstar.example", "3 mx: *mail.example  <-- this line"),
        ("nullmx.example", "null MX"),
        ("sha1.example", "    MX sha1.example: signed with SHA-1 alone "
         "(algorithm 5), which many systems take for unsigned (RFC 9905)"),
        ("no-tlsa.hashed.example", ".hashed.example: denied by NSEC3 with 200 "
         "iterations, and taken for unsigned (RFC 9276)"),
        ("no-such-domain.example", "no such name"),
        ("expired.example", "bogus"),
        ("self-signed.example", "sts-webpki-invalid"),
        ("notfound.example", "404"),
        ("moved.example", "301 (redirects are not followed)"),
        ("html.example", "media type text/html"),
        ("too-long.example", "larger than 64 KiB"),
        ("bomb.example", "larger than 64 KiB"),
        ("host006.example", "mta-sts.host006.example has no address"),
        # _mta-sts. before it would be too long for any DNS.
        (".".join(["a" * 49] * 4 + ["b" * 41, "example"]),
         "insecure, no such name, ttl 86400"),
        (".example", "Nothing is looked up")):
    out = explain(key)[1]
    h.check("explain %s: %s" % (key, words), words in out, out)
h.check("weak DNSSEC is told once",
        explain("sha1.example")[1].count("SHA-1") == 1)
h.check("and not where there is none", not any(
    words in explain("all-u.nsec3")[1] for words in ("SHA-1", "iterations")))
# A name that exists only here is not said to be missing in an unsigned zone.
for key, zones, words in (
        ("corp.lan", "", "a private or reserved name"),
        ("nas.home.arpa", "", "a private or reserved name"),
        ("all-u.example", "all-u.example", "local-zones names it"),
        ("nas.fritz.box", "", "")):
    out = explain(key, settings=["local-zones=" + zones])[1]
    mx = [line for line in out.splitlines() if "MX %s: " % key in line]
    if words:
        h.check("explain %s, which is local" % key, len(mx) == 1 and
                "MX %s: nothing is published, since it can only "
                "exist here (%s), ttl 3600" % (key, words) in mx[0] and
                "no such name" not in out and "insecure" not in mx[0], out)
    else:
        h.check("explain %s, which a server denies" % key, len(mx) == 1 and
                "secure, no such name" in mx[0], out)
    out = explain("--json", key, settings=["local-zones=" + zones])[1]
    h.same("and its object", json.loads(out)["dns"][0].get("why") or "",
           words)

# Records and policies that nobody in the world has published.
HOST = "mta-sts.live.example"
OVERRIDE = os.path.join(h.WORLD, "https.d", HOST)
TLSA = "_25._tcp.mx TLSA 3 1 1 %s\n" % ("ab" * 32)
with open(os.path.join(h.SOURCE, "test/world/zones/example")) as f:
    published = {line.split()[0]: line.split()[-1] for line in f
                 if line.startswith("_25._tcp.")}
for name, records, reply, words in (
        ("TLSA is a CNAME into an unsigned zone",
         "@ MX 10 mx\n_25._tcp.mx CNAME _25._tcp.mx.plain.\n", "NOTFOUND ",
         "its TLSA zone is insecure"),
        ("an MX of a number is an address, and no TLSA can be there",
         "@ MX 10 mx\n@ MX 20 192.0.2.1.\n" + TLSA, "OK dane",
         "20 192.0.2.1: N, an address"),
        ("an MX that is no host name is left out, also with an address",
         "@ MX 10 mx\n@ MX 20 -bad\n-bad A 192.0.2.9\n" + TLSA,
         "OK dane-only", "20 -bad.live.example: ignored, not a host name"),
        ("one with an underscore is a host, as it is for Postfix",
         "@ MX 10 _mx\n_mx A 192.0.2.9\n" + TLSA.replace(".mx", "._mx"),
         "OK dane-only", "10 _mx.live.example: U, "),
        ("of too many hosts the best are looked at",
         ";@ repeat 1-110 @ MX 20 h$\n;@ repeat 1-110 h$ A 192.0.2.9\n"
         "@ MX 10 mx\n" + TLSA, "OK dane",
         "more than 100 hosts; ignored from preference 20"),
        ("a certificate with a byte behind it",
         "@ MX 10 mx\n_25._tcp.mx TLSA 3 0 0 %s00\n" %
         published["_25._tcp.u-cert-ee"], "OK dane", "X, 1 TLSA record, unusable"),
        ("a public key with a byte behind it",
         "@ MX 10 mx\n_25._tcp.mx TLSA 3 1 0 %s00\n" %
         published["_25._tcp.u-spki"], "OK dane", "X, 1 TLSA record, unusable"),
        ("a valid TXT beside an invalid one",
         "@ MX 10 mx\n_mta-sts TXT \"v=STSv1; id=1;\"\n"
         "_mta-sts TXT \"v=STSv1; id=-;\"\n", "NOTFOUND ",
         "2 MTA-STS TXT records, one is allowed"),
        ("one host at two preferences",
         "@ MX 10 mx\n@ MX 20 mx\n" + TLSA, "OK dane-only",
         "(U 1,")):
    subprocess.run([h.world_tool("zone-set")], check=True, input=(
        "mx A 192.0.2.1\nmta-sts A 203.0.113.10\n" + records).encode())
    out = explain("live.example")[1]
    h.check(name, ", postfix: %s\n" % reply in out and words in out, out)
for kind, good in (("text/plain", True), ("TEXT/Plain;x=y", True),
                   ("text/plainer", False), ("text/plain-x", False),
                   ("text", False), ("", False)):
    subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
    with open(OVERRIDE, "w") as f:
        f.write("!type %s\nversion: STSv1\nmode: enforce\n"
                "mx: mx.live.example\nmax_age: 86400\n" % kind)
    out = explain("live.example")[1]
    h.check("media type \"%s\"" % kind,
            ("mode enforce" if good else "not text/plain") in out, out)
os.unlink(OVERRIDE)

# What strangers publish is shown whole: a TXT record of 628 bytes, a policy
# with the host in its 2101st mx line.
TXT = "v=STSv1; id=1; " + "; ".join("x%02d=%s" % (i, "y" * 54)
                                    for i in range(10)) + ";" + " " * 14
h.same("the record", len(TXT), 628)
POLICY = ["version: STSv1", "mode: enforce", "max_age: 604800"] + [
    "mx: m%04d.b.example" % i for i in range(2100)] + ["mx: mx.live.example"]
subprocess.run([h.world_tool("zone-set")], check=True, input=(
    "@ MX 10 mx\nmx A 192.0.2.1\nmta-sts A 203.0.113.10\n_mta-sts TXT %s\n" %
    " ".join('"%s"' % TXT[i:i + 250] for i in range(0, 628, 250))).encode())
with open(OVERRIDE, "w") as f:
    f.write("\n".join(POLICY) + "\n")
code, out = explain("live.example")
lines = out.splitlines()
h.check("all of a large policy is shown", code == 0 and
        '      "%s"' % TXT in lines and
        "      2104 mx: mx.live.example" in lines, out)
o = json.loads(explain("--json", "live.example")[1])
h.same("and is in the object", [line["text"] for line in o["policy_lines"]],
       POLICY)
h.same("so is the TXT record", [r["text"] for x in o["dns"]
                                if x["part"] == "txt" for r in x["records"]],
       [TXT])
p = subprocess.run([h.MXPOLICY] + h.options("") + ["lint", "live.example"],
                   stdout=subprocess.PIPE)
out = p.stdout.decode()
h.check("lint finds the host in it", p.returncode == 0 and
        "live.example: 0 errors, 2100 warnings\n" in out, out[-600:])
with open(OVERRIDE, "w") as f:
    f.write("\n".join(POLICY + ["mx: *x"]) + "\n")
o = json.loads(explain("--json", "live.example")[1])["policy"]
h.same("which line of a large policy is to blame",
       (o["outcome"], o["line"], o["column"], o["cause"]),
       ("sts-policy-invalid", 2105, 5, "sts-policy"))
os.unlink(OVERRIDE)
subprocess.run([h.world_tool("zone-set"), "-r"], check=True)

# What was found before is served while it cannot be found again.
with h.Scratch() as scratch:
    options = h.options(scratch.file("cache.tdb"))
    zone = ("@ MX 10 mx\nmx A 192.0.2.1\n" + TLSA).encode()
    subprocess.run([h.world_tool("zone-set")], check=True, input=zone)
    subprocess.run([h.MXPOLICY] + options + ["query", "live.example"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([h.world_tool("zone-set"), "-u"], check=True, input=zone)
    for args, code, words in (
            (("explain",), 0, "ago: secure MX, all hosts with usable TLSA\n"),
            (("query", "--live"), 0,
             "ago: secure MX, all hosts with usable TLSA\n"),
            (("verify",), 75, "no MX host to connect to: MX live.example: ")):
        p = subprocess.run([h.MXPOLICY] + options + list(args) +
                           ["live.example"], stdout=subprocess.PIPE)
        out = p.stdout.decode()
        h.check("%s tells what is served still" % args[0], p.returncode ==
                code and "OK dane-only" in out and words in out, out)
    subprocess.run([h.world_tool("zone-set"), "-r"], check=True)

p = subprocess.run([h.MXPOLICY] + h.options("") + ["explain", "-"],
                   stdin=os.open("/", os.O_RDONLY), stderr=subprocess.PIPE)
h.check("standard input cannot be read", p.returncode == 69 and
        b"Is a directory" in p.stderr, (p.returncode, p.stderr))

# The object: what mxpolicy(1) lists, with the types that it gives.
code, out = explain("--json", "some-e-sts.example", "[192.0.2.1]")
lines = out.splitlines()
h.same("one object on a line", len(lines), 2)
o = json.loads(lines[0])
h.same("schema", o["schema"], "explain-1")
h.same("verdict", o["verdict"], "dane-only")
h.same("hosts", sorted((x["name"], x["state"]) for x in o["hosts"]),
       [("e1.example", "E"), ("u1.example", "U")])
mx = [x for x in o["dns"] if x["part"] == "mx"][0]
h.same("the MX answer", (mx["state"], 0 < mx["ttl"] <= 300,
                         sorted(r["text"] for r in mx["records"])),
       ("secure", True, ["10 u1.example", "20 e1.example"]))
h.check("the reason of what is bogus", any(
    x["state"] == "failed" and "bogus" in x["why"] for x in o["dns"]), o)
x = o["https"][0]
h.same("the exchange", (x["status"], x["tls"], x["type"]),
       (200, "TLS 1.3", "text/plain"))
h.check("the certificate", "mta-sts.some-e-sts.example" in
        explain("--json", "some-e-sts.example")[1] and
        x["certificates"][0]["expires"] > x["certificates"][0]["begins"], x)
h.same("the policy", [line["text"] for line in o["policy_lines"]],
       ["version: STSv1", "mode: enforce", "mx: n1.example",
        "max_age: 604800"])
h.same("its outcome", (o["policy"]["outcome"], o["policy"]["max_age"]),
       ("valid", 604800))
for name, words in (
        ("wrong-name", "not asked, since its certificate is not valid"),
        ("expired-cert", "not asked, since its certificate is not valid"),
        ("close", "no answer")):
    out = explain(name + ".example")[1]
    h.check("a server whose certificate was seen was connected to: " + name,
            "at 203.0.113.10: " + words in out and
            "issued by" in out and "no connection" not in out, out)
o = json.loads(explain("--json", "badstar.example")[1])
h.same("the line to blame", (o["policy"]["outcome"], o["policy"]["line"]),
       ("sts-policy-invalid", 3))
h.same("nothing is looked up for an address", json.loads(lines[1])["dns"], [])

# On a terminal: a tree, colours unless NO_COLOR, and 80 columns.
for no_color in (False, True):
    env = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
    env.pop("NO_COLOR", None)
    if no_color:
        env["NO_COLOR"] = "1"
    out = h.on_terminal([h.MXPOLICY] + h.options("") +
                        ["explain", "some-e-sts.example"], env)
    h.check("a tree is drawn", "├─ " in out and "└─ " in out, out)
    h.same("colours, NO_COLOR %s" % no_color, "\033[" in out, not no_color)
    plain = re.sub(r"\033\[[0-9;]*m", "", out)
    h.check("no line is longer than 80 columns",
            max(len(line) for line in plain.splitlines()) <= 80, plain)
h.done()
