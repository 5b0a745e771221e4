# prefetch: used domains are refreshed in time, others are dropped.
# SPDX-License-Identifier: MIT
import os
import pty
import re
import subprocess
import time
import harness as h

DAY = 86400


def sums(err):
    return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", err)}


with h.Scratch() as scratch:
    clock = h.Clock(scratch)
    code, out, err = clock.run_prefetch()
    h.same("an empty cache: status", code, 0)
    h.same("an empty cache: nothing due", sums(err)["due"], 0)

    for later in (0, 3700, 3700, 3700):
        h.same("all-n, often", clock.ask("all-n.example", later), "NOTFOUND ")
    h.same("DANE", clock.ask("all-u.example"), "OK dane-only")
    policy = clock.ask("all-n-sts.example")
    h.check("MTA-STS", policy.startswith("OK secure"), policy)
    h.same("once only, nothing published", clock.ask("none.plain"),
           "NOTFOUND ")
    h.same("a smart host", clock.ask("[u1.example]:25"), "OK dane-only")

    code, out, err = clock.run_prefetch("--dry-run")
    h.same("a dry run names what is due", sorted(out.split()),
           ["[u1.example]:25", "all-n-sts.example", "all-n.example",
            "all-u.example"])
    clock.at += 600
    mark = h.Mark()
    code, out, err = clock.run_prefetch()
    s = sums(err)
    h.same("a run refreshes them", (s["due"], s["refreshed"]), (4, 4))
    h.check("by a lookup", mark.dns("all-u.example", "MX") > 0)
    h.same("not what was asked for once and is nothing",
           mark.dns("none.plain", "MX"), 0)
    mark = h.Mark()
    h.same("then nobody waits", clock.ask("all-u.example"), "OK dane-only")
    h.same("for MTA-STS either", clock.ask("all-n-sts.example"), policy)
    h.same("and nothing is asked", mark.dns("all-u.example", "MX") +
           mark.dns("all-n-sts.example", "MX"), 0)

    # A refresh is not a use: what nobody asks for is no longer refreshed.
    clock.at += 8 * DAY
    mark = h.Mark()
    code, out, err = clock.run_prefetch()
    h.same("after prefetch-idle nothing is refreshed", sums(err)["due"], 0)
    h.same("and nothing asked", mark.dns("all-u.example", "MX"), 0)
    h.same("but it is all there", clock.ask("all-n-sts.example"), policy)

    # The servers are away: what is cached stays, and prefetch backs off.
    clock.ask("all-u.example")
    subprocess.run([h.world_tool("server"), "start", "unbound"], check=True)
    for name in ("tlds", "domains", "https"):
        subprocess.run([h.world_tool("server"), "stop", name], check=True)
    clock.at += 4000
    first = sums(clock.run_prefetch()[2])["refreshed"]
    h.same("with its servers away, the due two are tried", first, 2)
    clock.at += 60
    again = sums(clock.run_prefetch()[2])["refreshed"]
    h.same("a minute later they are not", again, 0)
    clock.at += 300
    third = sums(clock.run_prefetch()[2])["refreshed"]
    h.same("after five minutes they are", third, 2)
    clock.at += 400
    h.same("then after ten", sums(clock.run_prefetch()[2])["refreshed"], 0)
    for name in ("tlds", "domains", "https", "unbound"):
        subprocess.run([h.world_tool("server"), "start", name], check=True)
    clock.at += 300
    h.same("the policy outlived it", clock.ask("all-n-sts.example"), policy)

    # Bounds: what is worth least goes first, a living policy last.
    # (tdb makes room for a hundred records of the largest one's size: those of
    # 64 kB would hide what is measured here.)
    rows = [r for r in h.cases() if r[1].endswith(".example") and
            "TEMP" not in r[2] and "KiB" not in r[0] and
            "thousand" not in r[0]]
    with h.Session(clock.cache, "https-timeout=2",
                   stderr=subprocess.DEVNULL) as session:
        for row in rows:
            session.ask(row[1])
    clock.at = int(time.time())
    before = sums(clock.run_prefetch(settings=("prefetch-idle=0",))[2])
    size = os.path.getsize(clock.cache)
    h.check("there is something to drop", before["records"] > 100, before)
    keep = before["policies"] + 5
    limit = "cache-max-entries=%d" % keep
    s = sums(clock.run_prefetch(settings=("prefetch-idle=0", limit))[2])
    h.same("what is too much goes", s["dropped"], before["records"] - keep)
    s = sums(clock.run_prefetch(settings=("prefetch-idle=0", limit))[2])
    h.same("so many are left", s["records"], keep)
    # one of mode none is worth nothing
    h.same("and all policies are among them", s["policies"] + 1,
           before["policies"])
    s = sums(clock.run_prefetch(
        settings=("prefetch-idle=0", "cache-max-entries=10"))[2])
    s = sums(clock.run_prefetch(
        settings=("prefetch-idle=0", "cache-max-entries=10"))[2])
    h.same("policies go where nothing else is left", s["records"], 10)
    print("the file: %d, then %d bytes" % (size, os.path.getsize(clock.cache)))
    h.check("the file gives its room back",
            os.path.getsize(clock.cache) < size / 2,
            (size, os.path.getsize(clock.cache)))

    # On a terminal it shows how far it is: one policy host takes its time.
    h.zone_set("@ MX 10 mx\nmx A 192.0.2.1\n_mta-sts TXT \"v=STSv1; id=1;\"\n"
               "mta-sts A 203.0.113.10\n")
    h.serve_policy("!delay 1\nversion: STSv1\nmode: enforce\n"
                   "mx: mx.live.example\nmax_age: 86400\n")
    for name in ("all-u", "all-n-sts", "some-n", "live"):
        clock.ask(name + ".example", 0)
    ours, theirs = pty.openpty()
    subprocess.run([h.PREFETCH] + h.options(clock.cache) +
                   ["--within", "86400"], stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    h.check("a progress bar on a terminal, and nothing of it after",
            re.search(r"\r\[#* *\] \d+/\d+", shown) and
            "\r\033[K" in shown, shown)
    code, out, err = clock.run_prefetch("--within", "86400")
    h.check("and none elsewhere", "[" not in err, err)

    code, out, err = clock.run_prefetch("--within", "soon")
    h.same("a bad argument", code, 64)
    code, out, err = clock.run_prefetch("--dry")
    h.same("an abbreviated one is taken", code, 0)
    p = subprocess.run([h.PREFETCH, "-c", "/dev/null", "-o",
                        "cache=/nonexistent/cache.tdb"],
                       stderr=subprocess.PIPE)
    h.check("no cache: EX_TEMPFAIL and why", p.returncode == 75 and
            b"No such file" in p.stderr, (p.returncode, p.stderr))
h.done()
