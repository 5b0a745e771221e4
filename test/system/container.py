# A booted Debian root, without a network of its own or in another's.
# SPDX-License-Identifier: MIT
import glob
import os
import re
import subprocess
import time

# Version 1 has a tree for each controller; these two carry TasksMax= and
# MemoryMax=.
LIMITS = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found


def environment(root):
    """systemd 258 and newer boots with control groups of version 2 alone, of
    which a machine that has both can give it some without controllers"""
    found = dict(os.environ)
    names = " ".join(glob.glob(root + "/usr/lib/*/systemd/libsystemd-shared-*"))
    version = re.search(r"libsystemd-shared-(\d+)", names)
    if version and int(version.group(1)) >= 258:
        found["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
    return found


class OwnCgroup:
    """a control group for one container: two of them in one would take the
    other's services for their own. Where systemd runs it makes a scope."""

    def __init__(self, name):
        self.prefix, self.directories = [], []
        if os.path.isdir("/run/systemd/system"):
            self.prefix = ["systemd-run", "-q", "--scope", "--collect",
                           "-p", "Delegate=yes"]
            return
        for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd",
                      "/sys/fs/cgroup/unified", *LIMITS):
            if os.path.exists(mount + "/cgroup.procs"):
                directory = "%s/mx-%s.%d" % (mount, name, os.getpid())
                os.mkdir(directory)
                self.directories.append(directory)

    def enter(self):
        for directory in self.directories:
            with open(directory + "/cgroup.procs", "w") as file:
                file.write("0\n")

    def remove(self):
        end = time.monotonic() + 5
        for directory in self.directories:
            for path, _, _ in os.walk(directory, topdown=False):
                while time.monotonic() < end:
                    try:
                        os.rmdir(path)
                        break
                    except OSError:
                        time.sleep(0.05)	# its last process is going
        self.directories = []


class Container:
    """systemd in a root of which nothing is changed: all that is written
    goes to memory, and is gone with it"""

    def __init__(self, root, name, results, other=None):
        """other: a container whose network it shares"""
        self.name = name
        self.console = "%s/%s.console" % (results, name)
        self.leader = None
        network = ["--private-network"]
        if other:
            network = ["--network-namespace-path=/proc/%d/ns/net"
                       % other.leader]
        self.cgroup = OwnCgroup(name)
        command = [
            *self.cgroup.prefix,
            "setpriv", "--pdeathsig", "TERM",
            "systemd-nspawn", "-q", "--register=no", "--keep-unit",
            "--volatile=overlay", "--resolv-conf=off", "-D", root,
            "--machine=mx-" + name, "--hostname=" + name,
            "--bind=%s:/result" % results, *network,
            "--console=pipe", "-b"]
        with open(self.console, "w") as console:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console,
                stderr=console, start_new_session=True, env=environment(root),
                preexec_fn=self.cgroup.enter)

    def boot(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            for child in children_of(self.process.pid):
                self.leader = child
                state = self.run("systemctl", "is-system-running", quiet=True)
                if state.stdout.strip() in ("running", "degraded"):
                    self.allow_limits()
                    return self
            time.sleep(0.2)
        with open(self.console, errors="replace") as file:
            raise RuntimeError("%s does not boot:\n%s"
                               % (self.name, file.read()[-2000:]))

    def allow_limits(self):
        """nspawn mounts the trees of version 1 read-only; from here on the
        container makes groups of its own below its own in two of them"""
        mine = {d.rpartition("/")[0] for d in self.cgroup.directories}
        mounts = [mount for mount in LIMITS if mount in mine]
        for mount in mounts:
            self.run("mount", "-o", "remount,bind,rw", mount)
        if mounts:
            # systemd looks at its start where it may write
            self.run("systemctl", "daemon-reexec")

    def command(self, *arguments, env=()):
        return ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n",
                "-p", "-r", "-w", "--", "env", "-i", "PATH=" + PATH,
                "HOME=/root", "LC_ALL=C.UTF-8", *env, *arguments]

    def run(self, *arguments, quiet=False, env=(), stdin=None, timeout=900):
        """its CompletedProcess; output is kept when quiet, else ours"""
        output = subprocess.PIPE if quiet else None
        return subprocess.run(
            self.command(*arguments, env=env), timeout=timeout, text=True,
            stdin=stdin or subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT if quiet else None)

    def stop(self):
        """in order if it takes no longer than a few seconds"""
        for seconds, kill in ((5, self.process.terminate),
                              (5, self.process.kill)):
            if self.process.poll() is None:
                kill()
                try:
                    self.process.wait(seconds)
                except subprocess.TimeoutExpired:
                    continue
        self.cgroup.remove()
