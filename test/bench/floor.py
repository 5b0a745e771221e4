# floor: what the world's resolver and policy host do by themselves.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import ssl
import socket
import subprocess
import sys
import threading
import time

from common import h

sys.path.insert(0, os.path.join(os.path.dirname(h.__file__), "..", "world"))
import dnsmsg  # noqa: E402  (test/world)

RESOLVER = os.environ["WORLD_RESOLVER"]
POLICY_HOST = ("203.0.113.10", 443)


def forget():
    """A resolver that knows nothing yet."""
    subprocess.run([h.world_tool("server"), "start", "unbound"], check=True)
    dnsmsg.ask(RESOLVER, "load.example", "SOA")


def look_up(key):
    """The questions of which no lookup can do without one."""
    dnsmsg.ask(RESOLVER, key, "MX", do=True)
    txt = dnsmsg.ask(RESOLVER, "_mta-sts." + key, "TXT", do=True)
    if txt.values("TXT"):
        dnsmsg.ask(RESOLVER, "mta-sts." + key, "A", do=True)


class Fetcher:
    def __init__(self):
        self.context = ssl.create_default_context(
            cafile=os.environ["WORLD_CA"])

    def __call__(self, key):
        host = "mta-sts." + key
        with socket.create_connection(POLICY_HOST, 30) as plain, \
                self.context.wrap_socket(plain, server_hostname=host) as tls:
            tls.sendall(("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: %s"
                         "\r\nConnection: close\r\n\r\n" % host).encode())
            if not tls.recv(65536).startswith(b"HTTP/1.1 200"):
                sys.exit("floor.py: no policy for " + key)


def rate(work, keys, threads):
    """Keys a second."""
    left, lock = list(keys), threading.Lock()

    def one():
        while True:
            with lock:
                if not left:
                    return
                key = left.pop()
            work(key)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(one) for _ in range(threads)]:
            done.result()
    return len(keys) / (time.monotonic() - began)
