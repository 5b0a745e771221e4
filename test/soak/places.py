# places: the programs under test: two caches, each served in both manners, one
# of them with the shared resolve, the other with a child each.
# SPDX-License-Identifier: MIT
import glob
import os
import shutil
import socket
import subprocess
import threading

import harness as h

QUIET = subprocess.DEVNULL


class Place:
    def __init__(self, folder, settings, number):
        self.folder = folder
        self.cache = os.path.join(folder, "cache.tdb")
        self.args = h.options(self.cache, *settings)
        self.waiting = socket.create_server(
            ("127.0.0.1", 8461 + 2 * number), backlog=512)
        self.nowait = socket.create_server(
            ("127.0.0.1", 8462 + 2 * number), backlog=512)
        self.seen = {}
        self.ahead = 0	# seconds that a clock that has written here was

    def addresses(self):
        """of the wait manner, and of a process per connection"""
        return self.waiting.getsockname(), self.nowait.getsockname()


class Places:
    """Stands for systemd: starts what has ended."""

    def __init__(self, scratch):
        self.folders = [scratch.file("a"), scratch.file("b")]
        for folder in self.folders:
            os.mkdir(folder)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none",
                            folder], check=True)
        settings = ["resolver=127.1.0.53, 127.1.0.57"]
        conf = scratch.file("conf")
        with open(conf, "w") as file:
            file.write("resolver = 127.1.0.53, 127.1.0.57\n")
        self.service = h.Service(scratch.file("resolve.socket"), conf)
        self.places = [
            Place(self.folders[0], settings + [
                "resolve-socket=" + self.service.path], 0),
            Place(self.folders[1], settings + ["resolve-socket="], 1)]
        self.environment = None
        self.prepare_clock(scratch)
        self.lock = threading.Lock()
        self.ends = threading.Event()
        self.listener = [self.start_listener(p) for p in self.places]
        self.children = []
        self.threads = [threading.Thread(target=self.accept, args=(p,))
                        for p in self.places]
        self.threads.append(threading.Thread(target=self.keep))
        for t in self.threads:
            t.start()

    def prepare_clock(self, scratch):
        found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        self.faketime = found[0] if found else None
        self.program = h.SOCKETMAP
        if not found:
            return
        os.mkdir(scratch.file("bin"))
        self.program = shutil.copy(h.SOCKETMAP, scratch.file("bin"))
        h.without_preload(scratch.file("bin/resolve"), h.RESOLVE)

    def set_clock(self, offset):
        """Of a process per connection that is started from now on."""
        with self.lock:
            for place in self.places:
                place.ahead = max(place.ahead, offset)
            self.environment = None if offset == 0 else dict(
                os.environ, LD_PRELOAD=self.faketime,
                FAKETIME="%+d" % offset, FAKETIME_DONT_FAKE_MONOTONIC="1")

    def start_listener(self, place):
        return subprocess.Popen([h.SOCKETMAP] + place.args,
                                stdin=place.waiting, stdout=QUIET,
                                stderr=QUIET)

    def keep(self):
        while not self.ends.wait(0.05):
            with self.lock:
                for n, place in enumerate(self.places):
                    if self.listener[n].poll() is not None:
                        self.listener[n] = self.start_listener(place)
                self.children = [c for c in self.children
                                 if c.poll() is None]

    def accept(self, place):
        place.nowait.settimeout(0.2)
        while not self.ends.is_set():
            try:
                connection = place.nowait.accept()[0]
            except socket.timeout:
                continue
            with self.lock:
                environment = self.environment
            connection.setblocking(True)
            child = subprocess.Popen(
                [self.program] + place.args, stdin=connection,
                stdout=connection, stderr=QUIET, env=environment)
            connection.close()
            with self.lock:
                self.children.append(child)

    def prefetch(self, place):
        return subprocess.Popen([h.PREFETCH] + place.args, stdout=QUIET,
                                stderr=QUIET)

    def supervisors(self):
        return [self.service.process.pid] if self.service.process else []

    def listeners(self):
        with self.lock:
            return [p.pid for p in self.listener]

    def kill_listener(self):
        with self.lock:
            if self.listener[1].poll() is not None:
                return False
            self.listener[1].kill()
        return True

    def stop(self):
        """Nobody listens any more; what is left has to leave by itself."""
        self.ends.set()
        for t in self.threads:
            t.join()
        for place in self.places:
            place.waiting.close()
            place.nowait.close()
        for p in self.listener:
            p.terminate()
        self.service.ends.set()
        self.service.thread.join()
        if self.service.process:
            self.service.process.terminate()
