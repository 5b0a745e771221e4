# In the container: the package for rpm, installed beside Debian's own ones, as
# there is no Fedora here. SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same

FILE = sys.argv[1]


def run(*arguments):
    result = subprocess.run(arguments, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    print("# %s\n%s" % (" ".join(arguments), result.stdout), end="")
    return result.returncode, result.stdout


def answers():
    try:
        with socket.create_connection(("127.0.0.1", 8461), 60) as s:
            s.sendall(b"17:QUERY [127.0.0.1],")
            return b"NOTFOUND" in s.recv(4096)
    except ConnectionRefusedError:
        return False


same("it installs", run("rpm", "-i", "--nodeps", FILE)[0], 0)
same("three users", run("getent", "passwd", "mxpolicy",
                      "mxpolicy-resolve", "mxpolicy-share")[1].count("\n"), 3)
check("it starts nothing by itself", not answers())
same("the cache is theirs alone",
     os.stat("/var/lib/mxpolicy").st_mode & 0o7777, 0o750)
client.systemctl("enable", "--now", "mxpolicy.socket",
                 "mxpolicy-prefetch.timer")
check("enabled, it answers", answers())
client.systemctl("start", "mxpolicy-prefetch.service")
run("postconf", "-e",
    "smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:QUERY")
code, out = run("rpm", "-e", "mxpolicy")
check("with its map in main.cf it is not erased", code != 0 and
      "NOT removed" in out, out)
check("and answers", answers())
same("it is upgraded", run("rpm", "-U", "--nodeps", "--force", FILE)[0], 0)
check("and answers still", answers())
run("postconf", "-X", "smtp_tls_policy_maps")
same("without the map it is erased", run("rpm", "-e", "mxpolicy")[0], 0)
check("nobody listens any more", not answers())
done()
