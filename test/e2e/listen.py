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
    """socketmap with a listening socket as its standard input, as xinetd's
    "wait = yes" gives it; the socket stays open here, as it does there."""

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
            [h.SOCKETMAP] + h.options(), stdin=self.socket.fileno(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=limit)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.socket.close()


def connect():
    return socket.create_connection(("127.0.0.1", 8461), 10)


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
    notify.settimeout(10)
    a = socket.create_server(("127.0.0.1", 8462))
    path = scratch.file("socket")
    b = socket.socket(socket.AF_UNIX)
    b.bind(path)
    b.listen()
    os.dup2(a.fileno(), 200)
    os.dup2(b.fileno(), 201)

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
    c = socket.create_connection(("127.0.0.1", 8462), 10)
    h.same("the first socket that was passed", ask(c), ANSWER)
    u = socket.socket(socket.AF_UNIX)
    u.connect(path)
    h.same("the second, a unix socket", ask(u), ANSWER)
    c.close()
    u.close()
    os.kill(pid, 15)
    os.waitpid(pid, 0)
h.done()
