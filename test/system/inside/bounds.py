# In the container: what happens at the bounds of the units. Who is served stays
# so, others get TEMP or wait, the log says what to do, and it is over when the
# bound is. SPDX-License-Identifier: MIT
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same

RUNTIME = "/run/systemd/system/"
SLICE = "system-mxpolicy.slice"
CACHED, REPLY = "dane.post.example", "OK dane-only"
NOBODY = "[127.0.0.1]"	# for which nothing is looked up
LOOKED_UP = {"all-n-sts.example":
             "OK secure match=n1.example servername=hostname",
             "sts.post.example":
             "OK secure match=s1.post.example servername=hostname",
             "all-u.example": REPLY}


class Bound:
    """another value for a unit, while it lasts"""

    def __init__(self, unit, section, value, *restart):
        self.folder = RUNTIME + unit + ".d"
        self.restart = restart
        os.makedirs(self.folder)
        with open(self.folder + "/bound.conf", "w") as file:
            file.write("[%s]\n%s\n" % (section, value))

    def __enter__(self):
        self.since = time.time()
        self.apply()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)
        self.apply()

    def apply(self):
        client.systemctl("daemon-reload")
        if self.restart:
            client.systemctl("restart", *self.restart)

    def says(self, *words):
        """in the journal since it began"""
        text = subprocess.run(
            ["journalctl", "-q", "--no-pager", "-o", "cat", "--since",
             "@%f" % self.since], capture_output=True, text=True).stdout
        return check("the log says " + words[0],
                     all(word in text for word in words), text[-500:])


def answer(connection, seconds=60):
    connection.socket.settimeout(seconds)
    try:
        return connection.answer()
    except (OSError, EOFError) as error:
        return type(error).__name__


def ask(key, seconds=60):
    connection = client.Connection()
    try:
        connection.ask(key)
        return answer(connection, seconds)
    finally:
        connection.close()


def hold(most):
    """connections that are answered and stay, until one is not; it waits"""
    held = []
    while len(held) < most:
        connection = client.Connection()
        connection.ask(NOBODY)
        if answer(connection, 3) != "NOTFOUND ":
            return held, connection
        held.append(connection)
    return held, None


def processes_of(unit, section, most):
    """TasksMax=: who comes in addition waits until somebody leaves, or has been
    silent for ten seconds; it does not wait for ever"""
    client.switch("wait")
    with Bound(unit, section, "TasksMax=%d" % most,
               "mxpolicy-wait.service") as bound:
        held, waits = hold(most + 1)
        check(unit + ": some are served, and not all", 0 < len(held) and
              waits is not None, len(held))
        held[-1].ask(NOBODY)
        same(unit + ": who is served stays so", answer(held[-1]), "NOTFOUND ")
        same(unit + ": who waits is answered when others are silent",
             answer(waits), "NOTFOUND ")
        for connection in held + [waits]:
            connection.close()
        same(unit + ": and everybody when they have left", ask(NOBODY),
             "NOTFOUND ")
        bound.says("cannot start a process for one more connection",
                   "TasksMax=")
    held, waits = hold(most + 1)
    same(unit + ": without the bound all are served", (len(held), waits),
         (most + 1, None))
    for connection in held:
        connection.close()


def connections():
    """MaxConnections=: one more is closed, and Postfix tries again"""
    client.switch("nowait")
    with Bound("mxpolicy.socket", "Socket", "MaxConnections=5",
               "mxpolicy.socket") as bound:
        held, closed = hold(6)
        same("five connections of five", len(held), 5)
        check("the sixth is closed at once", closed is not None)
        held[0].ask(NOBODY)
        same("the others go on", answer(held[0]), "NOTFOUND ")
        bound.says("Too many incoming connections (5)")
        for connection in held:
            connection.close()
        end = time.monotonic() + 20
        while ask(NOBODY) != "NOTFOUND " and time.monotonic() < end:
            time.sleep(0.1)
        same("when they have left there is room", ask(NOBODY), "NOTFOUND ")


def memory_of_one():
    """MemoryMax= of a process for one connection"""
    client.switch("nowait")
    held = client.Connection()
    held.ask(NOBODY)
    same("one is served", answer(held), "NOTFOUND ")
    with Bound("mxpolicy@.service", "Service", "MemoryMax=256K") as bound:
        check("one without memory is closed", ask(NOBODY) in (
            "EOFError", "ConnectionResetError"))
        held.ask(NOBODY)
        same("the other goes on", answer(held), "NOTFOUND ")
        bound.says("code=killed, status=9/KILL")
    held.close()
    same("with memory it is served", ask(NOBODY), "NOTFOUND ")


def memory_of_lookups():
    """MemoryMax= of the lookup service: TEMP, and what is cached is answered"""
    client.switch("wait")
    same("cached", ask(CACHED), REPLY)
    for domain in LOOKED_UP:
        subprocess.run(["mxpolicy", "cache", "drop", domain],
                       capture_output=True, check=False)
    with Bound("mxpolicy-resolve.service", "Service", "MemoryMax=6M",
               "mxpolicy-resolve.service") as bound:
        asked = [client.Connection() for _ in LOOKED_UP]
        for connection, domain in zip(asked, LOOKED_UP):
            connection.ask(domain)
        same("what is cached is answered meanwhile", ask(CACHED), REPLY)
        for connection, domain in zip(asked, LOOKED_UP):
            reply = answer(connection)
            check(domain + " without memory is TEMP",
                  reply.startswith("TEMP "), reply)
            connection.close()
        bound.says("a process for lookups was killed by signal 9",
                   "MemoryMax= of mxpolicy-resolve.service")
    for domain, wanted in LOOKED_UP.items():
        end = time.monotonic() + 60	# it was put off for five seconds
        while ask(domain) != wanted and time.monotonic() < end:
            time.sleep(0.5)
        same(domain + " with memory", ask(domain), wanted)


def main():
    for unit in ("mxpolicy@0", "mxpolicy-wait", "mxpolicy-unix",
                 "mxpolicy-resolve", "mxpolicy-prefetch",
                 "mxpolicy-metrics@0"):
        unit += ".service"
        for field in ("TasksMax", "MemoryMax"):
            check("%s has %s=" % (unit, field),
                  client.show(unit, field).isdigit(),
                  client.show(unit, field))
        same(unit + " is in the slice", client.show(unit, "Slice"), SLICE)
    if not client.show("system.slice", "TasksCurrent").isdigit():
        print("no control groups that count: the bounds are not tried")
        done()
    processes_of("mxpolicy-wait.service", "Service", 6)
    processes_of(SLICE, "Slice", 10)
    connections()
    memory_of_one()
    memory_of_lookups()
    client.switch("nowait")
    done()


main()
