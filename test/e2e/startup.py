# startup: signals and descriptors as the starter has left them.
# SPDX-License-Identifier: MIT
import os
import signal
import socket
import subprocess
import harness as h

ASK = h.netstring("QUERY .example")
ANSWER = b"9:NOTFOUND ,"


def ignore_and_block():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


# Ignored and blocked signals are inherited.
with socket.create_server(("127.0.0.1", 8461)) as listening:
    p = subprocess.Popen([h.SOCKETMAP] + h.options(), stdin=listening,
                         stderr=subprocess.DEVNULL,
                         preexec_fn=ignore_and_block)
    with socket.create_connection(("127.0.0.1", 8461), h.PATIENCE) as c:
        c.sendall(ASK)
        h.same("after signals that were ignored and blocked", c.recv(100),
               ANSWER)
        # SIGCHLD is read from a descriptor; all are blocked while it forks.
        h.check("only its own is blocked", h.wait_until(lambda: h.signals(
            p.pid, "SigBlk") == [signal.SIGCHLD]))
        # SIGINT and SIGQUIT are the starter's business.
        h.same("SIGPIPE is ignored, and SIGCHLD is not",
               [n for n in h.signals(p.pid, "SigIgn")
                if n in (signal.SIGPIPE, signal.SIGCHLD)], [signal.SIGPIPE])
        h.same("none is blocked in the child", h.signals(
            h.children(p.pid)[0], "SigBlk"), [])
    p.terminate()
    h.same("SIGTERM ends it", p.wait(h.PATIENCE), -signal.SIGTERM)

with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")

    # What is opened next must not be taken for a closed standard descriptor.
    ours, theirs = socket.socketpair()
    p = subprocess.Popen([h.SOCKETMAP] + h.options(cache), stdin=theirs,
                         stdout=theirs, preexec_fn=lambda: os.close(2))
    theirs.close()
    ours.sendall(ASK)
    h.same("socketmap without standard error", ours.recv(100), ANSWER)
    error = os.readlink("/proc/%d/fd/2" % p.pid)
    h.check("it is no file of ours", error.startswith("socket:"), error)
    ours.close()
    p.wait()

    # An explanation that is longer than any buffer.
    subprocess.run([h.world_tool("zone-set")], check=True, input=(
        b";@ repeat 1-90 @ MX 20 h$\n;@ repeat 1-90 h$ A 192.0.2.9\n"))
    for closed in (0,), (1,), (2,), (0, 1, 2):
        def close():
            for fd in closed:
                os.close(fd)
        if os.path.exists(cache):
            os.unlink(cache)
        # It is there, and so it is the first file that is opened.
        subprocess.run([h.PREFETCH] + h.options(cache), check=True,
                       stderr=subprocess.DEVNULL)
        for command, status in (
                ([h.MXPOLICY] + h.options(cache) +
                 ["explain", "live.example"], 1),
                ([h.PREFETCH] + h.options(cache), 0)):
            h.same("%s without %s" % (os.path.basename(command[0]), closed),
                   subprocess.run(command, preexec_fn=close,
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode,
                   status)
            with open(cache, "rb") as f:
                h.check("it prints nothing into the cache",
                        b"has no TLSA records" not in f.read())

    # A process that parses strangers' bytes has what it needs, and no more.
    secret = os.open("/etc/passwd", os.O_RDONLY)
    os.dup2(secret, 9)
    ours, theirs = socket.socketpair()
    p = subprocess.Popen([h.SOCKETMAP] + h.options(cache), stdin=theirs,
                         stdout=theirs, stderr=subprocess.DEVNULL,
                         pass_fds=(9,))
    theirs.close()
    ours.sendall(h.netstring("QUERY all-u.nsec3"))
    h.same("with a descriptor too many", ours.recv(100), b"12:OK dane-only,")
    resolve = h.children(p.pid)[0]
    found = list(h.links(resolve).values())
    h.check("resolve does not get it", "/etc/passwd" not in found, found)
    ours.close()
    p.wait()
h.done()
