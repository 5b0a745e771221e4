# verifykeys: mail hosts with a certificate for each kind of key, RSA and ECDSA,
# of which TLSA records or a CA may know only one; and DNSSEC of little worth.
# SPDX-License-Identifier: MIT
import hashlib
import json
import os
import subprocess
import harness as h
import mailhost
from mailhost import Host, make_chain

IS = ": mail would be delivered: Verified TLS connection"
OTHER = "its other certificate, %s, "
AS_WELL = OTHER + "is accepted as well"
NOT_IT = OTHER + "would not be accepted: %s"
NO_MATCH = "no TLSA record matches the certificates"


def spki(name):
    with open(os.path.join(h.WORLD, "keys", name + ".der"), "rb") as f:
        return "3 1 1 " + hashlib.sha256(f.read()).hexdigest()


def run(*args):
    p = subprocess.run([h.MXPOLICY] + h.options("") + ["verify"] + list(args),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       encoding="utf-8", env=dict(os.environ, LC_ALL="C"))
    return p.returncode, p.stdout + p.stderr


def set_up():
    mailhost.add_address("198.18.0.0/24")
    mailhost.make_rsa_key()
    names = [n + ".live.example" for n in ("both", "a-mx")]
    ecdsa = make_chain("keys-ecdsa", names)
    rsa = make_chain("keys-rsa", names, key="rsa")
    alone = make_chain("keys-self", names, ca=None, behind=(), key="rsa")
    tls12 = mailhost.ssl.TLSVersion.TLSv1_2
    Host("198.18.0.20", ecdsa, second=rsa)
    Host("198.18.0.21", rsa)
    Host("198.18.0.22", ecdsa, second=rsa, versions=(tls12, tls12))
    Host("198.18.0.23", ecdsa, second=alone)
    Host("198.18.0.24", ecdsa)
    lines = []
    for name, address, records in (
            ("both", 20, [spki("key"), spki("rsa")]),
            ("one", 20, [spki("key")]), ("only-rsa", 20, [spki("rsa")]),
            ("rsa", 21, [spki("rsa")]), ("tls12", 22, [spki("key")]),
            ("single", 24, [spki("key")]), ("none", 20, [])):
        lines += ["%s A 198.18.0.%d" % (name, address),
                  "to-%s MX 10 %s" % (name, name)]
        lines += ["_25._tcp.%s TLSA %s" % (name, r) for r in records]
    lines += ["a MX 10 a-mx", "a-mx A 198.18.0.23",
              '_mta-sts.a TXT "v=STSv1; id=1;"', "mta-sts.a A 203.0.113.10"]
    with open(os.path.join(h.WORLD, "https.d", "mta-sts.a.live.example"),
              "w") as f:
        f.write("version: STSv1\nmode: enforce\nmx: a-mx.live.example\n"
                "max_age: 86400\n")
    subprocess.run([h.world_tool("zone-set")], check=True,
                   input="\n".join(lines).encode())


def expect(name, domain, code, wanted, unwanted=()):
    got, out = run(domain + ".live.example")
    h.same(name, got, code)
    lines = [line.strip() for line in out.splitlines()]
    for line in wanted:
        h.check("%s: %s" % (name, line), line in lines, out)
    for words in unwanted:
        h.check("%s: not %s" % (name, words), words not in out, out)


set_up()
expect("MTA-STS, the other is signed by itself", "a", 0, [
    "198.18.0.23" + IS, NOT_IT % ("RSA", "issuer not trusted")])
expect("both keys are in DNS", "to-both", 0, [
    "198.18.0.20" + IS, AS_WELL % "RSA"], ["not be accepted"])
expect("only the first is", "to-one", 0, [
    "198.18.0.20" + IS, NOT_IT % ("RSA", NO_MATCH)])
expect("only the second is: Postfix prefers ECDSA", "to-only-rsa", 2, [
    AS_WELL % "RSA", "Mail would not be delivered."])
expect("one certificate, RSA", "to-rsa", 0, ["198.18.0.21" + IS],
       ["other certificate"])
expect("one certificate, ECDSA", "to-single", 0, ["198.18.0.24" + IS],
       ["other certificate"])
expect("TLS 1.2", "to-tls12", 0, ["198.18.0.22" + IS,
                               NOT_IT % ("RSA", NO_MATCH)])
expect("any certificate will do", "to-none", 0, [], ["other certificate"])
code, out = run("--brief", "to-both.live.example", "to-one.live.example")
h.same("--brief names it", out, "to-both.live.example\tdelivered\t1/1\n"
       "to-one.live.example\tdelivered\t1/1\tother certificate, RSA, not "
       "verified: %s\n" % NO_MATCH)

# What DNSSEC is worth to others: one line each.
for domain, words in (
        ("sha1.example", "MX sha1.example: signed with SHA-1 alone (algorithm "
         "5), which many systems take for unsigned (RFC 9905): they do not "
         "check DANE"),
        ("no-tlsa.hashed.example", "denied by NSEC3 with 200 iterations, and "
         "taken for unsigned (RFC 9276)")):
    code, out = run("--timeout", "2", domain)
    h.same("verify %s: %s" % (domain, words), out.count(words), 1)

address = json.loads(run("--json", "to-one.live.example")[1])["hosts"][0][
    "addresses"][0]
other = address["other"]
h.same("the object", (other["keys"], other["accepted"], other["why"]), (
    "rsa", False, NO_MATCH))
h.check("with certificates and TLSA", len(other["certificates"]) == 2 and
        other["tlsa"][0]["matches"] is False and
        address["tlsa"][0]["matches"] is True, address)
h.check("absent where there is none", "other" not in json.loads(
    run("--json", "to-rsa.live.example")[1])["hosts"][0]["addresses"][0])
h.done()
