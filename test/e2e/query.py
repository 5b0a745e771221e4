# query: what a person at a terminal gets from `mxpolicy query`.
# SPDX-License-Identifier: MIT
import os
import subprocess
import harness as h


def run(*args, cache="", lang="C.UTF-8", settings=()):
    env = dict(os.environ, LC_ALL=lang)
    p = subprocess.run([h.MXPOLICY] + h.options(cache, *settings) +
                       list(args), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env=env)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


for key, code, reply in (
        ("all-u.example", 0, "OK dane-only\n"),
        ("all-n-sts.example", 0,
         "OK secure match=n1.example servername=hostname\n"),
        ("all-n.example", 1, "NOTFOUND \n"),
        ("[192.0.2.1]", 1, "NOTFOUND \n"),
        ("ALL-U.Example.", 0, "OK dane-only\n")):
    got = run("query", key)
    h.same("query %s" % key, got[:2], (code, reply))
code, out, err = run("query", "mx-bogus.example")
h.same("TEMP is exit code 75", code, 75)
h.check("with its reason", out.startswith("TEMP MX mx-bogus.example: bogus"),
        out)
code, out, err = run("query", "--map", "QUERYwithTLSRPT",
                     "all-n-sts.example")
h.check("--map", "policy_type=sts policy_domain=all-n-sts.example" in out,
        out)

# Every lookup, its DNSSEC state, and why the verdict is what it is.
code, out, err = run("query", "--explain", "some-e-sts.example")
for words in ("MX some-e-sts.example: secure, 2 records",
              "TXT _mta-sts.some-e-sts.example: secure",
              "TLSA _25._tcp.u1.example: secure, 1 record",
              "TLSA _25._tcp.e1.example: bogus",
              "host u1.example: U", "host e1.example: E",
              "https mta-sts.some-e-sts.example at 203.0.113.10: TLS 1.3, "
              "status 200", "mode enforce", "Verdict: dane-only"):
    h.check("--explain tells: " + words, words in out, out)
h.check("and ends with the reply", out.endswith("OK dane-only\n"), out)
for key, words in (
        ("none.plain", "MX none.plain: insecure"),
        ("nullmx.example", "null MX"),
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
    out = run("query", "--explain", key)[1]
    h.check("--explain %s: %s" % (key, words), words in out, out)

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
         "host 192.0.2.1: N, an address"),
        ("an MX that is no host name is left out, also with an address",
         "@ MX 10 mx\n@ MX 20 -bad\n-bad A 192.0.2.9\n" + TLSA,
         "OK dane-only", "host -bad.live.example: no host name, left out"),
        ("one with an underscore is a host, as it is for Postfix",
         "@ MX 10 _mx\n_mx A 192.0.2.9\n" + TLSA.replace(".mx", "._mx"),
         "OK dane-only", "host _mx.live.example: U, "),
        ("of too many hosts the best are looked at",
         ";@ repeat 1-110 @ MX 20 h$\n;@ repeat 1-110 h$ A 192.0.2.9\n"
         "@ MX 10 mx\n" + TLSA, "OK dane",
         "more than 100 hosts, left out from preference 20"),
        ("a certificate with a byte behind it",
         "@ MX 10 mx\n_25._tcp.mx TLSA 3 0 0 %s00\n" %
         published["_25._tcp.u-cert-ee"], "OK dane", "0 usable of 1"),
        ("a public key with a byte behind it",
         "@ MX 10 mx\n_25._tcp.mx TLSA 3 1 0 %s00\n" %
         published["_25._tcp.u-spki"], "OK dane", "0 usable of 1"),
        ("a valid TXT beside an invalid one",
         "@ MX 10 mx\n_mta-sts TXT \"v=STSv1; id=1;\"\n"
         "_mta-sts TXT \"v=STSv1; id=-;\"\n", "NOTFOUND ",
         "2 MTA-STS TXT records, one is allowed"),
        ("one host at two preferences",
         "@ MX 10 mx\n@ MX 20 mx\n" + TLSA, "OK dane-only",
         "usable 1,")):
    subprocess.run([h.world_tool("zone-set")], check=True, input=(
        "mx A 192.0.2.1\nmta-sts A 203.0.113.10\n" + records).encode())
    out = run("query", "--explain", "live.example")[1]
    h.check(name, out.endswith("\n%s\n" % reply) and words in out, out)
for kind, good in (("text/plain", True), ("TEXT/Plain;x=y", True),
                   ("text/plainer", False), ("text/plain-x", False),
                   ("text", False), ("", False)):
    subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
    with open(OVERRIDE, "w") as f:
        f.write("!type %s\nversion: STSv1\nmode: enforce\n"
                "mx: mx.live.example\nmax_age: 86400\n" % kind)
    out = run("query", "--explain", "live.example")[1]
    h.check("media type \"%s\"" % kind,
            ("mode enforce" if good else "not text/plain") in out, out)
os.unlink(OVERRIDE)

for args, words in (
        (("query",), "one DOMAIN"),
        (("query", "a.example", "b.example"), "one DOMAIN"),
        (("query", "--colour", "a.example"), "unknown option --colour"),
        (("query", "--map", "nosuch", "a.example"), "no map is named nosuch"),
        (("quarry",), "unknown verb quarry"),
        ((), "usage: mxpolicy")):
    code, out, err = run(*args)
    h.check("%s: EX_USAGE and clear words" % " ".join(args),
            code == 64 and words in err and out == "", (code, out, err))
code, out, err = run("query", "a.example", settings=("nonsense=1",))
h.check("a bad setting", code == 64 and "unknown key" in err, err)
p = subprocess.run([h.MXPOLICY, "--help"], stdout=subprocess.PIPE)
h.check("--help", p.returncode == 0 and b"query" in p.stdout, p.stdout)
p = subprocess.run([h.MXPOLICY, "--version"], stdout=subprocess.PIPE)
h.check("--version", p.stdout.startswith(b"mxpolicy "), p.stdout)

# What is served is shown: from the same cache, without a lookup.
with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    with h.Session(cache, stderr=subprocess.DEVNULL) as s:
        s.ask("all-u.example")
    mark = h.Mark()
    h.same("the cached answer", run("query", "all-u.example",
                                    cache=cache)[1], "OK dane-only\n")
    h.same("costs no lookup", mark.dns("all-u.example", "MX"), 0)
    run("query", "--live", "all-u.example", cache=cache)
    h.check("--live does", mark.dns("_25._tcp.u1.example", "TLSA") +
            mark.dns("all-u.example", "MX") > 0)
h.done()
