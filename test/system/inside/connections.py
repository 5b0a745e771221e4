# In the container: 1000 connections at once, each of which is answered while
# all others stay. SPDX-License-Identifier: MIT
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same, wait_until

COUNT = 1000


def main():
    manner = sys.argv[1]
    client.switch(manner)
    client.allow_many()
    same("the first answer", client.question("sts.post.example"),
         "OK secure match=s1.post.example servername=hostname")
    # those that Postfix may hold still, and that stand ready
    before = client.processes(manner) + 20
    start = time.monotonic()
    connections, refused = [], []
    for number in range(COUNT):
        try:
            connections.append(client.Connection())
        except OSError as error:
            refused.append(error)
    same("no connection is refused", refused[:3], [])
    for connection in connections:
        connection.ask("dane.post.example")
    wrong = []
    for connection in connections:
        try:
            answer = connection.answer()
        except (OSError, EOFError) as error:
            answer = repr(error)
        if answer != "OK dane-only":
            wrong.append(answer)
    took = time.monotonic() - start
    same("each is answered", (len(wrong), wrong[:3]), (0, []))
    check("and served by a process of its own",
          client.processes(manner) >= COUNT, client.processes(manner))
    print("%s: %d connections answered in %.1f s, %d processes" % (
        manner, len(connections) - len(wrong), took, client.processes(manner)))
    for connection in connections:
        connection.close()
    check("their processes leave", wait_until(
        lambda: client.processes(manner) <= before, 60),
        client.processes(manner))
    same("the socket goes on", client.show(client.UNITS[manner],
                                           "ActiveState"), "active")
    same("and answers", client.question("dane.post.example"), "OK dane-only")
    told = subprocess.run(["mxpolicy", "check"], stdout=subprocess.PIPE,
                          text=True, check=False).stdout
    same("check recommends processes that stand ready",
         "systemctl enable --now mxpolicy-wait.socket" in told,
         manner == "nowait")
    done()


main()
