# listen: the wait manner, one process that accepts and forks.
# SPDX-License-Identifier: MIT
import os
import resource
import socket
import subprocess
import time
import harness as h

ASK = h.netstring("QUERY .example")
ANSWER = b"9:NOTFOUND ,"


class Listener:
    """socketmap with a listening socket as its standard input, output and
    error, as xinetd's "wait = yes" gives it; the socket stays open here, as it
    does there."""

    def __init__(self, files=None):
        self.socket = socket.create_server(("127.0.0.1", 8461), backlog=512,
                                           reuse_port=True)
        self.files = files
        self.start()

    def start(self):
        def limit():
            if self.files:
                resource.setrlimit(resource.RLIMIT_NOFILE,
                                   (self.files, self.files))
        self.process = subprocess.Popen(
            [h.SOCKETMAP] + h.options(), stdin=self.socket,
            stdout=self.socket, stderr=self.socket, preexec_fn=limit)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.socket.close()


def inodes(pid):
    """What the descriptors of a process lead to."""
    found = set()
    folder = "/proc/%d/fd/" % pid
    for name in os.listdir(folder):
        try:
            found.add(os.stat(folder + name).st_ino)
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


def cpu_ticks(pid):
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12])


def connect():
    return socket.create_connection(("127.0.0.1", 8461), h.PATIENCE)


def ask(c):
    c.sendall(ASK)
    return c.recv(100)


with Listener() as l:
    c = connect()
    h.same("a connection is answered", ask(c), ANSWER)
    h.same("by a child", len(h.children(l.process.pid)), 1)
    h.same("more than once", ask(c), ANSWER)
    many = [connect() for _ in range(100)]
    h.check("a hundred at once", all(ask(m) == ANSWER for m in many))
    h.same("a child each", len(h.children(l.process.pid)), 101)
    for m in many + [c]:
        m.close()
    h.check("no child is left behind", h.wait_until(
        lambda: h.children(l.process.pid) == []))
    c = connect()
    pid = h.wait_until(lambda: h.children(l.process.pid)) and \
        h.children(l.process.pid)[0]
    os.kill(pid, 9)
    h.same("a killed child costs its own connection", c.recv(1), b"")
    h.same("and no other", ask(connect()), ANSWER)

    # The process ends (here: is killed) while connections come in: the socket
    # is not its own, so they wait for the next one.
    l.process.kill()
    l.process.wait()
    c = connect()
    c.sendall(ASK)
    l.start()
    h.same("a connection in the second of exiting is not lost", c.recv(100),
           ANSWER)

# The socket that listens is standard input, output and error; only the
# super-server and the process that accepts may hold it.
with Listener() as l:
    c = connect()
    h.same("with all three", ask(c), ANSWER)
    child = h.children(l.process.pid)[0]
    h.check("no child keeps the socket that listens",
            os.fstat(l.socket.fileno()).st_ino not in inodes(child),
            inodes(child))
    fds = [os.stat("/proc/%d/fd/%d" % (child, n)).st_ino for n in range(3)]
    h.check("nor has the connection as standard error",
            fds[0] == fds[1] != fds[2], fds)
    c.close()

# There is none left for a connection: it waits until there is one.
with Listener() as l:
    h.same("before", ask(connect()), ANSWER)
    limits = resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE, (4, limits[1]))
    c = connect()
    c.sendall(ASK)
    time.sleep(0.5)
    h.same("without descriptors the listener lives", l.process.poll(), None)
    # Now poll() refuses too.
    resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE, (1, limits[1]))
    before = cpu_ticks(l.process.pid)
    time.sleep(1)
    used = cpu_ticks(l.process.pid) - before
    h.check("and does not go round and round", used < 10, used)
    resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE, limits)
    h.same("with some it goes on", c.recv(100), ANSWER)

# No more children than the limit; the next connection waits for one to leave.
def may_have(limit, number):
    """Raise a limit to that number if we may."""
    soft, hard = resource.getrlimit(limit)
    if soft != resource.RLIM_INFINITY and soft < number <= hard:
        resource.setrlimit(limit, (number, hard))
        soft = number
    return soft == resource.RLIM_INFINITY or soft >= number


if os.environ.get("SANITIZERS") != "yes" and \
        may_have(resource.RLIMIT_NOFILE, 2200) and \
        may_have(resource.RLIMIT_NPROC, 2500):
    with Listener() as l:
        held = [connect() for _ in range(2000)]
        h.check("2000 at once", all(ask(c) == ANSWER for c in held))
        late = connect()
        late.sendall(ASK)
        late.settimeout(1)
        try:
            h.check("one more is not served", False, late.recv(100))
        except socket.timeout:
            h.same("one more waits", len(h.children(l.process.pid)), 2000)
        held.pop().close()
        late.settimeout(h.PATIENCE)
        h.same("until one of them leaves", late.recv(100), ANSWER)
        for c in held:
            c.close()
        late.close()

# Descriptors run out: accept() fails, and goes on when some are free again.
with Listener(files=5) as l:
    held = [connect() for _ in range(20)]
    h.check("with few descriptors all are answered in the end",
            all(ask(c) == ANSWER for c in held))
    h.same("and the listener lives", l.process.poll(), None)

# sd_listen_fds(3): sockets from 3 on, and a word when it is ready.
with h.Scratch() as scratch:
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(scratch.file("notify"))
    notify.settimeout(h.PATIENCE)
    a = socket.create_server(("127.0.0.1", 8462))
    path = scratch.file("socket")
    b = socket.socket(socket.AF_UNIX)
    b.bind(path)
    b.listen()
    # These two must not be inherited beside those that are passed.
    os.dup2(a.fileno(), 200, inheritable=False)
    os.dup2(b.fileno(), 201, inheritable=False)

    def pass_sockets():
        os.dup2(200, 3)
        os.dup2(201, 4)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.environ["LISTEN_FDS"] = "2"
        os.environ["NOTIFY_SOCKET"] = scratch.file("notify")
        os.execv(h.SOCKETMAP, [h.SOCKETMAP] + h.options())
    pid = os.fork()
    if pid == 0:
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 2)
        pass_sockets()
    h.same("it tells that it is ready", notify.recv(100), b"READY=1")
    c = socket.create_connection(("127.0.0.1", 8462), h.PATIENCE)
    h.same("the first socket that was passed", ask(c), ANSWER)
    u = socket.socket(socket.AF_UNIX)
    u.connect(path)
    h.same("the second, a unix socket", ask(u), ANSWER)
    child = h.children(pid)[0]
    held = inodes(child)
    h.check("no child keeps the sockets", not held & {
        os.fstat(a.fileno()).st_ino, os.fstat(b.fileno()).st_ino}, held)
    h.same("nor a blocked signal", h.signals(child, "SigBlk"), [])
    c.close()
    u.close()
    os.kill(pid, 15)
    os.waitpid(pid, 0)

# StandardInput=socket of systemd: the same socket is passed again.
a = socket.create_server(("127.0.0.1", 8465))
a.set_inheritable(False)
pid = os.fork()
if pid == 0:
    os.dup2(a.fileno(), 200, inheritable=False)
    os.dup2(200, 0)
    os.dup2(200, 3)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = "1"
    os.execv(h.SOCKETMAP, [h.SOCKETMAP] + h.options())
c = socket.create_connection(("127.0.0.1", 8465), h.PATIENCE)
h.same("a socket that is passed twice", ask(c), ANSWER)
held = inodes(h.children(pid)[0])
h.check("no child keeps the second", os.fstat(a.fileno()).st_ino not in held,
        held)
c.close()
os.kill(pid, 15)
os.waitpid(pid, 0)
a.close()

# Sockets that were passed to somebody else, or too many: standard input is
# the connection.
for name, pid_text, count in (("to another process", "1", "1"),
                              ("too many", None, "1000000"),
                              ("less than none", None, "-1")):
    ours, theirs = socket.socketpair()
    other = socket.create_server(("127.0.0.1", 8463))
    pid = os.fork()
    if pid == 0:
        os.dup2(theirs.fileno(), 0)
        os.dup2(theirs.fileno(), 1)
        os.dup2(other.fileno(), 200)
        os.dup2(200, 3)
        os.environ["LISTEN_PID"] = pid_text or str(os.getpid())
        os.environ["LISTEN_FDS"] = count
        os.execv(h.SOCKETMAP, [h.SOCKETMAP] + h.options())
    theirs.close()
    other.close()
    ours.settimeout(h.PATIENCE)
    try:
        h.same("sockets passed, " + name, ask(ours), ANSWER)
    except socket.timeout:
        h.check("sockets passed, " + name, False, "no answer")
        os.kill(pid, 9)
    ours.close()
    os.waitpid(pid, 0)
h.done()
