# query: what `mxpolicy query` prints.
# SPDX-License-Identifier: MIT
import json
import os
import re
import subprocess
import harness as h


def run(*args, cache="", lang="C.UTF-8", settings=()):
    env = dict(os.environ, LC_ALL=lang)
    p = subprocess.run([h.MXPOLICY] + h.options(cache, *settings) +
                       list(args), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, env=env)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


for key, code, reply in (
        ("all-u.example", 0, "OK dane-only\n"),
        ("all-n-sts.example", 0,
         "OK secure match=n1.example servername=hostname\n"),
        ("all-n.example", 1, "NOTFOUND \n"),
        ("[192.0.2.1]", 1, "NOTFOUND \n"),
        ("ALL-U.Example.", 0, "OK dane-only\n")):
    got = run("query", "--map", "QUERY", key)
    h.same("query %s" % key, got[:2], (code, reply))
code, out, err = run("query", "--map", "QUERY", "mx-bogus.example")
h.same("TEMP is exit code 75", code, 75)
h.check("with its reason", out.startswith("TEMP MX mx-bogus.example: bogus"),
        out)
code, out, err = run("query", "--map", "QUERYwithTLSRPT",
                     "all-n-sts.example")
h.check("--map", "policy_type=sts policy_domain=all-n-sts.example" in out,
        out)

# All maps at once, and the age.
code, out, err = run("query", "all-n-sts.example")
h.check("all maps", out.startswith(
    "all-n-sts.example\n"
    "  QUERY, postfix: OK secure match=n1.example servername=hostname\n"
    "  QUERYwithTLSRPT: OK secure match=n1.example servername=hostname "
    "policy_type=sts "), out)
for words in ("looked up now", "DANE: secure MX, no host with TLSA; looked up ",
              "MTA-STS: policy 1, mode enforce; fetched ",
              "expires in 7 days"):
    h.check("query tells: " + words, words in out, out)
h.check("and what it means", "  Mail goes only to MX hosts with a trusted "
        "certificate for a name of the MTA-STS policy.\n" in out, out)
code, out, err = run("query", "--brief", "all-u.example", "all-n.example",
                     "mx-bogus.example")
lines = [line.split("\t") for line in out.splitlines()]
h.same("--brief", [line[:2] for line in lines], [
    ["all-u.example", "dane-only"], ["all-n.example", "NOTFOUND"],
    ["mx-bogus.example", "TEMP"]])
h.check("and why", len(lines[2]) == 3 and "bogus" in lines[2][2], out)
h.check("what is not looked up is reported",
        "Nothing is looked up" in run("query", "[192.0.2.1]")[1])

# Many from standard input, looked up at once, printed in order.
with open(os.path.join(os.environ["WORLD_CASES"])) as f:
    rows = [line.rstrip("\n").split("\t") for line in f
            if not line.startswith("#")]
rows = [(r[1], r[2]) for r in rows if not r[1].startswith(
    ("hang.", "drip.", "silent", "txt-silent", "twons")) and r[1] and
    " " not in r[1] and "*" not in r[2] and not r[2].startswith("TEMP")]
p = subprocess.run([h.MXPOLICY] + h.options("") + ["query", "--map", "QUERY"],
                   stdout=subprocess.PIPE, input="# all\n" + "".join(
                       "%s # no domain\n" % key for key, _ in rows),
                   encoding="utf-8")
lines = p.stdout.splitlines()
h.same("an answer for each", [line.split("\t")[0] for line in lines],
       [key for key, _ in rows])
wrong = [(line, row) for line, row in zip(lines, rows)
         if line.split("\t")[1] != row[1]]
h.check("%d names from standard input" % len(rows),
        len(rows) > 150 and not wrong, wrong[:3])

# Names do not contain control characters, and a terminal would obey them.
p = subprocess.run([h.MXPOLICY] + h.options("") + ["query", "--map", "QUERY"],
                   stdout=subprocess.PIPE,
                   input=b"all-u.example\0.\n\033[2Jall-u.example\t\033 "
                   b"\177\n")
h.same("control characters", p.stdout,
       b"all-u.example?.\tNOTFOUND \n?[2Jall-u.example\tNOTFOUND \n"
       b"?\tNOTFOUND \n?\tNOTFOUND \n")

# If nobody reads the answers, no more are looked up.
mark = h.Mark()
ours, theirs = os.pipe()
os.close(ours)
subprocess.run([h.MXPOLICY] + h.options("") + ["query", "--json"],
               stdout=theirs, input="".join("n%d.plain\n" % i
                                            for i in range(500)).encode())
os.close(theirs)
h.same("the reader has gone", (mark.dns("n0.plain", "MX") > 0,
                               mark.dns("n499.plain", "MX")), (True, 0))

# The progress, on a terminal that does not get the answers.
ours, theirs = os.openpty()
p = subprocess.run([h.MXPOLICY] + h.options("") + ["query", "--"] +
                   [key for key, _ in rows], stdout=subprocess.PIPE,
                   stderr=theirs)
os.close(theirs)
shown = ""
try:
    while True:
        shown += os.read(ours, 65536).decode()
except OSError:  # EIO: nobody has it open any more
    os.close(ours)
h.check("a bar while it goes on, and nothing of it after", re.search(
    r"\r\[#* *\] \d+/%d" % len(rows), shown) and
    shown.endswith("\r\033[K"), shown[-200:])

# The object: the members of mxpolicy-json(5), with their types.
code, out, err = run("query", "--json", "all-n-sts.example", "all-u.example",
                     "mx-bogus.example", "[192.0.2.1]")
h.same("the worst counts", code, 75)
a, u, bad, none = [json.loads(line) for line in out.splitlines()]
h.same("schema", {x["schema"] for x in (a, u, bad, none)}, {"query-1"})
h.same("members", sorted(a), sorted([
    "schema", "next_hop", "key", "verdict", "why", "cached", "replies",
    "dane", "mta_sts"]))
h.same("a policy", (a["mta_sts"]["mode"], a["mta_sts"]["max_age"],
                    a["mta_sts"]["expires"] - a["mta_sts"]["fetched"]),
       ("enforce", 604800, 604800))
h.same("a finding", (u["verdict"], u["dane"]["usable"], u["cached"]),
       ("dane-only", 2, False))
h.check("a failure has its reason", "bogus" in bad["why"] and
        bad["dane"]["failed"] is True, bad)
h.same("no lookup", ("dane" in none, none["verdict"]), (False, "NOTFOUND"))

for args, words in (
        (("query", "--colour", "a.example"), "unknown option --colour"),
        (("query", "a.example", "--colour"), "unknown option --colour"),
        (("query", "a.example", "-xy", "b.example"), "unknown option -x"),
        (("query", "a.example", "--live=now"), "unknown option --live=now"),
        (("query", "--map", "nosuch", "a.example"), "there is no map nosuch"),
        (("query", "--map"), "--map needs a value"),
        (("query", "--color", "blue", "a.example"), "not blue"),
        (("quarry",), "unknown verb quarry"),
        (("cache",), "cache: no subcommand given"),
        (("cache", "list-all"), "cache: unknown subcommand list-all"),
        (("--json", "query", "a.example"),
         "unknown option --json before the verb"),
        ((), "no verb given")):
    code, out, err = run(*args)
    h.check("%s: EX_USAGE and clear words" % " ".join(args),
            code == 64 and words in err and out == "", (code, out, err))
# What Postfix delivers by SRV records has no MX hosts: neither those of the
# policy nor those with TLSA.
for key, without, by_srv in (
        ("all-n-sts.example:submission", "OK secure match", "NOTFOUND"),
        ("all-u.example:submission", "NOTFOUND", "NOTFOUND"),
        ("u-587-mx.example:submission", "OK dane-only", "NOTFOUND"),
        ("u-587-mx.example:587", "OK dane-only", "OK dane-only"),
        ("[u-587.example]:submission", "OK dane-only", "OK dane-only"),
        ("all-n-sts.example", "OK secure match", "OK secure match")):
    for settings, wanted in (((), without),
                             (("srv-services=submission",), by_srv)):
        out = run("query", key, settings=settings)[1]
        h.check("%s, %s" % (key, settings), wanted in out, out)
code, out, err = run("query", "a.example", settings=("nonsense=1",))
h.check("a bad setting", code == 64 and "unknown key" in err, err)
p = subprocess.run([h.MXPOLICY, "--help"], stdout=subprocess.PIPE)
h.check("--help", p.returncode == 0 and b"query" in p.stdout, p.stdout)
h.check("--help in 80 columns",
        h.columns(p.stdout.decode()) <= 80)
verbs = [line.split("  ")[1] for line in p.stdout.decode().split("Verbs:\n")[1]
         .split("\n\n")[0].splitlines() if re.match("  [a-z]", line)]
h.check("there are verbs", "query" in verbs and "explain" in verbs, verbs)
for verb in verbs:
    out = run(*verb.split(), "--help")[1]
    h.check("%s --help" % verb, out.startswith("usage: mxpolicy ") and
            " %s [OPTION]..." % verb in out and "  --json " in out, out)
    h.check("%s --help in 80 columns" % verb,
            h.columns(out) <= 80, out)
    code, out, err = run(*verb.split(), "--no-such-option")
    h.check("%s: a bad option" % verb,
            code == 64 and "unknown option --no-such-option" in err and
            out == "", (code, out, err))
for verb in ("query all-u.example", "explain all-u.example",
             "lint all-u.example", "metrics", "query --help"):
    with open("/dev/full", "w") as full:
        p = subprocess.run([h.MXPOLICY] + h.options("") + verb.split(),
                           stdout=full, stderr=subprocess.PIPE)
    h.check("no room for what %s prints" % verb, p.returncode == 69 and
            (b"No space left" in p.stderr or b"Input/output" in p.stderr),
            (p.returncode, p.stderr))
for what, make, words in (
        ("a fifo", os.mkfifo, "it is no file"),
        ("a directory", os.mkdir, "Is a directory")):
    with h.Scratch() as scratch:
        make(scratch.file("cache.tdb"))
        for verb in ("query all-u.example", "cache list"):
            code, out, err = run(*verb.split(), cache=scratch.file(
                "cache.tdb"))
            h.check("the cache is %s, %s" % (what, verb),
                    words in err or words in out, (code, out, err))
p = subprocess.run([h.MXPOLICY, "-c", "/", "query", "[192.0.2.1]"],
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
h.check("settings that are a directory are reported",
        b"/: Is a directory" in p.stderr, p.stderr)
p = subprocess.run([h.MXPOLICY, "--version"], stdout=subprocess.PIPE)
h.check("--version", p.stdout.startswith(b"mxpolicy "), p.stdout)
for library in (b"libunbound", b"libcurl", b"GnuTLS"):
    h.check("it names %s" % library.decode(), any(
        line.split()[0] == library and line.split()[1][:1].isdigit()
        for line in p.stdout.splitlines()), p.stdout)

# It shows what is served: from the same cache, without a lookup.
with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    with h.Session(cache, stderr=subprocess.DEVNULL) as s:
        s.ask("all-u.example")
    mark = h.Mark()
    out = run("query", "all-u.example", cache=cache)[1]
    h.check("the cached answer", "postfix: OK dane-only\n" in out, out)
    h.same("costs no lookup", mark.dns("all-u.example", "MX"), 0)
    run("query", "--live", "all-u.example", cache=cache)
    h.check("--live does", mark.dns("_25._tcp.u1.example", "TLSA") +
            mark.dns("all-u.example", "MX") > 0)
h.done()
