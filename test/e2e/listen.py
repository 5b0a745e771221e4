# listen: the wait manner, processes that stand ready on a listening socket.
# SPDX-License-Identifier: MIT
import os
import resource
import select
import socket
import subprocess
import time
import harness as h

ASK = h.netstring("QUERY .example")
ANSWER = b"9:NOTFOUND ,"
COLD = {b"9:NOTFOUND ,"}  # of a name that the world does not have


class Listener:
    """socketmap with a listening socket as its standard input, output and
    error, as xinetd's "wait = yes" gives it; the socket stays open here, as it
    does there."""

    def __init__(self, args=None):
        self.args = args or h.options()
        self.socket = socket.create_server(("127.0.0.1", 8461), backlog=512,
                                           reuse_port=True)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [h.SOCKETMAP] + self.args, stdin=self.socket,
            stdout=self.socket, stderr=self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        children = h.descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        self.socket.close()
        h.wait_until(lambda: not any(map(h.is_alive, children)))


def inodes(pid):
    """What the descriptors of a process lead to."""
    found = set()
    folder = "/proc/%d/fd/" % pid
    try:
        for name in os.listdir(folder):
            try:
                found.add((name, os.stat(folder + name).st_ino))
            except FileNotFoundError:
                pass  # closed meanwhile
    except (FileNotFoundError, ProcessLookupError):
        pass
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


def serving(pid):
    """The children that are socketmap themselves."""
    return [p for p in h.children(pid) if h.name_of(p) == "socketmap"]


def few(pid):
    return h.wait_until(lambda: len(serving(pid)) <= 34)


with Listener() as l:
    c = connect()
    h.same("a connection is answered", ask(c), ANSWER)
    h.same("more than once", ask(c), ANSWER)
    h.check("by one of a few that stand ready", h.wait_until(
        lambda: 1 < len(serving(l.process.pid)) <= 16),
        serving(l.process.pid))
    many = [connect() for _ in range(100)]
    h.check("a hundred at once", all(ask(m) == ANSWER for m in many))
    h.check("each has a process", len(serving(l.process.pid)) > 100)
    for m in many + [c]:
        m.close()
    h.check("those that are too many leave", few(l.process.pid))
    before = set(serving(l.process.pid))
    for _ in range(50):
        with connect() as c:
            ask(c)
    h.check("one connection after the other needs no process of its own",
            len(set(serving(l.process.pid)) - before) < 25)

    # The process ends (here: is killed) while connections come in: the socket
    # is not its own, so they wait for the next one.
    held = connect()
    ask(held)
    old = serving(l.process.pid)
    l.process.kill()
    l.process.wait()
    h.check("those that wait leave with their parent", h.wait_until(
        lambda: sum(map(h.is_alive, old)) == 1))
    h.same("the one that serves goes on", ask(held), ANSWER)
    last = [pid for pid in old if h.is_alive(pid)][0]
    h.check("but listens no longer", h.wait_until(lambda: not any(
        inode == os.fstat(l.socket.fileno()).st_ino
        for _, inode in inodes(last))), inodes(last))
    held.close()
    h.check("until its connection ends", h.wait_until(
        lambda: not any(map(h.is_alive, old))))
    c = connect()
    c.sendall(ASK)
    l.start()
    h.same("a connection in the second of exiting is not lost", c.recv(100),
           ANSWER)
    # The same for one that is never quiet.
    old = serving(l.process.pid)
    l.process.kill()
    l.process.wait()
    end = time.monotonic() + h.PATIENCE
    while time.monotonic() < end and any(
            inode == os.fstat(l.socket.fileno()).st_ino
            for pid in old if h.is_alive(pid) for _, inode in inodes(pid)):
        ask(c)
    h.check("nor does one that is never quiet", time.monotonic() < end)
    h.same("which goes on, too", ask(c), ANSWER)
    c.close()

# One that is killed costs its own connection and no other.
with Listener() as l:
    c = connect()
    ask(c)
    os.kill(l.process.pid, 19)  # no spare is started meanwhile
    for pid in serving(l.process.pid):
        os.kill(pid, 9)
    h.same("a killed child costs its own connection", c.recv(1), b"")
    c = connect()
    c.sendall(ASK)
    os.kill(l.process.pid, 18)
    h.same("and no other", c.recv(100), ANSWER)
    c.close()

# When the last ones end together, and nobody comes, it is over at once and not
# after another idle minute.  LeakSanitizer's helper at the end would be killed
# with them.
def tell_end(l):
    c = connect()
    ask(c)
    c.close()

    def kill_all():
        """Spares that are just being started come later."""
        for pid in serving(l.process.pid):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        return l.process.poll() is not None
    h.check("without children it leaves", h.wait_until(kill_all, 45))


if os.environ.get("SANITIZERS") != "yes":
    with Listener() as l:
        tell_end(l)

# Standard input, output and error are nobody's.
with Listener() as l:
    c = connect()
    h.same("with all three", ask(c), ANSWER)
    for child in serving(l.process.pid):
        h.check("no child has the socket as its standard error",
                os.fstat(l.socket.fileno()).st_ino != os.stat(
                    "/proc/%d/fd/2" % child).st_ino)
        h.check("nor as its input and output", h.wait_until(lambda: [
            os.readlink("/proc/%d/fd/%d" % (child, n)) for n in (0, 1)] ==
            ["/dev/null"] * 2))
    c.close()

# There is none left for a connection: it waits until there is one.
with Listener() as l:
    h.same("before", ask(connect()), ANSWER)
    limits = resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE)
    time.sleep(0.5)
    everybody = [l.process.pid] + serving(l.process.pid)
    for pid in everybody:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (4, limits[1]))
    c = connect()
    c.sendall(ASK)
    before = sum(map(cpu_ticks, everybody))
    time.sleep(1)
    used = sum(map(cpu_ticks, everybody)) - before
    h.check("without descriptors nobody goes round and round", used < 20, used)
    h.same("and the parent lives", l.process.poll(), None)
    for pid in everybody:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    h.same("with some it goes on", c.recv(100), ANSWER)
    c.close()

# No more children than the limit; the next connection waits for one to leave.
def readable(c):
    """select() has 1024 descriptors."""
    p = select.poll()
    p.register(c, select.POLLIN)
    return bool(p.poll(0))


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
        # One more waits until the client that has been silent longest has been
        # so for ten seconds; others go on.
        late = connect()
        late.sendall(ASK)
        busy = 0

        def served():
            global busy
            busy += ask(held[-1]) == ANSWER
            return readable(late)
        h.check("one more is served", h.wait_until(served, step=0.1))
        h.same("as others are", late.recv(100), ANSWER)
        held[0].settimeout(h.PATIENCE)
        h.same("in place of who was silent longest", held[0].recv(100), b"")
        h.check("and of nobody who asks", busy > 0 and ask(held[-1]) == ANSWER)
        h.check("nor of many", sum(
            readable(c) for c in held) <= 64)
        h.check("within the limit", len(serving(l.process.pid)) <= 2000)
        for c in held:
            c.close()
        late.close()

# What is in the file of settings holds for the next connection.
with h.Scratch() as scratch:
    conf = scratch.file("conf")
    with open(conf, "w") as f:
        f.write("cache =\n")
    with Listener(args=["-c", conf]) as l:
        old = connect()
        new = h.netstring("NEW .example")
        old.sendall(new)
        h.check("a map that is not there", b"unknown map" in old.recv(200))
        with open(conf, "a") as f:
            f.write("[map NEW]\ntesting = enforce\n")
        old.sendall(new)
        h.check("it stays so for a connection", b"unknown map" in
                old.recv(200))
        for _ in range(5):
            with connect() as c:
                c.sendall(new)
                h.same("and is there for the next", c.recv(200), ANSWER)
        old.close()

def resolves(l):
    return [p for p in h.children(l.process.pid) if h.name_of(p) == "resolve"]


# All children share one resolve, which is started for the first of them.
with Listener() as l:
    cold = [connect() for _ in range(10)]
    h.same("no resolve before it is needed", resolves(l), [])
    for n, c in enumerate(cold):
        c.sendall(h.netstring("QUERY cold%d.live.example" % n))
    replies = [c.recv(1000) for c in cold]
    h.same("ten ask for what is not in the cache", set(replies), COLD)
    h.same("one resolve has them all, with one process for lookups",
           [len(resolves(l)), len(h.descendants(resolves(l)[0]))], [1, 1])
    os.kill(h.descendants(resolves(l)[0])[0], 9)
    cold[0].sendall(h.netstring("QUERY cold.live.example"))
    h.same("when that is killed there is another at once",
           {cold[0].recv(1000)}, COLD)
    os.kill(resolves(l)[0], 9)
    cold[1].sendall(h.netstring("QUERY colder.live.example"))
    h.same("and when both are", {cold[1].recv(1000)}, COLD)
    for c in cold:
        c.close()

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
    for child in serving(pid):
        h.check("no child has a blocked signal", h.wait_until(
            lambda: h.signals(child, "SigBlk") == []))
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
for child in serving(pid):
    listening = [fd for fd, inode in inodes(child) if
                 inode == os.fstat(a.fileno()).st_ino]
    h.same("each child has it once", len(listening), 1)
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
