# supervisor: contrib/container without an engine: the real supervisord with the
# settings of the image starts wait mode and the lookup service, and the health
# check of the image tells when they are gone.
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import harness as h

CONTAINER = os.path.join(h.SOURCE, "contrib/container")
PORT = 8461

SUPERVISORD = shutil.which("supervisord")
if SUPERVISORD is None:
    print("supervisord is missing (package supervisor)")
    sys.exit(77)


def environment():
    """With Python's modules beside a supervisord that was only unpacked."""
    beside = os.path.join(os.path.dirname(os.path.dirname(
        os.path.realpath(SUPERVISORD))), "lib/python3/dist-packages")
    return dict(os.environ, MXPOLICY_LISTEN="127.0.0.1:%d" % PORT,
                PYTHONPATH=beside)


if subprocess.run([SUPERVISORD, "--version"], env=environment(),
                  stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL).returncode:
    print("supervisord does not run (package python3-pkg-resources)")
    sys.exit(77)


def settings(scratch):
    """The file of the image, with the programs of the build tree."""
    conf = scratch.file("mxpolicy.conf")
    with open(conf, "w") as f:
        f.write("cache = %s\ntrust-anchor = %s\nca-file = %s\n"
                "resolve-socket = %s\n" % (
                    scratch.file("cache.tdb"), os.environ["WORLD_ANCHOR"],
                    os.environ["WORLD_CA"], scratch.file("resolve")))
    with open(os.path.join(CONTAINER, "supervisord.conf")) as f:
        text = f.read()
    text = text.replace("/run/mxpolicy", scratch.path)
    text, n = re.subn(r"/usr/libexec/mxpolicy/(\w+)",
                      r"%s/\1 -c %s" % (h.BUILD, conf), text)
    assert n == 3, n
    path = scratch.file("supervisord.conf")
    with open(path, "w") as f:
        f.write(text)
    return path, conf


def ask(key):
    with socket.create_connection(("127.0.0.1", PORT), h.PATIENCE) as s:
        s.sendall(h.netstring("QUERY " + key))
        s.shutdown(socket.SHUT_WR)
        return h.rest_of(s)


def listens():
    try:
        socket.create_connection(("127.0.0.1", PORT), h.PATIENCE).close()
        return True
    except ConnectionRefusedError:
        return False


with h.Scratch() as scratch:
    path, conf = settings(scratch)
    bin_dir = scratch.file("bin")
    os.mkdir(bin_dir)
    with open(os.path.join(bin_dir, "mxpolicy"), "w") as f:
        f.write("#!/bin/sh\nexec %s -c %s \"$@\"\n" % (h.MXPOLICY, conf))
    os.chmod(os.path.join(bin_dir, "mxpolicy"), 0o755)

    def healthy():
        env = environment()
        env["PATH"] = bin_dir + ":" + env["PATH"]
        p = subprocess.run([os.path.join(CONTAINER, "health")], env=env,
                           stderr=subprocess.DEVNULL, stdout=subprocess.PIPE)
        print(p.stdout.decode(), end="")
        return p.returncode == 0
    h.check("without a server it is not healthy", not healthy())
    log = open(scratch.file("log"), "w")
    process = subprocess.Popen([SUPERVISORD, "-n", "-c", path], stdout=log,
                               stderr=log, env=environment(),
                               cwd=scratch.path)
    try:
        h.check("its sockets are there", h.wait_until(
            lambda: process.poll() is not None or (
                os.path.exists(scratch.file("resolve")) and listens())) and
            process.poll() is None, open(scratch.file("log")).read())
        for name in ("wait mode answers", "and has what is cached"):
            h.same(name, ask("all-u.example"), h.netstring("OK dane-only"))
        h.check("with a server it is healthy", healthy())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        log.close()
    h.check("and it is not when the server is gone", not healthy())
h.done()
