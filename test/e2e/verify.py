# verify: real SMTP servers with real TLS, good ones and bad ones, and what
# mxpolicy says about mail to them.
# SPDX-License-Identifier: MIT
import calendar
import json
import os
import re
import socket
import subprocess
import time
import harness as h
import verifyhosts
from verifyhosts import AT, DAY, EE, INTER, LONG, NAMES, PRIVATE, STRONG, \
    TA, UNUSABLE, WRONG, certificate, day


def run(*args, settings=(), stdin=None):
    p = subprocess.run([h.MXPOLICY] + h.options("", *settings) + ["verify"] +
                       list(args), stdout=subprocess.PIPE, input=stdin,
                       stderr=subprocess.PIPE, encoding="utf-8",
                       env=dict(os.environ, LC_ALL="C.UTF-8"))
    return p.returncode, p.stdout, p.stderr


def expect(name, args, code, wanted, unwanted=()):
    """Exit code, and whole lines that are there; DNS gives no order."""
    got, out, err = run(*args.split(" "))
    h.check("%s: exit code %d" % (name, code), got == code and not err,
            (got, out, err))
    lines = [line.strip() for line in out.splitlines()]
    for line in wanted:
        h.check("%s: %s" % (name, line), line in lines, out)
    for words in unwanted:
        h.check("%s: not %s" % (name, words), words not in out, out)


def tlsa(text):
    return "TLSA %s..." % text[:40]


hosts, ipv6 = verifyhosts.start()
h.check("a certificate of more than 8 KiB",
        len(certificate("full-long")) > 8192)

# All that is printed, once for each kind of demand.
EHLO = "EHLO " + socket.gethostname()
FOREVER = calendar.timegm((2049, 12, 31, 0, 0, 0))
CA_LINE = "certificate CN=ca of the test world, issued by CN=ca of the test " \
    "world, valid until 2049-12-31 00:00:00 UTC (N days)"
for domain, reply, needs, host, address, names, records in (
        ("dane.post.example", "OK dane-only",
         "the certificate must match a TLSA record of d1.post.example",
         "d1.post.example", "198.18.0.1", ["d1", "d2", "p1", "load",
                                           "load-plain", "deep.s2"],
         ["      %s matches" % tlsa(EE)]),
        ("sts.post.example", "OK secure match=s1.post.example "
         "servername=hostname policy_type=sts policy_domain=sts.post.example "
         "mx_host_pattern=s1.post.example { policy_string = version: STSv1 } "
         "{ policy_string = mode: enforce } "
         "{ policy_string = mx: s1.post.example } "
         "{ policy_string = max_age: 604800 }",
         "the certificate must be issued by a trusted CA, for s1.post.example",
         "s1.post.example", "198.18.0.6", ["s1", "s2"], [])):
    code, out, err = run(domain)
    h.same(domain, (code, re.sub(r"\(\d+ days\)", "(N days)", out), err),
           (0, "\n".join([
               domain, "  QUERYwithTLSRPT: " + reply,
               "  %s (10): mail would be delivered" % host, "    " + needs,
               "    %s: mail would be delivered: Verified TLS connection" %
               address, "      TLS 1.3, TLS_AES_256_GCM_SHA384",
               "      " + CA_LINE.replace("ca of the test world", host, 1),
               "        names: " + " ".join(n + ".post.example"
                                            for n in names),
               "      " + CA_LINE] + records +
               ["  Mail would be delivered.", ""]), ""))
    server = hosts[int(address.split(".")[-1])]
    h.same("no mail is sent, SNI is the host", server.last(), [
        EHLO, "STARTTLS", "SNI " + host, EHLO, "QUIT"])

# Exit codes, and the lines that matter.
GOOD_END, BAD_END = "Mail would be delivered.", "Mail would not be delivered."
HALF_KNOWN = "It is not known whether mail would be delivered: %d of %d MX " \
    "hosts could not be reached, the others do not accept it."
NOWHERE = "No MX host can be reached from here."
HALF_END = "Mail would be delivered, but only 1 of %d MX hosts accept it."
UNKNOWN = "Nothing is looked up for this next hop: it is a parent domain, " \
    "an address, not a host name, or one of srv-services."
IS, NOT = ": mail would be delivered", ": mail would not be delivered"
VERIFIED, TRUSTED, UNTRUSTED = [
    word + " TLS connection" for word in ("Verified", "Trusted", "Untrusted")]
NO_TRUST = "Server certificate not verified: "
NO_NAME = NO_TRUST + "the certificate is not for "
NO_MATCH = NO_TRUST + "no TLSA record matches the certificates"
NEED_TLS = "TLS is required, but was not offered"
NOT_NAMED = "gets no mail: the MTA-STS policy does not name this MX host"
HELLO = "STARTTLS is not offered (EHLO is not supported)"
for name, domain, code, wanted in (
        ("DANE-TA", "dane-ta.post", 0, ["198.18.0.2" + IS + ": " + VERIFIED,
                                        GOOD_END]),
        ("DANE-EE, another key", "dane-wrong.post", 2, [
            "wrongkey.post.example (10)" + NOT,
            "198.18.0.3%s: %s" % (NOT, NO_MATCH), UNTRUSTED,
            tlsa(WRONG) + " does not match", BAD_END]),
        ("one of two hosts", "dane-other.post", 0, [
            "wrongkey.post.example (10)" + NOT, "d1.post.example (20)" + IS,
            HALF_END % 2]),
        ("dane-only, a host without TLSA", "sts-partly.post", 0, [
            "p1.post.example (10): gets no mail: no TLSA records found",
            "d1.post.example (20)" + IS, HALF_END % 2]),
        ("dane, a host without TLSA", "partly-u.post", 0, [
            "d1.post.example (10)" + IS, "p1.post.example (20)" + IS,
            "TLS if it is offered, with any certificate",
            "198.18.0.5" + IS + ": " + TRUSTED, GOOD_END]),
        ("unusable TLSA", "unusable-tls.post", 0, [
            "TLS is required, with any certificate",
            "198.18.0.4" + IS + ": " + TRUSTED,
            tlsa("1" + EE[1:]) + " is unusable", GOOD_END]),
        ("unusable TLSA, no STARTTLS", "unusable-plain.post", 2, [
            "198.18.0.9%s: %s" % (NOT, NEED_TLS), BAD_END]),
        ("TLSA not determined", "broken-dns.post", 0, [
            "e1.post.example (10): gets no mail: TLSA lookup error",
            HALF_END % 2]),
        ("TLSA not determined, no other host", "broken-all.post", 75, [
            "e1.post.example (10): gets no mail: TLSA lookup error",
            NOWHERE]),
        ("MTA-STS, another name", "sts-name.post", 2, [
            "198.18.0.7%s: %swrongname.post.example" % (NOT, NO_NAME),
            UNTRUSTED, BAD_END]),
        ("MTA-STS, signed by itself", "sts-self.post", 2, [
            "198.18.0.8%s: %sissuer not trusted" % (NOT, NO_TRUST), UNTRUSTED,
            BAD_END]),
        ("MTA-STS, no STARTTLS", "sts-notls.post", 2, [
            "198.18.0.9%s: %s" % (NOT, NEED_TLS), BAD_END]),
        ("MTA-STS, host not named", "sts-rogue.post", 2, [
            "rogue.post.example (10): " + NOT_NAMED, BAD_END]),
        ("MTA-STS, one host not named", "sts-second.post", 0, [
            "rogue.post.example (10): " + NOT_NAMED,
            "s1.post.example (20)" + IS, HALF_END % 2]),
        ("MTA-STS, two labels for one star", "sts-deep.post", 2, [
            "deep.s2.post.example (10): " + NOT_NAMED]),
        ("MTA-STS in testing", "sts-testing.post", 0, [
            "QUERYwithTLSRPT: NOTFOUND", "198.18.0.8" + IS + ": " + UNTRUSTED,
            GOOD_END]),
        ("nothing, no STARTTLS", "none-notls.post", 0, [
            "198.18.0.9: mail would be delivered without TLS: "
            "STARTTLS is not offered", GOOD_END]),
        ("DANE behind an insecure MX is not called verified", "any-d.plain", 0,
         ["QUERYwithTLSRPT: OK dane", "198.18.0.1" + IS + ": " + TRUSTED]),
        ("DANE-EE, expired, another name", "to-ee-old.live", 0, [
            "%s%s: %s" % (AT["ee-old"], IS, VERIFIED),
            "certificate CN=else.example, issued by CN=ca of the test "
            "world, expired on %s UTC" % day(-30 * DAY),
            "names: else.example",
            "which does not matter here", tlsa(EE) + " matches", GOOD_END]),
        ("DANE-EE, not yet valid", "to-ee-early.live", 0, [
            "certificate CN=ee-early.live.example, issued by CN=ca of the "
            "test world, not valid before %s UTC" % day(30 * DAY),
            "which does not matter here", GOOD_END]),
        ("DANE-EE of the certificate", "to-ee-cert.live", 0, [GOOD_END]),
        ("DANE-EE of a whole certificate of more than 8 KiB",
         "to-full-long.live", 0, [
             tlsa("3 0 0 " + certificate("full-long").hex()) + " matches",
             GOOD_END]),
        ("DANE-TA, the host's name", "to-ta.live", 0, [
            "%s%s: %s" % (AT["ta"], IS, VERIFIED), tlsa(TA) + " matches"]),
        ("DANE-TA, the domain's name", "to-ta-domain.live", 0, [GOOD_END]),
        ("DANE-TA, the name of what the domain is an alias of",
         "alias-domain.live", 0, [GOOD_END]),
        ("DANE-TA, an implicit MX, the name it is an alias of",
         "implied.live", 2, [
             "%s%s: %simplied.live.example" % (AT["implied-to"], NOT,
                                               NO_NAME)]),
        ("TLSA of an alias and of its target: the target's count",
         "to-alias-dane.live", 0, [
             "the certificate must match a TLSA record of ta.live.example",
             tlsa(TA) + " matches", GOOD_END]),
        ("DANE-TA, another name", "to-ta-name.live", 2, [
            "%s%s: %sta-name.live.example or any other accepted name" %
            (AT["ta-name"], NOT, NO_NAME), UNTRUSTED, tlsa(TA) + " matches",
            BAD_END]),
        ("DANE-TA, expired", "to-ta-old.live", 2, [
            "%s%s: %sexpired" % (AT["ta-old"], NOT, NO_TRUST),
            "certificate CN=ta-old.live.example, issued by CN=ca of the "
            "test world, expired on %s UTC" % day(-30 * DAY), tlsa(TA) + " matches"]),
        ("DANE-TA, the CA is not sent", "to-ta-bare.live", 2, [
            "%s%s: %s" % (AT["ta-bare"], NOT, NO_MATCH)]),
        ("DANE-TA, the CA is in DNS", "to-ta-full.live", 0, [
            tlsa("2 0 0 " + certificate("ca").hex()) + " matches", GOOD_END]),
        ("DANE-TA, the CA's key is in DNS", "to-ta-key.live", 0, [GOOD_END]),
        ("DANE-TA, the CA's key is in DNS, expired", "to-ta-key-old.live", 2, [
            "%s%s: %sexpired" % (AT["ta-key-old"], NOT, NO_TRUST)]),
        ("DANE-TA, the CA's key is in DNS, not yet valid",
         "to-ta-key-early.live", 2, [
             "%s%s: %snot yet valid" % (AT["ta-key-early"], NOT, NO_TRUST)]),
        ("DANE-TA, a key in DNS that has signed nothing",
         "to-ta-other-key.live", 2, [
             "%s%s: %s" % (AT["ta-other-key"], NOT, NO_MATCH)]),
        ("DANE-TA of the server's own certificate, sent twice",
         "to-leaf-twice.live", 2, [
             "%s%s: %s" % (AT["leaf-twice"], NOT, NO_MATCH)]),
        ("DANE-TA of the server's own certificate, in DNS",
         "to-leaf-full.live", 2, [
             "%s%s: %s" % (AT["leaf-full"], NOT, NO_MATCH)]),
        ("DANE-EE of the CA", "to-ee-ca.live", 2, [
            "%s%s: %s" % (AT["ee-ca"], NOT, NO_MATCH)]),
        ("DANE-EE of an unknown selector or digest", "to-ee-odd.live", 2, [
            "%s%s: %s" % (AT["ee-odd"], NOT, NO_MATCH)]),
        ("DANE-TA of an intermediate", "to-inter.live", 0, [
            tlsa(INTER) + " matches", GOOD_END]),
        ("DANE-TA of the root above one", "to-inter-root.live", 0, [GOOD_END]),
        ("DANE-TA without a root", "to-inter-alone.live", 0, [GOOD_END]),
        ("DANE-TA, the key of an intermediate's CA is in DNS",
         "to-inter-key.live", 0, [GOOD_END]),
        ("DANE-TA, a stronger digest is the one that counts",
         "to-ta-agile.live", 2, [
             "%s%s: %s" % (AT["ta-agile"], NOT, NO_MATCH)]),
        ("a common name counts where there is no other", "to-cn.live", 0, [
            GOOD_END]),
        ("a common name counts beside an address", "to-cn-ip.live", 0, [
            GOOD_END]),
        ("a common name does not count beside another name",
         "to-cn-else.live", 2, [
             "%s%s: %scn-else.live.example or any other accepted name"
             % (AT["cn-else"], NOT, NO_NAME)]),
        ("another common name", "to-cn-wrong.live", 2, [
            "%s%s: %scn-wrong.live.example or any other accepted name"
            % (AT["cn-wrong"], NOT, NO_NAME)]),
        ("a name behind one that is too long", "to-name-long.live", 0, [
            GOOD_END]),
        ("DANE-TA, not for servers", "to-client.live", 2, [
            "%s%s: %snot for servers" % (AT["client"], NOT, NO_TRUST)]),
        ("DANE-TA, certificates in disorder", "to-inter-mixed.live", 0, [
            GOOD_END]),
        ("one TLSA matches, one does not", "to-two.live", 0, [
            tlsa(EE) + " matches", tlsa(WRONG) + " does not match",
            GOOD_END]),
        ("one TLSA is unusable", "to-some.live", 0, [
            tlsa(EE) + " matches", tlsa(UNUSABLE) + " is unusable",
            tlsa(PRIVATE) + " is unusable"]),
        ("a stronger digest is the one that counts", "to-agile.live", 2, [
            "%s%s: %s" % (AT["agile"], NOT, NO_MATCH),
            tlsa(EE) + " is ignored in favour of a stronger digest",
            tlsa(STRONG) + " does not match"]),
        ("but not of another usage or selector, nor when it is cut",
         "to-agile-other.live", 0, [tlsa(EE) + " matches", GOOD_END]),
        ("nor before a whole key", "to-agile-full.live", 0, [GOOD_END]),
        ("DANE, no STARTTLS", "to-dane-plain.live", 2, [
            "%s%s: %s" % (AT["dane-plain"], NOT, NEED_TLS)]),
        ("DANE, broken TLS", "to-dane-broken.live", 2, [
            "%s%s: Cannot start TLS: handshake failure (An unexpected TLS "
            "packet was received.)" % (AT["dane-broken"], NOT)]),
        ("DANE, lost after TLS", "to-dane-late.live", 2, [
            "%s%s: lost connection while performing the EHLO handshake" %
            (AT["dane-late"], NOT), VERIFIED, tlsa(EE) + " matches"]),
        ("DANE, HELO only", "to-dane-ehlo.live", 2, [
            "%s%s: %s" % (AT["dane-ehlo"], NOT, NEED_TLS)]),
        ("DANE, STARTTLS refused", "to-dane-not-now.live", 2, [
            "%s%s: TLS is required: host refused to start TLS: 454 no TLS now"
            % (AT["dane-not-now"], NOT)]),
        ("a long name", "to-" + LONG[:40] + ".live", 0, [GOOD_END]),
        ("an implicit MX", "ta.live", 0, ["ta.live.example" + IS, GOOD_END]),
        ("MTA-STS, MX host is an alias", "a.live", 0, [
            "the certificate must be issued by a trusted CA, for "
            "alias.live.example", GOOD_END]),
        ("MTA-STS, expired", "b.live", 2, [
            "%s%s: %sexpired" % (AT["sts-old"], NOT, NO_TRUST)]),
        ("MTA-STS, intermediate sent", "c.live", 0, [GOOD_END]),
        ("MTA-STS behind an insecure MX is verified", "sts.plain", 0, [
            "198.18.0.6" + IS + ": " + VERIFIED, GOOD_END]),
        ("MTA-STS, broken TLS", "f.live", 2, [
            "%s%s: Cannot start TLS: handshake failure (An unexpected TLS "
            "packet was received.)" % (AT["broken"], NOT), BAD_END]),
        ("unusable TLSA, broken TLS", "to-tls-broken.live", 2, [
            "TLS is required, with any certificate",
            "%s%s: Cannot start TLS: handshake failure (An unexpected TLS "
            "packet was received.)" % (AT["tls-broken"], NOT), BAD_END]),
        ("dane-only, a host with unusable TLSA", "e.live", 0, [
            "unusable.live.example (10): gets no mail: TLSA records unusable",
            "two.live.example (20)" + IS, HALF_END % 2]),
        ("nothing, expired", "to-any-old.live", 0, [
            "%s%s: %s" % (AT["any-old"], IS, UNTRUSTED),
            "which does not matter here", GOOD_END]),
        ("one address of four takes mail", "to-mixed.live", 0, [
            "mixed.live.example (10)" + IS,
            "198.18.0.240" + IS + ": " + TRUSTED, GOOD_END]),
        ("Postfix comes to the fifth address", "to-few.live", 0, [
            "two.live.example (20)" + IS, HALF_END % 2]),
        ("a host that was given needs no secure MX", "[d1.post.example]", 0, [
            "198.18.0.1" + IS + ": " + VERIFIED, GOOD_END]),
        ("an MX that is an address", "to-number.live", 0, [
            "198.18.0.5 (10)" + IS, GOOD_END]),
        ("MTA-STS, an MX that is an address", "d.live", 2, [
            "198.18.0.8 (10): " + NOT_NAMED]),
        ("expires soon", "--days 4 to-soon.live", 0, [
            "certificate CN=soon.live.example, issued by CN=ca of the test world, "
            "expires on %s UTC, in 3 days" % day(3 * DAY + 3600), GOOD_END]),
        ("a name with escapes", "to-evil.live", 0, [
            "certificate CN=a?[31mb.example, issued by CN=ca of the test world, "
            "valid until %s UTC (1000 days)" % day(1000 * DAY), GOOD_END]),
        ("a certificate of ours is asked for", "to-asks.live", 0, [GOOD_END]),
        ("refuses", "to-refuse.live", 2, [
            "%s%s: host refused to talk to me: 554 go away ?[31m??" %
            (AT["refuse"], NOT), BAD_END]),
        ("refuses EHLO", "to-busy.live", 2, [
            "%s%s: host refused to talk to me: 421 later" %
            (AT["busy"], NOT)]),
        ("HELO only", "to-hello.live", 0, [
            "%s: mail would be delivered without TLS: %s" %
            (AT["hello"], HELLO), GOOD_END]),
        ("closes", "to-shut.live", 2, [
            "%s%s: lost connection while receiving the initial server "
            "greeting" % (AT["shut"], NOT)]),
        ("closes at STARTTLS", "to-cut.live", 2, [
            "%s%s: lost connection while receiving the STARTTLS response" %
            (AT["cut"], NOT)]),
        ("refuses STARTTLS", "to-not-now.live", 0, [
            "%s: mail would be delivered without TLS: host refused to start "
            "TLS: 454 no TLS now" % AT["not-now"]]),
        ("injects", "to-inject.live", 2, [
            "%s%s: plain text after the reply to STARTTLS (CVE-2011-0411)" %
            (AT["inject"], NOT), BAD_END]),
        ("is no SMTP server", "to-web.live", 2, [
            "%s%s: no SMTP reply while receiving the initial server greeting" %
            (AT["web"], NOT)]),
        ("has no end", "to-endless.live", 2, [
            "%s%s: no SMTP reply while receiving the initial server greeting" %
            (AT["endless"], NOT)]),
        ("broken TLS, and none is needed", "to-broken.live", 0, [
            "%s: mail would be delivered without TLS: Cannot start TLS: "
            "handshake failure (An unexpected TLS packet was received.)" %
            AT["broken"], GOOD_END]),
        ("TLS 1.1", "to-old-tls.live", 0, [
            "%s: mail would be delivered without TLS: Cannot start TLS: "
            "handshake failure (the server ends the handshake: Error in "
            "protocol version)" % AT["old-tls"]]),
        ("refuses after TLS", "to-late.live", 2, [
            "%s%s: host refused to talk to me: 554 not you" %
            (AT["late"], NOT), TRUSTED]),
        ("nobody listens", "to-nobody.live", 75, [
            "nobody.live.example (10): cannot be reached",
            "198.18.0.250: no connection: Connection refused", NOWHERE]),
        ("there is no way", "to-far.live", 75, [
            "192.0.2.77: no connection: Network is unreachable", NOWHERE]),
        ("no address", "to-nowhere.live", 2, [
            "nowhere.live.example (10): gets no mail: no address", BAD_END]),
        ("one of two is not there", "to-half.live", 0, [
            "nobody.live.example (10): cannot be reached",
            "two.live.example (20)" + IS, HALF_END % 2]),
        ("Postfix gives up after five addresses", "to-many.live", 75, [
            "many.live.example (10): cannot be reached",
            "two.live.example (20)" + IS,
            "Postfix does not get to this host: it tries 5 addresses "
            "(smtp_mx_address_limit), and at least as many come first",
            HALF_KNOWN % (1, 2)]),
        ("null MX", "nullmx", 2, [
            "There is no MX host to connect to: nullmx.example has a null "
            "MX"]),
        ("TEMP", "mx-bogus", 75, ["Mail would be deferred until the policy is known."])):
    if domain[0] != "[" and (
            "." not in domain or domain.split(".")[-1] in ("post", "live")):
        domain += ".example"
    expect(name, domain, code, wanted, ["\033"])
expect("expired, and a DANE-EE record that does not match",
       "to-ta-ee-old.live.example", 2, [
           "%s%s: %sexpired" % (AT["ta-ee-old"], NOT, NO_TRUST)],
       ["of no account"])
out = run("to-many.live.example")[1]
h.same("a host's own addresses do not stand before it",
       out.count("Postfix does not get to this host"), 1)
out = run("to-crowd.live.example", "--json")[1]
x = json.loads(out)["hosts"][0]
h.same("of one host 32 addresses are tried", len(x["addresses"]), 32)
for host, sni in (("ta", "ta"), ("alias-sts", "alias"),
                  ("asks", None)):
    sni = "SNI " + (sni + ".live.example" if sni else "-")
    h.same("who is asked for at " + host, hosts[host].last()[2:3], [sni])
h.same("SNI by a long name", hosts[LONG].last()[2:3],
       ["SNI " + LONG + ".live.example"])
h.same("nothing more after an injection", hosts["inject"].last(),
       [EHLO, "STARTTLS"])
h.same("what is refused is left politely", hosts["refuse"].last(), ["QUIT"])
h.same("no TLS", hosts["hello"].last(), [
    EHLO, "HELO " + socket.gethostname(), "QUIT"])

# --timeout holds, also for who never stops talking.
for name, timeout, code, words in (
        ("full", 1, 75, "198.18.0.251: no connection: Connection timed out"),
        ("mute", 1, 2, AT["mute"] + NOT + ": conversation timed out while "
         "receiving the initial server greeting"),
        ("mute-tls", 1, 2, AT["mute-tls"] + NOT + ": conversation timed out "
         "while receiving the STARTTLS response"),
        ("mute-hello", 1, 0, AT["mute-hello"] + ": mail would be delivered "
         "without TLS: conversation timed out while performing the TLS "
         "handshake"),
        # it talks at once, and would not stop
        ("flood", 15, 0, AT["flood"] + ": mail would be delivered without TLS: "
         "Cannot start TLS: handshake failure (")):
    begin = time.monotonic()
    got, out, _ = run("--timeout", str(timeout),
                      "to-%s.live.example" % name)
    took = time.monotonic() - begin
    # the default would be 30
    h.check("%s: in time" % name, took < 30, took)
    h.check("%s: not before its time" % name, name == "flood" or
            took >= timeout, took)
    h.check("%s: %s" % (name, words), got == code and words in out, (got, out))
expect("all at once", "--timeout 10 to-three.live.example", 0, [
    "busy.live.example (10)" + NOT, "mute.live.example (10)" + NOT,
    "two.live.example (30)" + IS, HALF_END % 3])

begin = time.monotonic()
expect("two that say nothing cost the time of one",
       "--timeout 15 to-mutes.live.example", 2, [
           "mute.live.example (10)" + NOT, "mute-tls.live.example (10)" + NOT,
           BAD_END])
took = time.monotonic() - begin
h.check("two that say nothing: in time", took < 30, took)

# Ports: TLSA records are those of the next hop's.
for args, port, code in (("[ports.live.example]", "ports", 0),
                         ("[ports.live.example]:2525", "2525", 2),
                         ("to-ports.live.example:2525", "2525", 2),
                         ("--port 2525 to-ports.live.example", "2525", 0),
                         ("--port 25 [ports.live.example]:2525", "ports", 2)):
    before = len(hosts[port].sessions)
    expect(args, args, code, [GOOD_END if code == 0 else BAD_END])
    h.check(args + ": that server", len(hosts[port].sessions) > before)

# Families, maps, several domains.
HERE = ["198.18.0.240" + IS + ": " + TRUSTED]
THERE = ["fd00:198::1" + IS + ": " + TRUSTED]
if ipv6:
    expect("both", "to-both.live.example", 0, HERE + THERE)
    expect("IPv6", "--ipv6 to-both.live.example", 0, THERE, ["198.18.0.240"])
expect("IPv4", "--ipv4 to-both.live.example", 0, HERE, ["fd00:198::1"])
expect("what keeps mail from a host comes before its address",
       "--ipv6 sts-partly.post.example", 75, [
           "p1.post.example (10): gets no mail: no TLSA records found",
           "d1.post.example (20): gets no mail: no address of the requested family",
           HALF_KNOWN % (1, 2)])
expect("the largest numbers", "--port 65535 --timeout 600 "
       "to-nobody.live.example", 75, [NOWHERE])
expect("no IPv6", "--ipv6 dane.post.example", 75, [
    "d1.post.example (10): gets no mail: no address of the requested family",
    NOWHERE])
expect("older Postfix delivers to a host that is not named",
       "--map QUERY sts-rogue.post.example", 0, [
           "QUERY: OK secure match=s1.post.example servername=hostname",
           "the MTA-STS policy does not name this MX host; other senders, and "
           "newer Postfix with TLSRPT, skip it", GOOD_END])
expect("older Postfix takes any name of the policy", "--map QUERY f.live."
       "example", 2, ["the certificate must be issued by a trusted CA, for "
                      ".live.example", "or mx.other.example", BAD_END])
expect("with TLSRPT it does not",
       "--map QUERYwithTLSRPT sts-rogue.post.example", 2, [BAD_END],
       ["198.18.0.10"])
expect("an MX of a number, by the name of another",
       "--map QUERY d.live.example", 2, [
           "198.18.0.8%s: %sissuer not trusted" % (NOT, NO_TRUST)])
code, out, _ = run("fail-fetch.post.example", settings=("sts-failure=defer",))
h.check("while mail is deferred nobody is connected to", code == 75 and
        "s1.post.example (10): gets no mail: mail is deferred until the policy "
        "is known\n  Mail would be deferred until the policy is known.\n" in
        out, (code, out))
expect("no next hop", "[198.18.0.1]", 75, [UNKNOWN])
code, out, _ = run("-", stdin="dane.post.example # and\nto-far.live.example\n"
                   "to-refuse.live.example")
h.same("several, by standard input", (code, re.findall(r"(?m)^\S+", out)), (
    75, ["dane.post.example", "to-far.live.example",
         "to-refuse.live.example"]))
p = subprocess.run([h.MXPOLICY] + h.options("") + ["verify", "-"],
                   stdin=os.open("/", os.O_RDONLY), stderr=subprocess.PIPE)
h.check("standard input cannot be read", p.returncode == 69 and
        b"Is a directory" in p.stderr, (p.returncode, p.stderr))
expect("the largest counts", "dane.post.example to-refuse.live.example "
       "none.post.example", 2, [GOOD_END, BAD_END, GOOD_END])

# The object: mxpolicy-json(5).
FATE = (bool, type(None))
FORMS = {
    "": {"schema": str, "next_hop": str, "map": str, "reply": str,
         "port": int, "delivered": FATE, "hosts": list},
    "hosts": {"name": str, "preference": int, "state": str, "needs": str,
              "why": str, "delivered": FATE, "sni": str, "names": list,
              "addresses": list},
    "addresses": {"address": str, "delivered": FATE, "why": str,
                  "starttls": bool, "log": str, "tls": str, "cipher": str,
                  "certificates": list, "tlsa": list},
    "certificates": {"subject": str, "issuer": str, "names": list,
                     "begins": int, "expires": int},
    "tlsa": {"text": str, "usable": bool, "passed_over": bool,
             "matches": bool}}
MAY_LACK = {"preference", "sni", "log", "tls", "cipher", "certificates",
            "tlsa"}


def check_form(kind, item):
    form = FORMS[kind]
    h.check("members of %s" % (kind or "the object"),
            set(form) - MAY_LACK <= set(item) <= set(form), item)
    for name, value in item.items():
        h.check("type of %s" % name, isinstance(value, form[name]), value)
        for below in value if name in FORMS else []:
            check_form(name, below)


def one_host(o):
    host = o["hosts"][0]
    return (o["delivered"], host["state"], host["needs"], host["delivered"],
            host.get("sni"))


domains = ["to-two.live.example", "sts.post.example",
           "none-notls.post.example", "to-ta-name.live.example",
           "to-nobody.live.example", "sts-rogue.post.example",
           "[d1.post.example]:25", "mx-bogus.example", "nullmx.example",
           "[198.18.0.1]", "to-evil.live.example", "to-tls12.live.example",
           "to-broken.live.example", "to-some.live.example",
           "to-agile.live.example", "to-names-many.live.example"]
code, out, err = run("--json", *domains)
h.same("JSON: exit code", (code, err), (75, ""))
h.check("no control characters", not re.search("[\0-\x09\x0b-\x1f]", out), out)
objects = [json.loads(line) for line in out.splitlines()]
h.same("an object for each", [o["next_hop"] for o in objects], domains)
for o in objects:
    check_form("", o)
    h.same("schema", o["schema"], "verify-1")
(two, sts, plain, name, nobody, rogue, smart, temp, null, none, _,
 tls12, broken, some, agile, many) = objects
h.same("DANE", one_host(two), (True, "U", "dane", True, "two.live.example"))
h.same("its names", two["hosts"][0]["names"],
       ["two.live.example", "to-two.live.example"])
h.same("TLSA", sorted((t["text"], t["matches"]) for t in
                      two["hosts"][0]["addresses"][0]["tlsa"]),
       sorted([(EE, True), (WRONG, False)]))
h.same("MTA-STS", one_host(sts), (True, "N", "pkix", True, "s1.post.example"))
x = sts["hosts"][0]["addresses"][0]
h.same("its address", (x["address"], x["starttls"], x["log"], x["tls"],
                       [c["subject"] for c in x["certificates"]]),
       ("198.18.0.6", True, "Verified", "TLS 1.3",
        ["CN=s1.post.example", "CN=ca of the test world"]))
h.same("its certificates' names and times", [
    (c["names"], c["begins"] < time.time(), c["expires"])
    for c in x["certificates"]],
    [(["s1.post.example", "s2.post.example"], True, FOREVER),
     ([], True, FOREVER)])
h.same("TLS 1.2", tls12["hosts"][0]["addresses"][0]["tls"], "TLS 1.2")
h.same("without TLS", plain["hosts"][0]["addresses"], [
    {"address": "198.18.0.9", "delivered": True, "starttls": False,
     "why": "STARTTLS is not offered"}])
h.same("STARTTLS that leads to no TLS", broken["hosts"][0]["addresses"][0]
       ["starttls"], True)
h.same("which TLSA can be used, and which are ignored", [
    sorted((t["text"], t["usable"], t["passed_over"])
           for t in o["hosts"][0]["addresses"][0]["tlsa"])
    for o in (some, agile)],
    [sorted([(EE, True, False), (UNUSABLE, False, False),
             (PRIVATE, False, False)]),
     sorted([(EE, True, True), (STRONG, True, False)])])
h.same("of many names, all", many["hosts"][0]["addresses"][0]
       ["certificates"][0]["names"], NAMES)
h.same("another name", one_host(name),
       (False, "U", "dane", False, "ta-name.live.example"))
h.same("not reached", one_host(nobody), (None, "N", "nothing", None, None))
h.same("not named", one_host(rogue), (False, "N", "skipped", False, None))
h.same("a smart host", (smart["port"], "preference" in smart["hosts"][0]),
       (25, False))
h.same("no hosts: not determined, none there, not looked up",
       [(o["delivered"], o["hosts"]) for o in (temp, null, none)],
       [(None, []), (False, []), (None, [])])

# Dates are judged by the lifetime unless --days says otherwise.
h.check("a certificate of three days that is new is no matter",
        "expires on" not in run("to-soon.live.example")[1])
# A record that would match stands beside one that does not.
out = run("to-two.live.example")[1]
found = re.findall(r"one that matches: (3 1 1 [0-9a-f ]+)\n", out)
h.same("a digest that would match", [
    re.sub(r"(?<=[0-9a-f]{32}) ", "", text) for text in found], [EE.lower()])
# One line for each.
for hop, code, words in (
        ("dane.post.example", 0, "delivered\t1/1"),
        ("to-nobody.live.example", 75,
         "unknown\t0/1\tno connection: Connection refused"),
        ("to-late.live.example", 2, "refused\t0/1\thost refused to talk to "
         "me: 554 not you")):
    got, out, err = run("--brief", hop)
    h.same("--brief %s" % hop, (got, out.startswith("%s\t%s" % (
        hop, words.split("\t")[0])), out.count("\n")), (code, True, 1))

# On a terminal: a tree, colours unless NO_COLOR, and 80 columns.
for no_color in (False, True):
    env = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
    env.pop("NO_COLOR", None)
    if no_color:
        env["NO_COLOR"] = "1"
    out = h.on_terminal(
        [h.MXPOLICY] + h.options("") + ["verify", "--days", "4"] + [
            "to-%s.live.example" % n for n in (
                "two", "soon", "ta-name", "agile", "many", "late")] +
        ["sts.post.example", "sts-second.post.example"], env)
    h.check("a tree is drawn", "├─ " in out and "└─ " in out, out)
    h.same("colours, NO_COLOR %s" % no_color, "\033[" in out, not no_color)
    for colour, words in (("32", "matches\033"), ("33", tlsa(WRONG)),
                          ("33", "certificate CN=soon.live.example"),
                          ("31", "ta-name.live.example (10)" + NOT)):
        h.same("colour of %s, NO_COLOR %s" % (words, no_color), bool(re.search(
            r"\033\[%sm[^\n]*" % colour + re.escape(words), out)),
            not no_color)
    plain = re.sub(r"\033\[[0-9;]*m", "", out)
    h.check("no line is longer than 80 columns",
            max(len(line) for line in plain.splitlines()) <= 80, plain)

# The command line.
for args, words in (
        ("", "no DOMAIN given"), ("--map nosuch a.example",
                                "there is no map nosuch"),
        ("--days 0 a.example", "--days must be a number from 1 to 3650, not 0"),
        ("--port 0 a.example", "--port must be a number from 1 to 65535, not 0"),
        ("--port 65536 a.example", "not 65536"),
        ("--port smtp a.example", "not smtp"),
        ("--timeout 0 a.example",
         "--timeout must be a number of seconds from 1 to 600, not 0"),
        ("--timeout 601 a.example", "not 601"),
        ("--timeout 1s a.example", "not 1s"),
        ("--ipv5 a.example", "unknown option --ipv5"),
        ("--timeout", "--timeout needs a value")):
    code, out, err = run(*args.split())
    h.check("verify %s: EX_USAGE and clear words" % args,
            code == 64 and words in err and out == "", (code, out, err))
code, out, err = run("dane.post.example", settings=("ca-file=/nonexistent",))
h.check("without authorities DANE is judged all the same", code == 0 and
        "cannot read the certificate authorities of /nonexistent: " in err, (code, err))
err = run("none.post.example", settings=("ca-file=/dev/null",))[2]
h.check("a file without an authority is not taken for one with some",
        "cannot read the certificate authorities of /dev/null: " in err, err)
out = run("none.post.example", settings=("ca-file=/nonexistent",))[1]
h.check("without authorities a certificate is not trusted, but not none",
        "198.18.0.5%s: %s" % (IS, UNTRUSTED) in out, out)

# No server was told more than it takes to know.
said = {line.split(" ")[0] for host in hosts.values()
        for session in host.sessions for line in session}
h.same("all that was said", sorted(said),
       ["EHLO", "HELO", "QUIT", "SNI", "STARTTLS", "end", "no"])
h.done()
