# postmap: a real Postfix asks the running socket for every case.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import shutil
import subprocess
import sys
import harness as h

POSTMAP = shutil.which("postmap", path=os.environ["PATH"] + ":/usr/sbin")
if POSTMAP is None:
    print("postmap is missing (package postfix)")
    sys.exit(77)


def main_cf(scratch):
    with open(scratch.file("main.cf"), "w") as f:
        f.write("compatibility_level = 3.6\nqueue_directory = %s\n"
                "data_directory = %s\n" % (scratch.path, scratch.path))
    open(scratch.file("master.cf"), "w").close()


def postmap(scratch, key, map_name="QUERY"):
    """What Postfix makes of a reply: ("found", text), ("absent", "") or
    ("error", log)."""
    p = subprocess.run(
        [POSTMAP, "-c", scratch.path, "-q", key,
         "socketmap:inet:127.0.0.1:8461:" + map_name],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = p.stdout.decode().rstrip("\n")
    err = p.stderr.decode(errors="replace")
    if p.returncode == 0:
        return "found", out
    return ("error", err) if err.strip() else ("absent", "")


def agrees(result, reply):
    kind, text = result
    if reply.startswith("OK "):
        return kind == "found" and h.matches(text, reply[3:])
    if reply.startswith("NOTFOUND"):
        return kind == "absent"
    return kind == "error"


with h.Scratch() as scratch:
    main_cf(scratch)
    # What cannot be an argument, and what postmap itself takes for a request
    # to read keys from standard input, is left to cases.py.
    rows = [r for r in h.cases() if r[1] not in ("", "-")]
    with h.Server(scratch.file("cache.tdb"), "https-timeout=12",
                  "answer-timeout=80", "log-level=error"):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            results = list(pool.map(
                lambda r: postmap(scratch, r[1]), rows))
        for row, result in zip(rows, results):
            h.check("%s (%s)" % (row[0], row[1]), agrees(result, row[2]),
                    "postmap says %r, wanted %r" % (result, row[2]))
        kind, text = postmap(scratch, "mx-bogus.example")
        h.check("the reason of a TEMP reaches the mail log",
                "bogus" in text, text)
        for key in (".com", ".example.com"):
            h.same("a parent key (%s)" % key, postmap(scratch, key)[0],
                   "absent")
        h.same("an unknown map is an error",
               postmap(scratch, "all-u.example", "nosuchmap")[0], "error")
    h.check("at least 40 domains were asked for", len(rows) >= 40, len(rows))
h.done()
