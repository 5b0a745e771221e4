# In the container: a TLSRPT collector, which appends each datagram that it
# gets as a line to a file. SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import sys

path, target = sys.argv[1:]
os.makedirs(os.path.dirname(path), exist_ok=True)
os.chmod(os.path.dirname(path), 0o755)
if os.path.exists(path):
    os.unlink(path)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(path)
os.chmod(path, 0o666)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
with open(target, "ab", buffering=0) as file:
    subprocess.run(["systemd-notify", "--ready"], check=False)
    while True:
        file.write(sock.recv(1 << 20).replace(b"\n", b" ") + b"\n")
