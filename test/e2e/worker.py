# worker: a crash, a hang or nonsense from `resolve` costs one TEMP.
# SPDX-License-Identifier: MIT
import glob
import os
import re
import shutil
import socket
import subprocess
import harness as h

QUIET = subprocess.DEVNULL

# What stands in for resolve is started in its place: it lies beside a copy of
# socketmap, where socketmap looks first.  Line: name, shell text, reason.
READ = "head -c 20 >/dev/null; "
NOTE = r"17:note 2 9 \000\000\000\007\000\000\000\000,"  # an empty policy
FAULTS = [
    ("it exits with an error", READ + "exit 3", "status 3"),
    ("it exits before it reads", "exit 3", "status 3"),
    ("it is killed", READ + "kill -SEGV $$", "killed by signal 11"),
    ("it says nothing and leaves", READ + "exit 0", "left without an answer"),
    ("it talks nonsense", READ + "echo hello; exec sleep 600", "not a finding"),
    ("a length that never ends", READ + "exec yes 1", "not a finding"),
    ("a frame over the limit", READ + "printf '9999999:'; exec sleep 600",
     "not a finding"),
    ("an endless run of notes", READ +
     "while :; do printf '%s'; done" % NOTE, "no answer in 2 s"),
    ("notes faster than they are read", READ + "exec python3 -c 'import os\n"
     "os.set_blocking(1, True)\n"
     "while True: os.write(1, b\"%s\" * 5000)'" % NOTE,
     "no answer in 2 s"),
    ("it hangs", READ + "exec sleep 600", "no answer in 2 s"),
]
for name, frame, reason in (
        ("a netstring of nonsense", "hello", "not a finding"),
        ("another version", "end 1 1", "not a finding"),
        ("an MX state that is none", "dane 2 1 sicher 1 0 0 0 300 none ",
         "not a finding"),
        ("a count out of range", "dane 2 1 secure 99999 0 0 0 30 none ",
         "not a finding"),
        ("a negative TTL", "dane 2 1 secure 1 0 0 0 -3 none ", "not a finding"),
        ("a note that is text", "note 2 1 x", "not a finding"),
        ("a field too few", "dane 2 1 secure 1 0 0 0", "not a finding"),
        ("the end of a lookup without findings", "end 2 1", "unfinished")):
    FAULTS.append((name, READ + "printf '%d:%s,'; exec sleep 600" %
                   (len(frame), frame), reason))

with h.Scratch() as scratch:
    program = scratch.file("socketmap")
    shutil.copy(h.SOCKETMAP, program)
    for name, text, reason in FAULTS:
        with open(scratch.file("resolve.new"), "w") as f:
            f.write("#!/bin/sh\n" + text + "\n")
        os.chmod(f.name, 0o755)
        os.rename(f.name, scratch.file("resolve"))
        # One that hangs is waited for; the others say at once what they are.
        hangs = reason == "no answer in 2 s"
        with h.Session("", "answer-timeout=%d" % (2 if hangs else 60),
                       program=program, stderr=QUIET) as s:
            reply = s.ask("victim.example", timeout=30)
            h.check(name + ": one TEMP with a reason",
                    reply is not None and reply.startswith("TEMP ") and
                    reason in reply, reply)
            h.same(name + ": and nothing else", s.ask(".example"),
                   "NOTFOUND ")
            pids = h.children(s.process.pid)
            if reason == "not a finding":
                h.same(name + ": it is ended", pids, [])
            if hangs:
                s.process.kill()  # it would wait for the lookup to end
        h.check(name + ": nothing is left running", h.wait_until(
            lambda: not any(os.path.exists("/proc/%d" % p) for p in pids)))

    # It is asked once more, and then given up, for the question might be the
    # cause.
    for name, end, wanted in (("a crash", "exit 3", 2),
                              ("leaving", "exit 0", 2)):
        starts = scratch.file("starts " + name)
        with open(scratch.file("resolve"), "w") as f:
            f.write("#!/bin/sh\necho >>'%s'\n%s%s\n" % (starts, READ, end))
        # Beside the cache it can be written down.
        with h.Session(scratch.file("cache.tdb"), program=program,
                       stderr=QUIET) as s:
            s.ask(name.replace(" ", "-") + ".example")
        h.same(name + ": so many starts", os.path.getsize(starts), wanted)

    # Its words on standard error, where that is the client's socket.
    with open(scratch.file("resolve"), "w") as f:
        f.write("#!/bin/sh\necho oops >&2\nexit 3\n")
    ours, theirs = socket.socketpair()
    p = subprocess.Popen([program] + h.options(), stdin=theirs, stdout=theirs,
                         stderr=theirs)
    theirs.close()
    ours.sendall(h.netstring("QUERY victim.example"))
    ours.shutdown(socket.SHUT_WR)
    got = h.rest_of(ours)
    h.check("no word of it reaches the client", b"oops" not in got and
            got.endswith(b"see the log,"), got)
    p.wait()
    ours.close()

    # The conversion of U-labels has the same limit.
    with open(scratch.file("resolve"), "w") as f:
        f.write("#!/bin/sh\nexec sleep 600\n")
    with h.Session("", "answer-timeout=2", program=program,
                   stderr=QUIET) as s:
        h.same("U-labels and a hang", s.ask("b\u00fccher.example", timeout=30),
               "TEMP no answer from resolve in time")
        s.process.kill()

    # One that hangs for good is ended, so that its asker can leave.
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if found and os.environ.get("SANITIZERS") != "yes":
        h.without_preload(scratch.file("resolve"), shutil.which("sleep"),
                          "600")
        env = dict(os.environ, LD_PRELOAD=found[0], FAKETIME="+0 x50")
        with h.Session("", "answer-timeout=20", program=program,
                       stderr=subprocess.PIPE, env=env) as s:
            reply = s.ask("victim.example")
            h.check("a hang at fifty times the speed",
                    reply.startswith("TEMP no answer in 20 s"), reply)
            s.socket.shutdown(socket.SHUT_WR)
            h.check("is ended after 150 s", h.wait_until(
                lambda: s.process.poll() is not None))
            s.process.kill()
            h.check("and told", b"did not answer for 150 s" in
                    s.process.stderr.read())

    # A record of false findings cannot become a policy with braces or the
    # like: what resolve says is judged like a stranger's word.
    policy = "version: STSv1\nmode: enforce\nmx: } match=evil {\nmax_age: 9\n"
    frame = ("sts 2 1 policy 300 1 enforce 9 none \n" + policy)
    with open(scratch.file("resolve"), "w") as f:
        f.write("#!/bin/sh\n%sprintf '%%s' '%d:%s,'; exec sleep 600\n" %
                (READ, len(frame), frame))
    with h.Session("", program=program, stderr=QUIET) as s:
        reply = s.ask("victim.example")
        h.check("a forged policy is nonsense", "not a finding" in reply, reply)

    # Beside itself there is none; then socketmap looks where it was installed.
    os.unlink(scratch.file("resolve"))
    with open(h.SOCKETMAP, "rb") as f:
        installed = re.search(rb"(/[\w./+~-]+/libexec/mxpolicy)\0", f.read())
    if not installed or not os.path.exists(
            installed.group(1) + b"/resolve"):
        with h.Session("", program=program, stderr=QUIET) as s:
            reply = s.ask("victim.example")
            h.check("no resolve at all is TEMP with a reason",
                    "status 69" in reply, reply)
h.done()
