# verifyhosts: the mail hosts of the story verify, and the zone with them.
# SPDX-License-Identifier: MIT
import hashlib
import os
import ssl
import subprocess
import time
import harness as h
import mailhost
from mailhost import Host, make_chain

os.environ["TZ"] = "UTC"  # certtool takes dates for local ones
DAY = 86400
now = int(time.time())


def day(offset):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now + offset))


def public_key(name):
    with open(os.path.join(h.WORLD, "keys", name + ".der"), "rb") as f:
        return f.read()


def certificate(name):
    with open(os.path.join(mailhost.CERTS, name + ".pem")) as f:
        return ssl.PEM_cert_to_DER_cert(f.read())


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def live(host):
    return [host + ".live.example"]


UNTIL = 'expiration_date = "%s"'
GOOD = UNTIL % day(1000 * DAY)
OLD = ('activation_date = "%s"' % day(-60 * DAY), UNTIL % day(-30 * DAY))
EARLY = ('activation_date = "%s"' % day(30 * DAY), GOOD)
EE, WRONG, TA, INTER = [
    usage + sha256(public_key(key)) for usage, key in (
        ("3 1 1 ", "key"), ("3 1 1 ", "other"), ("2 1 1 ", "ca"),
        ("2 1 1 ", "other"))]
UNUSABLE, PRIVATE = "1" + EE[1:], "255" + EE[1:]
STRONG = "3 1 2 " + hashlib.sha512(public_key("other")).hexdigest()
LONG = ".".join(["l" * 60, "m" * 60, "n" * 60])
# 240 bytes each; of 16 and the blanks between 3855.
NAMES = ["%02d" % i + ".".join(["y" * 58] + ["y" * 59] * 3)
         for i in range(20)]
OLD_TLS = (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1)
TLS12 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
NO_TLS = b"this is no TLS at all\r\n"
BARE = {"behind": ()}

# The hosts of post.example: the last part of the address, the certificate.
POST = {1: "mail", 2: "mail", 3: "mail", 4: "mail", 5: "mail", 6: "mail-sni",
        7: "mail-wrong", 8: "mail-self", 9: None, 10: "mail-rogue",
        13: "mail-sni", 14: "mail"}

# Hosts of live.example: name, TLSA records (or what gives one once there are
# certificates), certificate, what is odd about it.  to-NAME is a domain of
# which it is the only MX host.
LIVE = [
    ("ee-old", [EE], ("ee-old", ["else.example"], *OLD), {}),
    ("ee-early", [EE], ("ee-early", live("ee-early"), *EARLY), {}),
    ("ee-cert", ["3 0 1 " + sha256(certificate("mail"))], ("mail",), {}),
    ("ta", [TA], ("ta", live("ta"), GOOD), {}),
    ("ta-domain", [TA], ("ta-domain", live("to-ta-domain"), GOOD), {}),
    ("ta-name", [TA], ("ta-name", ["else.example"], GOOD), {}),
    ("ta-old", [TA], ("ta-old", live("ta-old"), *OLD), {}),
    ("ta-ee-old", [TA, WRONG], ("ta-ee-old", live("ta-ee-old"), *OLD), {}),
    ("ta-bare", [TA], ("ta-bare", live("ta-bare"), GOOD), BARE),
    ("ta-full", ["2 0 0 " + certificate("ca").hex()],
     ("ta-full", live("ta-full"), GOOD), BARE),
    ("ta-key", ["2 1 0 " + public_key("ca").hex()],
     ("ta-key", live("ta-key"), GOOD), BARE),
    ("ta-key-old", ["2 1 0 " + public_key("ca").hex()],
     ("ta-key-old", live("ta-key-old"), *OLD), BARE),
    ("ta-key-early", ["2 1 0 " + public_key("ca").hex()],
     ("ta-key-early", live("ta-key-early"), *EARLY), BARE),
    ("ta-other-key", ["2 1 0 " + public_key("other").hex()],
     ("ta-other-key", live("ta-other-key"), GOOD), {}),
    ("leaf-twice", ["2 1 1 " + sha256(public_key("key"))],
     ("leaf-twice", live("leaf-twice"), GOOD),
     {"behind": ("leaf-twice", "ca")}),
    ("leaf-full", [lambda: "2 0 0 " + certificate("leaf-full").hex()],
     ("leaf-full", live("leaf-full"), GOOD), {}),
    ("ee-ca", ["3" + TA[1:]], ("mail",), {}),
    ("ee-odd", [WRONG, "3 2 1 " + sha256(public_key("key")),
                "3 1 3 " + hashlib.sha512(public_key("key")).hexdigest()],
     ("mail",), {}),
    ("inter", [INTER], ("inter-leaf", live("*"), GOOD),
     {"ca": "inter", "behind": ("inter", "ca")}),
    ("inter-root", [TA], ("inter-leaf",), {"behind": ("inter", "ca")}),
    ("inter-alone", [INTER], ("inter-leaf",), {"behind": ("inter",)}),
    ("inter-mixed", [TA], ("inter-leaf",), {"behind": ("ca", "inter")}),
    ("inter-key", ["2 1 0 " + public_key("ca").hex()], ("inter-leaf",),
     {"behind": ("inter",)}),
    ("ta-agile", [TA, "2" + STRONG[1:]],
     ("ta-agile", live("ta-agile"), GOOD), {}),
    ("cn", [TA], ("cn", [], GOOD), {"cn": "cn.live.example"}),
    ("cn-ip", [TA], ("cn-ip", [], GOOD, 'ip_address = "192.0.2.1"'),
     {"cn": "cn-ip.live.example"}),
    ("cn-else", [TA], ("cn-else", ["else.example"], GOOD),
     {"cn": "cn-else.live.example"}),
    ("cn-wrong", [TA], ("cn-wrong", [], GOOD), {"cn": "else.example"}),
    ("name-long", [TA], ("name-long", [".".join(["x" * 60] * 19)] +
                         live("name-long"), GOOD), {"cn": "x"}),
    ("names-many", [], ("names-many", NAMES, GOOD), {"cn": "x"}),
    ("full-long", [lambda: "3 0 0 " + certificate("full-long").hex()],
     ("full-long", [n.replace("y", "z") for n in NAMES] + NAMES, GOOD),
     {"cn": "x"}),
    ("client", [TA], ("client", live("client"), GOOD),
     {"purpose": "tls_www_client"}),
    ("two", [WRONG, EE], ("mail",), {}),
    ("some", [UNUSABLE, EE, PRIVATE], ("mail",), {}),
    ("unusable", [UNUSABLE], ("mail",), {}),
    ("tls-broken", [UNUSABLE], ("mail",), {"instead_of_tls": NO_TLS}),
    ("any-old", [], ("any-old", live("any-old"), *OLD), {}),
    ("implied-to", [], ("implied-to", live("implied-to"), GOOD), {}),
    ("agile", [EE, STRONG], ("mail",), {}),
    ("agile-other", [EE, "2" + STRONG[1:], "3 0" + STRONG[3:], STRONG[:-2]],
     ("mail",), {}),
    ("agile-full", ["3 1 0 " + public_key("key").hex(), STRONG],
     ("mail",), {}),
    ("dane-plain", [EE], None, {}),
    ("dane-broken", [EE], ("mail",), {"instead_of_tls": NO_TLS}),
    ("dane-late", [EE], ("mail",), {"TLS EHLO": ""}),
    ("dane-ehlo", [EE], ("mail",), {"EHLO": "451 not in this way"}),
    ("dane-not-now", [EE], ("mail",), {"STARTTLS": "454 no TLS now"}),
    (LONG, [EE], ("mail",), {}),
    ("soon", [TA], ("soon", live("soon"), UNTIL % day(3 * DAY + 3600)), {}),
    ("evil", [], ("evil", ["a\x1b[31mb.example"], GOOD), {}),
    ("tls12", [], ("mail",), {"versions": TLS12}),
    ("asks", [], ("mail",), {"ask": True}),
    ("refuse", [], ("mail",), {"greeting": "554-go\r\n554 away \x1b[31m\xe9"}),
    ("busy", [], ("mail",), {"EHLO": "421 later"}),
    ("hello", [], ("mail",), {"EHLO": "451 not in this way"}),
    ("mute", [], ("mail",), {"greeting": None}),
    ("mute-tls", [], ("mail",), {"STARTTLS": None}),
    ("mute-hello", [], ("mail",), {"instead_of_tls": None}),
    ("shut", [], ("mail",), {"greeting": ""}),
    ("cut", [], ("mail",), {"STARTTLS": ""}),
    ("not-now", [], ("mail",), {"STARTTLS": "454 no TLS now"}),
    ("inject", [], ("mail",), {"STARTTLS": "220 go ahead\r\n250-x"}),
    ("web", [], ("mail",), {"greeting": "HTTP/1.1 400 Bad Request"}),
    ("endless", [], ("mail",), {"greeting": "220-more\r\n" * 2000}),
    ("broken", [], ("mail",), {"instead_of_tls": NO_TLS}),
    ("flood", [], ("mail",), {"instead_of_tls": mailhost.ALERT,
                              "forever": True}),
    ("old-tls", [], ("mail",), {"versions": OLD_TLS}),
    ("late", [], ("mail",), {"TLS EHLO": "554 not you"}),
    ("alias-sts", [], ("alias-sts", live("alias"), GOOD), {}),
    ("sts-old", [], ("sts-old", live("sts-old"), *OLD), {}),
    ("sts-inter", [], ("inter-leaf",), {"behind": ("inter",)}),
]
AT = {row[0]: "198.18.0.%d" % (100 + i) for i, row in enumerate(LIVE)}
MORE = """nobody A 198.18.0.250
full A 198.18.0.251
far A 192.0.2.77
nowhere TXT "no address"
alias-dane CNAME ta
_25._tcp.alias-dane TLSA {wrong}
implied CNAME implied-to
_25._tcp.implied TLSA {ta}
alias-domain CNAME to-ta-domain
alias CNAME alias-sts
both A 198.18.0.240
both AAAA fd00:198::1
ports A 198.18.0.241
_25._tcp.ports TLSA {ee}
_2525._tcp.ports TLSA {wrong}
to-number MX 10 198.18.0.5.
to-half MX 10 nobody
to-half MX 20 two
to-three MX 10 busy
to-three MX 10 mute
to-three MX 30 two
to-mutes MX 10 mute
to-mutes MX 10 mute-tls
to-many MX 10 many
to-many MX 20 two
;@ repeat 201-205 many A 198.18.0.$
to-few MX 10 few
to-few MX 20 two
;@ repeat 201-204 few A 198.18.0.$
to-crowd MX 10 crowd
;@ repeat 201-239 crowd A 198.18.0.$
;@ repeat 201-270 _25._tcp.crowd TLSA {many}$
mixed A 198.18.0.240
mixed A 198.18.0.250
mixed A {busy}
mixed A {shut}
a MX 10 alias
b MX 10 sts-old
c MX 10 sts-inter
d MX 10 198.18.0.8.
e MX 10 unusable
e MX 20 two
f MX 10 broken""".format(ee=EE, wrong=WRONG, ta=TA, many=EE[:-3],
                         busy=AT["busy"], shut=AT["shut"])


def set_zone():
    lines = MORE.splitlines()
    lines += ["to-%s MX 10 %s" % (name, name) for name in (
        "nobody", "full", "far", "nowhere", "alias-dane", "both", "ports",
        "mixed")]
    for name, records, _, _ in LIVE:
        lines += ["%s A %s" % (name, AT[name]),
                  "to-%s MX 10 %s" % (name[:40], name)]
        lines += ["_25._tcp.%s TLSA %s" % (name, r() if callable(r) else r)
                  for r in records]
    for letter in "abcdef":
        host = "mta-sts.%s.live.example" % letter
        lines += ['_mta-sts.%s TXT "v=STSv1; id=1;"' % letter,
                  "mta-sts.%s A 203.0.113.10" % letter]
        with open(os.path.join(h.WORLD, "https.d", host), "w") as f:
            f.write("version: STSv1\nmode: enforce\nmx: *.live.example\n"
                    "mx: mx.other.example\nmax_age: 86400\n")
    subprocess.run([h.world_tool("zone-set")], check=True,
                   input="\n".join(lines).encode())


def start_hosts():
    hosts = {}
    mailhost.make_intermediate()
    for number, name in POST.items():
        behind = () if name == "mail-self" else ("ca",)
        hosts[number] = Host("198.18.0.%d" % number,
                             name and make_chain(name, behind=behind))
    for name, _, cert, odd in LIVE:
        how = {k: odd[k] for k in ("ca", "behind", "cn", "purpose")
               if k in odd}
        hosts[name] = Host(AT[name], cert and make_chain(*cert, **how),
                           **{k: odd[k] for k in odd if k not in how})
    mail = make_chain("mail")
    hosts["both"] = Host("198.18.0.240", mail)
    hosts["ports"] = Host("198.18.0.241", mail)
    hosts["2525"] = Host("198.18.0.241", mail, port=2525)
    return hosts


def start():
    """The hosts by name, those of post.example by the last part of the
    address; and whether there is IPv6."""
    mailhost.add_address("198.18.0.0/24")
    ipv6 = mailhost.add_address("fd00:198::1/128")
    hosts = start_hosts()
    if ipv6:
        hosts["both6"] = Host("fd00:198::1", make_chain("mail"))
    hosts["full"] = mailhost.Full("198.18.0.251")
    set_zone()
    return hosts, ipv6
