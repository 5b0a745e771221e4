# The servers of the world: how each is configured, started and found ready.
# SPDX-License-Identifier: MIT
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import dnsmsg

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = [sys.executable, "-B", "-E", "-s"]
# the first is where the world's own resolver looks
ROOTS = """198.41.0.4 170.247.170.2 199.9.14.201 192.33.4.12 199.7.91.13
192.203.230.10 192.5.5.241 192.112.36.4 198.97.190.53 192.36.148.17
192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33""".split()
NSD = {"root": ROOTS, "tlds": ["198.51.100.1"], "domains": ["198.51.100.2"]}
RESOLVER = "127.1.0.53"
RESOLVER6 = "fd00::53"
# the same, for network namespaces that a test connects to the world
RESOLVER_AFAR = "198.18.1.53"
OTHER_IPV4 = """198.18.1.53 127.1.0.53 127.1.0.54 127.1.0.55 127.1.0.56
127.1.0.57 127.1.0.58 127.1.0.59
198.51.100.3 198.51.100.4 198.51.100.5 198.51.100.6 198.51.100.7
203.0.113.2 203.0.113.3 203.0.113.4 203.0.113.10 203.0.113.11""".split()
IPV6 = [RESOLVER6, "fd00:113::2", "fd00:113::10"]
NAMES = ["root", "tlds", "domains", "unbound", "oddns", "https"]


def addresses():
    return sum(NSD.values(), []) + OTHER_IPV4


def nsd_is_old():
    """before 4.8 it kept a database file unless told not to"""
    text = subprocess.run(["nsd", "-v"], capture_output=True, text=True)
    for word in (text.stdout + text.stderr).split():
        parts = word.split(".")
        if len(parts) == 3 and parts[0] == "4" and parts[1].isdigit():
            return int(parts[1]) < 8
    return False


def write_nsd(world, name, zones):
    lines = ["server:", 'username: ""', "server-count: 1", 'pidfile: ""',
             'zonesdir: "%s/zones"' % world, "rrl-ratelimit: 0",
             'xfrdfile: ""', 'xfrdir: "%s/tmp"' % world,
             'zonelistfile: "%s/tmp/%s.zones"' % (world, name),
             "round-robin: no"]
    if nsd_is_old():
        lines.append('database: ""')
    lines += ["ip-address: " + address for address in NSD[name]]
    lines += ["remote-control:", "control-enable: no"]
    for zone in zones:
        lines += ["zone:", 'name: "%s"' % zone.origin,
                  'zonefile: "%s"' % zone.name]
    with open("%s/etc/%s.conf" % (world, name), "w") as file:
        file.write("\n".join(lines) + "\n")


def write_unbound(world, ipv6):
    with open(world + "/etc/hints", "w") as file:
        file.write(". 3600 NS a.root-servers.net.\n"
                   "a.root-servers.net. 3600 A %s\n" % ROOTS[0])
    lines = ["server:"]
    for address in [RESOLVER, RESOLVER_AFAR] + ([RESOLVER6] if ipv6 else []):
        lines += ["interface: " + address, "interface: %s@853" % address]
    lines += [
        "access-control: 0.0.0.0/0 allow", "access-control: ::/0 allow",
        'username: ""', 'chroot: ""', "do-daemonize: no", "use-syslog: no",
        'directory: "%s"' % world, 'pidfile: ""', "num-threads: 1",
        'logfile: "%s/dns.log"' % world, "log-queries: yes",
        "log-servfail: yes",
        "log-time-ascii: no", 'root-hints: "%s/etc/hints"' % world,
        'trust-anchor-file: "%s/anchor"' % world,
        "do-not-query-localhost: no", "rrset-roundrobin: no",
        # a silent server is given up after some 3 s, a slow machine is not
        "outbound-msg-retry: 2", "infra-cache-max-rtt: 1000",
        "infra-cache-min-rtt: 300",
        "val-bogus-ttl: 1", 'module-config: "validator iterator"',
        'tls-service-key: "%s/certs/key.pem"' % world,
        'tls-service-pem: "%s/certs/resolver.pem"' % world,
        "prefer-ip4: yes",
        "remote-control:", "control-enable: yes", "control-use-cert: no",
        "control-interface: " + RESOLVER, "control-port: 8953"]
    path = world + "/etc/unbound.conf"
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    # newer ones throw away the answer to a question older than 1.9 s
    if not subprocess.run(["unbound-checkconf", "-o", "discard-timeout", path],
                          capture_output=True).returncode:
        with open(path, "a") as file:
            file.write("server:\ndiscard-timeout: 0\n")


def own_copy(world, name):
    """a copy is out of reach of the distribution's AppArmor profile, which
    lets its server read files in /etc only"""
    target = "%s/bin/%s" % (world, name)
    if not os.path.exists(target):
        shutil.copy(shutil.which(name), target)
    return target


def command_of(world, name):
    if name in NSD:
        return ["nsd", "-d", "-c", "%s/etc/%s.conf" % (world, name)]
    if name == "unbound":
        return [own_copy(world, name), "-d", "-c", world + "/etc/unbound.conf"]
    if name == "oddns":
        return PYTHON + [HERE + "/oddns.py"]
    return PYTHON + [HERE + "/policyhost.py", world,
                     os.environ.get("WORLD_IPV6", "yes")]


def start(world, name):
    """start it in a process group of its own, named by its pid file; unbound
    would tell somebody else's service manager, and end where it cannot"""
    quiet = {k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET"}
    with open("%s/log/%s" % (world, name), "a") as log:
        process = subprocess.Popen(
            command_of(world, name), stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, cwd=world, start_new_session=True, env=quiet)
    with open("%s/pid/%s" % (world, name), "w") as file:
        file.write("%d\n" % process.pid)
    return process


def pid_of(world, name):
    with open("%s/pid/%s" % (world, name)) as file:
        return int(file.read())


def is_alive(world, name):
    try:
        with open("/proc/%d/stat" % pid_of(world, name)) as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def send(world, name, number):
    """a signal to all processes of a server"""
    try:
        os.killpg(pid_of(world, name), number)
    except ProcessLookupError:
        pass


def stop(world, name):
    send(world, name, signal.SIGKILL)
    end = time.monotonic() + 5
    while time.monotonic() < end and is_ready(name):
        time.sleep(0.01)


def answers(address, name, rrtype="SOA", **flags):
    answer = dnsmsg.ask(address, name, rrtype, timeout=1, **flags)
    return answer.rcode == "NOERROR" and bool(answer.answer)


def is_ready(name):
    try:
        if name == "root":
            return answers(ROOTS[-1], ".", rd=False)
        if name == "tlds":
            return answers(NSD[name][0], "example.", rd=False)
        if name == "domains":
            return answers(NSD[name][0], "live.example.", rd=False)
        if name == "unbound":
            return answers(RESOLVER, "example.")
        if name == "oddns":
            answer = dnsmsg.ask("198.51.100.6", "example.", "A", timeout=1)
            return answer.rcode == "SERVFAIL"
        with socket.create_connection(("203.0.113.4", 443), 1):
            return True
    except OSError:
        return False


def wait_ready(world, names, seconds=90):
    """the names that did not come up in time"""
    end = time.monotonic() + seconds
    left = list(names)
    while left and time.monotonic() < end:
        left = [name for name in left if not is_ready(name)]
        if any(not is_alive(world, name) for name in left):
            break
        if left:
            time.sleep(0.01)
    return left


def flush(zone):
    """make the resolver forget a zone (unbound's control protocol)"""
    with socket.create_connection((RESOLVER, 8953), 5) as sock:
        sock.sendall(b"UBCT1 flush_zone %s\n" % zone.encode())
        while sock.recv(4096):
            pass
