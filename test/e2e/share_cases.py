# share_cases: the same verdicts with the shared cache off, on, hung, and lying,
# over all cases of the world.
# SPDX-License-Identifier: MIT
import concurrent.futures
import random
import signal
import socket
import threading

import fleet
import harness as h

fleet.need_share()


class Liar:
    """A server that answers every question, and no answer is the right one:
    nothing, a record of another domain, half of one, garbage, an error, a type
    that nobody expects, a length that never comes, an end."""

    def __init__(self, redis):
        self.random = random.Random(1)
        self.redis = redis
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,),
                             daemon=True).start()

    def record(self):
        key = self.redis.say("RANDOMKEY")
        return (self.redis.say("GET", key) if key else None) or b"x"

    def lie(self, words):
        if words[0] == b"PING":
            return b"+PONG\r\n"
        if words[0] == b"SET" and b"NX" in words:
            return self.random.choice((b"$-1\r\n", b"+OK\r\n", b":1\r\n"))
        if words[0] != b"GETRANGE":
            return self.random.choice((b"+OK\r\n", b":7\r\n", b"-ERR no\r\n"))
        r = self.record()
        return self.random.choice((
            b"$0\r\n\r\n", b"$%d\r\n%s\r\n" % (len(r), r),
            b"$%d\r\n%s\r\n" % (len(r) // 2, r[:len(r) // 2]),
            b"$500\r\n" + self.random.randbytes(500) + b"\r\n",
            b"-WRONGTYPE no\r\n", b"*2\r\n:1\r\n$-1\r\n", b":5\r\n",
            b"$99999\r\nx", b"?\r\n", b""))

    def serve(self, connection):
        stream = connection.makefile("rb")
        try:
            while True:
                answer = self.lie(fleet.read(stream))
                if not answer:
                    break
                connection.sendall(answer)
        except (OSError, ValueError, EOFError):
            pass
        connection.close()

    def close(self):
        self.listener.close()


def walk(host):
    """Each case once; what fails by itself now and then is asked again."""
    return {name: host.ask(key) for name, key, _, _ in h.cases()}


with h.Scratch() as scratch:
    key = "shared-cache-key=" + fleet.key_file(scratch)
    with fleet.Redis(scratch) as redis, fleet.Redis(scratch) as stopped:
        liar = Liar(redis)
        stores = {
            "off": ("shared-cache-mode=off",),
            "on": ("shared-cache=" + redis.url(), key),
            "on, on another machine": ("shared-cache=" + redis.url(), key),
            "hung": ("shared-cache=" + stopped.url(), key),
            "lying": ("shared-cache=redis://127.0.0.1:%d" % liar.port, key),
        }
        stopped.signal(signal.SIGSTOP)
        hosts = {what: fleet.Host(scratch, "c%d" % i, *settings)
                 for i, (what, settings) in enumerate(stores.items())}
        with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
            replies = dict(zip(hosts, pool.map(walk, hosts.values())))
        for host in hosts.values():
            host.__exit__()
        for name, _, plain, _ in h.cases():
            for what in hosts:
                h.check("%s, with the store %s" % (name, what),
                        h.matches(replies[what][name], plain),
                        "got %r, wanted %r" % (replies[what][name], plain))
        h.check("the store was used", redis.say("DBSIZE") > 20)
        stopped.signal(signal.SIGCONT)
        liar.close()
h.done()
