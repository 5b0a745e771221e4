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
    server = start()
    s.tell_answers("wait", WAIT)
    s.tell_process("wait", WAIT)
    s.tell_crowd("wait", WAIT)
    listener = s.tell_wait("wait", WAIT)

    # It takes a minute to leave: time for the other manner.
    idle = s.Client(NOWAIT)
    idle.ask()
    s.tell_answers("nowait", NOWAIT)
    s.tell_process("nowait", NOWAIT)
    s.tell_crowd("nowait", NOWAIT)
    s.tell_idle("wait", WAIT, listener)
    h.same("a connection that was idle for long", idle.ask(), s.ANSWER)
    idle.close()
    s.tell_restart("restart", server, start)

    told = []
    try:
        while True:
            told.append(notify.recv(1000))
    except BlockingIOError:
        pass
    h.check("nobody speaks in inetd's name", not any(
        t.startswith(b"STATUS=") and b"connections" in t for t in told), told)
    # <21> is notice, of mail.
    h.check("a lookup is told to syslog", log.has(
        "<21>", "mxpolicy[", "lookup domain=all-n-sts.example"))
    h.check("rubbish is as well", log.has("<20>", "sent no netstring"))
    log.close()
h.done()
