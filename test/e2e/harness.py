# harness: own the life of the programs under test, and talk netstrings.
# SPDX-License-Identifier: MIT
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("top_builddir", os.getcwd())
SOURCE = os.environ.get("top_srcdir", os.getcwd())
WORLD = os.environ.get("WORLD")
SOCKETMAP = os.path.join(BUILD, "socketmap")
MXPOLICY = os.path.join(BUILD, "mxpolicy")
RESOLVE = os.path.join(BUILD, "resolve")

passed = 0
failed = 0


def check(name, good, detail=""):
    """Count one check; a failed one is told with what was seen."""
    global passed, failed
    if good:
        passed += 1
        return True
    failed += 1
    print("FAIL: %s%s" % (name, ": " + str(detail) if detail != "" else ""),
          flush=True)
    return False


def same(name, got, wanted):
    return check(name, got == wanted, "got %r, wanted %r" % (got, wanted))


def done():
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


class Scratch:
    """A directory that goes away with the test."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="mxpolicy-e2e-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


def options(cache="", *more):
    """The settings of the world, as -o options."""
    settings = ["cache=" + cache] + list(more)
    if WORLD:
        settings += ["trust-anchor=" + os.environ["WORLD_ANCHOR"],
                     "ca-file=" + os.environ["WORLD_CA"]]
    args = ["-c", "/nonexistent"]
    for s in settings:
        args += ["-o", s]
    return args


def netstring(payload):
    if isinstance(payload, str):
        payload = payload.encode()
    return b"%d:%s," % (len(payload), payload)


class Session:
    """One socketmap process on one end of a socket pair."""

    def __init__(self, cache="", *more, program=SOCKETMAP, stderr=None):
        self.socket, theirs = socket.socketpair()
        self.buffer = b""
        self.process = subprocess.Popen(
            [program] + options(cache, *more), stdin=theirs, stdout=theirs,
            stderr=stderr)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, timeout=60):
        """The next reply's payload; None at the end of the connection."""
        deadline = time.monotonic() + timeout
        while True:
            colon = self.buffer.find(b":")
            if colon > 0:
                size = int(self.buffer[:colon])
                end = colon + 1 + size
                if len(self.buffer) > end:
                    assert self.buffer[end:end + 1] == b",", self.buffer[:80]
                    payload = self.buffer[colon + 1:end]
                    self.buffer = self.buffer[end + 1:]
                    return payload.decode()
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data

    def ask(self, key, map_name="QUERY", timeout=60):
        self.send(netstring("%s %s" % (map_name, key)))
        return self.receive(timeout)

    def closed(self, timeout=5):
        """Does the other side end the connection, sending nothing more?"""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1) == b""
        except (socket.timeout, ConnectionResetError):
            return False


def wait_until(test, timeout=10, step=0.02):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(step)
    return False


def world_tool(name):
    return os.path.join(SOURCE, "test", "world", name)


class Mark:
    """Counts what the world's servers were asked since it was made."""

    def __init__(self):
        self.starts = {name: self.size(name)
                       for name in ("dns.log", "https.log")}

    @staticmethod
    def size(name):
        try:
            return os.path.getsize(os.path.join(WORLD, name))
        except FileNotFoundError:
            return 0

    def lines(self, name):
        with open(os.path.join(WORLD, name), errors="replace") as f:
            f.seek(self.starts[name])
            return f.read().split("\n")

    def dns(self, name, kind):
        wanted = "%s. %s IN" % (name, kind)
        return sum(wanted in line for line in self.lines("dns.log"))

    def https(self, host):
        return sum(host in line for line in self.lines("https.log"))


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(p) for p in f.read().split()]


def matches(reply, wanted):
    """A reply against a column of the cases: "*" at the end is any text."""
    if wanted.endswith("*"):
        return reply is not None and reply.startswith(wanted[:-1])
    return reply == wanted


def cases():
    """Rows of the world's table: name, key, reply on QUERY, with TLSRPT."""
    with open(os.environ["WORLD_CASES"], encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line == "" or line.startswith("#"):
                continue
            name, key, plain, tlsrpt = line.split("\t")
            yield name, key, plain, plain if tlsrpt == "=" else tlsrpt


class Server:
    """socketmap behind a real super-server on 127.0.0.1:8461."""

    def __init__(self, cache, *more, address="127.0.0.1:8461"):
        tool = shutil.which("systemd-socket-activate")
        if tool is None:
            print("systemd-socket-activate is missing (package systemd)")
            sys.exit(77)
        self.process = subprocess.Popen(
            [tool, "--inetd", "-a", "-l", address, SOCKETMAP] +
            options(cache, *more), stderr=subprocess.DEVNULL)
        host, port = address.rsplit(":", 1)
        self.address = (host, int(port))
        assert wait_until(self.answers), "nothing listens on " + address

    def answers(self):
        try:
            socket.create_connection(self.address, 1).close()
            return True
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
