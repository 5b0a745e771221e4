# patience: slow name servers are waited for, silent ones cost little.
# SPDX-License-Identifier: MIT
#
# What is late is told apart by the name, so that all can be asked at once.
import concurrent.futures
import os
import subprocess
import time
import harness as h

SLOW, OTHER, DEAD, SILENT = ("127.1.0.57", "127.1.0.58", "127.1.0.55",
                             "127.1.0.56")
STS = "OK secure match=n1.example servername=hostname"
DANE = "OK dane-only"
DELAYS = (0.5, 1, 2, 4, 8)
# what is late, which question that is, the first of five domains, the answer
PARTS = (("MX", "m%03d.bulk.example MX", 200, DANE),
         ("the address", "h%03d.bulk.example A", 205, DANE),
         ("TLSA", "_25._tcp.h%03d.bulk.example TLSA", 210, DANE),
         ("TXT", "_mta-sts.m%03d.bulk.example TXT", 0, STS),
         ("the policy host's address", "mta-sts.m%03d.bulk.example A", 5,
          STS))


def rules(server, *lines):
    with open(os.path.join(h.WORLD, "dns.d", server), "w") as f:
        f.writelines(line + "\n" for line in lines)


def ask(servers, key):
    """A cold question, and how long it took."""
    with h.Session("", "resolver=" + servers, "resolve-socket=",
                   stderr=subprocess.DEVNULL) as s:
        s.ask(".example")
        began = time.monotonic()
        reply = s.ask(key)
        return reply, time.monotonic() - began


def late(servers):
    """All that is late by any time, with these servers."""
    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        asked = [(what, delay, wanted,
                  pool.submit(ask, servers,
                              "m%03d.bulk.example" % (first + i)))
                 for what, _, first, wanted in PARTS
                 for i, delay in enumerate(DELAYS)]
        for what, delay, wanted, future in asked:
            reply, took = future.result()
            h.same("%s is %g s late, servers %s" % (what, delay, servers),
                   reply, wanted)
            print("%-20s %-26s %3g s late: %5.2f s" %
                  (servers, what, delay, took))


rules(SLOW, *("delay %g %s" % (delay, question % (first + i))
              for _, question, first, _ in PARTS
              for i, delay in enumerate(DELAYS)))
for servers in (SLOW, SLOW + " " + OTHER, SLOW + " " + DEAD,
                SILENT + " " + SLOW):
    late(servers)

# All questions about a domain are late: its MX, its keys, its hosts.
rules(SLOW, "delay 2 m100.bulk.example", "delay 2 mx.bulk.example",
      "delay 4 m101.bulk.example")
for key in ("m100.bulk.example", "m101.bulk.example"):
    h.same("all of %s is late" % key, ask(SLOW, key)[0], DANE)

# An answer over TCP is waited for as well.
rules(SLOW, "delay 4 many-mx.example MX", "size 1000")
h.same("an answer over TCP is late", ask(SLOW, "many-mx.example")[0],
       "OK dane")

# A silent server beside a good one costs little, from the beginning or later.
rules(OTHER)
for first in (SILENT, DEAD):
    for key, wanted in (("all-u.example", DANE), ("all-n-sts.example", STS)):
        reply, took = ask(first + " " + OTHER, key)
        h.same("%s beside a good one: %s" % (first, key), reply, wanted)
        print("%s beside a good one, %s: %.2f s" % (first, key, took))
rules(SLOW)
with h.Session("", "resolver=%s %s" % (SLOW, OTHER), "resolve-socket=",
               stderr=subprocess.PIPE) as s:
    h.same("two good ones", s.ask("all-u.example"), DANE)
    rules(SLOW, "silent")
    for key, wanted in (("some-n.example", "OK dane"),
                        ("all-n-sts.example", STS)):
        began = time.monotonic()
        h.same("the first has died: " + key, s.ask(key), wanted)
        print("the first has died: %s: %.2f s" %
              (key, time.monotonic() - began))
    s.socket.close()
    s.process.wait()
    log = s.process.stderr.read().decode()
    h.same("and that is logged, once", log.count(
        "name server %s does not answer; others are asked" % SLOW), 1)
h.done()
