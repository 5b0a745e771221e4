# mailhost: SMTP servers with STARTTLS on addresses of the world, and faults.
# SPDX-License-Identifier: MIT
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import harness as h

sys.path.append(h.world_tool(""))
import build  # noqa: E402  what the world makes its certificates with

CERTS = os.path.join(h.WORLD, "certs")
WAIT = 60  # seconds for a client to say something or go
ALERT = b"\x15\x03\x03\x00\x02\x01\x5a"  # TLS: a warning, "user canceled"


def add_address(address):
    """Make it one of ours.  False: the kernel has no such family."""
    more = ["nodad"] if ":" in address else []
    return subprocess.run(
        ["ip", "addr", "add", address, "dev", "lo"] + more,
        env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"),
        stderr=subprocess.DEVNULL).returncode == 0


def make_intermediate():
    """An authority "inter" below "ca"; its key is that of "other"."""
    with open(os.path.join(CERTS, "inter.tmpl"), "w") as f:
        f.write('cn = "inter"\nca\ncert_signing_key\n'
                'expiration_date = "%s"\n' % build.FOREVER)
    build.certtool(CERTS, "--generate-certificate", "--template", "inter.tmpl",
                   "--load-privkey", "other.priv", "--outfile", "inter.pem",
                   "--load-ca-certificate", "ca.pem",
                   "--load-ca-privkey", "ca.priv")
    shutil.copy(os.path.join(CERTS, "other.priv"),
                os.path.join(CERTS, "inter.priv"))


def make_rsa_key():
    """A private key "rsa", and its public half for TLSA records."""
    build.certtool(CERTS, "--generate-privkey", "--key-type=rsa",
                   "--bits=2048", "--outfile", "rsa.pem")
    build.certtool(CERTS, "--pubkey-info", "--outder", "--load-privkey",
                   "rsa.pem", "--outfile", h.WORLD + "/keys/rsa.der")


def make_chain(name, hosts=None, *lines, ca="ca", behind=("ca",), **more):
    """A file with the key, a certificate for these hosts and others behind
    it.  Without hosts the certificate is one that is there already."""
    key = more.get("key", "key")
    if hosts is not None:
        build.make_cert(CERTS, name, hosts, ca, lines, **more)
    target = os.path.join(CERTS, "-".join((name,) + behind) + ".chain")
    with open(target, "w") as out:
        for part in (key, name) + behind:
            with open(os.path.join(CERTS, part + ".pem")) as f:
                out.write(f.read())
    return target


class Full:
    """Nobody takes connections there, and the kernel drops new ones."""

    def __init__(self, address):
        self.sessions = []
        self.keep = [socket.socket()]
        self.keep[0].bind((address, 25))
        self.keep[0].listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((address, 25))
            self.keep.append(filler)


class Host:
    """A server on one address.  `sessions` has a list for each client: its
    commands, "SNI name" where TLS begins ("SNI -" without a name), and "end"
    when it is gone.

    Without a chain there is no STARTTLS.  Answers are given by the command,
    "greeting", or "TLS EHLO" for the EHLO in TLS; "" closes the connection
    instead, and None says nothing until the client is gone.  instead_of_tls:
    these bytes, once or (forever) for ever, or None: nothing at all.
    versions: of TLS.  second: another chain, for clients that prefer the
    other kind of key."""

    def __init__(self, address, chain=None, port=25, instead_of_tls=b"",
                 forever=False, versions=None, ask=False, second=None,
                 **answers):
        self.chain, self.versions, self.ask = chain, versions, ask
        self.second = second
        self.instead, self.forever = instead_of_tls, forever
        self.answers = {
            "greeting": "220 mx ESMTP",
            "EHLO": "250-mx\r\n250-PIPELINING\r\n" +
                    ("250-STARTTLS\r\n" if chain else "") + "250 8BITMIME",
            "STARTTLS": "220 go ahead", "TLS EHLO": "250 mx",
            "HELO": "250 mx", "QUIT": "221 bye", **answers}
        self.sessions = []
        self.listener = socket.create_server(
            (address, port), backlog=50,
            family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            conn = self.listener.accept()[0]
            said = []
            self.sessions.append(said)
            threading.Thread(target=self.serve, args=(conn, said),
                             daemon=True).start()

    def serve(self, conn, said):
        conn.settimeout(WAIT)
        try:
            self.talk(conn, said)
        except OSError:
            pass  # a client that does not like our TLS, or is gone
        said.append("end")
        conn.close()

    def say(self, conn, what):
        answer = self.answers.get(what, "502 no")
        while answer is None:
            if not conn.recv(1000):
                return False
        if answer:
            conn.sendall(answer.encode() + b"\r\n")
        return bool(answer)

    def talk(self, conn, said):
        before = ""
        goes_on = self.say(conn, "greeting")
        while goes_on:
            line = b""
            while not line.endswith(b"\n"):
                part = conn.recv(1)
                if not part:
                    return
                line += part
            said.append(line.decode().rstrip("\r\n"))
            verb = said[-1].split(" ")[0]
            if before + verb in self.answers:
                verb = before + verb
            goes_on = self.say(conn, verb) and verb != "QUIT"
            if goes_on and verb == "STARTTLS" and \
                    self.answers[verb].startswith("2"):
                conn = self.start_tls(conn, said)
                before = "TLS "

    def start_tls(self, conn, said):
        while self.instead is None:
            if not conn.recv(1000):
                raise OSError
        if self.instead:
            conn.recv(10000)
            conn.sendall(self.instead)
            while self.forever:
                conn.sendall(self.instead * 1000)
            time.sleep(0.2)
            raise OSError

        def note_name(_, name, __):
            said.append("SNI " + (name or "-"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        if self.second:
            context.load_cert_chain(self.second)
        context.sni_callback = note_name
        if self.ask:
            context.verify_mode = ssl.CERT_OPTIONAL
        if self.versions:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.minimum_version, context.maximum_version = self.versions
        try:
            return context.wrap_socket(conn, server_side=True)
        except OSError:
            said.append("no TLS")
            raise

    def last(self):
        """What the last client said, once it is gone; not of one that has
        asked for the other kind of key, which is not there."""
        h.wait_until(lambda: self.sessions and all(
            s[-1:] == ["end"] for s in self.sessions))
        ended = [s[:-1] for s in self.sessions]
        whole = [s for s in ended if "no TLS" not in s]
        return [w for w in (whole or ended or [[]])[-1] if w != "no TLS"]
