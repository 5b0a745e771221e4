# store: how often a lookup is stored, when that is on the disk, and that it
# outlives who stored it.
# SPDX-License-Identifier: MIT
import os
import signal
import struct
import subprocess

import harness as h

QUIET = subprocess.DEVNULL
ENTRY = struct.Struct(">IIQQBH")  # src/cache/journal.c
MAGIC = 0x4d58504a
# src/cache/page.h: 64-bit cells
WRITTEN, SYNCED, END = 11, 12, 14


def entries(cache):
    """The keys in the journal, one for each time that they were stored."""
    with open(cache + ".journal", "rb") as f:
        data = f.read()
    keys = []
    at = 0
    while at < len(data):
        magic, size, _, _, _, length = ENTRY.unpack_from(data, at)
        assert magic == MAGIC, (at, magic)
        start = at + ENTRY.size
        keys.append(data[start:start + length].decode())
        at += size
    return keys


def cells(cache):
    with open(cache + ".lock", "rb") as f:
        return struct.unpack("17Q", f.read(17 * 8))


def stored(cache, key):
    return subprocess.run([h.MXPOLICY] + h.options(cache) +
                          ["cache", "show", key], stdout=QUIET,
                          stderr=QUIET).returncode == 0


def is_synced(cache):
    now = cells(cache)
    return now[WRITTEN] == now[SYNCED]


with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    with h.Session(cache, stderr=QUIET) as s:
        reply = s.ask("all-n-sts.example")
        h.check("both halves are found", reply.startswith("OK secure"), reply)
        s.ask("all-u.example")
        for key in ("all-n-sts.example", "all-u.example"):
            h.check("%s is stored" % key,
                    h.wait_until(lambda: key in entries(cache)))
            n = entries(cache).count(key)
            h.check("%s: at most two stores for a lookup" % key, n <= 2, n)
        for _ in range(100):
            s.ask("all-n-sts.example")
        n = entries(cache).count("all-n-sts.example")
        h.check("answers from the cache store nothing", n <= 2, n)
        # The connection stays open: nobody is told to do it.
        h.check("what is new goes to the disk by itself",
                h.wait_until(lambda: is_synced(cache)))
        s.ask("any-u.plain")
        s.process.send_signal(signal.SIGKILL)
        s.process.wait()
    h.check("what was answered outlives who was killed",
            stored(cache, "any-u.plain"))

    with h.Session(cache, stderr=QUIET) as s:
        s.ask("none.plain")
    h.check("the end of a connection puts all on the disk", is_synced(cache))

    length = os.path.getsize(cache + ".journal")
    h.same("the journal has been growing", cells(cache)[END], length)
    subprocess.run([h.PREFETCH] + h.options(cache), stderr=QUIET, check=True)
    h.check("prefetch begins a new one", cells(cache)[END] < length)
    h.check("and removes the old one",
            not os.path.exists(cache + ".journal.old"))
    for key in ("all-n-sts.example", "any-u.plain", "none.plain"):
        h.check("%s is still there" % key, stored(cache, key))

    # A power cut in this boot's shadow: the file is gone, the journal is not.
    with h.Session(cache, stderr=QUIET) as s:
        s.ask("all-n.example")
    with open(cache + ".lock", "r+b") as f:
        f.seek(3 * 8)
        f.write(bytes(24))
    os.unlink(cache)
    with h.Session(cache, stderr=QUIET) as s:
        s.ask("all-n.example")
    h.check("after a boot the journal is played back",
            stored(cache, "all-n.example"))
h.done()
