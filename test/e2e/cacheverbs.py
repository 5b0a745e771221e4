# cacheverbs: `mxpolicy cache` shows the cache, and changes only what it is meant
# to change.
# SPDX-License-Identifier: MIT
import ctypes
import hashlib
import json
import os
import shutil
import subprocess
import time
import harness as h

KEYS = ("all-u.example", "all-n.example", "all-n-sts.example",
        "mx-bogus.example", "some-x.example", "nullmx.example",
        "[u1.example]", "testing.example", "bücher.example")
PR_CAPBSET_DROP = 24


def plain_root():
    """Make root obey file modes, as everybody else has to."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def run(*args, cache, settings=(), preexec=None, stdin=""):
    p = subprocess.run(
        [h.MXPOLICY] + h.options(cache, *settings) + list(args),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=preexec,
        input=stdin.encode(), env=dict(os.environ, LC_ALL="C.UTF-8"))
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def objects(*args, cache, settings=()):
    out = run("cache", *args, "--json", cache=cache, settings=settings)[1]
    return [json.loads(line) for line in out.splitlines()]


def on_terminal(*args, cache, columns=80):
    """What a person sees, on a terminal of that many columns."""
    return h.on_terminal(
        [h.MXPOLICY] + h.options(cache) + list(args),
        dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1", TERM="xterm"),
        columns)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def fill(cache, *keys):
    # a TTL of a minute is soon over on a slow machine
    with h.Session(cache, "min-ttl=3600", stderr=subprocess.DEVNULL) as s:
        for key in keys:
            s.ask(key)


def absent_and_refused(scratch):
    cache = scratch.file("absent.tdb")
    for args in (("list",), ("show", "a.example"), ("export",), ("stats",),
                 ("drop", "--all"), ("repack",)):
        code, out, err = run("cache", *args, cache=cache)
        h.same("no cache: %s" % args[0], (code, out), (69, ""))
        h.check("it says so", "%s does not exist yet" % cache in err, err)
    h.same("and none was made", os.listdir(scratch.path), [])
    code, out, err = run("cache", "list", cache="")
    h.check("none configured", code == 69 and "no cache is configured" in err,
            err)
    for args, words in (
            (("list", "x.example"), "cache show"),
            (("list", "--sort", "size"), "--sort must be key"),
            (("list", "--limit", "0"), "--limit must be a number above 0"),
            (("list", "--verdict", "may"), "may is not a verdict"),
            (("list", "--map", "nosuch"), "there is no map nosuch"),
            (("drop",), "no DOMAIN given"),
            (("drop", "--all", "a.example"), "cannot be combined"),
            (("repack", "now"), "too many arguments"),
            (("frobnicate",), "cache --help")):
        code, out, err = run("cache", *args, cache=cache)
        h.same("exit code of %s" % (args,), code, 64)
        h.check("and its words", words in err, err)
    out = run("cache", "--help", cache=cache)[1]
    for words in (("cache",), ("cache", "list"), ("query",), ()):
        h.same("-h is --help: %s" % " ".join(words),
               run(*words, "-h", cache=cache),
               run(*words, "--help", cache=cache))
    for verb in ("list", "show", "drop", "export", "stats", "repack"):
        h.check("cache --help has " + verb, "cache " + verb in out, out)


def lists(cache):
    out = run("cache", "list", cache=cache)[1]
    rows = [line.split("\t") for line in out.splitlines()]
    h.same("a line for each", sorted(r[0] for r in rows),
           sorted(["xn--bcher-kva.example" if "ü" in k else
                   k + ":25" if k[0] == "[" else k for k in KEYS]))
    h.check("eight fields", all(len(r) == 8 for r in rows), rows)
    by_key = {r[0]: r for r in rows}
    for key, verdict, mode in (
            ("all-u.example", "dane-only", "-"),
            ("all-n-sts.example", "secure", "enforce"),
            ("testing.example", "NOTFOUND", "testing"),
            ("some-x.example", "dane", "-"),
            ("all-n.example", "NOTFOUND", "-"),
            ("xn--bcher-kva.example", "secure", "enforce")):
        h.same("the list has " + key,
               (by_key[key][2], by_key[key][5]), (verdict, mode))
    h.same("what failed is TEMP", by_key["mx-bogus.example"][2], "TEMP")
    now = time.time()
    h.check("times are seconds since the epoch", all(
        now - 600 < int(r[3]) <= now + 1 for r in rows), rows)
    h.same("sorted by key", [r[0] for r in rows], sorted(by_key))

    def keys(*args):
        return [o["key"] for o in objects("list", *args, cache=cache)]
    h.same("--match", keys("--match", "ALL-*.example"),
           ["all-n-sts.example", "all-n.example", "all-u.example"])
    h.same("--policy", keys("--policy"),
           ["all-n-sts.example", "testing.example", "xn--bcher-kva.example"])
    h.same("--failed", keys("--failed"), ["mx-bogus.example"])
    h.same("--verdict", keys("--verdict", "secure"),
           ["all-n-sts.example", "xn--bcher-kva.example"])
    h.same("--expired", keys("--expired"), [])
    h.same("--stale", keys("--stale"), [])
    h.same("--limit", len(keys("--limit", "3")), 3)
    expiry = objects("list", "--sort", "expiry", cache=cache)
    h.same("--sort expiry has those with a policy first",
           [o["expires"] is None for o in expiry],
           sorted(o["expires"] is None for o in expiry))
    due = [o["due"] for o in objects("list", "--sort", "due", cache=cache)]
    h.same("--sort due", due, sorted(due))
    used = [o["used"] for o in objects("list", "--sort", "used", cache=cache)]
    h.same("--sort used", used, sorted(used, reverse=True))
    h.same("nothing that fits", run("cache", "list", "--match", "y*",
                                    cache=cache)[:2], (1, ""))
    strict = objects("list", "--match", "testing.example", cache=cache,
                     settings=("map QUERY.testing=enforce",))
    h.same("verdicts are those of the map", strict[0]["verdict"], "secure")
    for columns in (80, 60, 120):
        text = on_terminal("cache", "list", cache=cache, columns=columns)
        lines = text.splitlines()
        h.check("%d columns are enough" % columns,
                max(map(len, lines)) < columns or columns == 60, text)
        h.check("with a header", lines[0].startswith("domain"), text)
        h.same("and all lines", len(lines), len(KEYS) + 1)


def shows(cache):
    code, out, err = run("cache", "show", "ALL-N-STS.Example.", cache=cache)
    h.same("show: exit code", code, 0)
    for words in ("QUERY, QUERYwithTLSRPT, postfix: secure",
                  "MTA-STS: mode enforce", "expires: in ", "  mx: n1.example",
                  "max_age: ", "DANE: secure MX, no host with TLSA",
                  "last used "):
        h.check("show tells: " + words, words in out, out)
    out = run("cache", "show", "bücher.example", cache=cache)[1]
    h.check("U-labels", out.startswith("xn--bcher-kva.example\n"), out)
    out = run("cache", "show", "mx-bogus.example", cache=cache)[1]
    h.check("why it failed", "incomplete, 1 time in a row" in out and
            "bogus" in out, out)
    code, out, err = run("cache", "show", "a.example", "all-u.example",
                         cache=cache)
    h.check("a missing domain is reported, the others are shown", code == 1 and
            "a.example is not in the cache" in err and
            out.startswith("all-u.example\n"), (code, out, err))
    o = objects("show", "all-n-sts.example", cache=cache)[0]
    h.same("JSON", (o["schema"], o["verdicts"]["QUERY"], o["uses"],
                    o["mta_sts"]["mode"]),
           ("cache-show-1", "secure", 1, "enforce"))
    h.check("with the policy", "mx: n1.example\n" in o["mta_sts"]["policy"],
            o)
    code, out, err = run("cache", "show", ".example", cache=cache)
    h.check("a parent key", code == 1 and "nothing is ever looked up" in err,
            err)


def exports(scratch, cache):
    code, out, err = run("cache", "export", "--due", cache=cache)
    lines = dict(line.split("\t") for line in out.splitlines()[1:])
    h.same("it is sorted", [line.split("\t")[0]
                            for line in out.splitlines()[1:]],
           sorted(line.split("\t")[0] for line in out.splitlines()[1:]))
    h.same("the export", (code, lines["all-u.example"],
                          lines["all-n-sts.example"], lines["[u1.example]"]),
           (0, "dane-only", "secure match=n1.example servername=hostname",
            "dane-only"))
    h.check("without what Postfix decides itself",
            "all-n.example" not in lines and "testing.example" not in lines and
            "mx-bogus.example" not in lines, out)
    out = run("cache", "export", "--due", "--map", "QUERYwithTLSRPT",
              cache=cache)[1]
    h.check("on another map", "policy_domain=xn--bcher-kva.example" in out,
            out)
    o = {o["key"]: o for o in objects("export", cache=cache)}
    h.same("JSON has all", len(o), len(KEYS))
    h.same("with the policy as Postfix gets it",
           o["[u1.example]:25"]["postfix"], "dane-only")
    postmap = shutil.which("postmap", path="/usr/sbin:/usr/bin")
    if postmap is None:
        print("postmap is missing (package postfix): not asked")
        return
    table = scratch.file("policy")
    with open(table, "w") as f:
        f.write(run("cache", "export", "--due", "--postfix",
                    cache=cache)[1])
    with open(scratch.file("main.cf"), "w") as f:
        f.write("compatibility_level = 3.6\n")
    open(scratch.file("master.cf"), "w").close()
    for key in ("all-u.example", "[u1.example]", "[u1.example]:25"):
        p = subprocess.run([postmap, "-c", scratch.path, "-q", key,
                            "texthash:" + table], stdout=subprocess.PIPE)
        h.same("postmap finds %s" % key, p.stdout.decode(), "dane-only\n")


def numbers(cache):
    o = objects("stats", cache=cache)[0]
    h.same("stats", (o["schema"], o["records"], o["policies"]["enforce"],
                     o["policies"]["testing"], o["dane"]["failed"],
                     o["verdicts"]["TEMP"] + o["verdicts"]["pending"] > 0),
           ("cache-stats-1", len(KEYS), 2, 1, 1, True))
    h.same("its size", o["file_bytes"], os.path.getsize(cache))
    h.check("and what is free of it", 0 < o["free_bytes"] < o["file_bytes"],
            o)
    out = run("cache", "stats", cache=cache)[1]
    h.check("for a person", "policies: 2 enforce, 1 testing, 0 none" in out,
            out)
    for line in on_terminal("cache", "stats", cache=cache).splitlines():
        h.check("80 columns", len(line) < 80, line)


def drops(cache):
    code, out, err = run("cache", "drop", "all-u.example",
                         "all-n-sts.example", cache=cache)
    h.same("drop", (code, out), (2, "1 record dropped\n"))
    h.check("an enforced policy is kept", "RFC 8461" in err and
            "--force" in err and "query --live all-n-sts.example" in err, err)
    h.same("it is still there",
           run("cache", "show", "all-n-sts.example", cache=cache)[0], 0)
    h.same("the other is not",
           run("cache", "show", "all-u.example", cache=cache)[0], 1)
    with h.Scratch() as alone:  # beside a resolve that knows no IDNA
        program = shutil.copy(h.MXPOLICY, alone.path)
        with open(alone.file("resolve"), "w") as f:
            f.write("#!/bin/sh\nexit 1\n")
        os.chmod(f.name, 0o755)
        p = subprocess.run(
            [program] + h.options(cache) + ["cache", "drop", "bücher.example",
                                            "all-n-sts.example"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    h.same("the largest exit code counts", p.returncode, 75)
    code, out, err = run("cache", "drop", "all-u.example", cache=cache)
    h.check("a missing domain", code == 1 and "not in the cache" in err, err)
    out = run("cache", "drop", "--dry-run", "--failed", cache=cache)[1]
    h.same("--dry-run prints", out, "mx-bogus.example\n")
    h.same("and drops nothing",
           run("cache", "show", "mx-bogus.example", cache=cache)[0], 0)
    h.same("--failed", run("cache", "drop", "--failed", cache=cache)[:2],
           (0, "1 record dropped\n"))
    h.same("--match", run("cache", "drop", "--match", "nullmx.*",
                          cache=cache)[:2], (0, "1 record dropped\n"))
    h.same("by standard input", run("cache", "drop", "-", cache=cache,
                                    stdin="some-x.example # no more\n")[:2],
           (0, "1 record dropped\n"))
    code, out, err = run("cache", "drop", "--all", cache=cache,
                         settings=("map QUERY.testing=enforce",))
    h.check("--all keeps what a map enforces", code == 2 and
            "3 records are kept" in err, (code, out, err))
    code, out, err = run("cache", "drop", "--all", cache=cache)
    h.check("on other maps testing is not a promise", code == 2 and
            "2 records are kept" in err, (code, out, err))
    o = objects("drop", "--all", "--force", cache=cache)
    h.same("--force drops them as well",
           sorted((x["key"], x["dropped"], x["promise"]) for x in o),
           [("all-n-sts.example", True, True),
            ("xn--bcher-kva.example", True, True)])
    h.same("nothing is left", run("cache", "list", cache=cache)[:2], (1, ""))


def permissions(cache):
    fill(cache, "all-n-sts.example")
    before = digest(cache)
    os.chmod(cache, 0o440)
    h.same("permission to read is enough to list",
           run("cache", "list", cache=cache, preexec=plain_root)[0], 0)
    for args in (("drop", "--all", "--force"), ("repack",)):
        code, out, err = run("cache", *args, cache=cache, preexec=plain_root)
        h.check("%s needs the right to write" % args[0], code == 77 and
                cache + " can be changed only by root" in err, (code, err))
    h.same("a dry run does not", run("cache", "drop", "--all", "--dry-run",
                                     cache=cache, preexec=plain_root)[0], 2)
    os.chmod(cache, 0)
    code, out, err = run("cache", "list", cache=cache, preexec=plain_root)
    h.check("a user without permission learns who has it", code == 77 and
            cache + " can be read only by root" in err, (code, err))
    os.chmod(cache, 0o640)
    h.same("nothing was changed", digest(cache), before)


def readers_change_nothing(cache):
    beside = sorted(os.listdir(os.path.dirname(cache)))
    before = digest(cache), os.stat(cache).st_mtime_ns
    for args in (("list",), ("show", "all-n-sts.example"), ("export",),
                 ("stats",)):
        run("cache", *args, cache=cache)
    h.same("reading changes nothing",
           (digest(cache), os.stat(cache).st_mtime_ns), before)
    h.same("and makes nothing", sorted(os.listdir(os.path.dirname(cache))),
           beside)


def damaged(cache):
    with open(cache, "r+b") as f:
        f.write(b"\0" * 4096)
    before = digest(cache)
    for args in (("list",), ("stats",), ("drop", "--all"), ("repack",)):
        code, out, err = run("cache", *args, cache=cache)
        h.check("damaged: %s says so" % args[0], code == 69 and
                "prefetch repairs" in err, (code, err))
    h.same("and leaves it as it is", digest(cache), before)


with h.Scratch() as empty:
    absent_and_refused(empty)
with h.Scratch() as scratch:
    CACHE = scratch.file("cache.tdb")
    fill(CACHE, *KEYS)
    lists(CACHE)
    shows(CACHE)
    exports(scratch, CACHE)
    numbers(CACHE)
    readers_change_nothing(CACHE)
    drops(CACHE)
    size = os.path.getsize(CACHE)
    repacked = objects("repack", cache=CACHE)[0]
    h.same("repack tells both sizes",
           (repacked["bytes_before"], repacked["bytes_after"]),
           (size, os.path.getsize(CACHE)))
    # How much it gives back is prefetch_test: a file this small has little.
    h.check("and takes no more room", os.path.getsize(CACHE) <= size)
    permissions(CACHE)
    damaged(CACHE)
h.done()
