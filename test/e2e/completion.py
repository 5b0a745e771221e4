# completion: three shells offer what --help and the manual list, and no more.
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import sys
import harness as h
import shells

CONFIG = "idle-timeout = 200\n[map strict]\ntesting = enforce\n"
VALUES = ("cache list --sort", "cache list --verdict", "query --color",
          "-o sts-failure=", "-o log-level=", "-o resolver=")


def run(*args):
    p = subprocess.run([h.MXPOLICY] + list(args), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE,
                       env=dict(os.environ, LC_ALL="C.UTF-8"))
    return p.returncode, p.stdout.decode()


def explained(*verb):
    """{name: text} of the indented lines of a --help, texts in one line."""
    found, name = {}, None
    for line in run(*verb, "--help")[1].split("\n"):
        m = re.match(r"  ([a-z]+(?: [a-z]+)?|-[-a-z0-9]+)(?: [A-Z=]+)*"
                     r"(?:  +(.*)|$)", line)
        if m:
            name = m[1]
            found[name] = m[2] or ""
        elif name and line.startswith(" " * 10):
            found[name] = (found[name] + " " + line.strip()).strip()
        else:
            name = None
    return found


def keys_of_manual():
    """Keys of mxpolicy.conf(5), which another test compares with the code."""
    with open(os.path.join(h.SOURCE, "man/mxpolicy.conf.5")) as f:
        text = f.read()
    general, of_maps = text.split(".Ss Maps")
    return tuple(re.findall(r"^\.It Ic (\S+)", part, re.M)
                 for part in (general, of_maps))


def plain(line, offers):
    """Offers as words: without what the shell needs around them, and without
    what was there in front of the value."""
    word = line.split(" ")[-1]
    prefix = word[:word.index("=") + 1] if "=" in word else ""
    words = set()
    for offer in offers:
        offer = offer.split("\t")[0].replace("\\", "")
        if offer.startswith(prefix):
            offer = offer[len(prefix):]
        words.add(offer if prefix else offer.rstrip("="))
    return words


def expectations(cache, config, directory):
    """{line after "mxpolicy ": set of words}"""
    maps = ("QUERY", "QUERYwithTLSRPT", "postfix")
    general, of_maps = keys_of_manual()
    verbs = {v: t for v, t in explained().items() if v[0] != "-"}
    settings = set(general) | {"map %s.%s" % (m, k) for m in maps
                               for k in of_maps}
    wanted = {"": {v.split(" ")[0] for v in verbs},
              "-": {"-c", "-o", "--help", "--version"},
              "nosuch ": set(), "cache nosuch ": set(),
              "-o ": settings,
              "-o t": {"trust-anchor", "tlsrpt-socket"},
              "-o trust-anchor=%s/s" % directory: {config},
              "-c %s/s" % directory: {config},
              "query --map ": set(maps), "query --map=QUERYw":
              {"QUERYwithTLSRPT"},
              "query --map QUERY --live --c": {"--color"},
              "query -- --": set(),
              "-c %s query --map s" % config: {"strict"},
              "-o cache=%s cache show a" % cache:
              {"all-u.example", "all-n.example", "all-u.example:465"},
              "-o cache=%s -c %s query all-n" % (cache, config):
              {"all-n.example"},
              "-o cache=%s query \\[n" % cache: {"[n1.example]:25"},
              "-o cache=%s cache drop all-u.example:" % cache:
              {"all-u.example:465"},
              "check --user nob": {"nobody"},
              "check --postfix %s/d" % directory: {directory + "/dir"}}
    for verb in verbs:
        wanted[verb + " -"] = {o for o in explained(*verb.split(" "))}
        if " " in verb:
            group = verb.split(" ")[0]
            wanted[group + " "] = {v.split(" ")[1] for v in verbs
                                   if v.startswith(group + " ")}
    return verbs, wanted


def normal(shell, line, offers):
    words = plain(line, offers)
    last = line.split(" ")[-1]
    if "/" in last:
        # A shell may omit the directory, or add a slash to one.
        value = last[last.find("=") + 1:]
        where = os.path.dirname(value)
        words = {os.path.join(where, w.rstrip("/")) for w in words}
    return words


def check_values(shell, offers, config):
    """What is offered as a value is taken by the program; what its help has
    as values is offered."""
    texts = {"--sort": explained("cache", "list")["--sort"],
             "--verdict": explained("cache", "list")["--verdict"]}
    for line in VALUES:
        given = line if line.endswith("=") else line + " "
        words = plain(given, offers["mxpolicy " + given])
        h.check("%s: there are values for %s" % (shell, line), words)
        for word in words:
            if line.startswith("-o "):
                code = run("-c", config, "-o", line[3:] + word, "--help")[0]
                h.same("%s: %s%s is a setting" % (shell, line, word), code, 0)
            else:
                code = run("-c", config, "-o", "cache=", *line.split(" "),
                           word, "--help")[0]
                h.same("%s: %s %s is a value" % (shell, line, word), code, 0)
        text = texts.get(line.split(" ")[-1], "")
        for word in re.findall(r"(?:^|, )([A-Za-z-]+)(?= \(|,|$)|or ([a-z]+)$",
                               text):
            h.check("%s: %s %s is offered" % (shell, line, word),
                    (word[0] or word[1]) in words, words)


missing = [s for s in ("bash", "zsh", "fish") if shells.missing(s)]
with h.Scratch() as scratch:
    cache, config = scratch.file("cache.tdb"), scratch.file("strict.conf")
    with open(config, "w") as f:
        f.write(CONFIG)
    os.mkdir(scratch.file("dir"))
    run(*h.options(cache), "query", "all-u.example", "all-n.example",
        "all-u.example:465", "[n1.example]", "none-sts.plain")
    verbs, wanted = expectations(cache, config, scratch.path)
    h.check("--help explains verbs", len(verbs) >= 10, verbs)
    lines = ["mxpolicy " + line for line in wanted]
    lines += ["mxpolicy " + (v if v.endswith("=") else v + " ")
              for v in VALUES]
    for name in ("bash", "zsh", "fish"):
        if name in missing:
            continue
        offers = shells.Shell(name, scratch).offers(lines)
        h.same("%s: each line was completed" % name,
               sorted(set(lines) - set(offers)), [])
        for line, words in wanted.items():
            got = normal(name, line, offers.get("mxpolicy " + line, []))
            if name == "bash" and line.endswith(":"):
                # readline replaces what follows the colon
                got = {line.split(" ")[-1] + g for g in got}
            h.same('%s: "mxpolicy %s"' % (name, line), sorted(got),
                   sorted(words))
        check_values(name, offers, config)
        if name == "fish":
            for verb in verbs:
                texts = dict(o.split("\t") for o in
                             offers["mxpolicy %s -" % verb])
                h.same("fish: texts of %s" % verb, texts,
                       explained(*verb.split(" ")))
if missing and not h.failed:
    print("seen in %d shells only; missing: %s (packages of these names)" %
          (3 - len(missing), ", ".join(missing)))
    sys.exit(77)
h.done()
