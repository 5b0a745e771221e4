# In the container: the package is installed, upgraded, removed and purged.
# SPDX-License-Identifier: MIT
import os
import re
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same

FOLDER = sys.argv[1]
MAIN_CF = "/etc/postfix/main.cf"
MAP = "socketmap:inet:127.0.0.1:8461:QUERY"
CACHE = "/var/lib/mxpolicy/cache.tdb"
# the part for Debian 13 has the test world, and so a domain to ask for
WORLD = os.path.exists("/result/ca.pem") and "trixie" in FOLDER
DOMAIN, REPLY = "dane.post.example", "OK dane-only"


def run(*arguments, **more):
    result = subprocess.run(arguments, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True,
                            env={**os.environ,
                                 "DEBIAN_FRONTEND": "noninteractive"}, **more)
    return result.returncode, result.stdout


def dpkg(*arguments):
    code, out = run("dpkg", *arguments)
    print("# dpkg %s\n%s" % (" ".join(arguments), out), end="")
    return code, out


def is_(word, unit):
    return run("systemctl", "is-" + word, unit)[1].strip()


def ask(key="[127.0.0.1]"):
    """the reply on a connection of its own"""
    with socket.create_connection(("127.0.0.1", 8461), 60) as s:
        text = b"QUERY " + key.encode()
        s.sendall(b"%d:%s," % (len(text), text))
        reply = b""
        while not reply.endswith(b","):
            part = s.recv(4096)
            if not part:
                raise OSError("closed")
            reply += part
        return reply.decode()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def users():
    return run("getent", "passwd", "_mxpolicy", "_mxpolicy-resolve",
               "_mxpolicy-share")[1]


class Clients:
    """ask on new connections without a pause, until told to end"""

    def __init__(self):
        self.going, self.answers, self.wrong = True, 0, []
        self.threads = [threading.Thread(target=self.work) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    def work(self):
        while self.going:
            try:
                reply = ask()
            except OSError as error:
                reply = str(error)
            self.answers += 1
            if "NOTFOUND" not in reply:
                self.wrong.append(reply)

    def end(self, name):
        self.going = False
        for thread in self.threads:
            thread.join()
        print("%s: %d questions meanwhile" % (name, self.answers))
        check(name + ": some were asked", self.answers > 10, self.answers)
        same(name + ": all were answered", self.wrong[:5], [])


def install():
    before = read(MAIN_CF)
    code, out = dpkg("-i", FOLDER + "/mxpolicy.deb")
    same("it installs", code, 0)
    check("and says what is left to do", "mxpolicy check" in out)
    same("main.cf is as it was", read(MAIN_CF), before)
    for unit in ("mxpolicy.socket", "mxpolicy-prefetch.timer"):
        same(unit + " is enabled", is_("enabled", unit), "enabled")
        same(unit + " is active", is_("active", unit), "active")
    for unit in ("mxpolicy-wait.socket", "mxpolicy-unix.socket",
                 "mxpolicy-metrics.socket"):
        same(unit + " is not enabled", is_("enabled", unit), "disabled")
    same("three users", users().count("\n"), 3)
    status = os.stat("/var/lib/mxpolicy")
    same("the cache is theirs alone", status.st_mode & 0o7777, 0o750)
    check("it answers", "NOTFOUND" in ask())
    if WORLD:
        check("with what a domain publishes", REPLY in ask(DOMAIN))
        check("which is kept", os.path.exists(CACHE))
    same("prefetch runs", run("systemctl", "start",
                              "mxpolicy-prefetch.service")[0], 0)
    out = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
              "mxpolicy", "check")[1]
    check("somebody is told what he cannot see", "neither root nor _mxpolicy"
          in out, out)


def configure():
    """the lines of check, as a person would paste them"""
    out = run("mxpolicy", "check")[1]
    lines = [line.strip() for line in out.splitlines()
             if re.match(r" +(postconf|postfix) ", line)]
    check("check prints lines for main.cf", any(
        "smtp_tls_policy_maps" in line for line in lines), out)
    for line in lines:
        print("# " + line)
        run("sh", "-c", line)
    out = run("mxpolicy", "check")[1]
    for word in ("smtp_tls_policy_maps does not", "smtp_dns_support_level is",
                 "smtp_tls_CAfile,", "insecure_mx_policy is"):
        check("pasted, that is right: " + word, word not in out, out)


def upgrade():
    inode = os.stat(CACHE).st_ino if WORLD else 0
    clients = Clients()
    same("it is upgraded", dpkg("-i", FOLDER + "/later.deb")[0], 0)
    clients.end("an upgrade")
    if WORLD:
        same("the cache is kept", os.stat(CACHE).st_ino, inode)
        check("and what it knows", REPLY in run("mxpolicy", "query",
                                                DOMAIN)[1])
    # in the other mode
    client.systemctl("disable", "--now", "mxpolicy.socket")
    client.systemctl("enable", "--now", "mxpolicy-wait.socket")
    check("wait mode answers", "NOTFOUND" in ask())
    old = run("systemctl", "show", "-p", "MainPID", "--value",
              "mxpolicy-wait.service")[1]
    clients = Clients()
    same("it is upgraded", dpkg("-i", FOLDER + "/later.deb")[0], 0)
    clients.end("an upgrade in wait mode")
    check("and the new program serves", "NOTFOUND" in ask() and old != run(
        "systemctl", "show", "-p", "MainPID", "--value",
        "mxpolicy-wait.service")[1], old)
    same("what was disabled stays so", is_("active", "mxpolicy.socket"),
         "inactive")
    client.systemctl("disable", "--now", "mxpolicy-wait.socket")
    client.systemctl("enable", "--now", "mxpolicy.socket")


def remove():
    run("postconf", "-e", "smtp_tls_policy_maps = hash:/etc/own, " + MAP)
    code, out = dpkg("--remove", "mxpolicy")
    check("with its map in main.cf it is not removed", code != 0)
    check("and says why", "NOT removed" in out and "all mail" in out, out)
    check("and answers", "NOTFOUND" in ask())
    run("postconf", "-X", "smtp_tls_policy_maps")
    same("without the map it is", dpkg("--remove", "mxpolicy")[0], 0)
    try:
        ask()
        check("nobody listens any more", False)
    except ConnectionRefusedError:
        check("nobody listens any more", True)
    check("settings, cache and users stay", os.path.exists(
        "/etc/mxpolicy/mxpolicy.conf") and users().count("\n") == 3 and
        os.path.exists("/var/lib/mxpolicy"))
    same("and are there again", dpkg("-i", FOLDER + "/later.deb")[0], 0)
    check("as it is", "NOTFOUND" in ask())
    if WORLD:
        check("with its cache", REPLY in run("mxpolicy", "query", DOMAIN)[1])


def purge():
    run("postconf", "-e", "smtp_tls_policy_maps = " + MAP)
    open("/run/mxpolicy.remove", "w").close()
    same("it is purged, for who insists", dpkg("--purge", "mxpolicy")[0], 0)
    for path in ("/var/lib/mxpolicy", "/etc/mxpolicy", "/run/mxpolicy.remove",
                 "/usr/libexec/mxpolicy"):
        check(path + " is gone", not os.path.exists(path))
    same("no users", users(), "")
    out = run("systemctl", "list-units", "--all", "--no-legend",
              "mxpolicy*")[1]
    check("no units run", "running" not in out and "listening" not in out,
          out)


install()
configure()
upgrade()
remove()
purge()
done()
