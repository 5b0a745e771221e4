# german: what people read is translated, in German completely, the help in all
# languages; what programs and logs read is not.
# SPDX-License-Identifier: MIT
import json
import os
import re
import shutil
import subprocess
import sys
import harness as h

LOCALEDIR = os.environ.get("localedir", "/usr/local/share/locale")
with open(os.path.join(h.SOURCE, "po", "LINGUAS")) as f:
    LANGUAGES = [line.strip() for line in f if not line.startswith("#")]
# Not "C.UTF-8", in which newer C libraries do not translate.
LOCALE = "de_DE.UTF-8"


def make_locale(scratch):
    """one of the scratch directory's own, whatever the system has"""
    if not os.path.exists("/usr/share/i18n/locales/de_DE"):
        print("the sources of locales are missing (package locales)")
        sys.exit(77)
    subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8",
                    scratch.file(LOCALE)], check=True)
    os.environ["LOCPATH"] = scratch.path


class Translations:
    """The built translations where the program looks for them: below a tmpfs
    of the world's own, or in directories that are removed afterwards."""
    def __enter__(self):
        self.made = []
        self.mounted = None
        above = LOCALEDIR
        while not os.path.isdir(above):
            self.made.insert(0, above)
            above = os.path.dirname(above)
        if not os.path.realpath(h.BUILD).startswith(
                os.path.realpath(above) + "/"):
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", above],
                           check=True)
            self.mounted = above
        self.copied = []
        for language in LANGUAGES:
            directory = os.path.join(LOCALEDIR, language, "LC_MESSAGES")
            file = os.path.join(directory, "mxpolicy.mo")
            self.made += [d for d in (os.path.dirname(directory), directory)
                          if not os.path.isdir(d)]
            os.makedirs(directory, exist_ok=True)
            if not os.path.exists(file):
                self.copied.append(file)
                shutil.copy(os.path.join(h.BUILD, "po", language + ".gmo"),
                            file)
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", self.mounted], check=True)
            return
        for file in self.copied:
            os.unlink(file)
        for d in reversed(self.made):
            os.rmdir(d)


def run(*args, language="de"):
    p = subprocess.run([h.MXPOLICY] + h.options("") + list(args),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       env=dict(os.environ, LC_ALL=LOCALE,
                                LANGUAGE=language))
    return p.returncode, p.stdout.decode(), p.stderr.decode()


with h.Scratch() as scratch, Translations():
    make_locale(scratch)
    out = run("--help")[1]
    h.check("--help is German", "Aufruf: mxpolicy" in out, out)
    h.check("in 80 columns", h.columns(out) <= 80, out)
    for verb in ("query", "explain", "check", "cache list"):
        out = run(*verb.split(), "--help")[1]
        h.check("%s --help is German" % verb,
                out.startswith("Aufruf: ") and "usage" not in out, out)
        h.check("%s --help in 80 columns" % verb,
                h.columns(out) <= 80, out)
    code, out, err = run("explain", "some-e-sts.example")
    for words in ("sicher", "Urteil: dane-only", "Zertifikat",
                  "1 brauchbarer von 1 TLSA-Eintrag"):
        h.check("explain says " + words, words in out, out)
    for words in ("secure, ttl", "Verdict", "certificate "):
        h.check("explain does not say " + words, words not in out, out)
    out = run("explain", "u-mixed-mx.example")[1]
    h.check("plural forms", "1 brauchbarer von 3 TLSA-Einträgen" in out, out)
    code, out, err = run("query", "--quatsch")
    h.check("a complaint is German", code == 64 and
            "unbekannte Option --quatsch" in err, err)
    out = run("verify", "nullmx.example")[1]
    h.check("verify is German after it has looked at the hosts",
            "Es gibt keinen MX-Host für eine Verbindung" in out, out)
    # What programs read is not translated.
    h.same("a reply is not translated", run(
        "query", "--map", "QUERY", "all-n-sts.example")[1],
        "OK secure match=n1.example servername=hostname\n")
    german = json.loads(run("explain", "--json", "all-n.example")[1])
    english = json.loads(run("explain", "--json", "all-n.example",
                             language="")[1])
    h.same("nor is JSON", (german["row"], german["hosts"]),
           (english["row"], english["hosts"]))
    verbs = [line[2:18].strip() for line in
             run("--help", language="")[1].splitlines()
             if re.match("  [a-z]", line)]
    h.check("there are verbs", len(verbs) > 10, verbs)
    for language in LANGUAGES:
        for verb in [""] + verbs:
            out = run(*verb.split(), "--help", language=language)[1]
            h.check("%s --help in %s" % (verb, language), out != "" and
                    "usage: mxpolicy" not in out and
                    "See mxpolicy(1)" not in out, out)
            h.check("%s --help in %s, 80 columns" % (verb, language),
                    h.columns(out) <= 80, out)
    h.check("a language that we do not have is English",
            run("--help", language="eo")[1].startswith("usage: "))
h.done()
