# In the container: what "make install" has brought goes again, and Postfix is
# not left with a socket behind which there is nothing.
# SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same


def listens():
    try:
        socket.create_connection(("127.0.0.1", client.PORT), 60).close()
        return True
    except ConnectionRefusedError:
        return False


client.switch("nowait")
check("it listens", listens())
p = subprocess.run(["make", "uninstall"], stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, text=True)
same("make uninstall", p.returncode, 0)
print("\n".join(line for line in p.stdout.splitlines()
                if line.startswith(("systemctl", "***"))))
check("who asks it is told of", "main.cf still asks mxpolicy" in p.stdout,
      p.stdout[-1000:])
check("nobody listens", not listens())
out = client.systemctl("list-unit-files", "--no-legend", "mxpolicy*",
                       check=False)
same("no unit is left", out, "")
for path in ("/usr/bin/mxpolicy", "/usr/libexec/mxpolicy",
             "/usr/lib/sysusers.d/mxpolicy.conf"):
    check(path + " is gone", not os.listdir(path) if os.path.isdir(path)
          else not os.path.exists(path))
check("the cache stays", os.path.exists("/var/lib/mxpolicy/cache.tdb"))
done()
