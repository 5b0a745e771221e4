# exposition: a strict parser of the text format, version 0.0.4.
# SPDX-License-Identifier: MIT
import re
import subprocess

import harness as h

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
VALUE = re.compile(r"(\d+(?:\.\d+)?|\+Inf|NaN)\Z")
SUFFIXES = {"counter": ("",), "gauge": ("",),
            "histogram": ("_bucket", "_sum", "_count")}


class Wrong(Exception):
    pass


def labels_of(text):
    found = {}
    at = 0
    while at < len(text):
        m = LABEL.match(text, at)
        if m is None or m[1] in found:
            raise Wrong("labels: " + text)
        found[m[1]] = re.sub(r"\\(.)", lambda e: {"n": "\n"}.get(e[1], e[1]),
                             m[2])
        at = m.end()
        if at < len(text):
            if text[at] != ",":
                raise Wrong("labels: " + text)
            at += 1
    return found


class Metrics:
    """families: name -> type; samples: (name, frozenset of labels) -> value"""

    def __init__(self, text):
        self.families = {}
        self.samples = {}
        if not text.endswith("\n"):
            raise Wrong("the last line has no end")
        current, helped = None, None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                helped = line.split(" ")[2]
                if not NAME.match(helped) or helped in self.families or \
                        len(line.split(" ", 3)[3]) < 10:
                    raise Wrong(line)
            elif line.startswith("# TYPE "):
                current, kind = line.split(" ")[2:]
                if current != helped or kind not in SUFFIXES:
                    raise Wrong(line)
                self.families[current] = kind
            else:
                self.sample(line, current)
        self.check_histograms()

    def sample(self, line, current):
        m = re.match(r"([^{ ]+)(?:\{([^}]*)\})? ([^ ]+)\Z", line)
        if m is None or not NAME.match(m[1]) or not VALUE.match(m[3]):
            raise Wrong(line)
        kind = self.families[current]
        if m[1] not in [current + s for s in SUFFIXES[kind]]:
            raise Wrong("not of %s: %s" % (current, line))
        if (kind == "counter") != current.endswith("_total"):
            raise Wrong("name of a " + kind + ": " + line)
        key = m[1], frozenset(labels_of(m[2] or "").items())
        if key in self.samples:
            raise Wrong("twice: " + line)
        self.samples[key] = float(m[3].replace("+Inf", "inf"))

    def check_histograms(self):
        for family, kind in self.families.items():
            if kind != "histogram":
                continue
            for name, labels in list(self.samples):
                if name == family + "_count":
                    self.check_histogram(family, labels)

    def check_histogram(self, family, labels):
        buckets = sorted(
            (float(dict(l)["le"].replace("+Inf", "inf")), value)
            for (name, l), value in self.samples.items()
            if name == family + "_bucket" and labels < l)
        counts = [value for _, value in buckets]
        if len(buckets) < 2 or buckets[-1][0] != float("inf") or \
                counts != sorted(counts) or \
                counts[-1] != self.samples[family + "_count", labels] or \
                (family + "_sum", labels) not in self.samples:
            raise Wrong("histogram %s %s" % (family, dict(labels)))

    def sum(self, name, **labels):
        """Of all samples with these labels."""
        wanted = set(labels.items())
        found = [value for (n, l), value in self.samples.items()
                 if n == name and wanted <= l]
        assert found, "no sample %s %s" % (name, labels)
        return sum(found)


def read(cache, *more):
    """What `mxpolicy metrics` tells."""
    p = subprocess.run([h.MXPOLICY] + h.options(cache, *more) + ["metrics"],
                       stdout=subprocess.PIPE, check=True)
    return Metrics(p.stdout.decode("ascii"))
