# share: a cache that machines share in Redis, and all that can be wrong with it.
# SPDX-License-Identifier: MIT
import concurrent.futures
import json
import signal
import subprocess
import time

import exposition
import fleet
import harness as h

fleet.need_share()
fleet.for_each_server()

POLICY = ("version: STSv1\nmode: enforce\nmx: mx.live.example\n"
          "max_age: 86400\n")
REPLY = "OK secure match=mx.live.example servername=hostname"
LETTERS = "abcdefgh"
ZONE = """@ MX 10 mx
_mta-sts TXT "v=STSv1; id=1;"
mta-sts A 203.0.113.10
"""
PLAIN = "OK secure match=load-plain.post.example servername=hostname"


def name(number):
    return "m%03d.load.example" % number


numbers = iter(range(100))


def fetches(mark, domain):
    return mark.https("mta-sts." + domain)


def is_kept(redis, domain):
    return h.wait_until(
        lambda: redis.say("EXISTS", fleet.RECORD + domain) == 1)


def learned_once(scratch, redis, settings):
    domain, mark = name(next(numbers)), h.Mark()
    with fleet.Host(scratch, "a", *settings) as a, \
            fleet.Host(scratch, "b", *settings) as b:
        h.same("a machine looks up", a.ask(domain), PLAIN)
        h.check("and tells the others", is_kept(redis, domain))
        life = redis.say("PTTL", fleet.RECORD + domain)
        h.check("for as long as the policy lives", 604000000 < life <=
                604800000, life)
        h.check("its lease is free again", h.wait_until(
            lambda: redis.say("EXISTS", fleet.LEASE + domain) == 0))
        h.same("another one answers the same", b.ask(domain), PLAIN)
        h.same("after one fetch", fetches(mark, domain), 1)
        calls = calls_of(redis)
        h.check("the server counts", calls > 3, calls)
        for _ in range(20):
            b.ask(domain)
        h.same("what is in its own cache asks nobody", calls_of(redis),
               calls)
        h.same("DANE is shared as well", b.ask("d000.load.example"),
               "OK dane-only")
        h.check("with its TTLs", h.wait_until(lambda: 0 < redis.say(
            "PTTL", fleet.RECORD + "d000.load.example") <= 300000))


def calls_of(redis):
    """How often records and leases were asked for."""
    return sum(int(line.split(b"calls=")[1].split(b",")[0])
               for line in redis.say("INFO", "commandstats").split(b"\r\n")
               if line.startswith((b"cmdstat_getrange", b"cmdstat_set:",
                                   b"cmdstat_set ")))


def at_once(scratch, settings):
    """Five machines, one cold domain, a policy host that takes its time.  On a
    machine that is busy the 20 ms can be over before anybody has run."""
    hosts = [fleet.Host(scratch, "h%d" % i, *settings) for i in range(5)]
    counts = []
    with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
        list(pool.map(lambda one: one.ask("n000.load.example"), hosts))
        h.zone_set("mx A 192.0.2.1\n" + "".join(
            ZONE.replace("@", c).replace("mta-sts", "mta-sts." + c)
            for c in LETTERS))
        for letter in LETTERS:
            domain = letter + ".live.example"
            h.serve_policy("!delay 0.3\n" + POLICY, "mta-sts." + domain)
            mark = h.Mark()
            answers = pool.map(lambda one: one.ask(domain), hosts)
            h.same("five machines at once", set(answers), {REPLY})
            counts.append(fetches(mark, domain))
            if counts[-1] == 1:
                break
    h.same("fetch once", counts[-1], 1)
    print("fetches for five machines: %s" % counts)
    for host in hosts:
        host.__exit__()


def holder_dies(scratch, redis, settings):
    domain = name(next(numbers))
    redis.say("SET", fleet.LEASE + domain, "1", "PX", "60000")
    with fleet.Host(scratch, "c", *settings) as c:
        began = time.monotonic()
        h.same("a lease that nobody gives back", c.ask(domain), PLAIN)
        print("a dead holder of a lease cost %.0f ms" %
              ((time.monotonic() - began) * 1000))


def nonsense(scratch, redis, settings):
    """What does not prove itself is looked up, and written over."""
    good = name(next(numbers))
    with fleet.Host(scratch, "d", *settings) as d:
        d.ask(good)
        is_kept(redis, good)
    value = redis.say("GET", fleet.RECORD + good)
    flipped = bytearray(value)
    flipped[60] ^= 1
    kinds = (("bytes of nobody", b"x" * 500), ("nothing much", b"x"),
             ("a megabyte", b"x" * 1000000), ("no seal", value[:-32]),
             ("another one's record", value), ("only a seal", value[-32:]))
    with fleet.Host(scratch, "e", *settings) as e:
        for what, bad in kinds:
            domain, mark = name(next(numbers)), h.Mark()
            redis.say("SET", fleet.RECORD + domain, bad)
            h.same(what, e.ask(domain), PLAIN)
            h.same("is looked up: " + what, fetches(mark, domain), 1)
            h.check("and written over: " + what, h.wait_until(
                lambda: redis.say("GETRANGE", fleet.RECORD + domain, 0, 3) ==
                b"MXPR"))
        redis.say("SET", fleet.RECORD + good, bytes(flipped))
        h.same("a bit that fell over", e.ask(good), PLAIN)
        domain = name(next(numbers))
        redis.say("LPUSH", fleet.RECORD + domain, "x")
        h.same("a list in place of a record", e.ask(domain), PLAIN)
    other = fleet.key_file(scratch, "another key of 32 bytes or of more",
                           "other")
    domain = name(next(numbers))
    with fleet.Host(scratch, "f", *settings) as f:
        f.ask(domain)
        is_kept(redis, domain)
    mark = h.Mark()
    with fleet.Host(scratch, "g", *(settings[:1] + (
            "shared-cache-key=" + other,))) as g:
        h.same("with another key", g.ask(domain), PLAIN)
        h.same("it is not believed", fetches(mark, domain), 1)
    with open(scratch.file("both"), "w") as f:
        for path in (other, scratch.file("key")):
            f.write(open(path).read())
    is_kept(redis, domain)
    both, mark = settings[:1] + ("shared-cache-key=" + f.name,), h.Mark()
    with fleet.Host(scratch, "g2", *both) as g:
        g.ask(domain)
        h.same("with both keys, while they are changed, it is",
               fetches(mark, domain), 0)


def timed(host):
    domain = name(next(numbers))
    began = time.monotonic()
    reply = host.ask(domain)
    return reply, (time.monotonic() - began) * 1000


def trouble(scratch, redis, settings):
    """The answers stay the same, and come at nearly the same time."""
    def measured(what, host):
        replies, times = zip(*(timed(host) for _ in range(3)))
        h.same("the answers " + what, set(replies), {PLAIN})
        print("cold answers %s: %s ms" % (
            what, ", ".join("%.0f" % t for t in times)))

    with fleet.Host(scratch, "i", "shared-cache-mode=off") as i:
        measured("without a shared cache", i)
    with fleet.Host(scratch, "j", *settings) as j:
        measured("with one", j)
        redis.signal(signal.SIGSTOP)
        measured("while it hangs", j)
        redis.signal(signal.SIGCONT)
        redis.kill()
        measured("while it is dead", j)
        redis.start()
        measured("while it is back", j)

        def is_back():
            domain = name(next(numbers))
            j.ask(domain)
            return h.wait_until(lambda: redis.say(
                "EXISTS", fleet.RECORD + domain) == 1, 2)
        h.check("and it is used again", h.wait_until(is_back, 30, 0.5))
        redis.say("FLUSHALL")
        measured("after it was wiped", j)
        redis.say("CONFIG", "SET", "maxmemory", "1mb")
        measured("while it is full", j)
        redis.say("CONFIG", "SET", "maxmemory", "0")
        j.share.process.send_signal(signal.SIGSTOP)
        measured("while share hangs", j)
        j.share.process.send_signal(signal.SIGCONT)
        j.share.process.kill()
        measured("after share was killed", j)
    with fleet.Host(scratch, "k", "shared-cache=redis://127.0.0.1:1",
                    *settings[1:]) as k:
        measured("with nobody there", k)
    with fleet.Host(scratch, "l", settings[0]) as l:
        measured("without a key", l)


def password(scratch):
    secret = scratch.file("password")
    with open(secret, "w") as f:
        f.write("a word\n")
    with fleet.Redis(scratch, "--requirepass", "a word") as redis:
        settings = ("shared-cache=" + redis.url(),
                    "shared-cache-key=" + fleet.key_file(scratch))
        domain = name(next(numbers))
        with fleet.Host(scratch, "m", *settings) as m:
            h.same("without the password", m.ask(domain), PLAIN)
        h.same("nothing is kept", redis.say("DBSIZE"), 0)
        with fleet.Host(scratch, "n", "shared-cache-password=" + secret,
                        *settings) as n:
            domain = name(next(numbers))
            h.same("with the password", n.ask(domain), PLAIN)
            h.check("it is", is_kept(redis, domain))
        refused(scratch, redis, settings)
        redis.say("ACL", "SETUSER", "mx", "on", ">a word", "~mxpolicy:*",
                  "+get", "+getrange", "+set", "+del")
        with fleet.Host(scratch, "o", "shared-cache-password=" + secret,
                        "shared-cache-user=mx", *settings) as o:
            domain = name(next(numbers))
            h.same("as a user who may do nothing else", o.ask(domain), PLAIN)
            h.check("it is as well", is_kept(redis, domain))


def modes(scratch, redis, settings):
    domain = name(next(numbers))
    with fleet.Host(scratch, "p", *settings) as p:
        p.ask(domain)
        is_kept(redis, domain)
    mark = h.Mark()
    with fleet.Host(scratch, "q", "shared-cache-mode=read-only",
                    *settings) as q:
        h.same("who only reads", q.ask(domain), PLAIN)
        h.same("reads", fetches(mark, domain), 0)
        new = name(next(numbers))
        q.ask(new)
        h.same("and writes nothing",
               redis.say("EXISTS", fleet.RECORD + new), 0)
    trusting = (settings[0], "shared-cache-trust=yes")
    domain = name(next(numbers))
    mark = h.Mark()
    with fleet.Host(scratch, "u", *trusting) as u, \
            fleet.Host(scratch, "v", *trusting) as v:
        u.ask(domain)
        is_kept(redis, domain)
        h.same("without a key, trusted", v.ask(domain), PLAIN)
        h.same("is believed", fetches(mark, domain), 1)
        # Even so it is parsed: what the record says of a policy, and what its
        # text says, are the same, or nothing is.
        value = redis.say("GET", fleet.RECORD + domain)
        other = name(next(numbers))
        for bad in (value, value[:-1], value.replace(b"enforce", b"testing")):
            redis.say("SET", fleet.RECORD + other, bad)
            h.same("what is not what it says", v.ask(other), PLAIN)
            other = name(next(numbers))
    with fleet.Host(scratch, "w", *settings) as w:
        mark = h.Mark()
        h.same("who has a key", w.ask(domain), PLAIN)
        h.same("does not believe it", fetches(mark, domain), 1)
    domain = name(next(numbers))
    with fleet.Host(scratch, "x", *settings) as x:
        x.ask(domain)
        is_kept(redis, domain)
    with fleet.Host(scratch, "r", "shared-cache=unix:" + redis.path(),
                    *settings[1:]) as r:
        mark = h.Mark()
        h.same("over a unix socket", r.ask(domain), PLAIN)
        h.same("the same is found", fetches(mark, domain), 0)


def replica(scratch, redis, settings):
    """A replica is read, also while the server that is written to hangs."""
    with fleet.Redis(scratch, "--replicaof",
                     "127.0.0.1 %d" % redis.port) as copy:
        near = settings + ("shared-cache-read=" + copy.url(),)
        domain = name(next(numbers))
        with fleet.Host(scratch, "y", *near) as y, \
                fleet.Host(scratch, "z", *near) as z:
            h.same("what is found", y.ask(domain), PLAIN)
            h.check("goes to the one", is_kept(redis, domain))
            h.check("and comes to the other", is_kept(copy, domain))
            redis.signal(signal.SIGSTOP)
            mark = h.Mark()
            h.same("which is read", z.ask(domain), PLAIN)
            h.same("and spares the fetch", fetches(mark, domain), 0)
            redis.signal(signal.SIGCONT)


def says(host, *words):
    """What mxpolicy check tells of it: a state, and words of its text."""
    p = subprocess.run([h.MXPOLICY] + h.options(host.cache, *host.settings) +
                       ["check", "--json"], stdout=subprocess.PIPE)
    found = [json.loads(line) for line in p.stdout.decode().splitlines()]
    text = {i["item"]: (i["state"], i["text"]) for i in found
            if i.get("group") == "share"}
    state, told = text.get("share-answer", ("", ""))
    # On a machine that is busy what is good can be slow.
    if words[0] == "good" and "answers after" in told:
        state = "good"
    h.check("check says %s" % (words,), state == words[0] and all(
        w in told for w in words[1:]), text)


def half_well(scratch, redis, settings):
    """It answers, and yet does not do what it has to: check says so, the log
    once, and the answers are right."""
    with fleet.Host(scratch, "hw", *settings) as host:
        redis.say("CONFIG", "SET", "maxmemory", "1mb")
        h.same("full, and nothing makes room", host.ask(name(next(numbers))),
               PLAIN)
        says(host, "warning", "does not do all", "OOM ")
        redis.say("CONFIG", "SET", "maxmemory", "0")
        says(host, "good", "put=")
    with fleet.Host(scratch, "hr", *settings,
                    "shared-cache-read=redis://127.0.0.1:1") as host:
        h.same("a replica that is gone", host.ask(name(next(numbers))), PLAIN)
        says(host, "warning", "does not do all", "shared-cache-read: cannot")
    with fleet.Redis(scratch, "--replicaof",
                     "127.0.0.1 %d" % redis.port) as copy:
        with fleet.Host(scratch, "hc", "shared-cache=" + copy.url(),
                        *settings[1:]) as host:
            h.same("a replica that is to be written to", host.ask(
                name(next(numbers))), PLAIN)
            says(host, "warning", "cannot be asked", "READONLY ")
        with fleet.Host(scratch, "hd", "shared-cache=" + copy.url(),
                        "shared-cache-mode=read-only", *settings[1:]) as host:
            says(host, "good")


def refused(scratch, redis, settings):
    """A password that is wrong, and users who may not do what they have to."""
    secret = scratch.file("wrong")
    with open(secret, "w") as f:
        f.write("another word\n")
    redis.say("ACL", "SETUSER", "reads", "on", ">another word",
              "~mxpolicy:*", "+get", "+getrange", "+ping")
    redis.say("ACL", "SETUSER", "elsewhere", "on", ">another word", "~x:*",
              "+@all")
    before = redis.say("KEYS", fleet.RECORD + "*")
    for user, wanted in (("", "WRONGPASS"), ("nobody", "WRONGPASS"),
                         ("reads", "NOPERM"), ("elsewhere", "NOPERM")):
        with fleet.Host(scratch, "u" + user, *settings,
                        "shared-cache-password=" + secret,
                        "shared-cache-user=" + user) as host:
            for _ in range(3):
                h.same("as %r, who is refused" % user, host.ask(
                    name(next(numbers))), PLAIN)
            says(host, "warning", "cannot be asked", wanted)
    h.same("nothing is kept of them", redis.say("KEYS", fleet.RECORD + "*"),
           before)
    with fleet.Host(scratch, "ur", *settings, "shared-cache-mode=read-only",
                    "shared-cache-password=" + secret,
                    "shared-cache-user=reads") as host:
        says(host, "good")


def by_hand(scratch, redis, settings):
    """What a person sees of it: check, drop, the counters."""
    def run(*args):
        return subprocess.run(
            [h.MXPOLICY] + h.options(t.cache, *t.settings) + list(args),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    domain = name(next(numbers))
    with fleet.Host(scratch, "t", *settings) as t:
        t.ask(domain)
        is_kept(redis, domain)
        says(t, "good", redis.url(), "asked=")
        p = run("cache", "drop", "--shared", domain)
        h.same("dropped by hand", (p.returncode, redis.say(
            "EXISTS", fleet.RECORD + domain)), (0, 0))
        h.same("but not here", run("cache", "show", domain).returncode, 0)
        p = run("cache", "drop", "--shared", domain)
        h.same("it is not there twice", p.returncode, 1)
        h.same("no name, nothing dropped",
               run("cache", "drop", "--shared", "--all").returncode, 64)
        redis.signal(signal.SIGSTOP)
        h.same("nothing is dropped where nobody answers",
               run("cache", "drop", "--shared", domain).returncode, 69)
        says(t, "warning", "cannot be asked")
        redis.signal(signal.SIGCONT)
        m = exposition.read(t.cache)
        h.check("questions are counted", m.sum(
            "mxpolicy_shared_questions_total", result="miss") >= 1)
        h.check("and leases", m.sum(
            "mxpolicy_shared_leases_total", result="held") >= 1)
        h.check("and how long it took", m.sum(
            "mxpolicy_shared_duration_seconds_count") >= 1)
        o = json.loads(run("cache", "stats", "--json").stdout)["shared"]
        h.check("cache stats has them", o["miss"] >= 1 and o["held"] >= 1, o)
        h.check("also for a person", b"shared cache: " in run(
            "cache", "stats").stdout)
    says(t, "warning", "nothing listens")


def refuses(scratch):
    """What share says when it cannot be of use."""
    for what, settings, wanted in (
            ("no key", ("shared-cache=redis://127.0.0.1",),
             "without shared-cache-key"),
            ("no settings", (), "no shared-cache is set"),
            ("a short key", ("shared-cache=redis://127.0.0.1",
                             "shared-cache-key=" + fleet.key_file(
                                 scratch, "short", "short")), "32 to 256 bytes"),
            ("a key that is not there", (
                "shared-cache=redis://127.0.0.1",
                "shared-cache-key=/nonexistent/key"), "/nonexistent/key")):
        with fleet.Share(scratch.file("refuses"), *settings) as s:
            p = subprocess.run([fleet.SHARE] + s.args, stdin=s.socket,
                               stderr=subprocess.PIPE)
            h.same("share ends with " + what, p.returncode, 78)
            h.check("and says so: " + what, wanted in p.stderr.decode(),
                    p.stderr)
    p = subprocess.run([fleet.SHARE] + h.options(), stdin=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
    h.check("without a socket it tells how to get one",
            b"mxpolicy-share.socket" in p.stderr, p.stderr)


with h.Scratch() as scratch:
    with fleet.Redis(scratch) as redis:
        settings = ("shared-cache=" + redis.url(),
                    "shared-cache-key=" + fleet.key_file(scratch))
        learned_once(scratch, redis, settings)
        at_once(scratch, settings)
        holder_dies(scratch, redis, settings)
        nonsense(scratch, redis, settings)
        modes(scratch, redis, settings)
        by_hand(scratch, redis, settings)
        replica(scratch, redis, settings)
        half_well(scratch, redis, settings)
        trouble(scratch, redis, settings)
    password(scratch)
    refuses(scratch)
h.done()
