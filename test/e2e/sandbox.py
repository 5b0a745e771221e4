# sandbox: what somebody can do who has taken a program over: next to nothing.
# SPDX-License-Identifier: MIT
import ctypes
import errno
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import fleet
import harness as h

if os.environ.get("SANITIZERS") == "yes":
    print("AddressSanitizer and the intruder each want to be the first "
          "library: seen without sanitizers only")
    sys.exit(77)

QUIET = subprocess.DEVNULL
SIGSYS = "killed by signal %d" % signal.SIGSYS
ENDED = "it ended"
REFUSED = (errno.EACCES, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)
AF_PACKET, AF_VSOCK = 17, 40


class Inside:
    """A program with an intruder in it (intruder.c), who tries things."""

    def __init__(self, command, library, abi=None, stdin=None):
        self.talk, theirs = socket.socketpair()
        self.socket, connection = socket.socketpair()
        env = dict(os.environ, LD_PRELOAD=library,
                   INTRUDER=str(theirs.fileno()))
        if abi is not None:
            env["LANDLOCK_ABI"] = str(abi)
        self.process = subprocess.Popen(
            command, stdin=stdin or connection, stdout=connection,
            stderr=QUIET, env=env, pass_fds=[theirs.fileno()])
        self.pid = self.process.pid
        theirs.close()
        connection.close()

    def answer(self, frame):
        self.socket.sendall(h.netstring(frame))
        self.socket.settimeout(h.PATIENCE)
        return self.socket.recv(65536).decode()

    def attempt(self, *words):
        """errno, 0 when it could be done; or how the process ended."""
        self.talk.sendall(" ".join(str(w) for w in words).encode())
        os.kill(self.pid, signal.SIGUSR2)
        while not select.select([self.talk], [], [], 0.2)[0]:
            if not h.is_alive(self.pid) or h.state(self.pid) == "Z":
                return self.end()
        said = self.talk.recv(16).decode()
        return int(said) if said else self.end()

    def end(self):
        if self.pid != self.process.pid:
            return ENDED  # its parent knows by what
        return "killed by signal %d" % -self.process.wait(h.PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        below = h.descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self.talk.close()
        h.wait_until(lambda: not any(map(h.is_alive, below)))


def words(outcome):
    return outcome if isinstance(outcome, str) else \
        errno.errorcode.get(outcome, "it could be done")


class Place:
    """Things that an intruder would like to have."""

    def __init__(self, scratch):
        os.mkdir(scratch.file("var"))
        self.cache = scratch.file("var/cache.tdb")
        with h.Session(self.cache, stderr=QUIET) as s:
            s.ask("all-u.example")
        self.other = subprocess.Popen(["sleep", "600"])
        self.listeners = []
        for port in (25, 6379, 10025):
            self.listeners.append(socket.create_server(("127.0.0.1", port)))
        self.path = scratch.file("neighbour")
        self.named = socket.socket(socket.AF_UNIX)
        self.named.bind(self.path)
        self.named.listen()
        self.datagrams = scratch.file("datagrams")
        self.gram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.gram.bind(self.datagrams)
        os.mkdir(scratch.file("elsewhere"))
        self.theirs = scratch.file("elsewhere/theirs")
        open(self.theirs, "w").close()
        self.new = scratch.file("elsewhere/new")

    def close(self):
        for s in self.listeners + [self.named, self.gram]:
            s.close()
        self.other.kill()
        self.other.wait()


# What becomes of a try in resolve, in a process that serves, in one that serves
# and may have to start resolve itself, and in share.  DONE: it can be done, and
# has to be.  FILES, PORTS, SCOPES: refused by a kernel whose Landlock knows of
# them.
REFUSE, FILES, PORTS, SCOPES, DONE = "refused", "files", "ports", "scopes", \
    "done"
SINCE = {FILES: 1, PORTS: 4, SCOPES: 6}
RESOLVE, SERVES, STARTS, SHARE = range(4)


def kernel_abi():
    """What the Landlock of this kernel can; 0 without one, as in containers
    that refuse its system calls."""
    create_ruleset, version = 444, 1
    return max(0, ctypes.CDLL(None).syscall(create_ruleset, None,
                                            ctypes.c_size_t(0), version))


KERNEL = kernel_abi()


def attempts(place):
    pid = place.other.pid
    return [
        ("SMTP on this machine", ("tcp", "127.0.0.1", 25),
         PORTS, SIGSYS, DONE, PORTS),
        ("a store on this machine", ("tcp", "127.0.0.1", 6379),
         PORTS, SIGSYS, DONE, DONE),
        ("the port that content filters take", ("tcp", "127.0.0.1", 10025),
         PORTS, SIGSYS, DONE, PORTS),
        ("cloud metadata", ("tcp", "169.254.169.254", 80),
         PORTS, SIGSYS, None, PORTS),
        ("SMTP by TCP fast open", ("fastopen", "127.0.0.1", 25),
         REFUSE, SIGSYS, None, REFUSE),
        ("SMTP by MPTCP", ("mptcp", "127.0.0.1", 25), REFUSE, SIGSYS, None,
         SIGSYS),
        ("a port of its own", ("bind", "127.0.0.1", 8025),
         PORTS, SIGSYS, PORTS, REFUSE),
        ("a unix socket", ("unix", place.path), REFUSE, DONE, DONE, DONE),
        ("a unix socket, from a pair", ("pair", place.datagrams),
         REFUSE, DONE, DONE, REFUSE),
        ("raw packets", ("family", AF_PACKET, socket.SOCK_RAW),
         SIGSYS, SIGSYS, SIGSYS, SIGSYS),
        ("the host of this machine", ("family", AF_VSOCK, 1),
         SIGSYS, SIGSYS, SIGSYS, SIGSYS),
        ("netlink", ("family", socket.AF_NETLINK, socket.SOCK_RAW),
         REFUSE, SIGSYS, REFUSE, REFUSE),
        ("the users of this machine", ("read", "/etc/passwd"),
         FILES, FILES, DONE, FILES),
        ("its own memory", ("read", "/proc/self/mem"), FILES, FILES, DONE,
         FILES),
        ("its own memory, to be written", ("write", "/proc/self/mem"),
         REFUSE, FILES, FILES, REFUSE),
        ("the cache, to be read", ("read", place.cache), FILES, DONE, DONE,
         FILES),
        ("the cache, to be written", ("write", place.cache),
         REFUSE, DONE, DONE, REFUSE),
        ("a file elsewhere, to be written", ("write", place.theirs),
         REFUSE, FILES, FILES, REFUSE),
        ("a new file elsewhere", ("make", place.new), REFUSE, FILES, FILES,
         REFUSE),
        ("a new name for the cache", ("link", place.cache, place.new),
         REFUSE, FILES, FILES, REFUSE),
        ("to remove a file elsewhere", ("remove", place.theirs),
         REFUSE, FILES, FILES, REFUSE),
        ("to lock the cache", ("lock", place.cache), REFUSE, DONE, DONE,
         FILES),
        ("another program", ("exec", "/bin/true"), SIGSYS, SIGSYS, None,
         SIGSYS),
        ("another process", ("fork",), REFUSE, REFUSE, DONE, REFUSE),
        ("a signal to another process", ("kill", pid, 9),
         SIGSYS, SIGSYS, SCOPES, SIGSYS),
        ("a signal through the kernel", ("setown", pid),
         SIGSYS, SIGSYS, SIGSYS, REFUSE),
        ("which signal that is", ("setsig", 9), SIGSYS, SIGSYS, SIGSYS,
         SIGSYS),
        ("to trace another process", ("ptrace", pid),
         SIGSYS, SIGSYS, SIGSYS, SIGSYS),
        ("new code", ("code",), REFUSE, REFUSE, None, REFUSE),
    ]


def is_good(got, wanted, reach):
    if wanted in SINCE and reach < SINCE[wanted] or wanted == DONE:
        return got not in REFUSED and not isinstance(got, str)
    if wanted == SIGSYS:
        return got in (SIGSYS, ENDED)
    return got in REFUSED


def look_inside(place, name, which, inside, abi=None):
    """inside: makes a program that has an intruder.  abi None: of this
    kernel.  What an older one cannot refuse can be done."""
    reach = KERNEL if abi is None else min(abi, KERNEL)
    one = inside(abi)
    for what, try_, *column in attempts(place):
        wanted = column[which]
        # It would kill a process of the test.
        if wanted is None or wanted == SCOPES and reach < SINCE[SCOPES]:
            continue
        if wanted in SINCE and reach < SINCE[wanted] and \
                try_[0] in ("remove", "make", "link"):
            continue
        got = one.attempt(*try_)
        h.check("%s: %s" % (name, what), is_good(got, wanted, reach),
                words(got))
        if isinstance(got, str):
            one.__exit__()
            one = inside(abi)
    one.__exit__()
    h.check(name + ": the other process lives", place.other.poll() is None)
    h.check(name + ": nothing new is there", not os.path.exists(place.new))
    h.check(name + ": nobody came", which in (STARTS, SHARE) or reach < 4 or
            not any(list(map(waiting, place.listeners))))
    list(map(waiting, place.listeners))


def look_at_resolve(place, library, name, abi):
    def inside(abi):
        i = Inside([h.RESOLVE] + h.options(), library, abi)
        h.check(name + ": it answers", "name 2 1 xn--bcher" in i.answer(
            "question 2 1 name 25 - - b\u00fccher.example"))
        return i
    look_inside(place, name, RESOLVE, inside, abi)


def look_at_socketmap(place, library, scratch):
    """With a lookup service, without one, and in wait mode."""
    path = scratch.file("service")
    command = [h.SOCKETMAP] + h.options(place.cache)

    def serves(abi):
        i = Inside(command + ["-o", "resolve-socket=" + path], library, abi)
        h.same("it answers from the cache", i.answer("QUERY all-u.example"),
               "12:OK dane-only,")
        return i

    def starts(abi):
        i = Inside(command, library, abi)
        h.same("it answers", i.answer("QUERY all-u.example"),
               "12:OK dane-only,")
        return i

    def waits(abi):
        listener = socket.create_server(("127.0.0.1", 8461), reuse_port=True)
        i = Inside(command, library, abi, listener)
        listener.close()
        i.socket.close()
        i.socket = socket.create_connection(("127.0.0.1", 8461), h.PATIENCE)
        h.same("wait mode: it answers", i.answer("QUERY all-u.example"),
               "12:OK dane-only,")
        i.pid = [p for p in h.children(i.process.pid) if any(
            "socket:" in link for fd, link in h.links(p).items()
            if fd > 2) and serves_connection(p, i.socket)][0]
        return i
    with h.Service(path) as service:
        look_inside(place, "socketmap", SERVES, serves)
        look_inside(place, "socketmap on Linux 6.1", SERVES, serves, 2)
        look_inside(place, "socketmap without Landlock", SERVES, serves, 0)
        h.same("nobody started resolve for that", service.workers(), [])
        with service.session(place.cache) as s:
            h.same("and what is not cached is looked up",
                   s.ask("all-n-sts.example"),
                   "OK secure match=n1.example servername=hostname")
            h.same("by the service", h.children(s.process.pid), [])
        orphan = service.session()
        orphan.ask(".example")
    with orphan as s:
        h.same("the service went away meanwhile: the connection ends",
               s.ask("all-n-sts.example"), None)
    with h.Session("", "resolve-socket=" + path, stderr=QUIET) as s:
        h.same("the next connection does without it", s.ask(
            "all-n-sts.example"),
            "OK secure match=n1.example servername=hostname")
    look_inside(place, "socketmap that starts resolve", STARTS, starts)
    look_inside(place, "and on Linux 6.1", STARTS, starts, 2)
    look_inside(place, "socketmap in wait mode", SERVES, waits)


def serves_connection(pid, ours):
    """Has that process the other end of a TCP connection?"""
    port = "%04X" % ours.getsockname()[1]
    with open("/proc/net/tcp") as f:
        inodes = [line.split()[9] for line in f
                  if line.split()[2].endswith(":" + port)]
    return any("socket:[%s]" % n in h.links(pid).values() for n in inodes)


def look_at_share(place, library, scratch):
    """The store is on port 6379, and nobody answers there."""
    path = scratch.file("share")
    command = [fleet.SHARE] + h.options(
        "", "shared-cache=redis://127.0.0.1:6379",
        "shared-cache-key=" + fleet.key_file(scratch))

    def inside(abi):
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            i = Inside(command, library, abi, listener)
        i.socket.close()
        i.socket = socket.socket(socket.AF_UNIX)
        i.socket.connect(path)
        said = i.answer("state 1 1 ")
        h.check("share answers", "stated" in said, said)
        return i
    look_inside(place, "share", SHARE, inside)
    look_inside(place, "share on Linux 6.1", SHARE, inside, 2)
    look_inside(place, "share without Landlock", SHARE, inside, 0)


def look_at_another_cache(scratch):
    """The directory of a cache that is named while processes serve is out of
    their reach: they leave after the connection that they have."""
    os.mkdir(scratch.file("second"))
    conf = scratch.file("conf")

    def name_cache(path):
        with open(conf + ".new", "w") as f:
            f.write("cache = %s\n" % path)
        os.rename(f.name, conf)
    os.mkdir(scratch.file("first"))
    name_cache(scratch.file("first/cache.tdb"))
    args = h.options()
    args = ["-c", conf] + [w for pair in zip(args[2::2], args[3::2])
                           for w in pair if not pair[1].startswith("cache=")]
    listener = socket.create_server(("127.0.0.1", 8461), reuse_port=True)
    p = subprocess.Popen([h.SOCKETMAP] + args, stdin=listener, stdout=QUIET,
                         stderr=QUIET)
    listener.close()

    def ask():
        with socket.create_connection(("127.0.0.1", 8461), h.PATIENCE) as c:
            c.sendall(h.netstring("QUERY all-u.example"))
            return c.recv(100)
    h.same("the first cache", ask(), b"12:OK dane-only,")
    h.check("is there", os.path.exists(scratch.file("first/cache.tdb")))
    second = scratch.file("second/cache.tdb")
    name_cache(second)
    answers = set()

    def is_used():
        answers.add(ask())
        return os.path.exists(second)
    h.check("another directory is used soon", h.wait_until(is_used))
    h.same("and every connection has its answer", answers,
           {b"12:OK dane-only,"})
    p.kill()
    p.wait()


def look_at_calls(scratch):
    """What is refused is not needed, in a cache that is made, damaged, cut
    short and removed as well."""
    if shutil.which("strace") is None:
        print("which calls are refused: not seen without strace")
        return
    os.mkdir(scratch.file("calls"))
    cache, trace = scratch.file("calls/cache.tdb"), scratch.file("trace")
    program = scratch.file("socketmap")
    with open(program, "w") as f:
        f.write("#!/bin/sh\nexec strace -f -A -o %s %s \"$@\"\n" %
                (trace, h.SOCKETMAP))
    os.chmod(program, 0o755)

    def damage():
        with open(cache, "r+b") as f:
            f.seek(5000)
            f.write(b"\xff" * 200000)
    with h.Service(scratch.file("calls/service")) as service:
        for before in (lambda: None, damage,
                       lambda: os.truncate(cache, 100000),
                       lambda: os.unlink(cache)):
            before()
            with h.Session(cache, "resolve-socket=" + service.path,
                           "log-level=debug", program=program,
                           stderr=QUIET) as s:
                h.same("with a cache in any state", s.ask("all-u.example"),
                       "OK dane-only")
                s.ask("b\u00fccher.example:submission")
    with open(trace, errors="replace") as f:
        refused = [line for line in f if "ENOSYS" in line or
                   "EPERM" in line or "EACCES" in line]
    h.same("no call that is made is refused", refused, [])


def waiting(listener):
    listener.setblocking(False)
    try:
        listener.accept()[0].close()
        return True
    except BlockingIOError:
        return False


def look_at_ports(library):
    """Lookups go on, and to these ports alone."""
    for name, more, port, wanted in (
            ("the port of HTTPS", (), 443, 0),
            ("the port of DNS", (), 53, 0),
            ("DNS over TLS, which is not configured", (), 853, errno.EACCES),
            ("a name server's own port", ("resolver=127.0.0.1@5353",), 5353,
             0),
            ("a proxy's", ("https-proxy=http://127.0.0.1:3128",), 3128, 0),
            ("which others have not", (), 3128, errno.EACCES)):
        with Inside([h.RESOLVE] + h.options("", *more), library) as i:
            i.answer("question 2 1 name 25 - - b\u00fccher.example")
            got = i.attempt("tcp", "127.0.0.1", port)
            if KERNEL < SINCE[PORTS]:
                wanted = 0
            # Nobody need listen there.
            h.check(name, got == wanted or wanted == 0 and
                    got == errno.ECONNREFUSED, words(got))


def look_at_warnings(library, scratch):
    """What the kernel lacks is a warning of the service."""
    for abi, wanted in ((None, b"" if KERNEL >= SINCE[PORTS] else
                         b"which TCP ports are reached"), (3, b"which TCP ports are reached"),
                        (0, b"which files are read")):
        path = scratch.file("resolve.socket")
        log = scratch.file("log")
        with socket.socket(socket.AF_UNIX) as listener, open(log, "wb") as f:
            listener.bind(path)
            listener.listen()
            env = dict(os.environ, LD_PRELOAD=library)
            if abi is not None:
                env["LANDLOCK_ABI"] = str(abi)
            p = subprocess.Popen([h.RESOLVE] + h.options(), stdin=listener,
                                 stdout=QUIET, stderr=f, env=env)
            with h.Session("", "resolve-socket=" + path, stderr=QUIET) as s:
                h.same("ABI %s: it answers" % abi, s.ask("all-u.example"),
                       "OK dane-only")
            p.kill()
            p.wait()
        os.unlink(path)
        with open(log, "rb") as f:
            said = f.read()
        h.check("ABI %s: %r" % (abi, wanted),
                wanted in said and bool(wanted) == bool(said), said)


def look_at_reserved():
    """No request goes to where a stranger's DNS points on this side."""
    host = "mta-sts.all-n-sts.example"
    mark = h.Mark()
    with h.Session("", "fetch-reserved=no", stderr=subprocess.PIPE) as s:
        h.same("a policy host at a reserved address has no policy",
               s.ask("all-n-sts.example"), "NOTFOUND ")
        s.socket.close()
        log = s.process.stderr.read().decode()
    h.check("and the log says so", "https-reserved" in log and
            host + " has a reserved address and no other" in log, log)
    h.same("no request", mark.https(host), 0)
    with h.Session("", stderr=QUIET) as s:
        h.check("with fetch-reserved it has one",
                s.ask("all-n-sts.example").startswith("OK secure"))
    h.check("by a request", mark.https(host) > 0)


with h.Scratch() as scratch:
    library = scratch.file("intruder.so")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1",
                    "-D_GNU_SOURCE", "-o", library, os.path.join(
                        h.SOURCE, "test", "e2e", "intruder.c")] +
                   os.environ.get("CFLAGS", "").split(), check=True)
    place = Place(scratch)
    look_at_resolve(place, library, "resolve", None)
    look_at_resolve(place, library, "resolve on Linux 6.1", 2)
    look_at_resolve(place, library, "resolve without Landlock", 0)
    look_at_socketmap(place, library, scratch)
    if os.access(fleet.SHARE, os.X_OK):
        look_at_share(place, library, scratch)
    else:
        print("share is not built (package libhiredis-dev): not looked at")
    look_at_another_cache(scratch)
    look_at_calls(scratch)
    look_at_ports(library)
    look_at_warnings(library, scratch)
    look_at_reserved()
    place.close()
h.done()
