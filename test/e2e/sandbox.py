# sandbox: what somebody can do who has taken a program over: next to nothing.
# SPDX-License-Identifier: MIT
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import harness as h

if os.environ.get("SANITIZERS") == "yes":
    print("AddressSanitizer and the intruder each want to be the first "
          "library: seen without sanitizers only")
    sys.exit(77)

QUIET = subprocess.DEVNULL
SIGSYS = "killed by signal %d" % signal.SIGSYS
REFUSED = (errno.EACCES, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)
AF_PACKET, AF_VSOCK = 17, 40


class Inside:
    """A program with an intruder in it (intruder.c), who tries things."""

    def __init__(self, command, library, abi=None, stderr=QUIET):
        self.talk, theirs = socket.socketpair()
        self.socket, connection = socket.socketpair()
        env = dict(os.environ, LD_PRELOAD=library,
                   INTRUDER=str(theirs.fileno()))
        if abi is not None:
            env["LANDLOCK_ABI"] = str(abi)
        self.process = subprocess.Popen(
            command, stdin=connection, stdout=connection, stderr=stderr,
            env=env, pass_fds=[theirs.fileno()])
        theirs.close()
        connection.close()

    def answer(self, frame):
        self.socket.sendall(h.netstring(frame))
        self.socket.settimeout(h.PATIENCE)
        return self.socket.recv(65536).decode()

    def attempt(self, *words):
        """errno, 0 when it could be done; or how the process ended."""
        self.talk.sendall(" ".join(str(w) for w in words).encode())
        os.kill(self.process.pid, signal.SIGUSR2)
        self.talk.settimeout(h.PATIENCE)
        said = self.talk.recv(16).decode()
        if said:
            return int(said)
        return "killed by signal %d" % -self.process.wait(h.PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self.talk.close()


def words(outcome):
    return outcome if isinstance(outcome, str) else \
        errno.errorcode.get(outcome, "it could be done")


class Place:
    """Things that an intruder would like to have."""

    def __init__(self, scratch):
        self.cache = scratch.file("cache.tdb")
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
        self.new = scratch.file("new")

    def close(self):
        for s in self.listeners + [self.named, self.gram]:
            s.close()
        self.other.kill()
        self.other.wait()


def attempts(place):
    """Name, what is tried, and whether it is refused or ends the process."""
    pid = place.other.pid
    return [
        ("SMTP on this machine", ("tcp", "127.0.0.1", 25), "ports"),
        ("a store on this machine", ("tcp", "127.0.0.1", 6379), "ports"),
        ("the port that content filters take", ("tcp", "127.0.0.1", 10025),
         "ports"),
        ("cloud metadata", ("tcp", "169.254.169.254", 80), "ports"),
        ("SMTP by TCP fast open", ("fastopen", "127.0.0.1", 25), "refused"),
        ("SMTP by MPTCP", ("mptcp", "127.0.0.1", 25), "refused"),
        ("a port of its own", ("bind", "127.0.0.1", 8025), "ports"),
        ("a unix socket", ("unix", place.path), "refused"),
        ("a unix socket, from a pair", ("pair", place.datagrams), "refused"),
        ("raw packets", ("family", AF_PACKET, socket.SOCK_RAW), SIGSYS),
        ("the host of this machine", ("family", AF_VSOCK, 1), SIGSYS),
        ("netlink", ("family", socket.AF_NETLINK, socket.SOCK_RAW),
         "refused"),
        ("the users of this machine", ("read", "/etc/passwd"), "files"),
        ("its own memory", ("read", "/proc/self/mem"), "files"),
        ("the cache, to be read", ("read", place.cache), "files"),
        ("the cache, to be written", ("write", place.cache), "refused"),
        ("a new file", ("make", place.new), "refused"),
        ("a new name for the cache", ("link", place.cache, place.new),
         "refused"),
        ("to remove the cache", ("remove", place.cache), "refused"),
        ("to lock the cache", ("lock", place.cache), "refused"),
        ("another program", ("exec", "/bin/true"), SIGSYS),
        ("another process", ("fork",), "refused"),
        ("a signal to another process", ("kill", pid, 9), SIGSYS),
        ("a signal through the kernel", ("setown", pid), SIGSYS),
        ("which signal that is", ("setsig", 9), SIGSYS),
        ("to trace another process", ("ptrace", pid), SIGSYS),
        ("new code", ("code",), "refused"),
    ]


def look_at_resolve(place, library, name, abi, more=()):
    """abi None: of this kernel.  What an older one cannot refuse can be
    done."""
    reach = 99 if abi is None else abi
    command = [h.RESOLVE] + h.options("", *more)

    def inside():
        i = Inside(command, library, abi)
        h.check(name + ": it answers", "name 2 1 xn--bcher" in i.answer(
            "question 2 1 name 25 - - b\u00fccher.example"))
        return i
    one = inside()
    for what, words_, wanted in attempts(place):
        got = one.attempt(*words_)
        if wanted == "ports" and reach < 4 or wanted == "files" and reach < 1:
            good = got not in REFUSED and got != SIGSYS
        elif wanted == SIGSYS:
            good = got == SIGSYS
        else:
            good = got in REFUSED
        h.check("%s: %s" % (name, what), good, words(got))
        if isinstance(got, str):
            one.__exit__()
            one = inside()
    one.__exit__()
    h.check(name + ": the other process lives", place.other.poll() is None)
    h.check(name + ": nothing new is there", not os.path.exists(place.new))
    h.check(name + ": nobody came", not any(
        waiting(s) for s in place.listeners) or reach < 4)


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
            # Nobody need listen there.
            h.check(name, got == wanted or wanted == 0 and
                    got == errno.ECONNREFUSED, words(got))


def look_at_warnings(library, scratch):
    """What the kernel lacks is a warning of the service."""
    for abi, wanted in ((None, b""), (3, b"which TCP ports are reached"),
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
    look_at_ports(library)
    look_at_warnings(library, scratch)
    look_at_reserved()
    place.close()
h.done()
