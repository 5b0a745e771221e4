# lint: what a publisher is told, of a file, of a record, of a domain.
# SPDX-License-Identifier: MIT
import json
import os
import re
import subprocess
import harness as h


def lint(*args, stdin=b"", json_lines=False):
    p = subprocess.run([h.MXPOLICY] + h.options("") + ["lint"] +
                       (["--json"] if json_lines else []) + list(args),
                       input=stdin, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE,
                       env=dict(os.environ, LC_ALL="C.UTF-8"))
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def findings(*args, stdin=b""):
    """exit status, and (level, id, line, column) of each finding"""
    code, out, _ = lint(*args, stdin=stdin, json_lines=True)
    rows = [json.loads(line) for line in out.splitlines()]
    return code, [(r["level"], r["id"], r["line"], r["column"]) for r in rows]


GOOD = "version: STSv1\nmode: enforce\nmx: mail.a.example\nmax_age: 604800\n"

# Policy files: what is told of each, and with which status.
for name, text, status, told in (
        ("a good one", GOOD, 0, []),
        ("the same with CRLF", GOOD.replace("\n", "\r\n"), 0, []),
        ("all that is wrong, not the first alone",
         "version: STSv2\nmode: on\nmx: mail-\nmx: .a.example\nmax_age: 1d\n",
         2, [("error", "version", 1, 10), ("error", "mode", 2, 7),
             ("error", "mx", 3, 5), ("error", "mx", 4, 5),
             ("error", "max_age", 5, 10)]),
        ("an empty file", "", 2, [("error", "empty", 0, 0)]),
        ("not a word too many", "version: STSv1\n", 2,
         [("error", "missing", 0, 0)] * 2),
        ("a kind is told once, and what is there is not missing",
         "  version: STSv1\n  mode: none\n  max_age: 9\n", 2,
         [("error", "indented", 1, 1)]),
        ("comments and empty lines", "# a\n# b\n\n\n" + GOOD, 2,
         [("error", "comment", 1, 1), ("warning", "empty-line", 3, 1)]),
        ("a misspelt name, and the right one as well",
         GOOD + "Mode: none\n", 0, [("warning", "field-name", 5, 1)]),
        ("a template", GOOD.replace("enforce", "[enforce|none]"), 2,
         [("error", "placeholder", 2, 1)]),
        ("a host that nobody has", GOOD.replace("a.", "yourdomain."), 0,
         [("warning", "placeholder", 3, 5)]),
        ("an mx twice", GOOD + "mx: mail.a.example\n", 0,
         [("note", "mx-twice", 5, 5)]),
        ("an id", GOOD + "id: 20240101\n", 0,
         [("note", "unknown-field", 5, 1)]),
        ("not a policy, of many lines", "hello\n" * 2000, 2,
         [("error", "not-a-policy", 1, 1)]),
        ("a misspelt mx", GOOD.replace("mx", "MX"), 2,
         [("error", "field-name", 3, 1)]),
        ("what senders take all the same",
         GOOD.replace("a.example", "a.example.") + "\nmode: none\nx: {\n", 0,
         [("warning", "mx-dot", 3, 5), ("warning", "empty-line", 5, 1),
          ("warning", "again", 6, 1), ("note", "unknown-field", 7, 1),
          ("warning", "left-out", 7, 4)]),
        ("an hour", GOOD.replace("604800", "3600"), 0,
         [("warning", "max_age-short", 4, 10)]),
        ("no time at all", GOOD.replace("604800", "0"), 0,
         [("warning", "max_age-short", 4, 10)]),
        ("a second less than a day", GOOD.replace("604800", "86399"), 0,
         [("warning", "max_age-short", 4, 10)]),
        ("a day", GOOD.replace("604800", "86400"), 0,
         [("note", "max_age-short", 4, 10)]),
        ("two days", GOOD.replace("604800", "172800"), 0,
         [("note", "max_age-short", 4, 10)]),
        ("two years", GOOD.replace("604800", "63115200"), 0,
         [("warning", "max_age-cap", 4, 10)]),
        ("an hour, testing",
         GOOD.replace("604800", "3600").replace("enforce", "testing"), 0,
         [("note", "mode-testing", 2, 7), ("note", "max_age-short", 4, 10)]),
        ("none", "version: STSv1\nmode: none\nmax_age: 60\n", 0,
         [("note", "mode-none", 2, 7)]),
        ("a byte order mark", "\ufeff" + GOOD, 2,
         [("error", "no-field", 1, 1)]),
        ("HTML", "<html>\n<body>\n", 2, [("error", "form", 1, 1)]),
        ("JSON", '{"version": "STSv1"}\n', 2, [("error", "form", 1, 1)]),
        ("more than 64 KiB", GOOD + "x: y\n" * 14000, 2,
         [("error", "size", 0, 0)])):
    h.same(name, findings("--policy", "-", stdin=text.encode()),
           (status, told))
for encoding, mark in (("utf-16-le", ""), ("utf-16-be", ""),
                       ("utf-16-le", "\ufeff"), ("utf-16-be", "\ufeff")):
    h.same("%s, a mark: %r" % (encoding, mark), findings(
        "--policy", "-", stdin=(mark + GOOD).encode(encoding)),
        (2, [("error", "encoding", 0, 0)]))
h.same("warnings count with --strict", findings(
    "--strict", "--policy", "-", stdin=GOOD.replace("604800", "9").encode()),
    (2, [("warning", "max_age-short", 4, 10)]))
h.same("notes do not", findings(
    "--strict", "--policy", "-",
    stdin=GOOD.replace("604800", "172800").encode())[0], 0)

# Each mistake that people make has its own words.
for value, words in (
        ("mail.a.example, b.a.example", "only one name on each mx line"),
        (".a.example", "not .example.com"),
        ("*mail.a.example", "as in *.example.com"),
        ("[192.0.2.1]", "a name, not an address"), ("", "without a name"),
        ("mx_.-.example", "must be a host name")):
    out = lint("--policy", "-", stdin=GOOD.replace(
        "mail.a.example", value).encode())[1]
    h.check("mx: " + value, "-:3:" in out and words in out, out)

for line, words in (
        ("# a note", "a policy cannot have comments"),
        ("max-age: 86400", "the field is written max_age"),
        ("Mode: enforce", "the field is written mode")):
    out = lint("--policy", "-", stdin=(GOOD + line).encode())[1]
    h.check("line: " + line, "-:5:1: " in out and words in out, out)

# TXT records.
for text, status, told in (
        ("v=STSv1; id=20260101;", 0, []),
        ("v=STSv1; id=2026-01-01;", 2, [("error", "txt-id", 1, 13)]),
        ("v=STSv1 id=1", 2, [("error", "txt-version", 1, 8)]),
        ("v=stsv1; id=1", 2, [("error", "txt-version", 1, 1)]),
        ("v=STSv1;", 2, [("error", "txt-no-id", 1, 9)]),
        ("v=STSv1; id = 1", 2, [("error", "txt-field", 1, 10)]),
        ("v=STSv1; id=1; id=2; x=y", 0,
         [("warning", "again", 1, 16), ("note", "unknown-field", 1, 22)]),
        ("v=STSv1; id=1; MODE=x", 0, [("note", "unknown-field", 1, 16)])):
    h.same("TXT " + text, findings("--txt", text), (status, told))

# The exact text of a finding: place, words, line, mark; then the sum.
code, out, err = lint("--policy", "-", stdin=GOOD.replace(
    "mode: ", "mode:  x\x1b[1m").encode())
h.same("as text", out, """\
-:2:8: error: "x?[1menforce": the mode must be enforce, testing or none, \
in lower case
    mode:  x?[1menforce
           ^
mxpolicy lint: 1 error, 0 warnings
""")
out = lint("--policy", "-", stdin=GOOD.replace(
    "enforce", "on").replace("\n", "\r\n").encode())[1]
h.check("of a line that ends with CRLF, what is before",
        "\n    mode: on\n          ^\n" in out, out)
out = lint("--policy", "-", stdin=GOOD.replace(
    "mode: enforce", "mode:" + " " * 100 + "x" * 100).encode())[1]
h.check("of a long line, the part around the mark",
        "\n    " + " " * 48 + "x" * 24 + "\n    " + " " * 48 + "^\n" in out,
        out)
out = lint("--policy", "-", stdin=(GOOD + "mx: " + "x" * 3000 + ".a.example "
                                   "y.a.example\n").encode())[1]
h.check("of a long line, a part", max(map(len, out.splitlines())) < 200, out)

# Domains of the world.
STS = "https://mta-sts.%s/.well-known/mta-sts.txt"
for domain, status, told in (
        ("good.example", 0, []),
        ("all-n.example", 1, [("note", "txt-absent", 0, 0)]),
        ("badstar.example", 2, [("error", "mx", 3, 5)]),
        ("all-n-sts.example", 2, [("error", "mx-not-in-policy", 0, 0)]),
        ("notfound.example", 2, [("error", "sts-policy-fetch-error", 0, 0)]),
        ("moved.example", 2, [("error", "sts-policy-fetch-error", 0, 0)]),
        ("expired-cert.example", 2, [("error", "sts-webpki-invalid", 0, 0)]),
        ("self-signed.example", 2, [("error", "sts-webpki-invalid", 0, 0)]),
        ("html.example", 2, [("error", "sts-policy-invalid", 0, 0)]),
        ("bomb.example", 2, [("error", "sts-policy-invalid", 0, 0)]),
        ("mx-bogus-sts.example", 75, [("warning", "mx-unknown", 0, 0)]),
        ("txt-servfail.example", 75, [("warning", "txt-unknown", 0, 0)]),
        ("txt-two.example", 2, [("error", "txt-several", 0, 0)]),
        ("txt-nosemi.example", 2, [("error", "txt-version", 1, 8)]),
        ("txt-noid.example", 2, None),
        ("txt-badid.example", 2, None),
        ("txt-case.example", 2, [("error", "txt-version", 1, 1)]),
        ("txt-other.example", 0, None),
        ("nullmx-sts.example", 0, [("note", "no-mail", 0, 0)]),
        ("testing.example", 0, [("note", "mode-testing", 2, 7)]),
        (".example", 2, [("error", "no-domain", 0, 0)])):
    code, seen = findings(domain)
    h.same(domain, (code, seen if told is not None else None), (status, told))
p = subprocess.run(
    [h.MXPOLICY] + h.options("", "https-proxy=http://203.0.113.2:3128") +
    ["lint", "--json", "good.example"], stdout=subprocess.PIPE)
h.same("a proxy of ours that refuses is not the domain's fault",
       (p.returncode, json.loads(p.stdout)["id"]), (75, "policy-unknown"))
out = lint("txt-servfail.example")[1]
h.check("a record that was not determined is not none",
        out.endswith("txt-servfail.example: 0 errors, 1 warning, not "
                     "everything could be checked\n"), out)
code, out, err = lint("badstar.example")
h.same("a domain as text", out, """\
%s:3:5: error: "*mail.example": an asterisk replaces the whole first label, \
as in *.example.com
    mx: *mail.example
        ^
badstar.example: 1 error, 0 warnings
""" % (STS % "badstar.example"))
h.same("nothing published", lint("all-n.example")[1],
       "_mta-sts.all-n.example TXT: note: no MTA-STS record: senders do "
       "not look for a policy\n"
       "all-n.example: no MTA-STS policy is published\n")
h.check("a host has no MX", lint("--policy", "-", "[n1.example]",
                                 stdin=GOOD.encode())[1].startswith(
    "_mta-sts.n1.example TXT: note: no MTA-STS record: senders do not look "
    "for a policy\nn1.example: error: n1.example matches no mx line"))
h.check("each has its own sum", lint("badstar.example", "good.example")[1]
        .endswith("good.example: no problems found\n"))
h.same("what was not determined comes before what is wrong", findings(
    "--policy", "-", "txt-servfail.example", stdin=b"<"), (
    75, [("warning", "txt-unknown", 0, 0), ("error", "form", 1, 1)]))
code, out, err = lint("good.example", "badstar.example", "all-n.example")
h.check("of several, the worst counts", code == 2 and
        out.startswith("good.example: no problems found\n"), (code, out))

# Records that want to be one of MTA-STS.
for text, told in (
        ("v=STS1; id=1;", ("error", "txt-version", 1, 1)),
        ("version=STSv1; id=1;", ("error", "txt-version", 1, 1))):
    subprocess.run([h.world_tool("zone-set")], check=True, input=(
        "@ MX 10 mx1\nmx1 A 192.0.2.1\n_mta-sts TXT \"%s\"\n" %
        text).encode())
    h.same("published TXT: " + text, findings("live.example")[1], [told])

for name, zone, status, told in (
        ("two broken records are two",
         '_mta-sts TXT "v=STSv1;"\n_mta-sts TXT "v=STSv1; id=a-b;"', 2,
         ["txt-id", "txt-no-id", "txt-several"]),
        ("a record of something else is none", '_mta-sts TXT "v=spf1"', 1,
         ["txt-absent", "txt-other"]),
        ("without a record nothing is said of hosts", "@ MX 20 none", 1,
         ["txt-absent"])):
    subprocess.run([h.world_tool("zone-set")], check=True, input=(
        "@ MX 10 mx1\nmx1 A 192.0.2.1\n%s\n" % zone).encode())
    code, seen = findings("live.example")
    h.same(name, (code, sorted(row[1] for row in seen)), (status, told))

# More TLSA records than some senders can take.
for n, told in ((12, []), (13, [("warning", "tlsa-many", 0, 0)])):
    h.zone_set("@ MX 10 mx1\nmx1 A 192.0.2.1\nmta-sts A 203.0.113.10\n" +
               "".join("_25._tcp.mx1 TLSA 3 1 1 %064x\n" % (i + 1)
                       for i in range(n)))
    h.same("%d TLSA records" % n, findings(
        "--policy", "-", "--txt", "v=STSv1; id=1;", "live.example",
        stdin=GOOD.replace("mail.a", "mx1.live").encode())[1], told)

# DNSSEC that some senders take for none, also where there is no MTA-STS.
for domain, told in (("sha1.example", ["dnssec-sha1"]),
                     ("no-tlsa.hashed.example", ["nsec3-iterations"]),
                     ("all-u.nsec3", []), ("all-u.example", [])):
    h.same("DNSSEC of " + domain, [
        row[1] for row in findings(domain)[1] if row[0] == "warning"], told)

# MX hosts against the policy, before and after it is published.
subprocess.run([h.world_tool("zone-set")], check=True, input=(
    b"@ MX 10 mx1\n@ MX 20 alias\n@ MX 30 gone\nmx1 A 192.0.2.1\n"
    b"alias CNAME mx1\nmta-sts A 203.0.113.10\n"))
POLICY = """version: STSv1
mode: enforce
mx: mx1.live.example
mx: old.live.example
mx: *.live.example
mx: *.other.example
max_age: 604800
"""
LIVE = [("warning", "mx-no-address", 0, 0), ("note", "mx-alias", 0, 0),
        ("warning", "mx-unused", 4, 5), ("warning", "mx-unused", 6, 5)]
NO_TXT = [("note", "txt-absent", 0, 0)]
h.same("to be published", findings(
    "--policy", "-", "--txt", "v=STSv1; id=1;", "live.example",
    stdin=POLICY.encode()), (0, LIVE))
h.same("without the star", findings(
    "--policy", "-", "live.example",
    stdin=POLICY.replace("mx: *.live.example\n", "").encode()), (
    2, NO_TXT + LIVE[:2] + [("error", "mx-not-in-policy", 0, 0)] * 2 +
    [("warning", "mx-unused", 4, 5), ("warning", "mx-unused", 5, 5)]))
h.same("the same in testing", findings(
    "--policy", "-", "live.example", stdin=POLICY.replace(
        "mx: *.live.example\n", "").replace("enforce", "testing").encode()), (
    0, NO_TXT + [("note", "mode-testing", 2, 7)] + LIVE[:2] +
    [("warning", "mx-not-in-policy", 0, 0)] * 2 +
    [("warning", "mx-unused", 4, 5), ("warning", "mx-unused", 5, 5)]))
h.same("the same, and it is not valid", findings(
    "--policy", "-", "live.example", stdin=POLICY.replace(
        "mx: *.live.example\n", "").replace("604800", "soon").encode()), (
    2, NO_TXT + [("error", "max_age", 6, 10)] + LIVE[:2] +
    [("warning", "mx-not-in-policy", 0, 0)] * 2 +
    [("warning", "mx-unused", 4, 5), ("warning", "mx-unused", 5, 5)]))
h.same("in mode none nothing has to match", findings(
    "--policy", "-", "live.example",
    stdin=POLICY.replace("enforce", "none").encode()), (
    0, NO_TXT + [("note", "mode-none", 2, 7)] + LIVE[:2]))
for ttl, told in ((43200, []), (50000, [("note", "txt-ttl", 0, 0)])):
    subprocess.run([h.world_tool("zone-set")], check=True, input=(
        '@ MX 10 mx1\nmx1 A 192.0.2.1\n'
        '_mta-sts %d TXT "v=STSv1; id=1;"\n' % ttl).encode())
    h.same("a TTL of %d" % ttl, findings(
        "--policy", "-", "live.example",
        stdin=GOOD.replace("mail.a", "mx1.live").encode()), (0, told))
subprocess.run([h.world_tool("zone-set"), "-r"], check=True)

# The members, as mxpolicy-json(5) has them.
o = json.loads(lint("badstar.example", json_lines=True)[1])
h.same("the object", {k: v for k, v in o.items() if k != "text"},
       {"schema": "lint-1", "target": "badstar.example", "level": "error",
        "id": "mx", "source": STS % "badstar.example", "line": 3,
        "column": 5})

# The command line.
for args, status, words in (
        ((), 64, "no DOMAIN, --policy or --txt given"),
        (("--policy",), 64, "--policy needs a value"),
        (("--policy", "/nonexistent"), 69, "/nonexistent: No such file"),
        (("--policy", "/"), 69, "/: Is a directory"),
        (("--policy", "-", "-"), 64, "the policy or the domains, not both")):
    code, out, err = lint(*args)
    h.check(" ".join(("lint",) + args), code == status and words in err and
            out == "", (code, out, err))
p = subprocess.run([h.MXPOLICY] + h.options("") + ["lint", "-"],
                   stdin=os.open("/", os.O_RDONLY), stderr=subprocess.PIPE)
h.check("standard input cannot be read", p.returncode == 69 and
        b"Is a directory" in p.stderr, (p.returncode, p.stderr))

# On a terminal.
with h.Scratch() as scratch:
    path = scratch.file("mta-sts.txt")
    with open(path, "w") as f:
        f.write(POLICY.replace("enforce", "Enforce") + "<\n" * 3)
    for no_color in (False, True):
        env = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")
        env.pop("NO_COLOR", None)
        if no_color:
            env["NO_COLOR"] = "1"
        out = h.on_terminal([h.MXPOLICY] + h.options("") +
                            ["lint", "badstar.example", "notfound.example"] +
                            (["--policy", path] if no_color else []), env)
        h.same("colours, NO_COLOR %s" % no_color, "\033[" in out,
               not no_color)
        plain = re.sub(r"\033\[[0-9;]*m", "", out)
        h.check("in 80 columns", h.columns(plain) <= 80, plain)
h.done()
