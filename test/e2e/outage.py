# outage: while our own name servers are silent nothing is learned of a domain,
# and nothing is remembered.
# SPDX-License-Identifier: MIT
import concurrent.futures
import os
import subprocess
import time
import harness as h

STS = "OK secure match=n1.example servername=hostname"
PROXY = "127.1.0.57"


def server(verb, *names):
    for name in names:
        subprocess.run([h.world_tool("server"), verb, name], check=True)


def resume():
    server("resume", "root", "tlds", "domains")
    server("start", "unbound")  # it would hold them for dead for long


def rules(*lines):
    with open(os.path.join(h.WORLD, "dns.d", PROXY), "w") as f:
        f.writelines(line + "\n" for line in lines)


def zone(text):
    subprocess.run([h.world_tool("zone-set")], input=text.encode(), check=True)


def is_temp(reply):
    return reply is not None and reply.startswith("TEMP ")


def outage(name, keys, session, begin, end):
    """Cold domains that enforce a policy: TEMP meanwhile, for all who ask;
    never NOTFOUND, then or afterwards."""
    with session() as s:
        h.same("before: " + name, s.ask("all-u.example"), "OK dane-only")
        begin()
        with concurrent.futures.ThreadPoolExecutor(len(keys)) as pool:
            def one(key):
                with session() as t:
                    return t.ask(key)
            began = time.monotonic()
            for key, reply in zip(keys, pool.map(one, keys)):
                h.check("%s: TEMP for %s" % (name, key), is_temp(reply),
                        reply)
            print("%s: %.1f s" % (name, time.monotonic() - began))
        h.check(name + ": still", is_temp(s.ask(keys[0])))
        end()
        for key in keys:
            seen = set()

            def is_right():
                seen.add(s.ask(key))
                return STS in seen
            h.check("%s: over, %s is right" % (name, key),
                    h.wait_until(is_right, step=0.5), seen)
            h.check("%s: and never was wrong" % name,
                    all(r == STS or is_temp(r) for r in seen), seen)


with h.Scratch() as scratch:
    conf = scratch.file("conf")
    with open(conf, "w") as f:
        f.write("resolver = %s\n" % PROXY)
    with h.Service(scratch.file("resolve"), conf) as service:
        def session():
            return service.session(scratch.file("cache.tdb"))
        outage("the name server is silent",
               ["m%03d.bulk.example" % n for n in (1, 2, 3)], session,
               lambda: rules("silent"), rules)
        outage("the name server refuses",
               ["m%03d.bulk.example" % n for n in (11, 12, 13)], session,
               lambda: rules("refused"), rules)
        outage("the name server fails for all",
               ["m%03d.bulk.example" % n for n in (21, 22, 23)], session,
               lambda: rules("servfail"), rules)
        outage("the name server's own servers are silent",
               ["good.example", "charset.example"], session,
               lambda: server("hang", "root", "tlds", "domains"),
               resume)
        # It begins to fail in the middle of a lookup: that is not the
        # domain's own failure, although others were answered a moment ago.
        name = "m041.bulk.example"
        rules("delay 2 _mta-sts." + name, "servfail _mta-sts." + name)
        mark = h.Mark()
        with session() as s:
            s.send(h.netstring("QUERY " + name))
            h.check("the domain is looked up", h.wait_until(
                lambda: mark.dns(name, "MX")))
            rules("servfail")
            reply = s.receive()
            h.check("it fails in the middle: TEMP", is_temp(reply), reply)
            rules()
            seen = [reply]

            def ask_again():
                seen.append(s.ask(name))
                return seen[-1] == STS
            h.check("and then it is right", h.wait_until(
                ask_again, step=0.5), sorted(set(seen)))
            h.check("and never was wrong", all(
                r == STS or is_temp(r) for r in seen), sorted(set(seen)))
        # A mistake of a domain is not remembered for long, by anybody.
        zone("@ MX 10 mx\nmx A 192.0.2.1\n;@ bogus @ MX\n")
        with session() as s:
            h.check("a bogus domain", is_temp(s.ask("live.example")))
            zone("@ MX 10 mx\nmx A 192.0.2.1\n")
            h.check("that is mended", h.wait_until(
                lambda: s.ask("live.example") == "NOTFOUND ", 60, step=0.5))
        # Others are answered: it is the zone's own failure.
        rules("servfail _mta-sts.m031.bulk.example")
        with session() as s:
            h.same("the TXT record alone fails", s.ask("m031.bulk.example"),
                   "NOTFOUND ")
# One of two servers fails for a name that the other, which was silent before,
# knows: it is asked before the domain is blamed.
OTHER = "127.1.0.58"
with h.Scratch() as scratch:
    conf = scratch.file("conf")
    with open(conf, "w") as f:
        f.write("resolver = %s, %s\n" % (OTHER, PROXY))
    rules()
    with open(os.path.join(h.WORLD, "dns.d", OTHER), "w") as f:
        f.write("silent\n")
    with h.Service(scratch.file("resolve"), conf) as service:
        with service.session() as s:
            h.same("the second server is in use", s.ask("all-u.example"),
                   "OK dane-only")
            os.unlink(os.path.join(h.WORLD, "dns.d", OTHER))
            rules("servfail _mta-sts.m042.bulk.example")
            h.same("what it cannot tell, the first one can",
                   s.ask("m042.bulk.example"), STS)
h.done()
