# In the container: the shared cache as its manual turns it on, with the Valkey
# of this Debian. SPDX-License-Identifier: MIT
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import Mark, check, done, same, wait_until

CONF = "/etc/mxpolicy/mxpolicy.conf"
UNIT = "mxpolicy-share.service"
SOCKET = "mxpolicy-share.socket"
# what debian's valkey-tools has of the server, without a service
STORE = ["systemd-run", "-q", "--unit=store", "bash", "-c",
         "exec -a valkey-server valkey-check-rdb --port 6379 --save ''"]
REPLY = "OK secure match=load-plain.post.example servername=hostname"
names = ("m%03d.many.plain" % number for number in range(100))


def manual(section):
    """the commands of a literal block of the manual"""
    with open("man/mxpolicy-share.8", encoding="utf-8") as file:
        text = file.read()
    return text.split(section, 1)[1].split(".Bd -literal")[1].split(
        "\n", 1)[1].split("\n.Ed")[0]


def store(*words):
    return subprocess.run(["valkey-cli", *words], check=True, text=True,
                          capture_output=True).stdout.strip()


def is_kept(domain):
    return wait_until(lambda: store(
        "EXISTS", "mxpolicy:2:record:" + domain) == "1", 20)


def forget(domain):
    """here, not in the store"""
    subprocess.run(["mxpolicy", "cache", "drop", "--force", domain],
                   check=True, capture_output=True)


def status(field):
    with open("/proc/%s/status" % client.show(UNIT, "MainPID")) as file:
        return re.search(r"^%s:\s*(.*)" % field, file.read(), re.M).group(1)


def looked_at():
    told = subprocess.run(["mxpolicy", "check", "--json"],
                          capture_output=True, text=True).stdout
    found = {item["item"]: item for item in map(json.loads,
                                                told.splitlines())
             if item.get("group") == "share"}
    return found.get("share-answer", {}).get("state"), found


def main():
    with open(CONF, encoding="utf-8") as file:
        before = file.read()
    subprocess.run(STORE, check=True)
    check("the store answers", wait_until(lambda: subprocess.run(
        ["valkey-cli", "PING"], capture_output=True).stdout == b"PONG\n"))
    subprocess.run(["sh", "-e", "-c", manual(".Ss Turn it on")], check=True)
    with open(CONF, "a", encoding="utf-8") as file:
        file.write("shared-cache = redis://127.0.0.1:6379\n"
                   "shared-cache-key = /etc/mxpolicy/shared-cache.key\n")
    client.systemctl("enable", "--now", SOCKET)

    domain = next(names)
    mark = Mark()
    same("a question", client.question(domain), REPLY)
    check("is told to the store", is_kept(domain))
    same("by its service", client.show(UNIT, "ActiveState"), "active")
    forget(domain)
    same("dropped here, it comes", client.question(domain), REPLY)
    same("from the store", mark.https("mta-sts." + domain), 1)
    same("check says so", looked_at()[0], "good")

    same("no new privileges", status("NoNewPrivs"), "1")
    same("a filter of system calls", status("Seccomp"), "2")
    same("no capabilities", int(status("CapBnd"), 16), 0)
    check("a user of its own", status("Uid").split()[0] not in (
        "0", str(os.stat("/var/lib/mxpolicy").st_uid)))
    key = os.stat("/etc/mxpolicy/shared-cache.key")
    same("who alone reads the key", (oct(key.st_mode & 0o777), key.st_uid),
         ("0o640", 0))

    client.systemctl("stop", "store.service")
    same("without the store what it had", client.question(domain), REPLY)
    other = next(names)
    same("and what nobody had", client.question(other), REPLY)
    check("check says that, too", wait_until(
        lambda: looked_at()[0] == "warning"), looked_at)
    subprocess.run(STORE, check=True)
    check("the store is back", wait_until(
        lambda: looked_at()[0] == "good", 30), looked_at)

    client.systemctl("disable", "--now", SOCKET, UNIT)
    client.systemctl("stop", "store.service")
    with open(CONF, "w", encoding="utf-8") as file:
        file.write(before)
    os.unlink("/etc/mxpolicy/shared-cache.key")
    done()


main()
