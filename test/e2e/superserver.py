# superserver: a super-server on the installed snippets, and what each has to
# tell.  Only for inside the world: its /etc and /dev are replaced.
# SPDX-License-Identifier: MIT
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import harness as h

USER = 61000
NOTHING = b"NOTFOUND "
NO_MAP = b"PERM unknown map, see [map NAME] in mxpolicy.conf(5)"
CLONE_NEWUSER = 0x10000000
libc = ctypes.CDLL(None, use_errno=True)


def find(tool, package):
    path = shutil.which(tool)
    if path is None:
        print("%s is missing (package %s)" % (tool, package))
        sys.exit(77)
    return path


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def make_user():
    """The user that the snippets name."""
    for path, rest in (("/etc/passwd", ":%d::/nonexistent:/usr/sbin/nologin" %
                        USER), ("/etc/group", ":")):
        with open(path) as f:
            lines = [l for l in f if not l.startswith("mxpolicy:")]
        write(path, "%smxpolicy:x:%d%s\n" % ("".join(lines), USER, rest))


def become_user():
    """In a child: that user, who is mapped in a namespace of its own.  In the
    world there is no other to switch to than root, so that a super-server
    does without switching."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER):
        os._exit(99)
    write("/proc/self/uid_map", "%d %d 1" % (USER, uid))
    write("/proc/self/gid_map", "%d %d 1" % (USER, gid))


def snippet(name):
    """One of those that are installed, as make has built it."""
    with open(os.path.join(h.BUILD, "units", name)) as f:
        return f.read()


class Syslog:
    """What is sent to /dev/log, in a /dev of our own."""

    def __init__(self, scratch):
        dev = os.path.join(h.WORLD, "tmp", "dev")
        os.mkdir(dev)
        self.mount("-t", "tmpfs", "tmpfs", dev)
        for name in ("null", "zero", "full", "random", "urandom"):
            write(os.path.join(dev, name), "")
            self.mount("--bind", "/dev/" + name, os.path.join(dev, name))
        os.mkdir(os.path.join(dev, "shm"))
        self.mount("--bind", "/dev/shm", os.path.join(dev, "shm"))
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(os.path.join(dev, "log"))
        self.mount("--rbind", dev, "/dev")
        self.path = scratch.file("syslog")
        with open(self.path, "wb", buffering=0) as f:
            self.pid = os.fork()
            if self.pid == 0:
                while True:
                    f.write(log.recv(65536) + b"\n")
        log.close()

    @staticmethod
    def mount(*args):
        subprocess.run(["mount"] + list(args), check=True)

    def has(self, *words):
        """Is there, or will there soon be, a line with all of them?"""
        def seen():
            with open(self.path, errors="replace") as f:
                return any(all(w in line for w in words) for line in f)
        return h.wait_until(seen)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def sockets(port):
    """Inode and state of each IPv4 socket with this port as its own, by the
    port at its other end."""
    with open("/proc/net/tcp") as f:
        for line in list(f)[1:]:
            word = line.split()
            if int(word[1].split(":")[1], 16) == port:
                yield (int(word[2].split(":")[1], 16), word[3], word[9])


def listening(port):
    """The inode of the socket that listens there; None if there is none."""
    found = [inode for _, state, inode in sockets(port) if state == "0A"]
    return found[0] if found else None


def processes(*programs):
    """Our programs, those that run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink("/proc/%s/exe" % pid) in programs:
                found.append(int(pid))
        except OSError:
            pass
    return found


def left():
    return processes(os.path.realpath(h.SOCKETMAP),
                     os.path.realpath(h.RESOLVE))


def parent(pid):
    with open("/proc/%d/stat" % pid) as f:
        return int(f.read().rsplit(")", 1)[1].split()[1])


class Client:
    """A connection of Postfix."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port),
                                               h.PATIENCE)

    def send(self, request):
        self.socket.sendall(h.netstring(request))

    def receive(self):
        """One reply to a request, as a netstring."""
        data = b""
        while not data.endswith(b","):
            more = self.socket.recv(65536)
            if not more:
                break
            data += more
        return data

    def ask(self, request="QUERY .example"):
        self.send(request)
        return self.receive()

    def rest(self):
        return h.rest_of(self.socket)

    def server(self):
        """The process that serves us."""
        own = self.socket.getsockname()[1]
        found = []

        def look():
            # what comes and goes meanwhile can hide a socket
            inodes = ["socket:[%s]" % inode
                      for other, _, inode in sockets(self.port)
                      if other == own]
            found.extend(
                pid for pid in processes(os.path.realpath(h.SOCKETMAP))
                if any(link in inodes for link in h.links(pid).values()))
            return found
        assert h.wait_until(look), "nobody serves port %d" % own
        return found[0]

    def close(self):
        self.socket.close()


ANSWER = h.netstring(NOTHING)


class Server:
    """A super-server, run as that user; its own words go to a file."""

    def __init__(self, scratch, command, *ports, env=None):
        self.words = scratch.file("words")
        with open(self.words, "ab") as f:
            self.process = subprocess.Popen(
                command, preexec_fn=become_user, stdin=subprocess.DEVNULL,
                stdout=f, stderr=f, env=env, cwd="/")
        self.ports = ports
        if not h.wait_until(lambda: all(map(listening, ports))):
            with open(self.words) as f:
                print(f.read())
            sys.exit("%s does not listen" % command[0])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def rows():
    """Requests and their replies, of each kind."""
    wanted = ("all-u.example", "all-n-sts.example", "none-sts.plain",
              "nullmx.example", ".all-u.example")
    for _, key, plain, tlsrpt in h.cases():
        if key in wanted:
            yield "QUERY " + key, plain.encode()
            yield "postfix " + key, plain.encode()
            yield "QUERYwithTLSRPT " + key, tlsrpt.encode()
    yield "nomap x.example", NO_MAP


def settings(scratch):
    """The world's settings, in a file as the administrator has them."""
    path = scratch.file("mxpolicy.conf")
    # A connection of ours stays idle while others are tried.
    write(path, "cache = %s\ntrust-anchor = %s\nca-file = %s\n"
          "fetch-reserved = yes\nidle-timeout = 3600\n" % (
        scratch.file("cache.tdb"), os.environ["WORLD_ANCHOR"],
        os.environ["WORLD_CA"]))
    return path


def tell_answers(name, port):
    """The right bytes, and no others, on all maps; then half-close."""
    c = Client(port)
    wanted = b""
    for request, reply in rows():
        c.send(request)
        wanted += h.netstring(reply)
    c.socket.shutdown(socket.SHUT_WR)
    h.same(name + ": all that the client gets", c.rest(), wanted)
    c.close()
    c = Client(port)
    c.send("QUERY bogus.example")
    c.socket.shutdown(socket.SHUT_WR)
    got = c.rest()
    h.check(name + ": what is asked before a half-close is looked up",
            b":TEMP MX bogus.example" in got and got.endswith(b","), got)
    c.close()
    c = Client(port)
    c.socket.sendall(b"rubbish")
    h.same(name + ": rubbish", c.rest(), b"")
    c.close()


def tell_process(name, port, waits=False, socket_for_errors=True):
    """What the process that serves a connection has, and what it has not."""
    c = Client(port)
    c.ask("QUERY all-u.example")
    pid = c.server()
    fds = h.links(pid)
    if waits:
        h.same(name + ": input and output are nobody's", (fds[0], fds[1]),
               ("/dev/null",) * 2)
    else:
        h.check(name + ": input and output are the connection",
                fds[0] == fds[1] and fds[0].startswith("socket:"), fds)
        h.check(name + ": it does not keep the socket that listens",
                "socket:[%s]" % listening(port) not in fds.values(), fds)
    h.check(name + ": standard error is not", fds[2] != fds[0] and
            fds[2].startswith("socket:") == socket_for_errors, fds)
    with open("/proc/%d/status" % pid) as f:
        status = dict(line.split(":\t") for line in f if ":\t" in line)
    h.same(name + ": no signal is blocked", int(status["SigBlk"], 16), 0)
    h.same(name + ": it is the user's", status["Uid"].split()[0],
           str(os.geteuid()))
    other = Client(port)
    other.ask()
    os.kill(pid, signal.SIGKILL)
    h.same(name + ": a killed process costs its own connection", c.rest(),
           b"")
    h.same(name + ": and no other", other.ask(), ANSWER)
    c.close()
    other.close()


def tell_crowd(name, port):
    """As many as a relay has, at once and one after the other."""
    answers = [row for row in rows() if row[0].startswith("QUERY ")]
    crowd = [Client(port) for _ in range(150)]
    for i, c in enumerate(crowd):
        c.send(answers[i % len(answers)][0])
    h.check(name + ": 150 connections at once are answered", all(
        c.receive() == h.netstring(answers[i % len(answers)][1])
        for i, c in enumerate(crowd)))
    for c in crowd:
        c.close()
    good = 0
    for _ in range(400):
        c = Client(port)
        good += c.ask() == ANSWER
        c.close()
    h.same(name + ": and 400 one after the other", good, 400)


def tell_wait(name, port):
    """The wait manner: the process that listens may go at any time.  Returns
    the one that is there in the end."""
    c = Client(port)
    h.same(name + ": a connection", c.ask(), ANSWER)
    listener = parent(c.server())
    fds = h.links(listener)
    h.check(name + ": a child serves it, of the process that was started",
            listener in left() and
            "socket:[%s]" % listening(port) == fds.get(0), fds)
    h.check(name + ": and which has no other descriptor of a client's",
            fds.get(2) not in (None, fds.get(0)), fds)
    os.kill(listener, signal.SIGKILL)
    d = Client(port)
    h.same(name + ": the next one is started after a crash", d.ask(), ANSWER)
    h.same(name + ": and who was served before still is", c.ask(), ANSWER)
    second = parent(d.server())
    h.check(name + ": it is another", second != listener)

    # None of them has seen the connection yet, and none will.
    idle = [second] + [pid for pid in processes(os.path.realpath(h.SOCKETMAP))
                       if pid not in (c.server(), d.server())
                       and parent(pid) == second]
    for pid in idle:
        os.kill(pid, signal.SIGSTOP)
    e = Client(port)
    e.send("QUERY .example")
    for pid in idle:
        os.kill(pid, signal.SIGKILL)
    h.same(name + ": a connection in the second of exiting is not lost",
           e.receive(), ANSWER)
    third = parent(e.server())
    with open("/proc/sys/net/core/somaxconn") as f:
        longest = min(4096, int(f.read()))
    found = subprocess.run(["ss", "-Hltn", "sport = :%d" % port],
                           stdout=subprocess.PIPE, check=True).stdout
    h.same(name + ": the backlog", int(found.split()[2]), longest)
    for x in (c, d, e):
        x.close()
    return third


def tell_idle(name, port, listener):
    """Nobody is connected: it leaves after a minute, and comes back."""
    h.check(name + ": it leaves when idle", h.wait_until(
        lambda: listener not in left(), 60 + h.PATIENCE))
    h.check(name + ": and the super-server listens on", listening(port))
    c = Client(port)
    h.same(name + ": the next connection starts it", c.ask(), ANSWER)
    c.close()


def tell_restart(name, server, again):
    """Who is connected when the super-server ends is served on, and its
    successor finds the ports free.  again() starts that."""
    held = [Client(port) for port in server.ports]
    for c in held:
        c.ask()
    server.stop()
    for port in server.ports:
        h.check("%s: port %d is given up" % (name, port), h.wait_until(
            lambda: listening(port) is None))
    server = again()
    for c in held:
        h.same("%s: port %d: served on" % (name, c.port), c.ask(), ANSWER)
        d = Client(c.port)
        h.same("%s: port %d: served again" % (name, c.port), d.ask(), ANSWER)
        d.close()
    server.stop()
    for c in held:
        c.close()
    h.check(name + ": nothing is left behind", h.wait_until(
        lambda: left() == []), left())


def prepare_world():
    if not h.WORLD:
        sys.exit("this changes /etc and /dev: only inside the world")
    make_user()
    # The strictest tcp wrappers; who has not yet been accepted, in the wait
    # manner, has no address that they might allow.
    write("/etc/hosts.allow", "socketmap: 127.0.0.1\n")
    write("/etc/hosts.deny", "ALL: ALL\n")


def tell_both_manners(start, wait, nowait):
    """Of a super-server that start() starts, with a port for each."""
    server = start()
    tell_answers("wait", wait)
    tell_process("wait", wait, waits=True)
    tell_crowd("wait", wait)
    listener = tell_wait("wait", wait)

    # It takes a minute to leave: time for the other manner.
    idle = Client(nowait)
    idle.ask()
    tell_answers("nowait", nowait)
    tell_process("nowait", nowait)
    tell_crowd("nowait", nowait)
    tell_idle("wait", wait, listener)
    h.same("a connection that was idle for long", idle.ask(), ANSWER)
    idle.close()
    tell_restart("restart", server, start)


def tell_log(log):
    # <21> is notice, of mail.
    h.check("a lookup is told to syslog", log.has(
        "<21>", "mxpolicy[", "lookup domain=all-n-sts.example"))
    h.check("rubbish is as well", log.has("<20>", "complete netstring"))
