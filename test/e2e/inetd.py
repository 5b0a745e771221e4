# inetd: the snippets of both manners, by OpenBSD's.
# SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import sys
import harness as h
import superserver as s

INETD = s.find("inetd", "openbsd-inetd")
if b"inetutils" in subprocess.run([INETD, "--version"], capture_output=True,
                                  stdin=subprocess.DEVNULL).stdout:
    print("%s is not that of the package openbsd-inetd" % INETD)
    sys.exit(77)
NOWAIT, WAIT = 8461, 8462
s.prepare_world()


def line(name, conf, port):
    """The last line of a snippet, but for the program of the build tree, its
    settings, and the port, so that both manners are there at once."""
    words = s.snippet(name).splitlines()[-1].split()
    assert words[0] == "127.0.0.1:8461" and len(words) == 7, words
    words[0] = "127.0.0.1:%d" % port
    words[5] = h.SOCKETMAP
    return " ".join(words + ["-c", conf]) + "\n"


with h.Scratch() as scratch:
    log = s.Syslog(scratch)
    conf = s.settings(scratch)
    s.write(scratch.file("inetd.conf"),
            line("mxpolicy.inetd", conf, NOWAIT) +
            line("mxpolicy-wait.inetd", conf, WAIT))
    # Debian's tells systemd that it is ready.  What it starts has nothing to
    # say there.
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(scratch.file("notify"))
    notify.setblocking(False)
    env = dict(os.environ, NOTIFY_SOCKET=scratch.file("notify"))

    def start():
        return s.Server(scratch, [INETD, "-i", scratch.file("inetd.conf")],
                        NOWAIT, WAIT, env=env)
    s.tell_both_manners(start, WAIT, NOWAIT)

    told = []
    try:
        while True:
            told.append(notify.recv(1000))
    except BlockingIOError:
        pass
    h.check("nobody speaks in inetd's name", not any(
        t.startswith(b"STATUS=") and b"connections" in t for t in told), told)
    s.tell_log(log)
    log.close()
h.done()
