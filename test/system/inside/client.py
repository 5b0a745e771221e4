# In the container: a socketmap client that holds many connections, and what
# systemd says of the units. SPDX-License-Identifier: MIT
import glob
import resource
import socket
import subprocess

PORT = 8461
UNITS = {"nowait": "mxpolicy.socket", "wait": "mxpolicy-wait.socket"}


def systemctl(*arguments, check=True):
    return subprocess.run(["systemctl", *arguments], check=check, text=True,
                          capture_output=True).stdout.strip()


def show(unit, field):
    return systemctl("show", "-P", field, unit)


def switch(manner):
    """the manner that is to serve from now on"""
    for name, unit in UNITS.items():
        if name != manner:
            systemctl("disable", "--now", unit)
    systemctl("enable", "--now", UNITS[manner])


def pids(manner):
    """who serves in that manner"""
    unit = {"nowait": "/mxpolicy@", "wait": "/mxpolicy-wait.service"}[manner]
    found = []
    for path in glob.glob("/proc/[0-9]*/cgroup"):
        try:
            with open(path) as file:
                if unit in file.read():
                    found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return found


def processes(manner):
    """how many they are, with the parent of those that stand ready"""
    return len(pids(manner))


def parent(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def orphans():
    """who serves though its parent, which it had in wait mode, is gone"""
    return [pid for pid in pids("wait") if parent(pid) == 1
            and pid != main_pid()]


def main_pid():
    return int(show("mxpolicy-wait.service", "MainPID"))


class Connection:
    def __init__(self, timeout=100):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout)

    def ask(self, key, name="QUERY"):
        payload = ("%s %s" % (name, key)).encode()
        self.socket.sendall(b"%d:%s," % (len(payload), payload))

    def answer(self):
        data = b""
        while True:
            size, colon, rest = data.partition(b":")
            if colon and len(rest) > int(size):
                return rest[:int(size)].decode()
            more = self.socket.recv(65536)
            if not more:
                raise EOFError("closed after %r" % data)
            data += more

    def close(self):
        self.socket.close()


def question(key):
    connection = Connection()
    try:
        connection.ask(key)
        return connection.answer()
    finally:
        connection.close()


def allow_many():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20000), most))
