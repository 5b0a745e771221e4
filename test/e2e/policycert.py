# policycert: which certificates of a policy host are good, the words for each
# that is not, and that such a host gets no request.
# SPDX-License-Identifier: MIT
import ctypes
import glob
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import harness as h
import mailhost
from mailhost import CERTS, make_chain

build = mailhost.build
ADDRESS = "203.0.113.20"
STAPLERS = "203.0.113.%d"
POLICY = "version: STSv1\r\nmode: enforce\r\nmx: n1.example\r\n" \
    "max_age: 604800\r\n"
ANSWER = ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
          "Content-Length: %d\r\nConnection: close\r\n\r\n%s" %
          (len(POLICY), POLICY))
OLD = ('activation_date = "2020-01-01 00:00:00"',
       'expiration_date = "2020-04-01 00:00:00"')
EARLY = ('activation_date = "2048-01-01 00:00:00"',
         'expiration_date = "%s"' % build.FOREVER)
GOOD = ('expiration_date = "%s"' % build.FOREVER,)
ANY = "key_purpose_oid = 2.5.29.37.0"
CLIENT, SERVER = "tls_www_client", "tls_www_server"
# for openssl(1) alone: there is no other way to make an old staple
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
A_MONTH_AGO = time.strftime("%Y-%m-%d %H:%M:%S",
                            time.gmtime(time.time() - 30 * 86400))
MUST_STAPLE = GOOD + ("tls_feature = 5",)


def make_authority(name, *lines, ca="ca"):
    """An authority below another one, with the key of "other"."""
    with open(os.path.join(CERTS, name + ".tmpl"), "w") as f:
        f.write('cn = "%s"\nexpiration_date = "%s"\n%s\n' % (
            name, build.FOREVER, "\n".join(lines)))
    build.certtool(CERTS, "--generate-certificate", "--template",
                   name + ".tmpl", "--load-privkey", "other.priv",
                   "--outfile", name + ".pem", "--load-ca-certificate",
                   ca + ".pem", "--load-ca-privkey", ca + ".priv")
    shutil.copy(os.path.join(CERTS, "other.priv"),
                os.path.join(CERTS, name + ".priv"))


AUTHORITY = ("ca", "cert_signing_key")
make_authority("i-plain", *AUTHORITY)
make_authority("i-server", *AUTHORITY, SERVER)
make_authority("i-client", *AUTHORITY, CLIENT)
make_authority("i-any", *AUTHORITY, ANY)
make_authority("i-noca", "signing_key")
make_authority("i-other", *AUTHORITY, "nc_permit_dns = other.example")
make_authority("i-old", *AUTHORITY)
with open(os.path.join(CERTS, "sha1.tmpl"), "w") as f:
    f.write("signing_key\n")

# What it is, a word of the reason ("" is good), the host's certificate: what
# differs from a good one.  NAME stands for the policy host.
ROWS = [
    ("as it should be", "", {}),
    ("upper case", "", {"hosts": ["MTA-STS.%s.LIVE.example"]}),
    ("the name among others", "", {"hosts": ["else.example", "NAME"]}),
    ("a wildcard", "", {"hosts": ["*.%s.live.example"]}),
    ("a wildcard that is two labels short", "it is not for mta-sts.",
     {"hosts": ["*.live.example"]}),
    ("a wildcard that is part of a label", "it is not for mta-sts.",
     {"hosts": ["mta-*.%s.live.example"]}),
    ("a wildcard inside", "it is not for mta-sts.",
     {"hosts": ["mta-sts.*.live.example"]}),
    ("another name", "it is not for mta-sts.", {"hosts": ["else.example"]}),
    ("the domain without its prefix", "it is not for mta-sts.",
     {"hosts": ["%s.live.example"]}),
    ("a common name alone", "it has no dNSName for", {"hosts": [], "cn": "NAME"}),
    ("an address alone", "it has no dNSName for",
     {"hosts": [], "lines": GOOD + ('ip_address = "%s"' % ADDRESS,)}),
    ("the name as an e-mail address", "it has no dNSName for", {
        "hosts": [], "lines": GOOD + ('email = "a@NAME"',)}),
    ("expired", "expired", {"lines": OLD}),
    ("not yet in force", "not yet valid", {"lines": EARLY}),
    ("signed by itself", "issuer not trusted", {"ca": None}),
    ("of an unknown authority", "issuer not trusted",
     {"ca": "other", "behind": ("other",)}),
    ("for clients", "not for servers", {"purpose": CLIENT}),
    ("for clients and servers", "", {"purpose": CLIENT + "\n" + SERVER}),
    ("for any use", "", {"purpose": ANY}),
    ("for mail and code", "not for servers",
     {"purpose": "email_protection_key\ncode_signing_key"}),
    ("without extended key usage", "", {"purpose": ""}),
    ("a critical extension that nobody knows", "unknown critical extension",
     {"lines": GOOD + ('add_critical_extension = "1.2.3.4 0x0500"',)}),
    ("below an intermediate", "", {"ca": "i-plain"}),
    ("an intermediate for servers", "", {"ca": "i-server"}),
    ("an intermediate for any use", "", {"ca": "i-any"}),
    ("an intermediate for clients", "not for servers", {"ca": "i-client"}),
    ("an intermediate that is no authority", "issuer is not a CA",
     {"ca": "i-noca"}),
    ("an intermediate for other names", "constraints violated",
     {"ca": "i-other"}),
    ("an intermediate that is not sent", "issuer not trusted",
     {"ca": "i-plain", "behind": ()}),
    ("an intermediate for clients that is not on the way", "",
     {"behind": ("i-client",)}),
    ("more than anybody sends", "more than 16",
     {"behind": ("ca",) * 16}),
    ("a staple is demanded and there is none", "demands", {
        "lines": MUST_STAPLE}),
]


def host_of(domain):
    return "mta-sts.%s.live.example" % domain


def make_row(domain, row):
    """The chain of a row."""
    more = dict(row[2])
    hosts = [name.replace("NAME", host_of(domain)).replace("%s", domain)
             for name in more.pop("hosts", ["NAME"])]
    lines = [line.replace("NAME", host_of(domain))
             for line in more.pop("lines", GOOD)]
    ca = more.pop("ca", "ca")
    behind = more.pop("behind", (ca,) if ca and ca != "ca" else ())
    if more.get("cn"):
        more["cn"] = host_of(domain)
    return make_chain("x-" + domain, hosts, *lines, ca=ca, behind=behind,
                      **more)


class PolicyHost:
    """TLS with the certificate of the name that is asked for.  `requests` has
    the hosts that were sent a request."""

    def __init__(self, chains):
        self.requests = []
        self.contexts = {}
        for host, chain in chains.items():
            self.contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.contexts[host].load_cert_chain(chain)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(list(chains.values())[0])
        self.context.sni_callback = self.choose
        self.listener = socket.create_server((ADDRESS, 443), backlog=100)
        threading.Thread(target=self.accept, daemon=True).start()

    def choose(self, sock, name, _):
        sock.context = self.contexts[name]

    def accept(self):
        while True:
            conn = self.listener.accept()[0]
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        conn.settimeout(h.PATIENCE)
        try:
            tls = self.context.wrap_socket(conn, server_side=True)
            request = tls.recv(4096)
            if request:
                self.requests += re.findall(rb"Host: (\S+)", request)
                tls.sendall(ANSWER.encode())
            tls.close()
        except OSError:
            conn.close()


def curl_asks_for_staples():
    """Newer ones do not, see src/lookup/httpsxfer.c; nor does one with
    OpenSSL."""
    if b"libcurl-gnutls" not in subprocess.run(
            ["ldd", h.RESOLVE], stdout=subprocess.PIPE).stdout:
        return False
    library = ctypes.CDLL("libcurl-gnutls.so.4")
    library.curl_version.restype = ctypes.c_char_p
    return int(re.search(rb"libcurl/(\d+)",
                         library.curl_version()).group(1)) < 8


def put_zone(domains):
    """domain: address"""
    lines = ["%s MX 10 n1.example.\n_mta-sts.%s TXT \"v=STSv1; id=1\"\n"
             "mta-sts.%s A %s" % (name, name, name, address)
             for name, address in domains.items()]
    subprocess.run([h.world_tool("zone-set")], input="\n".join(lines) + "\n",
                   text=True, check=True)


def reasons(scratch, domains):
    """domain: its reply, and the reason in the log."""
    found = {}
    with open(scratch.file("log"), "w+") as log:
        with h.Session("", stderr=log) as s:
            for domain in domains:
                reply = s.ask(domain + ".live.example")
                found[domain] = [reply, ""]
        log.seek(0)
        for line in log:
            m = re.search(r"lookup domain=(\S+)\.live\.example.*"
                          r"cause=(\S+) owner=domain.* reason=\"(.*)\"$", line)
            if m:
                found[m.group(1)][1] = m.group(2) + " " + m.group(3)
    return found


def check_row(name, word, seen):
    reply, reason = seen
    if word == "":
        h.check(name, reply.startswith("OK secure") and reason == "", seen)
    else:
        h.check(name, reply == "NOTFOUND " and word in reason and
                reason.startswith("https-certificate mta-sts."), seen)


def check_chains(scratch):
    chains = {}
    rows = {"n%d" % i: row for i, row in enumerate(ROWS)}
    for domain, row in rows.items():
        chains[host_of(domain)] = make_row(domain, row)
    server = PolicyHost(chains)
    put_zone({domain: ADDRESS for domain in rows})
    seen = reasons(scratch, rows)
    for domain, (name, word, _) in rows.items():
        if word == "demands" and not curl_asks_for_staples():
            continue
        check_row(name, word, seen[domain])
        if word != "":
            h.same("%s: no request" % name,
                   host_of(domain).encode() in server.requests, False)
    h.check("those that are good got one", len(server.requests) > 8,
            server.requests)


# ---- staples ----

STAPLES = [
    ("a staple that is good", "", GOOD, "V", "now"),
    ("a staple that has expired is ignored", "", GOOD, "V", "old"),
    ("a staple that says revoked", "revoked (OCSP)", GOOD, "R", "now"),
    ("revoked is for ever", "revoked (OCSP)", GOOD, "R", "old"),
    ("a staple of another authority is ignored", "", GOOD, "R", "other"),
    ("a staple is demanded and there", "", MUST_STAPLE, "V", "now"),
    ("demanded, and has expired", "the staple has expired",
     MUST_STAPLE, "V", "old"),
    ("demanded, and of another authority", "not signed by the issuer",
     MUST_STAPLE, "V", "other"),
    ("demanded, and nobody knows", "does not know the certificate",
     MUST_STAPLE, "", "now"),
]


def openssl(*args, env=None):
    p = subprocess.run(["openssl", *args], cwd=CERTS, env=env, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if p.returncode:
        raise SystemExit("openssl %s: %s" % (args, p.stdout))
    return p.stdout


def make_staple(scratch, name, status, how):
    """What the authority says of a certificate; "old": a month ago, "other":
    signed by one that did not issue it."""
    out = scratch.file(name + ".der")
    serial = openssl("x509", "-in", name + ".pem", "-noout",
                     "-serial").strip().partition("=")[2]
    with open(scratch.file("index"), "w") as f:
        if status:
            f.write("%s\t491231000000Z\t%s\t%s\tunknown\t/CN=x\n" % (
                status, "260101000000Z" if status == "R" else "", serial))
    openssl("ocsp", "-issuer", "ca.pem", "-cert", name + ".pem", "-reqout",
            scratch.file("request"), "-no_nonce")
    signer = "other" if how == "other" else "ca"
    env = None
    if how == "old":
        env = dict(os.environ, LD_PRELOAD=FAKETIME[0], TZ="UTC",
                   FAKETIME="@" + A_MONTH_AGO)
    openssl("ocsp", "-index", scratch.file("index"), "-CA", "ca.pem",
            "-rsigner", signer + ".pem", "-rkey", signer + ".priv",
            "-reqin", scratch.file("request"), "-respout", out,
            "-ndays", "7", env=env)
    return out


class Stapler:
    """openssl s_server: Python's ssl has no staples."""

    def __init__(self, scratch, address, chain, staple):
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", address + ":443", "-quiet",
             "-cert", chain, "-key", os.path.join(CERTS, "key.pem"),
             "-status_file", staple, "-HTTP"], cwd=scratch.path,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

        def listens():
            try:
                socket.create_connection((address, 443), 5).close()
            except OSError:
                return self.process.poll() is not None
            return True
        h.wait_until(listens)


def check_staples(scratch):
    os.makedirs(scratch.file(".well-known"))
    with open(scratch.file(".well-known/mta-sts.txt"), "w",
              newline="") as f:
        f.write(ANSWER)
    servers, zone = [], {}
    rows = [row for row in STAPLES if row[4] != "old" or FAKETIME]
    for i, (_, _, lines, status, how) in enumerate(rows):
        domain, address = "s%d" % i, STAPLERS % (30 + i)
        mailhost.add_address(address)
        chain = make_chain("x-" + domain, [host_of(domain)], *lines,
                           behind=())
        servers.append(Stapler(scratch, address, chain, make_staple(
            scratch, "x-" + domain, status, how)))
        zone[domain] = address
    put_zone(zone)
    seen = reasons(scratch, zone)
    for i, (name, word, _, _, _) in enumerate(rows):
        # One that has not asked may get a staple all the same, or not.
        if word == "" or curl_asks_for_staples():
            check_row(name, word, seen["s%d" % i])
    for server in servers:
        server.process.kill()
        server.process.wait()


# ---- the authorities ----

def check_authorities(scratch):
    """They are read anew when their file changes; what cannot be read is not
    the domain's fault."""
    with open(os.environ["WORLD_CA"]) as f:
        good = f.read()
    with open(os.path.join(CERTS, "other.pem")) as f:
        other = f.read()
    path = scratch.file("ca.pem")

    def put(text):
        with open(path + ".new", "w") as f:
            f.write(text)
        os.rename(path + ".new", path)
    put(good)
    domains = ["n%d.live.example" % i for i, row in enumerate(ROWS)
               if row[1] == ""]

    def ask():
        return s.ask(domains.pop())  # none twice: it would be remembered
    with h.Session("", "ca-file=" + path, stderr=subprocess.DEVNULL) as s:
        h.check("the right authority", ask().startswith("OK secure"))
        put(other)
        h.same("another file, the same process", ask(), "NOTFOUND ")
        put(good)
        h.check("the right one again", ask().startswith("OK secure"))
        for name, text in (("no certificate in it", "nothing\n"),
                           ("an empty file", "")):
            put(text)
            reply = ask()
            h.check(name, reply.startswith("TEMP ") and
                    "certificate authorities cannot be read" in reply, reply)
        os.unlink(path)
        reply = ask()
        h.check("no file", reply.startswith("TEMP "), reply)
        put(good)
        h.check("and it is back", ask().startswith("OK secure"))


mailhost.add_address(ADDRESS)
if not FAKETIME:
    print("libfaketime is missing (package libfaketime): no old staples")
with h.Scratch() as scratch:
    check_chains(scratch)
    check_authorities(scratch)
    check_staples(scratch)
subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
h.done()
