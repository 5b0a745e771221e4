# check: `mxpolicy check` finds each thing that can be wrong, and only that.
# SPDX-License-Identifier: MIT
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import harness as h

PATH = "/usr/sbin:/usr/bin"
GOOD, STRIPS, DEAD, SILENT = ("127.1.0.53", "127.1.0.54", "127.1.0.55",
                              "127.1.0.56")
PR_CAPBSET_DROP = 24
CA = "/etc/ssl/certs/ca-certificates.crt"
MAIN_CF = {
    "compatibility_level": "3.6",
    "smtp_dns_support_level": "dnssec",
    "smtp_tls_security_level": "dane",
    "smtp_tls_CAfile": CA,
    "smtp_tls_policy_maps": "socketmap:inet:127.0.0.1:8461:QUERY",
}
MASTER_CF = ["smtp unix - - n - - smtp", "relay unix - - n - 50 smtp",
             "smtpd unix - - y - - smtpd"]

for tool in ("postconf", "systemd-socket-activate"):
    if shutil.which(tool, path=PATH) is None:
        print("%s is missing (packages postfix, systemd)" % tool)
        sys.exit(77)


def plain_root():
    """Make root obey file modes, as everybody else has to."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


class Setup:
    """A cache, a Postfix configuration, and the command on both."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.cache = scratch.file("cache/cache.tdb")
        os.mkdir(scratch.file("cache"), 0o750)
        os.mkdir(scratch.file("queue"))
        self.dir = scratch.file("postfix")
        os.mkdir(self.dir)
        self.postfix()

    def postfix(self, master=MASTER_CF, **changes):
        """Write main.cf with some settings changed (None: left out)."""
        settings = dict(MAIN_CF, queue_directory=self.scratch.file("queue"))
        settings.update(changes)
        with open(os.path.join(self.dir, "main.cf"), "w") as f:
            f.writelines("%s = %s\n" % s for s in settings.items()
                         if s[1] is not None)
        with open(os.path.join(self.dir, "master.cf"), "w") as f:
            f.writelines(line + "\n" for line in master)
        self.age()

    def age(self):
        """postconf waits for files that were changed a moment ago."""
        for name in ("main.cf", "master.cf"):
            os.utime(os.path.join(self.dir, name), (1, 1))

    def run(self, *args, settings=(), preexec=None, program=h.MXPOLICY,
            env=None, options=None, dirs=True):
        command = [program] + (options or h.options(self.cache, *settings))
        command += ["check", "--user", "root"]
        if dirs:
            command += ["--postfix", self.dir]
        p = subprocess.run(
            command + list(args), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=preexec,
            env=env or dict(os.environ, LC_ALL="C.UTF-8"))
        return p.returncode, p.stdout.decode(), p.stderr.decode()

    def items(self, *args, **more):
        """The items by their names, as lists, and the exit code."""
        code, out, err = self.run("--json", *args, **more)
        items = {}
        for line in out.splitlines():
            o = json.loads(line)
            assert o["schema"] == "check-1", line
            items.setdefault(o["item"], []).append(o)
        bad = any(o["state"] == "bad" for all in items.values() for o in all)
        h.same("the exit code tells whether something is bad", code,
               2 if bad else 0)
        return items


def item(name, items, what, state, words="", fix=""):
    """Is there an item in that state, with these words and this fix?"""
    found = items.get(what, [])
    h.check("%s: %s is %s" % (name, what, state), any(
        o["state"] == state and words in o["text"] and fix in o["fix"]
        for o in found), found or "no such item")


def only(name, items, *bad):
    """Nothing else is bad."""
    h.same(name + ": nothing else is bad", sorted(
        what for what, all in items.items()
        if any(o["state"] == "bad" for o in all)), sorted(bad))


def resolv_conf(*servers):
    with open("/etc/resolv.conf.new", "w") as f:
        f.writelines("nameserver %s\n" % s for s in servers)
    os.rename("/etc/resolv.conf.new", "/etc/resolv.conf")


def all_is_well(s):
    items = s.items()
    only("as it should be", items)
    for what in ("settings", "name-servers", "postfix-resolver",
                 "postfix-tlsa", "smtp_tls_dane_insecure_mx_policy",
                 "smtp_tls_mandatory_protocols",
                 "trust-anchor", "clock", "ca-store", "cache-directory",
                 "cache-file", "cache-sound", "socket", "policy-maps",
                 "smtp_dns_support_level", "smtp_tls_security_level",
                 "smtp_tls_CAfile"):
        item("as it should be", items, what, "good")
    code, out, err = s.run()
    h.same("for a person: exit code", code, 0)
    h.check("for a person", "\nPostfix, %s\n" % s.dir in out and
            "  good     smtp_dns_support_level = dnssec\n" in out, out)
    h.same("nothing on standard error", err, "")
    h.check("an argument too many", s.run("now")[0] == 64)
    h.check("no user at all", s.run("--user", "")[0] == 64)
    h.check("more Postfixes than can be looked at", s.run(
        *["--postfix", s.dir] * 16)[0] == 64)


def prefetch(s):
    item("before the first run", s.items(), "prefetch", "warning",
         "has not run yet")
    subprocess.run([h.PREFETCH] + h.options(s.cache), check=True,
                   stderr=subprocess.DEVNULL)
    item("after it", s.items(), "prefetch", "good", "1 records")
    if not os.path.exists("/run/systemd/system"):
        item("without systemd", s.items(), "timer", "skipped", "cron",
             "/prefetch")


def libraries(s):
    """How old they are, in a resolve of which the test decides it."""
    program = s.scratch.file("mxpolicy")
    stand_in = s.scratch.file("resolve")
    shutil.copy(h.MXPOLICY, program)
    for version, state in (("1.17.1", "warning"), ("1.26.0", "warning"),
                           ("1.26.1", "good"), ("1.26.1rc2", "good"),
                           ("1.27", "good"), ("2.0.0", "good")):
        with open(stand_in, "w") as f:
            f.write("#!/bin/sh\n[ \"$1\" = --version ] || exec %s \"$@\"\n"
                    "echo mxpolicy 9; echo libunbound %s; echo GnuTLS 3.7.9\n"
                    "echo unconfined which TCP ports\n" %
                    (h.RESOLVE, version))
        os.chmod(stand_in, 0o755)
        items = s.items(program=program)
        item("libunbound " + version, items, "libraries", state,
             "libunbound %s, GnuTLS 3.7.9" % version)
        item("what is not confined", items, "sandbox", "warning",
             "which TCP ports")


def settings(s):
    path = s.scratch.file("mxpolicy.conf")
    with open(path, "w") as f:
        f.write("cache = %s\ntrust-anchor = %s\nca-file = %s\n"
                "fetch-reserved = yes\n"
                "anwser-timeout = 5\nmin-ttl = many\n"
                "[map QUERY]\ntesting = often\nnonsense\n" %
                (s.cache, os.environ["WORLD_ANCHOR"], os.environ["WORLD_CA"]))
    items = s.items(options=["-c", path])
    only("unknown key", items, "settings")
    for line, words in (
            (5, "unknown key \"anwser-timeout\""), (6, "min-ttl: \"many\""),
            (8, "[map QUERY] testing: \"often\""),
            (9, "[map QUERY] it is not \"key = value\"")):
        item("line %d" % line, items, "settings", "bad",
             "%s:%d: %s" % (path, line, words))
    h.check("a file that is not there", s.run(options=["-c", path + ".not"])[0] == 64)
    with open(path, "a") as f:
        f.seek(0)
        f.truncate()
        f.write("cache = %s\ntrust-anchor = %s\nca-file = %s\n"
                "fetch-reserved = yes\n" %
                (s.cache, os.environ["WORLD_ANCHOR"], os.environ["WORLD_CA"]))
    item("a good file", s.items(options=["-c", path]), "settings", "good",
         path)


def name_servers(s):
    resolv_conf(STRIPS)
    # The root has three seconds to answer; a busy machine takes longer once
    # in a while.
    for _ in range(3):
        items = s.items()
        if items["name-servers"][0]["state"] == "warning":
            break
    only("stripped DNSSEC", items, "postfix-resolver")
    item("stripped DNSSEC", items, "name-servers", "warning",
         "strips DNSSEC records")
    h.same("which is not said in between as well", s.run()[2], "")
    item("and no AD bit", items, "postfix-resolver", "bad", "no AD bit",
         "apt install unbound")
    h.check("other lines of resolv.conf stay",
            "sed -i.old" in items["postfix-resolver"][0]["fix"], items)
    os.rename("/etc/resolv.conf", "/etc/resolv.conf.real")
    os.symlink("resolv.conf.real", "/etc/resolv.conf")
    h.check("a link is not written through", not any(
        line for line in
        s.items()["postfix-resolver"][0]["fix"].splitlines()[1:]
        if not line.startswith("#")))
    os.rename("/etc/resolv.conf.real", "/etc/resolv.conf")
    items = s.items(settings=("resolver=" + STRIPS,))
    item("stripped, by choice", items, "name-servers", "bad",
         '"resolver = %s" of the settings' % STRIPS)
    h.same("which a change of resolv.conf does not help",
           items["name-servers"][0]["fix"], "")
    item("then nobody knows", items, "trust-anchor", "warning")
    for server in (DEAD, SILENT):
        resolv_conf(server)
        items = s.items(settings=("resolver=" + server,))
        item("no answer", items, "name-servers", "bad",
             "no answer from " + server)
        item("no answer", items, "postfix-resolver", "bad", "do not answer")
    resolv_conf(GOOD)
    items = s.items(settings=("resolver=nonsense",))
    item("a resolver that is none", items, "name-servers", "bad", "nonsense")


def files(s):
    path = s.scratch.file("file")
    for text, words in (
            ("", "contains no key"), ("; nothing\n", "contains no key"),
            ("<html>\n", "contains no key"),
            (". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC68"
             "3457104237C7F8EC8D\n", "not contain the key 38696")):
        with open(path, "w") as f:
            f.write(text)
        items = s.items(settings=("trust-anchor=" + path,))
        item("an anchor: %s" % words, items, "trust-anchor", "bad", words)
        item("nothing validates", items, "name-servers", "bad",
             path if "no key" in words else "root's DNSKEY")
    # which comes first where the package dns-root-data is installed
    if os.path.exists("/usr/share/dns/root.key"):
        subprocess.run(["mount", "-t", "tmpfs", "none", "/usr/share/dns"],
                       check=True)
    found = "/etc/unbound/root.key"
    os.makedirs(os.path.dirname(found), exist_ok=True)
    for text, state, words in (
            ("", "warning", "contains no key"),
            (". IN DS 20326 8 2 00\n", "warning", "is outdated"),
            (". IN DS 38696 8 2 00\n", "good", "(key tags: 38696)")):
        with open(found, "w") as f:
            f.write(text)
        item("an anchor that is found", s.items(settings=("trust-anchor=",)),
             "trust-anchor", state, words)
    os.unlink(found)
    items = s.items(settings=("trust-anchor=/nonexistent/anchor",))
    item("no anchor", items, "trust-anchor", "bad", "/nonexistent/anchor")
    item("no anchor", items, "name-servers", "bad", "nothing validates")
    shutil.copy(os.environ["WORLD_ANCHOR"], path)
    os.chmod(path, 0)
    items = s.items(settings=("trust-anchor=" + path,), preexec=plain_root)
    item("an anchor nobody may read", items, "trust-anchor", "bad",
         "cannot be read by the user root", "chmod a+r " + path)
    items = s.items(settings=("ca-file=" + path,), preexec=plain_root)
    only("a CA store nobody may read", items, "ca-store")
    item("a CA store nobody may read", items, "ca-store", "bad",
         "cannot be read")
    os.chmod(path, 0o644)
    items = s.items(settings=("ca-file=" + path,))
    only("a CA store without certificates", items, "ca-store")
    item("a CA store without certificates", items, "ca-store", "bad",
         "contains no certificate")


def clock(s):
    if os.environ.get("SANITIZERS") == "yes":
        return
    scratch = s.scratch
    program = h.Clock(scratch)
    shutil.copy(h.MXPOLICY, scratch.path)
    program.at = 1000000000
    items = s.items(program=scratch.file("mxpolicy"),
                    env=dict(program.environment(), NO_FAKE_STAT="1"))
    only("a clock of 2001", items, "clock")
    item("a clock of 2001", items, "clock", "bad", "2001-09-09",
         "timedatectl")


def cache(s):
    path = s.scratch.file("other/cache.tdb")
    items = s.items(settings=("cache=" + path,))
    only("no directory", items, "cache-directory")
    item("no directory", items, "cache-directory", "bad", "does not exist",
         "install -d -o root")
    os.mkdir(os.path.dirname(path), 0o500)
    items = s.items(settings=("cache=" + path,), preexec=plain_root)
    only("a directory that cannot be written", items, "cache-directory")
    item("a directory that cannot be written", items, "cache-directory",
         "bad", "is not writable")
    h.same("which may be of use to others, and is not given away",
           items["cache-directory"][0]["fix"], "")
    os.chmod(os.path.dirname(path), 0o777)
    items = s.items(settings=("cache=" + path,))
    only("one that all may write", items, "cache-directory")
    item("one that all may write", items, "cache-directory", "bad",
         "by others")
    os.chmod(os.path.dirname(path), 0o750)
    items = s.items(settings=("cache=" + path,))
    only("no file yet", items)
    item("no file yet", items, "cache-file", "good", "first query")
    h.check("and none is made", not os.path.exists(path))
    shutil.copy(s.cache, path)
    os.chmod(path, 0o440)
    items = s.items(settings=("cache=" + path,), preexec=plain_root)
    only("a file that cannot be written", items, "cache-file")
    item("a file that cannot be written", items, "cache-file", "bad",
         "is not writable", "chown root: " + path)
    os.chmod(path, 0o640)
    for beside in (".lock", ".journal", ".counters"):
        open(path + beside, "w").close()
        os.chmod(path + beside, 0o400)
        items = s.items(settings=("cache=" + path,), preexec=plain_root)
        only("a %s that cannot be written" % beside, items, "cache-file")
        item("a %s that cannot be written" % beside, items, "cache-file",
             "bad", path + beside)
        os.unlink(path + beside)
    with open(path, "r+b") as f:
        f.seek(1000)  # in the hash table
        f.write(b"\xff" * 4000)
    items = s.items(settings=("cache=" + path,))
    only("a damaged file", items, "cache-sound")
    item("a damaged file", items, "cache-sound", "bad", "is damaged")
    items = s.items(settings=("cache=",))
    only("no cache", items)
    item("no cache", items, "cache-directory", "warning", "no cache")
    items = s.items("--user", "nosuchuser")
    item("no such user", items, "user", "bad", "the user nosuchuser, which")
    only("a user that does not exist may do nothing", items, "user", "cache-directory")
    item("a user that does not exist may do nothing", items, "cache-directory", "bad",
         "is not writable by the user nosuchuser")


def somebody_else(listener):
    """Answers every question alike, as other policy servers may."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            while client.recv(4096):
                client.sendall(b"9:NOTFOUND ,")


def sockets(s):
    name = "socketmap:inet:127.0.0.1:%d:QUERY"
    s.postfix(smtp_tls_policy_maps=name % 8462)
    items = s.items()
    only("nobody answers", items, "policy-maps", "socket")
    item("nobody answers", items, "socket", "bad", "nothing answers on "
         "inet:127.0.0.1:8462: Connection refused")
    h.same("and nothing takes the place of what may be somebody's own",
           items["policy-maps"][0]["fix"], "")
    with socket.create_server(("127.0.0.1", 8642)) as listener:
        thread = threading.Thread(target=somebody_else, args=(listener,))
        thread.start()
        s.postfix(smtp_tls_policy_maps=name % 8642)
        items = s.items()
        only("a peer's port", items, "policy-maps", "socket")
        item("a peer's port", items, "socket", "bad", "is not mxpolicy",
             "sport = :8642")
        item("a peer's port", items, "policy-maps", "bad", "postfix-tlspol",
             "smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:QUERY")
        s.postfix(smtp_tls_policy_maps="%s, hash:/etc/postfix/tls, %s" %
                  (name % 8642, name % 8461))
        items = s.items()
        item("a peer before us", items, "policy-maps", "bad", "8642",
             "'smtp_tls_policy_maps = hash:/etc/postfix/tls, %s'" %
             (name % 8461))
        item("a table before us", items, "earlier-table", "good",
             "hash:/etc/postfix/tls is asked first")
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    with socket.create_server(("127.0.0.1", 8463)) as listener:
        thread = threading.Thread(target=somebody_else, args=(listener,))
        thread.start()
        own = "hash:/etc/postfix/tls, " + name % 8463
        s.postfix(smtp_tls_policy_maps="%s, %s" % (own, name % 8461))
        items = s.items()
        only("a server of the administrator's own", items)
        item("a server of the administrator's own", items, "earlier-table",
             "good", "8463:QUERY is asked first")
        s.postfix(smtp_tls_policy_maps=own)
        item("own tables alone", s.items(), "policy-maps", "bad",
             "never asked", "'smtp_tls_policy_maps = %s, socketmap:" % own)
        s.postfix(smtp_tls_policy_maps="$own", own=own)
        item("by a parameter", s.items(), "policy-maps", "bad",
             "never asked", "'smtp_tls_policy_maps = $own, socketmap:")
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    with socket.create_server(("127.0.0.2", 8461)) as listener:
        thread = threading.Thread(target=somebody_else, args=(listener,))
        thread.start()
        s.postfix(smtp_tls_policy_maps="socketmap:inet:127.0.0.2:8461:postfix")
        items = s.items()
        only("another server on our port", items, "policy-maps", "socket")
        item("another server on our port", items, "policy-maps", "bad",
             "postfix-mta-sts-resolver uses the same port",
             "systemctl disable --now postfix-mta-sts-resolver")
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    item("nobody on our port", s.items(), "policy-maps", "bad",
         "mxpolicy does not answer socketmap:inet:127.0.0.2:8461:postfix",
         "systemctl enable --now mxpolicy.socket")
    s.postfix(smtp_tls_policy_maps="socketmap:inet:127.0.0.1:8461:policy")
    items = s.items()
    only("a map that nobody has", items, "socket")
    item("a map that nobody has", items, "socket", "bad",
         "has no map policy", "[map policy]")
    s.postfix(smtp_tls_policy_maps="socketmap:tcp:127.0.0.1:8461:QUERY")
    items = s.items()
    only("a transport that there is not", items, "policy-maps")
    item("a transport that there is not", items, "policy-maps", "bad",
         "fatal error")
    s.postfix(smtp_tls_policy_maps="proxy:" + name % 8461)
    items = s.items()
    only("by proxymap", items)
    item("by proxymap", items, "proxy", "warning", "proxymap(8)",
         "= socketmap:inet:")


def earlier(s):
    """Tables of the administrator that are weaker than what is published."""
    path = s.scratch.file("exceptions")
    ours = "socketmap:inet:127.0.0.1:8461:QUERY"
    with open(path, "w") as f:
        f.write("all-u.example may\nunknown.example encrypt\n"
                ".all-u.example none\nother.example secure match=nexthop\n")
    s.postfix(smtp_tls_policy_maps="texthash:%s, %s" % (path, ours))
    items = s.items()
    only("a weaker table", items)
    item("a weaker table", items, "earlier-table", "warning",
         "weaker than what 1 domain publishes: all-u.example (may; "
         "mxpolicy: dane-only)")
    with open(path, "w") as f:
        f.write("all-u.example dane-only\nunknown.example may\n")
    item("one that is not", s.items(), "earlier-table", "good",
         "what 1 of them")
    with open(path, "w") as f:
        f.write("all-u.example dane-only\n")
    item("one that is as strict", s.items(), "earlier-table", "good",
         "mxpolicy is not asked")
    s.postfix()


def uncounted(s):
    """It leaves no trace in the counters."""
    with open(s.cache + ".counters", "rb") as f:
        before = f.read()
    s.items()
    with open(s.cache + ".counters", "rb") as f:
        h.check("check is not counted", f.read() == before)


def unix_sockets(s):
    path = s.scratch.file("queue/policy.sock")
    process = subprocess.Popen(
        [shutil.which("systemd-socket-activate", path=PATH), "--inetd", "-a",
         "-l", path, h.SOCKETMAP] + h.options(s.cache),
        stderr=subprocess.DEVNULL)
    h.wait_until(lambda: os.path.exists(path))
    chroot = [line.replace("n -", "y -", 1) for line in MASTER_CF]
    for name, value, master, bad in (
            ("by its path", "socketmap:unix:%s:QUERY" % path, MASTER_CF, ()),
            ("relative", "socketmap:unix:policy.sock:QUERY", MASTER_CF, ()),
            ("relative, in a chroot", "socketmap:unix:policy.sock:QUERY",
             chroot, ()),
            ("by its path, in a chroot", "socketmap:unix:%s:QUERY" % path,
             chroot, ("chroot",))):
        s.postfix(smtp_tls_policy_maps=value, master=master,
                  mail_owner="root")
        items = s.items()
        only("a unix socket " + name, items, *bad)
        item("a unix socket " + name, items, "socket", "good")
        item("a unix socket " + name, items, "chroot",
             "bad" if bad else "good",
             "runs in the chroot" if bad else "can connect",
             "ListenStream=%s/mxpolicy/socket" % s.scratch.file("queue")
             if bad else "")
    process.terminate()
    process.wait()


def accounts(s):
    """Who else can connect to a port; /etc is the world's."""
    with open("/etc/passwd") as f:
        system = [line for line in f if int(line.split(":")[2]) < 1000]

    def people(*lines):
        with open("/etc/passwd.new", "w") as f:
            f.writelines(system)
            f.writelines("%s:x:%d:100::/:%s\n" % line for line in lines)
        os.rename("/etc/passwd.new", "/etc/passwd")
    alice, bob = ("alice", 1000, "/bin/sh"), ("bob", 250000, "")
    robot = ("robot", 1001, "/usr/sbin/nologin")
    own = "hash:/etc/postfix/tls, "
    s.postfix(smtp_tls_policy_maps=own + MAIN_CF["smtp_tls_policy_maps"])
    for name, lines in (("nobody", ()), ("one person", (alice,)),
                        ("one person twice", (alice, alice)),
                        ("one person, and who cannot log in", (
                            alice, robot, ("off", 1002, "/bin/false"),
                            ("anybody", 65534, "/bin/sh")))):
        people(*lines)
        h.check("accounts: " + name, "accounts" not in s.items())
    people(robot, alice, bob)
    items = s.items()
    only("accounts of others", items)
    item("accounts of others", items, "accounts", "warning",
         "(alice, bob, ...)")
    if not os.path.exists("/run/systemd/system"):
        h.same("no unit without systemd", items["accounts"][0]["fix"], "")
    s.postfix(smtp_tls_policy_maps="socketmap:unix:policy.sock:QUERY")
    h.check("not on a unix socket", "accounts" not in s.items())
    # as if systemd ran; in the world's own namespace
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.makedirs("/run/systemd/system")
    queue = s.scratch.file("queue")
    unix = "socketmap:unix:mxpolicy/socket:QUERY"
    for name, changes, wanted, unwanted in (
            ("the tables before it stay",
             {"queue_directory": "/var/spool/postfix",
              "mail_owner": "postfix"},
             ["enable --now mxpolicy-unix.socket\npostconf",
              "'smtp_tls_policy_maps = %s%s'" % (own, unix)], "ListenStream"),
            ("another queue", {"mail_owner": "daemon"},
             ["ListenStream=%s/mxpolicy/socket\\nSocketUser=daemon" % queue,
              ">/etc/systemd/system/mxpolicy-unix.socket.d/queue.conf",
              "restart mxpolicy-unix.socket\n", unix], "'ListenStream="),
            ("a parameter", {"smtp_tls_policy_maps": "$ours",
                             "ours": MAIN_CF["smtp_tls_policy_maps"]},
             ["enable --now mxpolicy-unix.socket"], "postconf"),
            ("a queue with a blank", {"queue_directory": queue + " 2"},
             [""], "systemctl")):
        s.postfix(**{"smtp_tls_policy_maps":
                     own + MAIN_CF["smtp_tls_policy_maps"], **changes})
        fix = s.items()["accounts"][0]["fix"]
        h.check("accounts: " + name, all(w in fix for w in wanted) and
                unwanted not in fix, fix)
    subprocess.run(["umount", "/run"], check=True)
    s.postfix()


def postfix(s):
    version = subprocess.run(
        [shutil.which("postconf", path=PATH), "-d", "-h", "mail_version"],
        stdout=subprocess.PIPE).stdout.decode().strip()
    new = tuple(map(int, version.split("-")[0].split(".")[:2])) >= (3, 10)
    plain, rpt = ("socketmap:inet:127.0.0.1:8461:" + m
                  for m in ("QUERY", "QUERYwithTLSRPT"))
    s.postfix(smtp_tls_security_level="may")
    old_may = subprocess.run(
        [shutil.which("postconf", path=PATH), "-x", "-h", "-c", s.dir,
         "smtp_tls_dane_insecure_mx_policy"],
        stdout=subprocess.PIPE).stdout.strip() == b"may"
    s.postfix(smtp_tls_policy_maps=plain)
    item("the plain map", s.items(), "map-version",
         "warning" if new else "good", version, rpt if new else "")
    s.postfix(smtp_tls_policy_maps=rpt)
    item("the map with TLSRPT", s.items(), "map-version",
         "good" if new else "bad", version, "" if new else plain)
    for name, changes, what, state, words, fix in (
            ("no DNSSEC", {"smtp_dns_support_level": None},
             "smtp_dns_support_level", "bad", "is \"\", not dnssec",
             "smtp_dns_support_level = dnssec"),
            ("DNS alone", {"smtp_dns_support_level": "enabled"},
             "smtp_dns_support_level", "bad", "\"enabled\"", "dnssec"),
            ("no TLS", {"smtp_tls_security_level": None},
             "smtp_tls_security_level", "bad", "clear text",
             "smtp_tls_security_level = dane"),
            ("none", {"smtp_tls_security_level": "none"},
             "smtp_tls_security_level", "bad", "\"none\"", "= dane"),
            ("may", {"smtp_tls_security_level": "may"},
             "smtp_tls_security_level", "good", "= may", ""),
            ("may, with TLSA checked",
             {"smtp_tls_security_level": "may",
              "smtp_tls_dane_insecure_mx_policy": "dane"},
             "smtp_tls_dane_insecure_mx_policy", "good", "= dane", ""),
            ("encrypt", {"smtp_tls_security_level": "encrypt"},
             "smtp_tls_security_level", "warning", "= encrypt", ""),
            ("encrypt by its old name", {"smtp_tls_security_level": None,
                                         "smtp_enforce_tls": "yes"},
             "smtp_tls_security_level", "warning", "= encrypt", ""),
            ("no newer TLS", {"smtp_tls_mandatory_protocols": "TLSv1.1"},
             "smtp_tls_mandatory_protocols", "bad", "neither TLS 1.2",
             ">=TLSv1.2"),
            ("TLS 1.3 alone", {"smtp_tls_mandatory_protocols": ">=TLSv1.3"},
             "smtp_tls_mandatory_protocols", "warning", "no TLS 1.2", ""),
            ("SSLv3", {"smtp_tls_mandatory_protocols": "!SSLv2"},
             "smtp_tls_mandatory_protocols", "warning", "SSLv3", ""),
            # A Postfix before 3.8 shows it where something refers to it.
            ("SRV records", {"use_srv_lookup": "submission, submissions",
                             "smtp_helo_name": "$use_srv_lookup"},
             "use_srv_lookup", "bad", "is deferred",
             "srv-services = submission, submissions"),
            ("an insecure MX", {"smtp_tls_dane_insecure_mx_policy": "may"},
             "smtp_tls_dane_insecure_mx_policy", "bad", "wrong key",
             "smtp_tls_dane_insecure_mx_policy = dane"),
            ("by a parameter", {"smtp_tls_security_level": "$my_level",
                                "my_level": "dane"},
             "smtp_tls_security_level", "good", "= dane", ""),
            ("no CA", {"smtp_tls_CAfile": None}, "smtp_tls_CAfile", "bad",
             "trusts no certificate authority", "smtp_tls_CAfile = /"),
            ("a CA that is not there",
             {"smtp_tls_CAfile": "/nonexistent/ca.pem"}, "smtp_tls_CAfile",
             "bad", "cannot be read", "smtp_tls_CAfile = /"),
            ("the default CA", {"smtp_tls_CAfile": None,
                                "tls_append_default_CA": "yes"},
             "smtp_tls_CAfile", "good", "tls_append_default_CA", ""),
            ("a directory of CAs", {"smtp_tls_CAfile": None,
                                    "smtp_tls_CApath": "/etc/ssl/certs"},
             "smtp_tls_CAfile", "good", "/etc/ssl/certs", ""),
            ("hosts by files", {"smtp_host_lookup": "native"},
             "smtp_host_lookup", "bad", "native", "smtp_host_lookup = dns"),
            ("errors ignored", {"ignore_mx_lookup_error": "yes"},
             "ignore_mx_lookup_error", "bad", "not do DANE",
             "ignore_mx_lookup_error = no"),
            ("no map", {"smtp_tls_policy_maps": None}, "policy-maps", "bad",
             "does not name mxpolicy", plain),
            ("limits", {}, "limits", "skipped", "up to 150 smtp(8)", "")):
        s.postfix(**changes)
        items = s.items()
        bad = {what} if state == "bad" else set()
        if name.startswith("encrypt"):
            bad.add("default-level")  # see checkhops.py
        # before 3.10 its default is dane only where the level is
        if old_may and changes.get("smtp_tls_security_level", "dane") not in (
                "dane", "$my_level") and (
                "smtp_tls_dane_insecure_mx_policy" not in changes):
            bad.add("smtp_tls_dane_insecure_mx_policy")
        only(name, items, *bad)
        item(name, items, what, state, words, fix)
        h.check(name + ": no line weakens the level",
                state == "bad" or "smtp_tls_security_level" not in "".join(
                    o["fix"] for all in items.values() for o in all))
    s.postfix(master=MASTER_CF + ["slow unix - - n - 0 smtp\n"
                                  "  -o smtp_tls_security_level=none"])
    item("a service of its own mind", s.items(), "master.cf", "warning",
         "slow/unix/smtp_tls_security_level = none")
    with open(os.path.join(s.dir, "main.cf"), "a") as f:
        f.write("  what is this\n}\nsmtp_tls_policy_maps\n")
    s.age()
    items = s.items()
    only("a broken main.cf", items, "postfix")
    item("a broken main.cf", items, "postfix", "bad", "cannot be read")
    s.postfix()


def instances(s):
    """The Postfix of the system (of the world's own /etc) is found."""
    shutil.copytree(s.dir, "/etc/postfix", dirs_exist_ok=True)
    items = s.items(dirs=False)
    only("the system's Postfix", items)
    h.same("is found by itself", items["policy-maps"][0]["where"],
           "/etc/postfix")


with h.Scratch() as scratch:
    setup = Setup(scratch)
    if not os.path.exists(CA):
        with open("/etc/ca.pem", "w") as f:
            f.write("no test reads it\n")
        CA = MAIN_CF["smtp_tls_CAfile"] = "/etc/ca.pem"
        setup.postfix()
    with h.Server(setup.cache, "log-level=error"):
        with h.Session(setup.cache, stderr=subprocess.DEVNULL) as session:
            session.ask("all-u.example")
        all_is_well(setup)
        prefetch(setup)
        libraries(setup)
        settings(setup)
        name_servers(setup)
        files(setup)
        clock(setup)
        cache(setup)
        sockets(setup)
        earlier(setup)
        uncounted(setup)
        unix_sockets(setup)
        accounts(setup)
        postfix(setup)
        instances(setup)
h.done()
