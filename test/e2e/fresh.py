# fresh: a policy through changes and outages of its publisher.
# SPDX-License-Identifier: MIT
import os
import subprocess
import harness as h

HOST = "mta-sts.live.example"
OVERRIDE = os.path.join(h.WORLD, "https.d", HOST)
DAY = 86400


def zone(txt='"v=STSv1; id=1;"', mx="mx", tlsa=False, extra=""):
    lines = "@ MX 10 %s\nmx A 192.0.2.1\nmx2 A 192.0.2.2\n" % mx
    lines += "mta-sts A 203.0.113.10\n" + extra
    if txt:
        lines += "_mta-sts TXT %s\n" % txt
    if tlsa:
        lines += "_25._tcp.mx TLSA 3 1 1 %s\n" % ("ab" * 32)
    subprocess.run([h.world_tool("zone-set")], input=lines.encode(),
                   check=True)


def serve(mode="enforce", mx="mx.live.example", max_age=30 * DAY, more=""):
    with open(OVERRIDE + ".new", "w") as f:
        f.write("%sversion: STSv1\nmode: %s\nmx: %s\nmax_age: %d\n" %
                (more, mode, mx, max_age))
    os.rename(f.name, OVERRIDE)


def ask(later=0):
    return clock.ask("live.example", later)


def secure(mx="mx.live.example"):
    return "OK secure match=%s servername=hostname" % mx


with h.Scratch() as scratch:
    clock = h.Clock(scratch)
    zone()
    serve()
    h.same("a policy is learned", ask(), secure())

    mark = h.Mark()
    h.same("within the TXT's five minutes", ask(200), secure())
    h.same("nothing is asked", mark.dns("_mta-sts.live.example", "TXT"), 0)
    h.same("after them", ask(200), secure())
    h.check("the TXT is looked at",
            mark.dns("_mta-sts.live.example", "TXT") > 0)
    h.same("and no policy fetched", mark.https(HOST), 0)

    serve(mx="mx2.live.example")
    h.same("a new policy under the old id is not noticed at once",
           ask(600), secure())
    mark = h.Mark()
    h.same("but within a day", (ask(DAY), ask(400))[1],
           secure("mx2.live.example"))
    h.same("by one fetch", mark.https(HOST), 1)

    zone('"v=STSv1; id=2;"', mx="mx2")
    serve(mx="*.live.example")
    h.same("a new id is a new fetch", ask(600), secure(".live.example"))

    serve(more="!status 500\n")
    zone('"v=STSv1; id=3;"')
    mark = h.Mark()
    h.same("a failing policy host leaves the policy", ask(600),
           secure(".live.example"))
    h.same("one request", mark.https(HOST), 1)
    h.same("backs off", ask(200), secure(".live.example"))
    h.same("no second one", mark.https(HOST), 1)
    h.same("for five minutes", ask(200), secure(".live.example"))
    h.same("then again", mark.https(HOST), 2)
    serve(mode="wrong")
    h.same("an invalid policy leaves it", ask(600),
           secure(".live.example"))
    zone(txt=None)
    h.same("a vanished TXT leaves it", ask(600),
           secure(".live.example"))
    zone(txt='"v=STSv1; id=4;"', extra=";@ bogus _mta-sts TXT\n")
    h.same("a bogus TXT leaves it", ask(600), secure(".live.example"))
    h.same("for days", ask(20 * DAY), secure(".live.example"))
    h.same("until max_age is over, counted from the last fetch",
           ask(12 * DAY), "NOTFOUND ")

    zone('"v=STSv1; id=5;"')
    serve()
    h.same("it comes back", ask(600), secure())
    serve(mode="none", max_age=0)
    zone('"v=STSv1; id=6;"')
    h.same("mode none and max_age 0 withdraw it at once", ask(600),
           "NOTFOUND ")

    serve(max_age=20)
    zone('"v=STSv1; id=7;"')
    h.same("a max_age of 20 seconds", ask(600), secure())
    for _ in range(5):
        h.same("leaves no gap", ask(21), secure())

    zone('"v=STSv1; id=8;"', tlsa=True)
    serve()
    h.same("new TLSA records take over within their TTL", ask(120),
           "OK dane-only")
    zone('"v=STSv1; id=8;"')
    h.same("and leave the field to the policy when they go", ask(3700),
           secure())

    subprocess.run([h.world_tool("server"), "stop", "domains"], check=True)
    subprocess.run([h.world_tool("server"), "stop", "https"], check=True)
    # A new resolver has kept nothing.
    subprocess.run([h.world_tool("server"), "start", "unbound"], check=True)
    zone_down = ask(3700)
    h.check("no MX, no answer: TEMP with a reason",
            zone_down.startswith("TEMP MX live.example"), zone_down)
    # The resolver remembers which servers were away: a new one does not.
    for name in ("domains", "https", "unbound"):
        subprocess.run([h.world_tool("server"), "start", name], check=True)
    zone('"v=STSv1; id=8;"')
    h.same("up again, the policy is still there", ask(400), secure())

    # A DANE finding is served stale for a day where MX cannot be found out.
    zone('"v=STSv1; id=8;"', tlsa=True)
    h.same("DANE again", ask(3700), "OK dane-only")
    zone('"v=STSv1; id=8;"', tlsa=True, extra=";@ bogus @ MX\n")
    h.same("a bogus MX RRset: the stale DANE finding", ask(4000),
           "OK dane-only")
    reply = ask(DAY)
    h.check("not after a day", reply.startswith("TEMP "), reply)

    zone('"v=STSv1; id=9;"')
    h.same("the clock a year ahead", ask(365 * DAY), secure())
    subprocess.run([h.world_tool("server"), "stop", "https"], check=True)
    h.same("and set back: the policy stays", ask(-365 * DAY), secure())
    subprocess.run([h.world_tool("server"), "start", "https"], check=True)
    subprocess.run([h.world_tool("zone-set"), "-r"], check=True)
    os.unlink(OVERRIDE)
h.done()
