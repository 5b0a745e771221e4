# harness: own the life of the programs under test, and talk netstrings.
# SPDX-License-Identifier: MIT
import fcntl
import glob
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unicodedata

BUILD = os.environ.get("top_builddir", os.getcwd())
SOURCE = os.environ.get("top_srcdir", os.getcwd())
WORLD = os.environ.get("WORLD")
SOCKETMAP = os.path.join(BUILD, "socketmap")
MXPOLICY = os.path.join(BUILD, "mxpolicy")
PREFETCH = os.path.join(BUILD, "prefetch")
RESOLVE = os.path.join(BUILD, "resolve")

# How long to wait for what happens at once on a machine that has nothing else
# to do.  Whoever waits goes on as soon as it has happened.
PATIENCE = 90

passed = 0
failed = 0


def check(name, good, detail=""):
    """Count one check; a failed one is told with what was seen."""
    global passed, failed
    if good:
        passed += 1
        return True
    failed += 1
    detail = str(detail)
    if len(detail) > 600:
        detail = detail[:300] + " ... " + detail[-300:]
    print("FAIL: %s%s" % (name, ": " + detail if detail else ""), flush=True)
    return False


def same(name, got, wanted):
    return check(name, got == wanted, "got %r, wanted %r" % (got, wanted))


def on_terminal(command, env=None, columns=80):
    """What is left on a terminal of that width when a command is through: a
    progress bar is gone by then."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ,
                struct.pack("HHHH", 50, columns, 0, 0))
    p = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                         env=env, start_new_session=True)
    os.close(slave)
    out = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # EIO: nobody has it open any more
            break
        if not part:
            break
        out += part
    os.close(master)
    p.wait()
    return re.sub(r"(\r[^\r\n]*)+\r\033\[K", "",
                  out.decode().replace("\r\n", "\n"))


def columns(text):
    """Of the longest line that could have been broken: one with a path of
    the build directory cannot."""
    return max(sum(1 + (unicodedata.east_asian_width(c) in "WF")
                   for c in line) for line in text.splitlines()
               if "/mxpolicy.conf" not in line and
               not any(word.isascii() and len(word) > 60
                       for word in line.split()))


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
    settings = ["cache=" + cache]
    if WORLD:
        settings += ["trust-anchor=" + os.environ["WORLD_ANCHOR"],
                     "ca-file=" + os.environ["WORLD_CA"],
                     # Its addresses are those of documentation.
                     "fetch-reserved=yes"]
    settings += more
    args = ["-c", "/dev/null"]  # not the settings of this machine
    for s in settings:
        args += ["-o", s]
    return args


def netstring(payload):
    if isinstance(payload, str):
        payload = payload.encode()
    return b"%d:%s," % (len(payload), payload)


class Session:
    """One socketmap process on one end of a socket pair."""

    def __init__(self, cache="", *more, program=SOCKETMAP, stderr=None,
                 env=None):
        self.socket, theirs = socket.socketpair()
        self.buffer = b""
        self.process = subprocess.Popen(
            [program] + options(cache, *more), stdin=theirs, stdout=theirs,
            stderr=stderr, env=env)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, timeout=PATIENCE):
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

    def ask(self, key, map_name="QUERY", timeout=PATIENCE):
        self.send(netstring("%s %s" % (map_name, key)))
        return self.receive(timeout)

    def closed(self, timeout=PATIENCE):
        """Does the other side end the connection, sending nothing more?"""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(1) == b""
        except (socket.timeout, ConnectionResetError):
            return False


def wait_until(test, timeout=PATIENCE, step=0.02):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(step)
    return False


def world_tool(name):
    return os.path.join(SOURCE, "test", "world", name)


class Mark:
    """Counts what the world's servers were asked since it was made.  A slow
    machine's question to a name server is sent again: how often it was asked
    is seen, but not how many lookups there were."""

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
        if self.size(name) <= self.starts[name]:
            return []
        with open(os.path.join(WORLD, name), errors="replace") as f:
            f.seek(self.starts[name])
            return [line for line in f.read().split("\n")
                    if "SERVFAIL <" not in line]

    def dns(self, name, kind):
        wanted = "%s. %s IN" % (name, kind)
        return sum(wanted in line for line in self.lines("dns.log"))

    def https(self, host):
        return sum(host in line for line in self.lines("https.log"))


def children(pid):
    """None when it is gone, of course."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(p) for p in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def links(pid):
    """Where the descriptors of a process lead to; what is closed meanwhile,
    and all of a process that is gone, is left out."""
    found = {}
    folder = "/proc/%d/fd" % pid
    try:
        for fd in os.listdir(folder):
            try:
                found[int(fd)] = os.readlink(os.path.join(folder, fd))
            except FileNotFoundError:
                pass
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def state(pid):
    """As ps(1) has it: S waits, Z has ended; "" is gone."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def name_of(pid):
    """"" for a process that is gone."""
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def parent_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def is_alive(pid):
    return name_of(pid) != ""


def signals(pid, field):
    """The numbers in a mask of /proc/PID/status."""
    with open("/proc/%d/status" % pid) as f:
        mask = [int(line.split()[1], 16) for line in f
                if line.startswith(field + ":")][0]
    return [n for n in range(1, 32) if mask >> (n - 1) & 1]


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


def without_preload(path, program, *more):
    """A program at path that becomes another one, without $LD_PRELOAD.  It
    must not be loaded with that itself: below a process that serves,
    libfaketime has no place for its shared memory."""
    text = "".join("\"%s\", " % word for word in (program,) + more)
    code = ("#include <stdlib.h>\n#include <unistd.h>\n"
            "int main(int n, char **v)\n{\n"
            "\tchar *fixed[] = {%s NULL};\n"
            "\t(void)n;\n\tunsetenv(\"LD_PRELOAD\");\n"
            "\tv[0] = fixed[0];\n"
            "\texecv(fixed[0], fixed[1] ? fixed : v);\n\treturn 1;\n}\n" %
            text)
    subprocess.run(os.environ.get("CC", "cc").split() +
                   ["-static", "-x", "c", "-", "-o", path + ".new"],
                   input=code.encode(), check=True)
    os.rename(path + ".new", path)


class Clock:
    """Programs whose clock is where the test puts it, and goes on from there:
    a lookup on a slow machine ends half a minute after its beginning.  Their
    resolve keeps the true time, for signatures have theirs."""

    def __init__(self, scratch):
        if os.environ.get("SANITIZERS") == "yes":
            print("libfaketime and AddressSanitizer each want to be the "
                  "first library: seen without sanitizers only")
            sys.exit(77)
        found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not found:
            print("libfaketime is missing (package libfaketime)")
            sys.exit(77)
        self.preload = found[0]
        self.at = int(time.time())
        self.cache = scratch.file("cache.tdb")
        for program in (SOCKETMAP, PREFETCH):
            shutil.copy(program, scratch.path)
        self.socketmap = scratch.file("socketmap")
        self.prefetch = scratch.file("prefetch")
        without_preload(scratch.file("resolve"), RESOLVE)

    def environment(self):
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.at))
        return dict(os.environ, LD_PRELOAD=self.preload, FAKETIME="@" + at,
                    FAKETIME_DONT_FAKE_MONOTONIC="1", TZ="UTC")

    def session(self, *more, stderr=subprocess.DEVNULL):
        return Session(self.cache, *more, program=self.socketmap,
                       stderr=stderr, env=self.environment())

    def ask(self, key, later=0, *more):
        self.at += later
        with self.session(*more) as s:
            return s.ask(key)

    def run_prefetch(self, *more, settings=()):
        p = subprocess.run(
            [self.prefetch] + options(self.cache, *settings) + list(more),
            env=self.environment(), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        return p.returncode, p.stdout.decode(), p.stderr.decode()


def zone_set(text):
    """Give live.example these records."""
    subprocess.run([world_tool("zone-set")], input=text.encode(), check=True)


def serve_policy(text, host="mta-sts.live.example"):
    """What the policy host serves for it from now on."""
    path = os.path.join(WORLD, "https.d", host)
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(f.name, path)


def rest_of(connection):
    """All that comes until the other side closes."""
    data = b""
    while True:
        more = connection.recv(65536)
        if not more:
            return data
        data += more


class Service:
    """resolve behind a listening socket, and the super-server that starts it
    when a connection waits and it is not there, as systemd does for
    mxpolicy-resolve.socket."""

    program = RESOLVE

    def __init__(self, path, conf="/dev/null"):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(512)
        self.args = self.arguments()
        if conf != "/dev/null":
            self.args[1] = conf
        self.process = None
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.stand_by, daemon=True)
        self.thread.start()

    def arguments(self):
        return options()

    def stand_by(self):
        while not self.ends.is_set():
            if self.process is not None and self.process.poll() is None:
                self.ends.wait(0.02)
            elif select.select([self.socket], [], [], 0.1)[0]:
                self.process = subprocess.Popen(
                    [self.program] + self.args, stdin=self.socket,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def workers(self):
        return children(self.process.pid) if self.process else []

    def session(self, *more):
        return Session(*(more or ("",)), "resolve-socket=" + self.path,
                       stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.socket.close()
        os.unlink(self.path)


class Server:
    """A program behind a real super-server, socketmap on 127.0.0.1:8461 if no
    other is named."""

    def __init__(self, cache, *more, address="127.0.0.1:8461",
                 program=SOCKETMAP, verb=()):
        tool = shutil.which("systemd-socket-activate")
        if tool is None:
            print("systemd-socket-activate is missing (package systemd)")
            sys.exit(77)
        self.process = subprocess.Popen(
            [tool, "--inetd", "-a", "-l", address, program] +
            options(cache, *more) + list(verb), stderr=subprocess.DEVNULL)
        host, port = address.rsplit(":", 1)
        self.address = (host, int(port))
        assert wait_until(self.answers), "nothing listens on " + address

    def answers(self):
        try:
            socket.create_connection(self.address, PATIENCE).close()
            return True
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
