# fleet: servers of Redis or Valkey, and hosts that share a cache on them.
# SPDX-License-Identifier: MIT
import os
import shutil
import socket
import subprocess
import sys

import harness as h

SHARE = os.path.join(h.BUILD, "share")
RECORD = "mxpolicy:2:record:"
LEASE = "mxpolicy:2:lease:"


def servers():
    """The programs of Valkey and Redis that are here, each with the name to
    start it by: Debian's valkey-tools and redis-tools bring it under another
    one, without a service.  $STORE, valkey or redis, asks for that alone."""
    found = []
    for name in ("valkey", "redis"):
        programs = [shutil.which(name + suffix)
                    for suffix in ("-server", "-check-rdb")]
        if any(programs) and os.environ.get("STORE", name) == name:
            found.append((next(filter(None, programs)), name))
    if not found:
        print("redis-server is missing (package redis-tools)")
        sys.exit(77)
    return found


def need_share():
    if not os.access(SHARE, os.X_OK):
        print("share is not built (package libhiredis-dev)")
        sys.exit(77)
    servers()


def for_each_server():
    """Where there are several, this test runs with each of them."""
    found = servers()
    if len(found) == 1:
        return
    worst = 0
    for _, name in found:
        print("with " + name, flush=True)
        done = subprocess.run([sys.executable, "-B"] + sys.argv,
                              env=dict(os.environ, STORE=name))
        worst = max(worst, done.returncode)
    sys.exit(worst)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Redis:
    """A server of its own, on 127.0.0.1, which keeps nothing."""

    def __init__(self, scratch, *settings, port=None, conf=None, kind="server"):
        program, name = servers()[0]
        self.port = port or free_port()
        self.folder = scratch.file("redis-%d" % self.port)
        os.makedirs(self.folder, exist_ok=True)
        self.command = ["%s-%s" % (name, kind)]
        if conf is not None:
            path = os.path.join(self.folder, "conf")
            with open(path, "w") as f:
                f.write(conf)
            self.command.append(path)
        self.command += ["--port", str(self.port), "--bind", "127.0.0.1",
                         "--dir", self.folder]
        if kind == "server":
            self.command += ["--save", "", "--appendonly", "no",
                             "--unixsocket", self.path()]
        self.command += settings
        self.program = program
        self.password = None
        if "--requirepass" in settings:
            self.password = settings[settings.index("--requirepass") + 1]
        self.start()

    def path(self):
        return os.path.join(self.folder, "s")

    def url(self):
        return "redis://127.0.0.1:%d" % self.port

    def start(self):
        self.process = subprocess.Popen(
            self.command, executable=self.program, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert h.wait_until(self.answers), "no server on %d" % self.port

    def answers(self):
        try:
            return self.say("PING") == "PONG"
        except (OSError, ValueError, EOFError):
            return False

    def say(self, *words):
        """The reply to one command; an error raises ValueError."""
        with socket.create_connection(("127.0.0.1", self.port),
                                      h.PATIENCE) as c:
            stream = c.makefile("rb")
            if self.password:
                send(c, "AUTH", self.password)
                read(stream)
            send(c, *words)
            return read(stream)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def send(connection, *words):
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    connection.sendall(b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(w), w) for w in words))


def read(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError
    kind, rest = line[:1], line[1:-2].decode()
    if kind == b"+":
        return rest
    if kind == b"-":
        raise ValueError(rest)
    if kind == b":":
        return int(rest)
    if kind == b"*":
        return [read(stream) for _ in range(int(rest))]
    if int(rest) < 0:
        return None
    return stream.read(int(rest) + 2)[:-2]


class Share(h.Service):
    """share behind its listening socket."""

    program = SHARE

    def __init__(self, path, *settings):
        self.settings = settings
        super().__init__(path)

    def arguments(self):
        return h.options("", *self.settings)

    def warm(self):
        """Wait until it has an answer of the store: its start can take longer
        than a question waits for it."""
        def stated():
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(h.PATIENCE)
                s.connect(self.path)
                s.sendall(h.netstring("state 1 1 "))
                return b"stated 1 1 ok" in s.recv(1000)
        assert h.wait_until(stated), "share has no store"
        return self


class Lan:
    """A bridge, on which each machine has a network namespace and an address of
    its own, and the world is their neighbour; all of it goes with this
    process."""

    ADDRESS = "198.18.2.1"
    RESOLVER = "198.18.1.53"

    def __init__(self, scratch):
        self.scratch = scratch
        self.holders = []
        ip("link", "add", "fleet", "type", "bridge")
        ip("addr", "add", self.ADDRESS + "/24", "dev", "fleet")
        ip("link", "set", "fleet", "up")

    def add(self):
        """The start of a command line that runs in a new namespace."""
        number = len(self.holders)
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        self.holders.append(holder)
        inside = ["nsenter", "--net=/proc/%d/ns/net" % holder.pid]
        ip("link", "add", "fleet%d" % number, "type", "veth", "peer", "name",
           "eth0", "netns", str(holder.pid))
        ip("link", "set", "fleet%d" % number, "master", "fleet", "up")
        ip("link", "set", "lo", "up", inside=inside)
        ip("addr", "add", "198.18.2.%d/24" % (10 + number), "dev", "eth0",
           inside=inside)
        ip("link", "set", "eth0", "up", inside=inside)
        ip("route", "add", "default", "via", self.ADDRESS, inside=inside)
        return inside

    def program(self, inside, path):
        """A program that runs in there, whoever starts it."""
        name = self.scratch.file("%s-%d" % (os.path.basename(path),
                                            len(self.holders)))
        with open(name, "w") as f:
            f.write("#!/bin/sh\nexec %s -- %s \"$@\"\n" % (
                " ".join(inside), path))
        os.chmod(name, 0o755)
        return name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for holder in self.holders:
            holder.kill()
            holder.wait()
        ip("link", "del", "fleet")


def ip(*words, inside=()):
    subprocess.run([*inside, "ip", *words], check=True)


class Host:
    """A machine of the fleet: a cache, a share and a socketmap of its own, and
    on a lan a network as well."""

    def __init__(self, scratch, name, *settings, lan=None):
        self.cache = scratch.file(name + ".tdb")
        self.settings = settings + ("share-socket=" + scratch.file(name),)
        share, socketmap = Share, h.SOCKETMAP
        if lan:
            inside = lan.add()
            self.settings += ("resolver=" + lan.RESOLVER,)
            socketmap = lan.program(inside, h.SOCKETMAP)
            share = type("There", (Share,), {
                "program": lan.program(inside, SHARE)})
        self.share = share(scratch.file(name), *self.settings)
        self.session = h.Session(self.cache, *self.settings,
                                 program=socketmap, stderr=subprocess.DEVNULL)

    def ask(self, key, map_name="QUERY"):
        return self.session.ask(key, map_name)

    def prefetch(self, *more):
        return subprocess.run(
            [h.PREFETCH] + h.options(self.cache, *self.settings) + list(more),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.session.__exit__()
        self.share.__exit__()


def key_file(scratch, text="0123456789abcdef0123456789abcdef", file="key"):
    with open(scratch.file(file), "w") as f:
        f.write(text + "\n")
    return f.name
