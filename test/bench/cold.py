# cold: what questions cost that the cache cannot answer.
# SPDX-License-Identifier: MIT
# usage, inside the world: cold.py [PEER]
#
# Domains of each kind are asked for once, half of them over one connection and
# half over sixteen, through socketmap on a listening socket and one resolve
# behind another, beside what the resolver and the policy host do by themselves.
# Then 200 connections ask one question each: what memory that takes.  PEER, HOST:PORT of any socketmap server that runs there, is
# asked the same.
import concurrent.futures
import os
import socket
import subprocess
import sys
import threading
import time

import floor
from common import h, median, row

PEER = sys.argv[1] if len(sys.argv) > 1 else ""
PORT = 8461
CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")
CROWD = 200
FLOOD, FEW = 10000, 20
SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
# of load.example: what, the letter, how many there are, what replies begin with
KINDS = [
    ("neither", "n", 200, "NOTFOUND "),
    ("DANE", "d", 200, "OK dane-only"),
    ("MTA-STS", "m", 100, "OK secure match="),
]


def names(letter, number, part):
    """Half of them: nobody has asked for these yet."""
    return ["%s%03d.load.example" % (letter, n)
            for n in range(part, number, 2)]


def cpu(pids):
    """Seconds of these processes, and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/schedstat" % pid) as f:
                total += int(f.read().split()[0]) / 1e9
            with open("/proc/%d/stat" % pid) as f:
                field = f.read().rpartition(")")[2].split()
            total += (int(field[13]) + int(field[14])) / TICKS
        except OSError:
            pass
    return total


class Client:
    def __init__(self, address):
        self.socket = socket.create_connection(address, 100)
        self.buffer = b""

    def ask(self, key):
        self.send(key)
        return self.receive()

    def send(self, key):
        self.socket.sendall(h.netstring("QUERY " + key))

    def receive(self):
        while True:
            colon = self.buffer.find(b":")
            end = colon + 1 + int(self.buffer[:colon]) if colon > 0 else 0
            if colon > 0 and len(self.buffer) > end:
                reply = self.buffer[colon + 1:end].decode()
                self.buffer = self.buffer[end + 1:]
                return reply
            data = self.socket.recv(65536)
            if not data:
                sys.exit("cold.py: the server closed the connection")
            self.buffer += data


def ask_all(address, keys, wanted, connections):
    """Seconds in all, and of each question; the connections, still open."""
    took, clients = [], []
    lock = threading.Lock()
    left = list(keys)

    def work():
        client = Client(address)
        clients.append(client)
        while True:
            with lock:
                if not left:
                    return
                key = left.pop()
            began = time.monotonic()
            reply = client.ask(key)
            took.append(time.monotonic() - began)
            if not reply.startswith(wanted):
                sys.exit("cold.py: %s: got %r, wanted %r" %
                         (key, reply, wanted))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        for done in [pool.submit(work) for _ in range(connections)]:
            done.result()
    return time.monotonic() - began, median(took), clients


def measure(what, address, processes=None):
    figures = {}
    for kind, letter, number, wanted in KINDS:
        for part, connections in enumerate((1, CONNECTIONS)):
            keys = names(letter, number, part)
            used = {k: cpu(v) for k, v in
                    (processes() if processes else {}).items()}
            all_took, p50, clients = ask_all(
                address, keys, wanted, connections)
            rate = len(keys) / all_took
            figures[kind, connections] = rate
            row("%s, %s, over %d" % (what, kind, connections),
                "%.0f/s" % rate, rate / figures[kind, 1], "over 1")
            row("  p50", "%.2f ms" % (p50 * 1e3))
            for k, pids in (processes() if processes else {}).items():
                row("  CPU of %s for each" % k, "%.2f ms" % (
                    (cpu(pids) - used.get(k, 0)) / len(keys) * 1e3))
            # Processes that are too many leave with their connections.
            for client in clients:
                client.socket.close()
    return figures


def floors():
    """{kind: domains a second over 16 connections}, of the servers alone."""
    found = {}
    for kind, letter, number, _ in KINDS:
        keys = names(letter, number, 1)
        floor.forget()
        found[kind] = floor.rate(floor.look_up, keys, CONNECTIONS)
        row("the resolver alone, %s" % kind, "%.0f/s" % found[kind])
        if kind == "MTA-STS":
            fetches = floor.rate(floor.Fetcher(), keys, CONNECTIONS)
            row("the policy host alone", "%.0f/s" % fetches)
            found[kind] = min(found[kind], fetches)
    floor.forget()
    return found


def memory(pids):
    """Bytes, each shared page divided by those who share it."""
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid) as f:
                total += sum(int(line.split()[1]) for line in f
                             if line.startswith("Pss:"))
        except OSError:
            pass
    return total * 1024


def crowd(address, pids):
    """So many connections, each with one question, all at once."""
    clients = [Client(address) for _ in range(CROWD)]
    for number, client in enumerate(clients):
        client.send("d%03d.load.example" % number)
    replies = [client.receive() for client in clients]
    time.sleep(0.5)
    row("%d connections with a cold question each" % CROWD,
        "%.1f MB" % (memory(pids()) / 1e6))
    row("  TEMP", "%d" % sum(r.startswith("TEMP") for r in replies))
    for client in clients:
        client.socket.close()


def latency(address, keys):
    client = Client(address)
    took = []
    for key in keys:
        began = time.monotonic()
        client.ask(key)
        took.append(time.monotonic() - began)
    client.socket.close()
    return median(took)


def fairness(scratch, address, service):
    """One asks for thousands of names: what others notice of it.  Without
    DNSSEC each of them costs a question to the name server."""
    alone = latency(address, ["a%d.plain" % n for n in range(FEW)])
    with subprocess.Popen(
            [h.MXPOLICY] + h.options(scratch.file("flood.tdb"),
                                     "resolve-socket=" + service.path) +
            ["query"] + ["f%d.plain" % n for n in range(FLOOD)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as flood:
        time.sleep(0.5)
        beside = latency(address, ["b%d.plain" % n for n in range(FEW)])
        over = flood.poll() is not None
        flood.kill()
    row("a cold question while another asks %d" % FLOOD,
        "over" if over else "%.2f ms" % (beside * 1e3), beside / alone,
        "alone")


def serve(scratch, name="cache.tdb", port=PORT):
    """socketmap in wait mode and resolve behind a socket of its own."""
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    service = h.Service(scratch.file("resolve"))
    server = subprocess.Popen(
        [h.SOCKETMAP] + h.options(scratch.file(name),
                                  "resolve-socket=" + service.path),
        stdin=listener, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def processes():
        return {"socketmap": [server.pid] + h.descendants(server.pid),
                "resolve": [service.process.pid] + service.workers()}
    return server, service, processes


def trust_all(scratch):
    """The world's authority among those that a machine really has."""
    path = scratch.file("authorities")
    with open(path, "wb") as out:
        for name in (SYSTEM_CA, os.environ["WORLD_CA"]):
            if os.path.exists(name):
                with open(name, "rb") as f:
                    out.write(f.read())
    os.environ["WORLD_CA"] = path


with h.Scratch() as scratch:
    trust_all(scratch)
    alone = floors()
    server, service, processes = serve(scratch)
    with service:
        Client(("127.0.0.1", PORT)).ask("all-u.example")
        ours = measure("mxpolicy", ("127.0.0.1", PORT), processes)
        fairness(scratch, ("127.0.0.1", PORT), service)
        server.kill()
        server.wait()
    for kind, rate in alone.items():
        row("%s, over 16: mxpolicy" % kind,
            "%.0f/s" % ours[kind, CONNECTIONS],
            ours[kind, CONNECTIONS] / rate, "the servers alone")
    server, service, _ = serve(scratch, "crowd.tdb", PORT + 1)
    with service:
        crowd(("127.0.0.1", PORT + 1), lambda: (
            [server.pid] + h.descendants(server.pid) +
            [service.process.pid] + h.descendants(service.process.pid)))
        server.kill()
        server.wait()
    if PEER:
        host, _, port = PEER.rpartition(":")
        peer = measure("peer", (host, int(port)))
        for key in ours:
            row("%s, over %d: mxpolicy" % key, "%.0f/s" % ours[key],
                ours[key] / peer[key], "peer")
