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


def processes(manner):
    """how many serve in that manner, with the one that accepts"""
    unit = {"nowait": "/mxpolicy@", "wait": "/mxpolicy-wait.service"}[manner]
    count = 0
    for path in glob.glob("/proc/[0-9]*/cgroup"):
        try:
            with open(path) as file:
                count += unit in file.read()
        except OSError:
            pass
    return count


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
