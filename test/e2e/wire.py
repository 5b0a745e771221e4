# wire: the framing of requests and replies, to the byte.
# SPDX-License-Identifier: MIT
import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios
import time

import harness as h

QUIET = subprocess.DEVNULL
NOTFOUND = b"9:NOTFOUND ,"


def raw(name, sent, wanted, end=True):
    """Send bytes, close our side, compare all that comes back."""
    with h.Session(stderr=QUIET) as s:
        s.send(sent)
        if end:
            s.socket.shutdown(socket.SHUT_WR)
        got = b""
        s.socket.settimeout(h.PATIENCE)
        while True:
            try:
                data = s.socket.recv(65536)
            except ConnectionResetError:
                break
            except socket.timeout:
                got += b" and no end"
                break
            if not data:
                break
            got += data
        h.same(name, got, wanted)


def perm(text):
    return h.netstring("PERM " + text)


NO_REQUEST = perm("not a request: MAP KEY is expected")
NO_MAP = perm("unknown map, see [map NAME] in mxpolicy.conf(5)")
ONE = h.netstring("QUERY .example")

raw("a parent key is not found", ONE, NOTFOUND)
raw("three requests in one write are answered in order",
    ONE + h.netstring("nomap x") + h.netstring("QUERY [192.0.2.1]"),
    NOTFOUND + NO_MAP + NOTFOUND)
with h.Session(stderr=QUIET) as s:
    s.send(ONE + ONE[:7])
    h.same("a request and a part", s.receive(), "NOTFOUND ")
    s.send(ONE[7:])
    h.same("and the rest of it", s.receive(), "NOTFOUND ")
raw("half-close: what was asked is answered", ONE * 50, NOTFOUND * 50)
raw("nothing at all", b"", b"")
raw("the end in the middle of a length", b"1", b"")
raw("the end in the middle of a payload", b"14:QUERY .exa", b"")
raw("the end before the comma", ONE[:-1], b"")
raw("an answered request before a broken one", ONE + b"x", NOTFOUND)
raw("another byte than a comma", ONE[:-1] + b";", b"")
raw("no digits", b":,", b"")
raw("a negative length", b"-1:,", b"")
raw("a sign", b"+5:hello,", b"")
raw("a blank before the length", b" 14:QUERY .example,", b"")
raw("leading zeros, as Postfix tolerates", b"00014:QUERY .example,", NOTFOUND)
raw("a length that overflows", b"99999999999999999999:x", b"")
raw("a length over the limit ends at once", b"10001:", b"", end=False)
raw("HTTP", b"GET / HTTP/1.0\r\n\r\n", b"")
raw("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"")
raw("an empty payload", b"0:,", NO_REQUEST)
raw("no blank", h.netstring("QUERY"), NO_REQUEST)
raw("an empty map name", h.netstring(" example.com"), NO_REQUEST)
raw("an empty key", h.netstring("QUERY "), NOTFOUND)
raw("a NUL in the key", h.netstring(b"QUERY exa\0mple.com"), NO_REQUEST)
raw("a NUL in the map", h.netstring(b"QU\0ERY example.com"), NO_REQUEST)
raw("an unknown map", h.netstring("QUERZ example.com"), NO_MAP)
raw("the map by which check recognizes mxpolicy",
    h.netstring("mxpolicy-check QUERY") + h.netstring("mxpolicy-check nomap"),
    h.netstring("OK mxpolicy") + h.netstring("NOTFOUND mxpolicy"))
raw("map names in any case", h.netstring("query .com") +
    h.netstring("queryWITHtlsrpt .com") + h.netstring("POSTFIX .com"),
    NOTFOUND * 3)
raw("no control commands: PURGE is a map that does not exist",
    h.netstring("PURGE ") + h.netstring("DUMP x"), NO_MAP + NO_MAP)
raw("a map name of 100 bytes", h.netstring("m" * 100 + " x"), NO_REQUEST)
raw("control bytes in the key", h.netstring(b"QUERY exa\x01\x1b[2J.com"),
    NOTFOUND)
raw("a TAB is no separator", h.netstring(b"QUERY\texample.com"), NO_REQUEST)
raw("bytes that are no UTF-8", h.netstring(b"QUERY \xff\xfe.com"), NOTFOUND)
raw("a key of 10000 bytes in all", h.netstring("QUERY " + "k" * 9994),
    NOTFOUND)
raw("a request of 10001 bytes", h.netstring("QUERY " + "k" * 9995), b"")
raw("every refused key is answered and the connection goes on",
    b"".join(h.netstring("QUERY " + k) for k in (
        ".", "..", "a..b", "-a.example", "a-.example", "192.0.2.1",
        "[192.0.2.1]", "[IPv6:2001:db8::1]", "[2001:db8::1]:25", "[]",
        "x.example:0", "x.example:65536", "[x.example", "x y.example",
        "l" * 64 + ".example", "x.example:nosuchservice")), NOTFOUND * 16)

with h.Session(stderr=QUIET) as s:
    for byte in ONE:
        s.send(bytes([byte]))
        time.sleep(0.002)
    h.same("byte by byte", s.receive(), "NOTFOUND ")
    h.same("and the connection goes on", s.ask(".example"), "NOTFOUND ")
    s.send(ONE + ONE[:7])
    h.same("one and a half", s.receive(), "NOTFOUND ")
    s.send(ONE[7:])
    h.same("and its other half", s.receive(), "NOTFOUND ")

with h.Session(stderr=QUIET) as s:
    s.ask(".example")
    s.socket.close()
    h.check("the process leaves when the client does",
            h.wait_until(lambda: s.process.poll() is not None))
    h.same("with status 0", s.process.returncode, 0)

# inetd gives the socket as standard error too: no word must get there.
ours, theirs = socket.socketpair()
p = subprocess.Popen([h.SOCKETMAP] + h.options("/nonexistent/cache.tdb",
                                               "log-level=debug"),
                     stdin=theirs, stdout=theirs, stderr=theirs)
theirs.close()
ours.sendall(ONE + b"broken")
got = h.rest_of(ours)
h.same("nothing but replies reaches the client", got, NOTFOUND)
p.wait()
ours.close()

with h.Session(stderr=subprocess.PIPE) as s:
    s.send(b"rubbish")
    s.socket.shutdown(socket.SHUT_WR)
    h.check("broken framing is told in the log",
            b"complete netstring" in s.process.stderr.read())

with h.Session(stderr=subprocess.PIPE) as s:
    s.send(ONE[:5])
    s.socket.shutdown(socket.SHUT_WR)
    h.check("so is a request that is cut short",
            b"complete netstring" in s.process.stderr.read())

with h.Session(stderr=subprocess.PIPE) as s:
    s.send(ONE[:-1])
    s.socket.shutdown(socket.SHUT_WR)
    h.check("a part of a request is told in the log",
            b"complete netstring" in s.process.stderr.read())
with h.Session("", "log-level=error", stderr=subprocess.PIPE) as s:
    s.send(b"rubbish")
    s.socket.shutdown(socket.SHUT_WR)
    h.same("but not at log-level error", s.process.stderr.read(), b"")

# Under systemd a line begins with its priority, elsewhere with the program.
for name, own, start in (("the journal", True, b"<4>socketmap: "),
                         ("somebody else's journal", False, b"socketmap: ")):
    ours, theirs = os.pipe()
    st = os.fstat(theirs)
    env = dict(os.environ, JOURNAL_STREAM="%d:%d" %
               (st.st_dev, st.st_ino + (not own)))
    with h.Session(stderr=theirs, env=env) as s:
        os.close(theirs)
        s.send(b"rubbish")
        s.socket.shutdown(socket.SHUT_WR)
        with os.fdopen(ours, "rb") as f:
            line = f.read()
        h.check("standard error is " + name, line.startswith(start), line)

# The client has left before its answers are written.
with h.Session("", "log-level=debug", stderr=subprocess.PIPE) as s:
    os.kill(s.process.pid, signal.SIGSTOP)
    s.send(ONE * 3)
    s.socket.close()
    os.kill(s.process.pid, signal.SIGCONT)
    h.check("a lost connection is told",
            b"connection was lost" in s.process.stderr.read())

# A socket that does not wait, and a client that reads when it likes.
ours, theirs = socket.socketpair()
theirs.setblocking(False)
theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
p = subprocess.Popen([h.SOCKETMAP] + h.options(), stdin=theirs, stdout=theirs,
                     stderr=QUIET)
theirs.close()
ours.sendall(ONE * 2000)
ours.shutdown(socket.SHUT_WR)


def waiting():
    """How much is there to be read?"""
    size = bytearray(4)
    fcntl.ioctl(ours, termios.FIONREAD, size)
    return int.from_bytes(size, sys.byteorder)


h.check("it has filled the socket", h.wait_until(
    lambda: waiting() >= 100 and h.state(p.pid) == "S"), waiting())
got = h.rest_of(ours)
h.check("a slow reader gets every answer", got == NOTFOUND * 2000, len(got))
p.wait()
ours.close()

p = subprocess.run([h.SOCKETMAP, "-o", "colour=red"], stdin=QUIET,
                   stderr=subprocess.PIPE)
h.check("a bad option is told", b"unknown key \"colour\"" in p.stderr,
        p.stderr)
h.same("with EX_USAGE", p.returncode, 64)

# What the kernel sees of an idle connection: after the first tenth of a second
# no wake-up.
with h.Session(stderr=QUIET) as s:
    s.ask(".example")
    stat = "/proc/%d/status" % s.process.pid

    def switches():
        with open(stat) as f:
            return [l for l in f if l.startswith("voluntary_ctxt")][0]
    h.check("it waits", h.wait_until(
        lambda: h.state(s.process.pid) == "S"))
    time.sleep(0.5)
    before = switches()
    time.sleep(1.5)
    h.same("an idle connection does not wake up", switches(), before)
h.done()
