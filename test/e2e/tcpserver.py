# tcpserver: the run file, by the real one.
# SPDX-License-Identifier: MIT
import re
import harness as h
import superserver as s

s.find("tcpserver", "ucspi-tcp")
PORT = 8461
s.prepare_world()

with h.Scratch() as scratch:
    # The run file as it is, but for the program of the build tree and its
    # settings; and who is no root cannot give up groups.
    text = s.snippet("mxpolicy.tcpserver")
    text, n = re.subn(r"(127\.0\.0\.1 8461) .*", r"\1 %s -c %s" %
                      (h.SOCKETMAP, s.settings(scratch)), text)
    text, m = re.subn(r' -g "[^"]*"', "", text)
    assert n == 1 and m == 1, text
    s.write(scratch.file("run"), text)

    def start():
        return s.Server(scratch, ["sh", scratch.file("run")], PORT)
    server = start()
    s.tell_answers("tcpserver", PORT)
    s.tell_process("tcpserver", PORT, socket_for_errors=False)
    s.tell_crowd("tcpserver", PORT)
    s.tell_restart("restart", server, start)
    with open(scratch.file("words")) as f:
        words = f.read()
    h.check("a lookup is told on its standard error",
            "lookup domain=all-n-sts.example" in words, words)
    h.check("rubbish is as well", "complete netstring" in words, words)
h.done()
