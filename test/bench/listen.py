# listen: connections and cached answers in wait mode, beside what accepting and
# answering costs that does nothing else.
# SPDX-License-Identifier: MIT
# usage, inside the world: listen.py [PEER]
import os
import socket
import subprocess
import sys
import time

from common import BUILT, fill, h, median, row

PEER = sys.argv[1] if len(sys.argv) > 1 else ""
ROUNDS = 5
NEW = 500      # connections of a round
SECONDS = 1.0  # of a round
MANY = (8, 128)
KEY = "all-u.example"
REQUEST = h.netstring("QUERY " + KEY).decode()


def load(port, *arguments):
    out = subprocess.run(
        [os.path.join(BUILT, "load"), str(port)] +
        [str(a) for a in arguments] + [REQUEST],
        stdout=subprocess.PIPE, check=True).stdout
    return float(out)


def echo(port, how, *more):
    p = subprocess.Popen([os.path.join(BUILT, "echo"), how, str(port)] +
                         [str(m) for m in more])
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return p
        except OSError:
            time.sleep(0.02)
    sys.exit("listen.py: echo does not listen")


def listen(port, cache):
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    p = subprocess.Popen([h.SOCKETMAP] + h.options(cache), stdin=listener,
                         stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    listener.close()
    return p


def rounds(servers, *arguments):
    """Each in turn, so that what the machine does else falls on all."""
    seen = {what: [] for what in servers}
    for _ in range(ROUNDS):
        for what, port in servers.items():
            seen[what].append(load(port, *arguments))
    return {what: median(values) for what, values in seen.items()}


with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    fill(cache, 1000, "fresh", 1000)
    running = [echo(8471, "one"), echo(8472, "fork"), listen(8461, cache)]
    with h.Session(cache, stderr=subprocess.DEVNULL) as s:
        s.ask(KEY)
    servers = {"accept and echo": 8471, "accept, fork and echo": 8472,
               "mxpolicy, wait mode": 8461}
    if PEER:
        servers["peer"] = int(PEER.rpartition(":")[2])
    try:
        figures = rounds(servers, "connect", NEW)
        for what, value in figures.items():
            row("connect and first answer: " + what, "%.0f us" % value,
                value / figures["accept and echo"], "accept and echo")
        for n in MANY:
            floor = echo(8480 + n, "many", n)
            running.append(floor)
            busy = {"echo by as many processes": 8480 + n,
                    "mxpolicy, wait mode": 8461}
            if PEER:
                busy["peer"] = servers["peer"]
            figures = rounds(busy, n, SECONDS)
            for what, value in figures.items():
                row("cached answers, %d connections: %s" % (n, what),
                    "%.0f/s" % value,
                    value / figures["echo by as many processes"], "echo")
    finally:
        for p in running:
            p.kill()
            p.wait()
