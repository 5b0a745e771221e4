# Debian roots, made by debootstrap and kept below the state directory.
# SPDX-License-Identifier: MIT
import fcntl
import hashlib
import os
import subprocess
import time

MAX_AGE = 7 * 86400
# what debootstrap says when it cannot fetch
OFFLINE = ("Failed getting release file", "Couldn't download")
INSTALL = """set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
apt-get clean
for unit in nsd unbound postfix xinetd postfix-mta-sts-resolver; do
	systemctl -q disable "$unit.service" 2>/dev/null || :
done
"""


class Unavailable(Exception):
    """it cannot run here; the text says why"""


def mirrors():
    """archive, and security archive or None, that this machine's apt uses"""
    found = subprocess.run(
        ["apt-get", "indextargets", "--format",
         "$(COMPONENT) $(RELEASE) $(REPO_URI) $(ORIGIN)",
         "Created-By: Packages"], capture_output=True, text=True)
    archive = security = None
    for line in found.stdout.splitlines():
        component, release, uri, *origin = line.split()
        if component != "main" or origin != ["Debian"]:
            continue
        if release.endswith("-security"):
            security = security or uri
        elif not release.endswith("-updates"):
            archive = archive or uri
    if not archive:
        raise Unavailable("apt knows no Debian archive (after apt-get update)")
    return archive, security


def quiet(command, log, timeout=900):
    """run it; its output goes to the log, whose end a failure shows"""
    with open(log, "w") as file:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file,
                              stderr=file, timeout=timeout)
    if done.returncode:
        with open(log, errors="replace") as file:
            tail = file.read()[-3000:]
        raise RuntimeError("%s: exit %d\n%s" % (
            " ".join(command[:4]), done.returncode, tail))


def in_root(root, *options):
    """the start of a command line that runs something in a root, with the
    network of this machine"""
    return ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--pipe",
            "--as-pid2", "--resolv-conf=replace-host", "-D", root, *options]


class Roots:
    def __init__(self, state):
        self.directory = state + "/roots"
        os.makedirs(self.directory, exist_ok=True)
        self.archive, self.security = mirrors()

    def cached(self, name, recipe, make):
        """directory/name, made anew by make(draft) when it is old or was made
        by another recipe"""
        root = "%s/%s" % (self.directory, name)
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()
        with open(root + ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                with open(root + ".stamp") as file:
                    made, known = file.read().split()
                if (time.time() - float(made) < MAX_AGE and known == digest
                        and os.path.isdir(root)):
                    return root
            except (OSError, ValueError):
                pass
            start = time.monotonic()
            draft = root + ".draft"
            for old in (draft, root):
                remove(old)
            make(draft)
            os.rename(draft, root)
            with open(root + ".stamp", "w") as file:
                file.write("%d %s\n" % (time.time(), digest))
        print("made the root %s in %d s" % (name, time.monotonic() - start),
              flush=True)
        return root

    def minimal(self, codename):
        """what debootstrap makes, and the archive's updates"""
        log = "%s/%s.log" % (self.directory, codename)

        def make(draft):
            try:
                quiet(["debootstrap", "--variant=minbase", codename, draft,
                       self.archive], log)
            except RuntimeError as error:
                if any(text in str(error) for text in OFFLINE):
                    raise Unavailable("offline, or the archive has no %s"
                                      % codename) from error
                raise
            with open(draft + "/etc/apt/sources.list", "w") as file:
                if codename == "sid":
                    # It has no other suites, and its date ends a week after
                    # a mirror stands still. Signatures are checked as ever.
                    file.write("deb [check-valid-until=no] %s sid main\n"
                               % self.archive)
                    return
                file.write("deb %s %s main\n" % (self.archive, codename))
                file.write("deb %s %s-updates main\n"
                           % (self.archive, codename))
                if self.security:
                    file.write("deb %s %s-security main\n"
                               % (self.security, codename))
        return self.cached(codename, [codename, self.archive], make)

    def full(self, codename, packages):
        """with packages; none of their servers is enabled"""
        minimal = self.minimal(codename)
        log = "%s/%s-full.log" % (self.directory, codename)

        def make(draft):
            quiet(["cp", "-a", "--reflink=auto", minimal, draft], log)
            quiet([*in_root(draft), "/bin/sh", "-c", INSTALL, "install",
                   *packages], log)
        return self.cached(codename + "-full", [INSTALL, *packages], make)


def remove(root):
    """a root and nothing that is mounted below it"""
    if not os.path.lexists(root):
        return
    with open("/proc/self/mountinfo") as file:
        for line in file:
            if (line.split()[4] + "/").startswith(os.path.realpath(root) + "/"):
                raise RuntimeError("%s is mounted" % line.split()[4])
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)
