# share_tls: rediss://, and with whom share does not speak.
# SPDX-License-Identifier: MIT
import json
import os
import socket
import subprocess
import sys
import threading
import time

import fleet
import harness as h

sys.path.append(os.path.join(h.SOURCE, "test", "world"))
import build  # noqa: E402

fleet.need_share()
fleet.for_each_server()

PLAIN = "OK secure match=load-plain.post.example servername=hostname"
IP = ('expiration_date = "2049-12-31 00:00:00"', 'ip_address = "127.0.0.1"')
numbers = iter(range(100))


def is_possible(scratch):
    """Debian 12's hiredis has no TLS: then share says so, and ends."""
    with fleet.Share(scratch.file("possible"), "shared-cache=rediss://[::1]",
                     "shared-cache-key=" + fleet.key_file(scratch),
                     "shared-cache-ca=/nonexistent") as s:
        p = subprocess.run([fleet.SHARE] + s.args, stdin=s.socket,
                           stderr=subprocess.PIPE)
    h.same("what cannot be is refused", p.returncode, 78)
    if b"has no TLS" in p.stderr:
        return False
    h.check("a CA that is not there is named", b"/nonexistent" in p.stderr,
            p.stderr)
    return True


def certificates(scratch):
    """A CA and another one, and certificates of ours by the name of a case."""
    os.mkdir(scratch.file("keys"))
    certs = scratch.file("certs")
    os.mkdir(certs)
    build.make_keys(scratch.path)
    build.make_ca(certs, "ca")
    build.make_ca(certs, "other")
    build.make_cert(certs, "address", [], lines=IP, cn="store")
    build.make_cert(certs, "name", ["localhost"])
    build.make_cert(certs, "another", ["store.example"])
    build.make_cert(certs, "subject", [], cn="localhost", lines=[
        'expiration_date = "2049-12-31 00:00:00"'])
    build.make_cert(certs, "stranger", ["localhost"], "other")
    build.make_cert(certs, "self", ["localhost"], None)
    build.make_cert(certs, "old", ["localhost"], lines=[
        'activation_date = "2020-01-01 00:00:00"',
        'expiration_date = "2020-04-01 00:00:00"'])
    build.make_cert(certs, "client", ["relay.example"],
                    purpose="tls_www_client")
    with open(os.path.join(certs, "with-key"), "w") as f:
        for part in ("client.pem", "key.pem"):
            f.write(open(os.path.join(certs, part)).read())
    return certs


class Tls(fleet.Redis):
    """A server that speaks TLS on another port as well."""

    def __init__(self, scratch, certs, cert, clients="no"):
        self.tls = fleet.free_port()
        super().__init__(
            scratch, "--tls-port", str(self.tls),
            "--tls-cert-file", "%s/%s.pem" % (certs, cert),
            "--tls-key-file", certs + "/key.pem",
            "--tls-ca-cert-file", certs + "/ca.pem",
            "--tls-auth-clients", clients)


def says(host):
    """What mxpolicy check tells of the store."""
    p = subprocess.run([h.MXPOLICY] + h.options(host.cache, *host.settings) +
                       ["check", "--json"], stdout=subprocess.PIPE)
    for line in p.stdout.decode().splitlines():
        found = json.loads(line)
        if found.get("item") == "share-answer":
            return found["state"], found["text"]
    return None, p.stdout


def look(scratch, certs, what, name, cert, wanted, *more, clients="no"):
    """wanted: None where it is to be used, else a word of why it is not."""
    with Tls(scratch, certs, cert, clients) as redis, \
            fleet.Host(scratch, "h%d" % redis.port,
                       "shared-cache=rediss://%s:%d" % (name, redis.tls),
                       "shared-cache-key=" + fleet.key_file(scratch),
                       "shared-cache-ca=%s/ca.pem" % certs, *more) as host:
        domain = "m%03d.load.example" % next(numbers)
        h.same("the answer: " + what, host.ask(domain), PLAIN)
        if wanted is None:
            h.check("it is shared: " + what, h.wait_until(
                lambda: redis.say("EXISTS", fleet.RECORD + domain) == 1))
            h.same("check is content: " + what, says(host)[0], "good")
            return
        told = h.wait_until(lambda: wanted in says(host)[1])
        state, text = says(host)
        h.check("check says why: " + what, told and state == "warning",
                (state, text))
        h.same("and nothing was sent: " + what, redis.say("DBSIZE"), 0)


def hung(scratch, settings):
    """It accepts, and never says a word of TLS; or says one of its own."""
    for what, word in (("hangs", b""), ("speaks no TLS", b"-ERR no\r\n")):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            kept = []

            def accept():
                while True:
                    try:
                        kept.append(listener.accept()[0])
                        kept[-1].sendall(word)
                    except OSError:
                        return
            threading.Thread(target=accept, daemon=True).start()
            port = listener.getsockname()[1]
            with fleet.Host(scratch, "hung%d" % port,
                            "shared-cache=rediss://localhost:%d" % port,
                            *settings) as host:
                times = []
                for _ in range(4):
                    began = time.monotonic()
                    h.same("a handshake that " + what, host.ask(
                        "m%03d.load.example" % next(numbers)), PLAIN)
                    times.append((time.monotonic() - began) * 1000)
                h.check("somebody came: " + what, kept)
                print("cold answers, a handshake that %s: %s ms" % (
                    what, ", ".join("%.0f" % t for t in times)))
            listener.shutdown(socket.SHUT_RDWR)
            for connection in kept:
                connection.close()


with h.Scratch() as scratch:
    if not is_possible(scratch):
        print("the hiredis of this build has no TLS: rediss:// is refused, "
              "as it should be; the rest needs hiredis 1.0 (Debian 13)")
        sys.exit(1 if h.failed else 77)
    certs = certificates(scratch)
    ours = "shared-cache-cert=" + certs + "/with-key"
    look(scratch, certs, "its name", "localhost", "name", None)
    look(scratch, certs, "its address", "127.0.0.1", "address", None)
    look(scratch, certs, "another's name", "localhost", "another",
         "hostname mismatch")
    look(scratch, certs, "a name where the address is asked for",
         "127.0.0.1", "name", "IP address mismatch")
    look(scratch, certs, "a name in the subject alone", "localhost",
         "subject", "hostname mismatch")
    look(scratch, certs, "of another CA", "localhost", "stranger",
         "certificate")
    look(scratch, certs, "signed by itself", "localhost", "self",
         "self-signed certificate")
    look(scratch, certs, "of the system's CAs none", "localhost", "name",
         "certificate", "shared-cache-ca=")
    look(scratch, certs, "expired", "localhost", "old",
         "certificate has expired")
    look(scratch, certs, "it asks for ours, and has it", "localhost", "name",
         None, ours, clients="yes")
    look(scratch, certs, "it asks for ours, and gets none", "localhost",
         "name", "certificate required", clients="yes")
    hung(scratch, ("shared-cache-key=" + fleet.key_file(scratch),
                   "shared-cache-ca=%s/ca.pem" % certs))
h.done()
