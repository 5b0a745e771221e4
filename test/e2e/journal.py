# journal: lines with fields, in the journal's own protocol.
# SPDX-License-Identifier: MIT
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import harness as h

NEWNS, MS_NOSUID = 0x20000, 2
SOCKET = "/run/systemd/journal/socket"
JOURNALD = "/lib/systemd/systemd-journald"
LOOKUP = "434a038736b94d198d2fcb1d7ba99d47"
FINDING = "0825140da5164759b37af39d4d59f584"
KEPT = "5d625cd456c54fb3896feb96ead9b786"
PREFETCH = "3a80ee494ed54131ac0ae7610ebc0b30"
RESOLVE = "31db7fb9e21846938e0b2c019a9fa097"
TROUBLE = "3a4507aa84a1494387b97a8108040225"


def own_run():
    """An empty /run that only this process and its children see."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNS) != 0 or libc.mount(
            b"tmpfs", b"/run", b"tmpfs", ctypes.c_ulong(MS_NOSUID),
            b"mode=755") != 0:
        raise OSError(ctypes.get_errno(), "no /run of our own")
    os.makedirs(os.path.dirname(SOCKET))


def parse(datagram):
    """As the protocol says: NAME=value lines, or NAME, newline, eight bytes of
    length, value, newline.  Each field once."""
    entry = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8:8 + size], rest[9 + size:]
        assert name and name == name.upper() and name.decode() not in entry
        entry[name.decode()] = value.decode()
        datagram = rest
    return entry


class Journal:
    """What stands in for journald: its socket, and the stream that standard
    error is."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(SOCKET)
        self.socket.setblocking(False)
        self.file = tempfile.TemporaryFile()
        st = os.fstat(self.file.fileno())
        self.env = dict(os.environ, JOURNAL_STREAM="%d:%d" %
                        (st.st_dev, st.st_ino))
        return self

    def __exit__(self, *_):
        self.socket.close()
        os.unlink(SOCKET)
        self.file.close()

    def session(self, cache, *more, **how):
        return h.Session(cache, *more, stderr=self.file, env=self.env, **how)

    def entries(self, session=None):
        """What has come.  A session that goes on has logged its requests when
        it answers the next, of which there is nothing to log."""
        if session:
            session.ask(".example")
        found = []
        try:
            while True:
                found.append(parse(self.socket.recv(1 << 20)))
        except BlockingIOError:
            return found

    def stream(self):
        self.file.seek(0)
        text = self.file.read().decode()
        self.file.seek(0)
        self.file.truncate()
        return text


def one(entries, event, times=1):
    found = [e for e in entries if e.get("MESSAGE_ID") == event]
    h.same("entries of its kind", len(found), times)
    return found[0] if found else {}


def check_fields(name, entry, wanted):
    for field, value in wanted.items():
        h.same("%s: %s" % (name, field), entry.get(field), value)


def check_lookups(scratch):
    cache = scratch.file("cache.tdb")
    with Journal() as j:
        with j.session(cache) as s:
            s.ask("All-U.example", "postfix")
            entries = j.entries(s)
            h.same("one line for a lookup", len(entries), 1)
            check_fields("dane-only", entries[0], {
                "MESSAGE_ID": LOOKUP, "PRIORITY": "5",
                "SYSLOG_IDENTIFIER": "mxpolicy", "SYSLOG_FACILITY": "2",
                "MXPOLICY_PROGRAM": "socketmap",
                "MXPOLICY_DOMAIN": "all-u.example",
                "MXPOLICY_MAP": "postfix", "MXPOLICY_REPLY": "dane-only",
                "MXPOLICY_DANE": "secure MX, all hosts with usable TLSA",
                "MXPOLICY_STS": "absent",
                "MXPOLICY_REASON": None, "MXPOLICY_FAILURE": None,
                "MXPOLICY_CAUSE": None, "MXPOLICY_OWNER": None})
            h.check("it took some time",
                    0 < int(entries[0]["MXPOLICY_USEC"]) < 60000000)
            h.check("the message says it all",
                    entries[0]["MESSAGE"].startswith(
                        "socketmap: lookup domain=all-u.example map=postfix "
                        "verdict=dane-only dane=\"secure MX, all hosts with "
                        "usable TLSA\" sts=absent usec="),
                    entries[0]["MESSAGE"])
            h.same("and has no field that is empty", "=\"\"" in
                   entries[0]["MESSAGE"] or "= " in entries[0]["MESSAGE"],
                   False)
            s.ask("all-u.example")
            s.ask(".all-u.example")
            h.same("none for what needs no lookup", j.entries(s), [])
            s.ask("all-n-sts.example")
            check_fields("secure", one(j.entries(s), LOOKUP), {
                "MXPOLICY_REPLY": "secure", "MXPOLICY_STS": "enforce",
                "MXPOLICY_DANE": "secure MX, no host with TLSA"})
            s.ask("bogus.example")
            entry = one(j.entries(s), LOOKUP)
            check_fields("bogus", entry, {
                "PRIORITY": "4", "MXPOLICY_REPLY": "TEMP",
                "MXPOLICY_FAILURE": "dnssec-invalid",
                "MXPOLICY_CAUSE": "dns-bogus", "MXPOLICY_OWNER": "domain",
                "MXPOLICY_DANE": "MX could not be looked up"})
            h.check("and why", "bogus" in entry["MXPOLICY_REASON"], entry)
            s.ask("wrong-name.example")
            entry = one(j.entries(s), LOOKUP)
            check_fields("a certificate of another name", entry, {
                "PRIORITY": "4", "MXPOLICY_REPLY": "NOTFOUND",
                "MXPOLICY_STS": "failed",
                "MXPOLICY_FAILURE": "sts-webpki-invalid",
                "MXPOLICY_CAUSE": "https-certificate",
                "MXPOLICY_OWNER": "domain"})
            h.check("the line says why", " cause=https-certificate "
                    "owner=domain " in entry["MESSAGE"] and
                    "reason=\"mta-sts.wrong-name.example: certificate" in
                    entry["MESSAGE"], entry)
        h.same("nothing beside the journal", j.stream(), "")
        h.same("no line for a connection", j.entries(), [])


def taken_apart(line):
    """The fields of a line, by a reader that knows of no escapes."""
    return dict((key, quoted or plain) for key, quoted, plain in
                re.findall(r'([a-z-]+)=(?:"([^"]*)"|([^ "]*))', line))


def check_foreign_text(scratch):
    """What a domain writes can neither end a field nor begin another, not for
    a reader that takes a backslash for an escape either."""
    host = os.path.join(h.WORLD, "https.d", "mta-sts.html.example")
    evil = 'x" failure=none cause=none verdict=secure y="\\'
    with open(host, "w") as f:
        f.write("!type %s\n" % evil)
    with Journal() as j:
        with j.session("") as s:
            s.ask("html.example")
            entry = one(j.entries(s), LOOKUP)
    os.unlink(host)
    line = entry["MESSAGE"].partition(": ")[2]
    check_fields("a media type with quotation marks", entry, {
        "PRIORITY": "4", "MXPOLICY_CAUSE": "https-media-type"})
    h.check("the journal has it as it is", evil in entry["MXPOLICY_REASON"],
            entry)
    h.same("the line cannot be forged", {
        key: taken_apart(line).get(key)
        for key in ("verdict", "cause", "failure")}, {
            "verdict": entry["MXPOLICY_REPLY"], "cause": "https-media-type",
            "failure": "sts-policy-invalid"})
    h.same("two quotation marks for a quoted value", (
        line.count('"') % 2, "\\" in line), (0, False))


def check_pending(scratch):
    """DANE for all hosts does not wait for the policy."""
    host = os.path.join(h.WORLD, "https.d", "mta-sts.all-u-sts.example")
    with open(host, "w") as f:
        f.write("!delay 1\n")
    with Journal() as j:
        with j.session(scratch.file("pending.tdb")) as s:
            s.ask("all-u-sts.example")
            check_fields("a policy that is on its way", one(
                j.entries(s), LOOKUP), {
                "MXPOLICY_REPLY": "dane-only", "MXPOLICY_STS": "pending",
                "MXPOLICY_CAUSE": None})
    os.unlink(host)


def check_levels(scratch):
    cache = scratch.file("levels.tdb")
    with Journal() as j:
        with j.session(cache, "log-level=warning") as s:
            s.ask("all-u.example")
        h.same("nothing of it at warning", j.entries(), [])
        with j.session(cache, "log-level=debug") as s:
            s.ask("wrong-name.example")
        entries = j.entries()
        h.same("two findings at debug", sorted(
            (e["PRIORITY"], e["MXPOLICY_DOMAIN"]) for e in entries
            if e.get("MESSAGE_ID") == FINDING),
            [("7", "wrong-name.example")] * 2)
        h.check("and the connection", any(
            "connection" in e["MESSAGE"] for e in entries), entries)
        with j.session(cache) as s:
            s.send(b"rubbish")
            s.socket.shutdown(socket.SHUT_WR)
            s.closed()
        entries = j.entries()
        h.same("no netstring is a warning", [
            (e["PRIORITY"], "MESSAGE_ID" in e) for e in entries],
            [("4", False)])
        with j.session("/proc/nothing/cache.tdb") as s:
            s.ask("all-u.example")
        entry = one(j.entries(), TROUBLE)
        check_fields("a cache that cannot be opened", entry,
                     {"PRIORITY": "4"})
        h.check("has its reason", "cache.tdb" in entry["MXPOLICY_REASON"])


def check_resolve(scratch):
    """A crash, and what the sandboxed process itself has to say."""
    shutil.copy(h.SOCKETMAP, scratch.file("socketmap"))
    with open(scratch.file("resolve"), "w") as f:
        f.write("#!/bin/sh\nkill -SEGV $$\n")
    os.chmod(f.name, 0o755)
    with Journal() as j:
        with j.session("", program=scratch.file("socketmap")) as s:
            s.ask("all-u.example")
        check_fields("a crash", one(j.entries(), RESOLVE, 2), {
            "PRIORITY": "3", "MXPOLICY_PROGRAM": "socketmap",
            "MXPOLICY_REASON": "resolve was killed by signal 11",
            "MXPOLICY_CAUSE": "resolve-died", "MXPOLICY_OWNER": "local"})
        j.stream()
        with j.session("", "resolver=127.1.0.54") as s:
            s.ask("all-u.example")
        told = j.stream() + "".join(
            "<%s>%s\n" % (e["PRIORITY"], e["MESSAGE"]) for e in j.entries()
            if e["MXPOLICY_PROGRAM"] == "resolve")
        h.check("name servers without DNSSEC: a warning of resolve",
                told.startswith("<4>resolve: "), told)
        h.same("one line", told.count("\n"), 1)


def check_kept(scratch):
    """A policy that can no longer be fetched stays, and that is a warning."""
    clock = h.Clock(scratch)
    path = os.path.join(h.WORLD, "https.d", "mta-sts.all-n-sts.example")
    with Journal() as j:
        def ask(later):
            clock.at += later
            env = dict(clock.environment(),
                       JOURNAL_STREAM=j.env["JOURNAL_STREAM"])
            with h.Session(clock.cache, program=clock.socketmap,
                           stderr=j.file, env=env) as s:
                return s.ask("all-n-sts.example")
        ask(0)
        ask(43200)  # confirmed, not fetched
        j.entries()
        with open(path, "w") as f:
            f.write("!status 500\n")
        reply = ask(43200)
        h.check("it stays", reply.startswith("OK secure"), reply)
        entry = one(j.entries(), KEPT)
        check_fields("kept", entry, {
            "PRIORITY": "4", "MXPOLICY_DOMAIN": "all-n-sts.example",
            "MXPOLICY_STS": "enforce",
            "MXPOLICY_FAILURE": "sts-policy-fetch-error"})
        left = re.search(r" expires-in=(\d+) ", entry["MESSAGE"])
        h.check("how long, from its fetch", left is not None and
                518400 - 60 <= int(left.group(1)) <= 518400, entry)
        resolve = os.path.join(scratch.path, "resolve")
        os.rename(resolve, resolve + ".good")
        with open(resolve, "w") as f:
            f.write("#!/bin/sh\nkill -SEGV $$\n")
        os.chmod(resolve, 0o755)
        ask(86400)
        h.same("not told of a fault of our own", [
            e for e in j.entries() if e.get("MESSAGE_ID") == KEPT], [])
        os.rename(resolve + ".good", resolve)
        clock.cache = scratch.file("none.tdb")
        with open(path, "w") as f:
            f.write("version: STSv1\nmode: none\nmax_age: 604800\n")
        ask(0)
        with open(path, "w") as f:
            f.write("!status 500\n")
        reply = ask(86400)
        os.unlink(path)
        h.same("not told of mode none", (reply, [
            e for e in j.entries() if e.get("MESSAGE_ID") == KEPT]),
            ("NOTFOUND ", []))


def check_prefetch(scratch):
    cache = scratch.file("prefetch.tdb")
    with h.Session(cache, stderr=subprocess.DEVNULL) as s:
        s.ask("all-u.example")
    with Journal() as j:
        subprocess.run([h.PREFETCH] + h.options(cache) +
                       ["--within", "86400"], stderr=j.file, env=j.env)
        entry = one(j.entries(), PREFETCH)
        check_fields("a run", entry, {
            "PRIORITY": "5", "MXPOLICY_PROGRAM": "prefetch",
            "SYSLOG_IDENTIFIER": "mxpolicy"})
        h.check("with its sum", "refreshed=1 failed=0" in entry["MESSAGE"],
                entry)


def check_fallback(scratch):
    """No journald behind the socket's name, or one that takes nothing."""
    with Journal() as j:
        j.socket.close()
        with j.session("") as s:
            s.ask("all-u.example")
        h.check("the line goes to standard error, with its level",
                j.stream().startswith("<5>socketmap: lookup domain=all-u."))
        os.unlink(SOCKET)
        with j.session("") as s:
            s.ask("all-u.example")
        h.check("also without a socket",
                j.stream().startswith("<5>socketmap: lookup domain=all-u."))
        j.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        j.socket.bind(SOCKET)
        full = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        full.setblocking(False)
        try:
            while True:
                full.sendto(b"MESSAGE=x\n", SOCKET)
        except BlockingIOError:
            pass
        with j.session("") as s:
            h.same("a journald that hangs holds up nobody",
                   s.ask("all-u.example"), "OK dane-only")
        h.check("its line is on standard error",
                j.stream().startswith("<5>socketmap: lookup domain=all-u."))
        full.close()


def journalctl(*match):
    p = subprocess.run(
        ["journalctl", "-D", "/run/log/journal", "-o", "json", "--no-pager"] +
        list(match), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return [json.loads(line) for line in p.stdout.splitlines()]


def check_journald(scratch):
    """The real one, in our /run: what a person finds with journalctl."""
    if not os.access(JOURNALD, os.X_OK) or not shutil.which("journalctl"):
        print("systemd-journald is missing: its socket is the test's own")
        return
    with open("/etc/machine-id", "w") as f:
        f.write(os.urandom(16).hex() + "\n")
    os.makedirs("/run/log/journal", exist_ok=True)
    journald = subprocess.Popen(
        [JOURNALD], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    if not h.wait_until(lambda: os.path.exists(SOCKET) or
                        journald.poll() is not None) or \
            journald.poll() is not None:
        print("systemd-journald does not run here")
        return
    try:
        stream = tempfile.TemporaryFile()
        st = os.fstat(stream.fileno())
        env = dict(os.environ, JOURNAL_STREAM="%d:%d" %
                   (st.st_dev, st.st_ino))
        with h.Session("", stderr=stream, env=env) as s:
            for key in ("all-u.example", "bogus.example", "all-u.example"):
                s.ask(key)
        found = []

        def written():
            journald.send_signal(signal.SIGRTMIN + 1)  # write it all down
            found[:] = journalctl("MXPOLICY_DOMAIN=bogus.example")
            return found
        h.wait_until(written, step=0.5)
        h.same("journalctl MXPOLICY_DOMAIN= finds the domain's history",
               [(e["MXPOLICY_REPLY"], e["MXPOLICY_FAILURE"], e["PRIORITY"],
                 e["SYSLOG_IDENTIFIER"]) for e in found],
               [("TEMP", "dnssec-invalid", "4", "mxpolicy")])
        found = journalctl("MESSAGE_ID=" + LOOKUP)
        h.same("and MESSAGE_ID= all lookups", [
            e["MXPOLICY_DOMAIN"] for e in found],
            ["all-u.example", "bogus.example"])
    finally:
        journald.terminate()
        journald.wait()
        os.unlink(SOCKET)


own_run()
with h.Scratch() as scratch:
    check_lookups(scratch)
    check_foreign_text(scratch)
    check_pending(scratch)
    check_levels(scratch)
    check_prefetch(scratch)
    check_fallback(scratch)
    check_resolve(scratch)
    check_journald(scratch)
    if h.failed > 0:
        h.done()  # not to be skipped over: the rest needs libfaketime
    with h.Scratch() as other:
        check_kept(other)
h.done()
