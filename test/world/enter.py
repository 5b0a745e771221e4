# Enters the world: own user, network, mount and process namespaces, in which
# it is process 1, starts the servers and runs the command.
# SPDX-License-Identifier: MIT
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import build
import servers
import zonefile

NEWNS, NEWUSER, NEWPID, NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_BIND, MS_REC, MS_PRIVATE = 2, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SKIP = 77
libc = ctypes.CDLL(None, use_errno=True)


def leave(text, status=1):
    sys.stderr.write("test/world: %s\n" % text)
    sys.stderr.flush()
    os._exit(status)


def call(function, *arguments):
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def mount(source, target, kind, flags=0, data=None):
    call(libc.mount, source.encode(), target.encode(), kind.encode(),
         ctypes.c_ulong(flags), data.encode() if data else None)


def die_with_parent(parent):
    call(libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent and os.getppid() != parent:
        os._exit(1)


def put(path, text):
    with open(path, "w") as file:
        file.write(text)


def make_material(state):
    """in a process of its own: a user namespace can be made only by one that
    has never had a second thread"""
    child = os.fork()
    if child:
        if os.waitpid(child, 0)[1]:
            os._exit(1)
        return
    die_with_parent(0)
    try:
        build.build(state)
        os.makedirs(state + "/run", exist_ok=True)
    except (OSError, subprocess.SubprocessError) as error:
        leave(str(error))
    except SystemExit as error:
        leave(str(error.code))
    os._exit(0)


def unshare(keep_users, caller):
    uid, gid = os.geteuid(), os.getegid()
    try:
        call(libc.unshare, NEWNS | NEWPID | NEWNET
             | (0 if keep_users else NEWUSER))
        if not keep_users:
            put("/proc/self/setgroups", "deny")
            put("/proc/self/uid_map", "0 %d 1" % uid)
            put("/proc/self/gid_map", "0 %d 1" % gid)
    except OSError as error:
        leave("namespaces cannot be made here (%s); a plain user needs "
              "sysctl kernel.unprivileged_userns_clone=1 (Debian package: "
              "procps)" % error, SKIP)
    die_with_parent(caller)	# a new user namespace has undone the first


def remove_state(state):
    """a temporary state directory, by the names that the build put there.
    Only for a process outside the world: in there the run directory holds
    mounts, and removing through a mount removes what is mounted. rmdir first,
    which fails on a mount point and on what is not empty."""
    try:
        os.rmdir(state + "/run")
    except FileNotFoundError:
        pass
    except OSError:
        return
    for name in os.listdir(state):
        if name == "material" or name.startswith("draft."):
            shutil.rmtree(state + "/" + name, ignore_errors=True)
    for path in (state + "/lock", state):
        try:
            os.rmdir(path) if path == state else os.unlink(path)
        except OSError:
            pass


def guard():
    """forked before the namespaces are made, a process that makes a state
    directory and removes it once the pipe closes, that is, once the world is
    gone; returns the directory, and what wait_for_child needs"""
    ours, theirs = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(ours)
        os.close(tell)
        state = os.read(told, 4096).decode()
        os.close(told)
        return state or leave("no temporary directory"), (child, theirs)
    os.setsid()
    os.close(theirs)
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    state = os.path.realpath(tempfile.mkdtemp(prefix="mxworld."))
    os.write(tell, state.encode())
    os.close(tell)
    os.read(ours, 1)
    remove_state(state)
    os._exit(0)


def wait_for_child(child, keeper):
    """outside: pass signals in, bring the status out"""
    def pass_in(number, _):
        try:
            os.kill(child, number)
        except ProcessLookupError:
            pass
    for number in SIGNALS:
        signal.signal(number, pass_in)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if keeper:
        os.close(keeper[1])
        os.waitpid(keeper[0], 0)
    sys.exit(status if status >= 0 else 128 - status)


def make_network(world):
    """all addresses on lo; whether there is IPv6"""
    lines = ["link set lo up"]
    lines += ["addr add %s/32 dev lo" % ip for ip in servers.addresses()]
    ip = [shutil.which("ip"), "-batch", "-"]
    subprocess.run(ip, input="\n".join(lines) + "\n", text=True, check=True)
    lines = ["addr add %s/128 dev lo nodad" % ip for ip in servers.IPV6]
    done = subprocess.run(ip, input="\n".join(lines) + "\n", text=True,
                          stderr=subprocess.DEVNULL)
    return done.returncode == 0


def make_etc(world, keep_users):
    """/etc becomes a copy, so that a test can replace /etc/resolv.conf by
    rename and nothing done in here reaches the real one"""
    new = world + "/etc.new"
    os.mkdir(new)
    how = "-a" if keep_users else "-dR"
    # a plain user cannot read all of it, and need not
    subprocess.run(["cp", how, "/etc/.", new], stderr=subprocess.DEVNULL)
    for name in ("resolv.conf", "nsswitch.conf", "hosts"):
        if os.path.lexists(new + "/" + name):
            os.unlink(new + "/" + name)
    put(new + "/resolv.conf", "nameserver %s\n" % servers.RESOLVER)
    put(new + "/hosts", "127.0.0.1\tlocalhost\n")
    put(new + "/nsswitch.conf", "passwd: files\ngroup: files\n"
        "shadow: files\nhosts: files dns\nservices: files\n")
    mount(new, "/etc", "none", MS_BIND)


def enter_world(state, world):
    build.copy(state, world)
    for name in ("etc", "tmp", "log", "pid", "bin", "https.d", "dns.d"):
        os.mkdir(world + "/" + name)
    os.environ.update(
        WORLD=world, WORLD_ANCHOR=world + "/anchor",
        WORLD_CA=world + "/certs/ca.pem", WORLD_RESOLVER=servers.RESOLVER,
        WORLD_CASES=build.HERE + "/cases",
        WORLD_IPV6="yes" if make_network(world) else "no")


def make_world(state, keep_users):
    world = state + "/run"
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    try:
        mount("proc", "/proc", "proc")
    except OSError:
        pass		# a container that hides parts of /proc forbids it
    mount("tmpfs", world, "tmpfs", MS_NOSUID, "mode=755,size=256m")
    # what programs leave there goes by process numbers, which start anew here
    mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID, "mode=1777")
    # the distribution's trust anchor, where it is installed, is not the world's
    if os.path.isdir("/usr/share/dns"):
        mount("tmpfs", "/usr/share/dns", "tmpfs", MS_NOSUID, "mode=755")
    # what programs under test log is not for the machine's journal
    if os.path.isdir("/run/systemd/journal"):
        mount("tmpfs", "/run/systemd/journal", "tmpfs", MS_NOSUID, "mode=755")
    enter_world(state, world)
    make_etc(world, keep_users)
    return world


def start_servers(world):
    zones = zonefile.load(build.HERE + "/zones")
    for name in servers.NSD:
        servers.write_nsd(world, name, [zone for zone in zones.values()
                                        if zone.server == name])
    servers.write_unbound(world, os.environ["WORLD_IPV6"] == "yes")
    for name in servers.NAMES:
        servers.start(world, name)
    for name in servers.wait_ready(world, servers.NAMES):
        with open("%s/log/%s" % (world, name)) as file:
            leave("the server %s does not start:\n%s" % (name, file.read()))


def run(command):
    """run the command, bury whoever dies meanwhile, return its status"""
    try:
        # kept: a forgotten Popen would bury the child before we do
        process = subprocess.Popen(command, close_fds=False)
    except OSError as error:
        leave("%s: %s" % (command[0], error.strerror), 127)

    def pass_on(number, _):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            pass
        signal.signal(signal.SIGALRM, lambda *_: os._exit(128 + number))
        signal.alarm(2)
    for number in SIGNALS:
        signal.signal(number, pass_on)
    while True:
        pid, status = os.wait()
        if pid == process.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def refuse_to_stay():
    """why this is not a place for the world, if it is not: it changes the
    addresses, /etc/resolv.conf and ports of wherever it is"""
    if os.geteuid():
        return "it needs root"
    if os.listdir("/sys/class/net") != ["lo"]:
        return "there is another network interface than lo"
    if not os.path.exists("/run/systemd/container"):
        return "this is not a container"
    return None


def stay(state, command):
    """the world where we are, for a container that has nothing else"""
    world = state + "/run"
    if os.listdir(world):
        leave(world + " is not empty")
    enter_world(state, world)
    put("/etc/resolv.conf", "nameserver %s\n" % servers.RESOLVER)
    start_servers(world)
    status = run(command)
    for name in servers.NAMES:
        servers.stop(world, name)
    sys.exit(status)


def process_one(state, keep_users, command):
    world = make_world(state, keep_users)
    start_servers(world)
    status = run(command)
    sys.stdout.flush()
    os._exit(status)	# and the kernel ends everything else in here


def main():
    caller, keep_users = int(sys.argv[1]), sys.argv[2] == "keep-users"
    state, command = sys.argv[3], sys.argv[4:]
    if sys.argv[2] == "here":
        why_not = refuse_to_stay()
        if why_not or not state:
            leave("not here: " + (why_not or "it needs -d"), SKIP)
        state = os.path.realpath(state)
        make_material(state)
        stay(state, command)
    die_with_parent(caller)
    keeper = None
    if not state:
        state, keeper = guard()
    state = os.path.realpath(state)
    make_material(state)
    unshare(keep_users, caller)
    child = os.fork()
    if child:
        wait_for_child(child, keeper)
    if keeper:
        # process 1 keeps its end open: the guard waits for the last of us
        os.set_inheritable(keeper[1], False)
    die_with_parent(0)	# its pid is not visible in here
    try:
        process_one(state, keep_users, command)
    except (OSError, subprocess.SubprocessError) as error:
        leave(str(error))


main()
