# trust_ad: dnssec = trust-ad: a resolver on this machine validates, and the AD
# bit of its answers is believed, of nobody else's.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import subprocess
import harness as h

LANES = 12
AD = "dnssec=trust-ad"
RESOLVER = "resolver=127.1.0.53"
PROXY = "127.1.0.57"
# A validator that is not ours knows no names that exist only here, beside
# those that the setting local-zones is for.
TEMP = "TEMP "


def rules(*lines):
    with open(os.path.join(h.WORLD, "dns.d", PROXY), "w") as f:
        f.writelines(line + "\n" for line in lines)


def lane(rows, column, map_name):
    with h.Session("", AD, RESOLVER, "https-timeout=12", "answer-timeout=80",
                   stderr=subprocess.DEVNULL) as s:
        return [(row, s.ask(row[1], map_name), row[column]) for row in rows]


def ask(key, *settings):
    with h.Session("", AD, *settings, stderr=subprocess.DEVNULL) as s:
        return s.ask(key)


def run(*args):
    p = subprocess.run([h.MXPOLICY] + h.options("", AD, *args[:-1]) +
                       args[-1].split(), stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    return p.returncode, p.stdout.decode()


# Each case of the world has the reply that it has when we validate; a reason
# may be another one.
table = list(h.cases())
h.check("there are at least 40 cases", len(table) >= 40, len(table))
for column, map_name in ((2, "QUERY"), (3, "QUERYwithTLSRPT")):
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        for done in [pool.submit(lane, table[i::LANES], column, map_name)
                     for i in range(LANES)]:
            for row, reply, wanted in done.result():
                h.check("%s (%s, %s)" % (row[0], row[1], map_name),
                        reply.startswith(TEMP) if wanted.startswith(TEMP)
                        else h.matches(reply, wanted),
                        "got %r, wanted %r" % (reply, wanted))

# libunbound is not in the way of the answers: it is not even asked.
mark = h.Mark()
h.same("over the resolver of this machine", ask("all-u.example", RESOLVER),
       "OK dane-only")
h.check("which is asked for the names", mark.dns("all-u.example", "MX") > 0)
h.same("and not for keys of zones", mark.dns("example", "DNSKEY"), 0)

# SERVFAIL of a validating resolver is not "absent".
for key in ("bogus.example", "expired.example", "badds.example"):
    h.check("does not validate there: " + key,
            ask(key, RESOLVER).startswith(TEMP))

# Without the bit nothing is secure, and a resolver that never has it is named.
for name, address, lines in (
        ("a resolver that does not validate", "127.1.0.54", None),
        ("a proxy that takes the bit off", PROXY, ["ad none"]),
        ("one that copies it from the question", PROXY, ["ad copy"])):
    if lines:
        rules(*lines)
    reply = ask("all-u.example", "resolver=" + address)
    h.check(name + ": DANE is never used, and nothing passes for absent",
            reply.startswith(TEMP), reply)
    status, out = run("resolver=" + address, "check")
    h.check(name + ": check says so", "does not validate" in
            " ".join(out.split()), out)
rules("ad none")
h.same("another one that validates is used", ask(
    "all-u.example", "resolver=%s, 127.1.0.53" % PROXY), "OK dane-only")

# Large answers come over TCP, and lost ones are asked for again.
rules("size 200")
h.same("over TCP", ask("all-u.example", "resolver=" + PROXY), "OK dane-only")
rules("servfail")
h.check("nobody answers: TEMP", ask(
    "good.example", "resolver=" + PROXY).startswith(TEMP))
rules()
h.same("then all is right", ask("good.example", "resolver=" + PROXY),
       "OK secure match=n1.example servername=hostname")
h.check("nobody listens", ask("good.example", "resolver=127.1.0.55",
                              "answer-timeout=10").startswith(TEMP))

# Off loopback it is refused.
for resolver in ("192.0.2.1", "127.1.0.53 192.0.2.1", "recursive",
                 "tls://127.1.0.53#resolver.example"):
    status, out = run("resolver=" + resolver, "query good.example")
    h.check("refused: " + resolver, status == 64 and
            "\"trust-ad\" is refused" in out, (status, out))
with h.Scratch() as scratch:
    conf = scratch.file("conf")
    with open(conf, "w") as f:
        f.write("resolver = 192.0.2.1\ndnssec = trust-ad\n")
    p = subprocess.run([h.MXPOLICY, "-c", conf, "check"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    h.check("check names the line", "conf:2: dnssec: \"trust-ad\" is refused"
            in " ".join(p.stdout.decode().split()), p.stdout.decode())

# What resolv.conf names elsewhere is validated as ever.
with open("/etc/resolv.conf.new", "w") as f:
    f.write("nameserver fd00::53\n")
os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")
if os.environ["WORLD_IPV6"] == "yes":
    mark = h.Mark()
    h.same("elsewhere: it is validated here", ask("all-u.example"),
           "OK dane-only")
    h.check("with the keys", mark.dns("example", "DNSKEY") > 0)
    status, out = run("check")
    h.check("and check says so", "does not hold for name server fd00::53" in
            " ".join(out.split()), out)
status, out = run(RESOLVER, "check")
h.check("check: who is believed", "(dnssec = trust-ad)" in
        " ".join(out.split()), out)
h.done()
