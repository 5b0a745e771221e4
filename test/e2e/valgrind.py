# valgrind: sessions of which every process runs under memcheck.
# SPDX-License-Identifier: MIT
import os
import subprocess
import harness as h

ERRORS = 99


def wrap(scratch, name, program):
    """A program of that name which runs the real one under valgrind."""
    log = scratch.file(name + ".%p.log")
    with open(scratch.file(name), "w") as f:
        f.write("#!/bin/sh\nexec valgrind -q --error-exitcode=%d "
                "--leak-check=full --errors-for-leak-kinds=definite "
                "--log-file=%s %s \"$@\"\n" % (ERRORS, log, program))
    os.chmod(f.name, 0o755)
    return f.name


with h.Scratch() as scratch:
    # socketmap finds its resolve beside itself: under valgrind
    # /proc/self/exe is still the program.
    os.mkdir(scratch.file("bin"))
    for program in (h.SOCKETMAP, h.RESOLVE):
        target = os.path.join(scratch.path, "bin", os.path.basename(program))
        subprocess.run(["cp", program, target], check=True)
    os.rename(scratch.file("bin/resolve"), scratch.file("bin/resolve.real"))
    wrapped = wrap(scratch, "resolve", scratch.file("bin/resolve.real"))
    os.rename(wrapped, scratch.file("bin/resolve"))
    serve = wrap(scratch, "serve", scratch.file("bin/socketmap"))
    rows = [r for r in h.cases() if not r[2].startswith("TEMP")][::6]
    for what in ("cold", "warm"):
        with h.Session(scratch.file("cache.tdb"), "https-timeout=10",
                       "answer-timeout=80", program=serve,
                       stderr=subprocess.DEVNULL) as s:
            for name, key, reply, tlsrpt in rows:
                h.check("%s, %s" % (name, what),
                        h.matches(s.ask(key, timeout=90), reply))
                h.check("%s, %s, with TLSRPT" % (name, what),
                        h.matches(s.ask(key, "QUERYwithTLSRPT", 90), tlsrpt))
            s.send(b"rubbish")
            s.socket.close()
            status = s.process.wait(120)
            h.check("socketmap ends without an error, " + what,
                    status != ERRORS, status)
    for name in os.listdir(scratch.path):
        if name.endswith(".log"):
            with open(scratch.file(name)) as f:
                # Its own words about system calls that it does not know
                # begin with "--".
                text = [l for l in f if l.startswith("==")]
            h.same("no complaint of valgrind in " + name, text, [])
h.done()
