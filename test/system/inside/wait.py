# In the container: mxpolicy-wait.socket, where a few processes stand ready.
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same, wait_until

SERVICE = "mxpolicy-wait.service"
KEY, REPLY = "dane.post.example", "OK dane-only"
IDLE = 60
RESTARTS = 30


def ended(pid):
    """gone, or about to be buried"""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def answered(key=KEY):
    try:
        return client.question(key)
    except (OSError, EOFError) as error:
        return repr(error)


def test_start():
    client.switch("wait")
    client.systemctl("stop", SERVICE)
    same("nothing runs before a connection", client.main_pid(), 0)
    same("the first connection is answered", answered(), REPLY)
    check("by a service that is active", wait_until(
        lambda: client.show(SERVICE, "ActiveState") == "active"))
    held = client.Connection()
    held.ask(KEY)
    same("another one", held.answer(), REPLY)
    check("systemd is told of it", wait_until(
        lambda: re.fullmatch(r"[1-9]\d* processes",
                             client.show(SERVICE, "StatusText"))),
        client.show(SERVICE, "StatusText"))
    return held


def test_restart(held):
    """what is being served stays, what comes meanwhile is served"""
    before = client.main_pid()
    stop, results = threading.Event(), []

    def hammer():
        while not stop.is_set():
            results.append(answered())
    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(RESTARTS):
        client.systemctl("restart", SERVICE)
    stop.set()
    for thread in threads:
        thread.join()
    wrong = [result for result in results if result != REPLY]
    same("%d restarts of the service lose none of the connections"
         % RESTARTS, (len(wrong), wrong[:3]), (0, []))
    print("restarts: %d answers meanwhile" % len(results))
    check("it is another process now", client.main_pid() not in (0, before))
    held.ask(KEY)
    same("the connection from before is still served", held.answer(), REPLY)
    held.close()
    check("and its process leaves then", wait_until(
        lambda: client.orphans() == [], 10), client.orphans())


def test_kill():
    """a main process that is killed: systemd starts the next at once"""
    wrong = []
    for _ in range(10):
        pid = client.main_pid()
        if pid:
            os.kill(pid, 9)
        result = answered()
        if result != REPLY:
            wrong.append(result)
    same("a process killed before a connection costs nothing", wrong, [])


def test_socket():
    """restarted again and again it stays open for business; who connects in
    the millisecond when it is closed is refused, which mxpolicy-socketmap(8)
    tells of"""
    for _ in range(RESTARTS):
        client.systemctl("restart", "mxpolicy-wait.socket")
    same("%d restarts of the socket" % RESTARTS, client.show(
        "mxpolicy-wait.socket", "ActiveState"), "active")
    same("and it answers", answered(), REPLY)


def test_idle():
    """it leaves when idle, and who connects in that moment is served"""
    # Nobody else connects, or is connected.
    client.systemctl("stop", "postfix.service")
    client.systemctl("restart", SERVICE)
    same("answered", answered(), REPLY)
    pid, start = client.main_pid(), time.monotonic()
    while not ended(pid) and time.monotonic() - start < IDLE + 15:
        left = start + IDLE - 0.5 - time.monotonic()
        time.sleep(left if left > 0 else 0.0002)
    took = time.monotonic() - start
    result = answered()
    check("it left when idle", ended(pid), "after %.1f s" % took)
    same("a connection in that moment is answered", result, REPLY)
    print("idle: left after %.1f s" % took)
    check("by another process", client.main_pid() not in (0, pid))
    # just before: either the old one or the next answers
    for early in (0.003, 0.001):
        start = time.monotonic()
        time.sleep(IDLE - early)
        same("a connection %d ms before that is answered" % (early * 1000),
             answered(), REPLY)


def main():
    if sys.argv[1:] == ["idle"]:
        client.switch("wait")
        test_idle()
    else:
        test_restart(test_start())
        test_kill()
        test_socket()
        same("the socket is active", client.show("mxpolicy-wait.socket",
                                                 "ActiveState"), "active")
        print(subprocess.run(
            ["systemd-analyze", "--no-pager", "security",
             "mxpolicy@1.service", SERVICE, "mxpolicy-prefetch.service"],
            capture_output=True, text=True).stdout)
    done()


main()
