# xinetd: the snippets of both manners, by the real one.
# SPDX-License-Identifier: MIT
import os
import re
import harness as h
import superserver as s

XINETD = s.find("xinetd", "xinetd")
NOWAIT, WAIT = 8461, 8462
s.prepare_world()


def service(name, folder, conf, port):
    """The snippet as it is, but for the program of the build tree, its
    settings, and the port, so that both manners are there at once."""
    text = s.snippet(name)
    text, n = re.subn(r"(\tserver +=).*", r"\1 %s\n\tserver_args = -c %s" %
                      (h.SOCKETMAP, conf), text)
    text, m = re.subn(r"(\tport +=) 8461", r"\1 %d" % port, text)
    assert n == 1 and m == 1, text
    s.write(os.path.join(folder, name.rsplit(".", 1)[0]), text)


with h.Scratch() as scratch:
    log = s.Syslog(scratch)
    folder = scratch.file("xinetd.d")
    os.mkdir(folder)
    conf = s.settings(scratch)
    service("mxpolicy.xinetd", folder, conf, NOWAIT)
    service("mxpolicy-wait.xinetd", folder, conf, WAIT)
    s.write(scratch.file("xinetd.conf"),
            "defaults\n{\n}\nincludedir %s\n" % folder)

    def start():
        return s.Server(scratch, [
            XINETD, "-dontfork", "-f", scratch.file("xinetd.conf"),
            "-pidfile", scratch.file("pid"), "-filelog",
            scratch.file("xinetd.log")], NOWAIT, WAIT)
    s.tell_both_manners(start, WAIT, NOWAIT)

    s.tell_log(log)
    log.close()
h.done()
