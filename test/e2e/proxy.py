# proxy: policies through tinyproxy, and whose fault it is when there are none.
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import harness as h

PORT = 8888
CONFIG = """Port %d
Listen 127.0.0.1
Timeout 600
LogFile "%s"
LogLevel Connect
MaxClients 100
Allow 127.0.0.1
ConnectPort %d
"""
ZONE = """proxy A 127.0.0.1
dead MX 10 n1.example.
_mta-sts.dead TXT "v=STSv1; id=1"
mta-sts.dead A 203.0.113.2
later MX 10 n1.example.
_mta-sts.later TXT "v=STSv1; id=1"
mta-sts.later A 203.0.113.2
"""

tinyproxy = shutil.which("tinyproxy",
                         path=os.environ["PATH"] + ":/usr/sbin:/sbin")
if tinyproxy is None:
    print("tinyproxy is missing (package tinyproxy-bin)")
    sys.exit(77)


class Proxy:
    """tinyproxy, which opens tunnels to one port alone."""

    def __init__(self, scratch, port=443):
        self.log = scratch.file("proxy.log")
        with open(scratch.file("proxy.conf"), "w") as f:
            f.write(CONFIG % (PORT, self.log, port))
        self.process = subprocess.Popen(
            [tinyproxy, "-d", "-c", f.name], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        h.wait_until(listens)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def requests(self):
        with open(self.log) as f:
            return re.findall(r"Request \(file descriptor \d+\): (.*)",
                              f.read())


def listens():
    try:
        socket.create_connection(("127.0.0.1", PORT), 5).close()
    except OSError:
        return False
    return True


def silent():
    """It takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", PORT))
    keep = []

    def accept():
        try:
            while True:
                keep.append(listener.accept())
        except OSError:
            pass
    threading.Thread(target=accept, daemon=True).start()
    return listener


def session(log, *more, proxy="127.0.0.1"):
    return h.Session("", "https-proxy=http://%s:%d" % (proxy, PORT), *more,
                     stderr=log)


def causes(log):
    """domain: cause and owner of the log's last line about it."""
    log.seek(0)
    return dict(re.findall(r"lookup domain=(\S+) .*(cause=\S+ owner=\S+)",
                           log.read()))


def check_it_works(scratch):
    mark = h.Mark()
    with Proxy(scratch) as proxy, open(scratch.file("log"), "w+") as log:
        with session(log, proxy="proxy.live.example") as s:
            reply = s.ask("good.example")
            h.check("a policy comes through it",
                    reply.startswith("OK secure match=n1.example"), reply)
            h.same("by CONNECT alone", proxy.requests(),
                   ["CONNECT mta-sts.good.example:443 HTTP/1.1"])
            h.same("and from nowhere else",
                   mark.https("mta-sts.good.example"), 1)
            h.check("its name is looked up",
                    mark.dns("proxy.live.example", "A") > 0)
            for name in ("expired-cert", "moved", "dead.live"):
                h.same("what is the domain's fault stays its own: " + name,
                       s.ask(name + ".example"), "NOTFOUND ")
        found = causes(log)
        h.same("with its cause", [found.get(name + ".example") for name in
                                  ("expired-cert", "moved", "dead.live")],
               ["cause=https-certificate owner=domain",
                "cause=https-status owner=domain",
                "cause=https-connect owner=domain"])


def check_failures(scratch):
    name, wanted = "good.example", "cause=https-proxy owner=network"

    def fails(what, *more, **how):
        key = how.pop("key", name)
        with open(scratch.file("log"), "w+") as log:
            with session(log, *more, **how) as s:
                reply = s.ask(key)
            h.check("%s: nobody knows" % what,
                    reply.startswith("TEMP "), reply)
            h.same("%s: it is the network's fault" % what,
                   causes(log).get(key), wanted)
    fails("no proxy")
    with Proxy(scratch, port=8443):
        fails("a proxy that refuses")
    with Proxy(scratch):
        fails("a proxy that has reached nobody yet", key="later.live.example")
    listener = silent()
    fails("a proxy that says nothing", "https-timeout=60", "answer-timeout=40")
    listener.close()


def check_it_comes_back(scratch):
    """A failure of the proxy is not remembered as one of the domain."""
    cache = scratch.file("cache.tdb")
    setting = "https-proxy=http://127.0.0.1:%d" % PORT
    with h.Session(cache, setting, stderr=subprocess.DEVNULL) as s:
        h.check("no proxy", s.ask("good.example").startswith("TEMP "))
        with Proxy(scratch):
            h.check("seconds after it is back", h.wait_until(
                lambda: s.ask("good.example").startswith("OK secure"),
                step=1))


subprocess.run([h.world_tool("zone-set")], input=ZONE, text=True, check=True)
with h.Scratch() as scratch:
    check_it_works(scratch)
    check_failures(scratch)
    check_it_comes_back(scratch)
subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
h.done()
