# nocache: serving goes on whatever became of the cache, and says so once.
# SPDX-License-Identifier: MIT
import os
import subprocess
import threading
import harness as h

KEY = "all-u.example"
REPLY = "OK dane-only"


def serve(name, cache, words, *more):
    """Two questions over one connection: right answers, one line of log."""
    with h.Session(cache, *more, stderr=subprocess.PIPE) as s:
        lines = []
        reader = threading.Thread(
            target=lambda: lines.extend(s.process.stderr))
        reader.start()
        h.same(name + ": answered", s.ask(KEY), REPLY)
        mark = h.Mark()
        h.same(name + ": again", s.ask(KEY), REPLY)
        h.same(name + ": another domain", s.ask("all-u-sts.example"), REPLY)
        h.same(name + ": the first is remembered by the process",
               mark.dns(KEY, "MX"), 0)
        s.socket.close()
        s.process.wait()
        reader.join()
    told = [l for l in lines if b"cache" in l]
    if words is None:
        h.same(name + ": nothing to tell", told, [])
    else:
        h.check(name + ": told once, with the reason",
                len(told) == 1 and words in told[0], told)


with h.Scratch() as scratch:
    serve("no cache directory", scratch.file("absent/cache.tdb"),
          b"No such file")
    serve("no cache is wanted", "", None)

    # What the process itself remembers ages by halves, as in a cache.
    with h.Session("", "min-ttl=0", stderr=subprocess.DEVNULL) as s:
        first = s.ask("live.example")
        mark = h.Mark()
        answers = set()

        def asked_again():
            # libunbound keeps a TTL of 1 until the second after the next
            # begins
            answers.add(s.ask("live.example"))
            return mark.dns("live.example", "MX")
        h.check("no cache: MX is over, it is looked up",
                h.wait_until(asked_again, step=0.2))
        h.same("no cache: the same answer", answers, {first})
        h.same("no cache: the TXT is not",
               mark.dns("_mta-sts.live.example", "TXT"), 0)

    os.mkdir(scratch.file("ro"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs",
                    scratch.file("ro")], check=True)
    cache = scratch.file("ro/cache.tdb")
    with h.Session(cache, stderr=subprocess.DEVNULL) as s:
        s.ask(KEY)
    subprocess.run(["mount", "-o", "remount,bind,ro", scratch.file("ro")],
                   check=True)
    with h.Session(cache, stderr=subprocess.PIPE) as s:
        mark = h.Mark()
        h.same("a read-only file system: served from what is there",
               s.ask(KEY), REPLY)
        h.same("without a lookup", mark.dns(KEY, "MX"), 0)
        h.same("and what is not there is looked up", s.ask("all-n.example"),
               "NOTFOUND ")
        s.socket.close()
        s.process.wait()
        told = s.process.stderr.read()
        h.same("a read-only file system is told once",
               told.count(b"cannot be written"), 1)
    subprocess.run(["umount", scratch.file("ro")], check=True)
    os.rmdir(scratch.file("ro"))

    # A full disk: what is in the file stays, nothing is lost, mail goes on.
    os.mkdir(scratch.file("full"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs",
                    scratch.file("full")], check=True)
    cache = scratch.file("full/cache.tdb")
    with h.Session(cache, "cache-max-entries=1000",
                   stderr=subprocess.DEVNULL) as s:
        wanted = s.ask("all-n-sts.example")
        h.check("a policy is cached before the disk is full",
                wanted.startswith("OK secure "), wanted)
    with open(scratch.file("full/filler"), "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass
    with h.Session(cache, "cache-max-entries=1000",
                   stderr=subprocess.PIPE) as s:
        # A policy of 40 kB; each port is a record of its own.
        for port in range(1000, 1060):
            reply = s.ask("long-list.example:%d" % port)
            h.check("a full disk: port %d" % port,
                    reply.startswith("OK secure match=mx00000"), reply)
        h.same("what was there is there", s.ask("all-n-sts.example"), wanted)
        s.socket.close()
        s.process.wait()
        told = s.process.stderr.read()
        h.check("a full disk is told, and not for each lookup",
                1 <= told.count(b"is the disk full") <= 3,
                told.count(b"is the disk full"))
    os.unlink(scratch.file("full/filler"))
    with h.Session(cache, "cache-max-entries=1000",
                   stderr=subprocess.DEVNULL) as s:
        mark = h.Mark()
        h.same("with room again, the policy is still there",
               s.ask("all-n-sts.example"), wanted)
        h.same("from the cache", mark.https("mta-sts.all-n-sts"), 0)
        s.ask(KEY)
    with h.Session(cache, "cache-max-entries=1000",
                   stderr=subprocess.DEVNULL) as s:
        mark = h.Mark()
        s.ask(KEY)
        h.same("and new ones are stored", mark.dns(KEY, "MX"), 0)
    subprocess.run(["umount", scratch.file("full")], check=True)
    os.rmdir(scratch.file("full"))

    # Damaged while it is open and while it is not.
    cache = scratch.file("damaged.tdb")
    for name, damage in (
            ("a zero-length file", lambda: open(cache, "w").close()),
            ("a truncated file", lambda: os.truncate(cache, 30000)),
            ("a file cut to its header", lambda: os.truncate(cache, 100)),
            ("a text file", lambda: open(cache, "w").write("hello\n" * 99)),
            ("random bytes", lambda: open(cache, "wb").write(
                os.urandom(100000))),
            ("a scribbled header", lambda: os.pwrite(
                os.open(cache, os.O_WRONLY), b"\xff" * 200, 0)),
            ("a scribbled body", lambda: os.pwrite(
                os.open(cache, os.O_WRONLY), os.urandom(60000), 2000)),
            ("a directory in its place", lambda: (os.unlink(cache),
                                                  os.mkdir(cache)))):
        if os.path.isdir(cache):
            os.rmdir(cache)
        with h.Session(cache, "cache-max-entries=1000",
                       stderr=subprocess.DEVNULL) as s:
            s.ask(KEY)
        damage()
        with h.Session(cache, "cache-max-entries=1000",
                       stderr=subprocess.DEVNULL) as s:
            h.same(name + ": answered", s.ask(KEY), REPLY)
            h.same(name + ": and again", s.ask(KEY), REPLY)
    os.rmdir(cache)
h.done()
