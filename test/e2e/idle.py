# idle: the server closes after 120 s without a request, not before; and 10 s
# after a request that does not end.
# SPDX-License-Identifier: MIT
import subprocess
import time
import harness as h

# Postfix closes after 10 s of idleness and 100 s of age; a close of ours in
# the middle of a delivery can cost a deferral.
with h.Session(stderr=subprocess.DEVNULL) as s:
    h.same("an answer", s.ask(".example"), "NOTFOUND ")
    began = time.monotonic()
    h.check("the server closes an idle connection", s.closed(120 + h.PATIENCE))
    took = time.monotonic() - began
    h.check("not before 120 s", took >= 119.5, took)
    h.check("the process ends with 0", s.process.wait(h.PATIENCE) == 0)

# A request that has begun has ten seconds; who sends a byte now and then does
# not hold the connection.
with h.Session(stderr=subprocess.DEVNULL) as s:
    began = time.monotonic()
    s.send(b"100:QUERY ")
    while not s.closed(1) and time.monotonic() - began < 10 + h.PATIENCE:
        try:
            s.send(b"x")
        except OSError:
            break
    took = time.monotonic() - began
    h.check("a request that drips is given up", s.process.wait(
        h.PATIENCE) == 0)
    h.check("not before 10 s", took >= 9.5, took)
h.done()
