# Zone texts: expand the ";@" lines, make keys, sign, and break what is to be
# broken. Used by the build and by zone-set. SPDX-License-Identifier: MIT
import base64
import glob
import hashlib
import os
import re
import subprocess
import time

POLICY_HOST = "203.0.113.10"
DAY = 86400


class Zone:
    """one text of zones/; the lines that begin with ";@" say what to do:
    sign nsec|nsec3|optout [ITERATIONS]    algorithm RSASHA1    server root|tlds|domains    validity expired
    ds wrong|none             bogus NAME TYPE             tlsrpt NAME...
    sts NAME[=HOST,HOST...]...    hosts are the MX, by preference
    keys NUMBER    DNSKEY records beside the one that signs
    repeat A-B LINE (with $ for the number)
    tlsa HOST... USAGE SELECTOR MATCHING KEY    port 25; of the build's key"""
    def __init__(self, name, text):
        self.name = name
        self.origin = "." if name == "root" else name + "."
        self.sign = self.server = None
        self.expired = False
        self.algorithm = "ECDSAP256SHA256"
        self.ds = "right"
        self.bogus = set()
        self.tlsa = []
        self.lines = ["$ORIGIN " + self.origin]
        for line in text.splitlines():
            if line.startswith(";@"):
                self.directive(line[2:].split(None, 1))
            elif line.strip() and not line.startswith(";"):
                self.lines.append(line)

    def full(self, name):
        if name == "@":
            return self.origin
        if name.endswith("."):
            return name
        return name + "." + self.origin.lstrip(".")

    def directive(self, words):
        verb, rest = words
        if verb == "sign":
            self.sign, _, iterations = rest.strip().partition(" ")
            self.iterations = iterations or "0"
        elif verb == "algorithm":
            self.algorithm = rest.strip()
        elif verb == "server":
            self.server = rest.strip()
        elif verb == "validity":
            self.expired = rest.strip() == "expired"
        elif verb == "ds":
            self.ds = rest.strip()
        elif verb == "bogus":
            name, rrtype = rest.split()
            self.bogus.add((self.full(name), rrtype))
        elif verb == "sts":
            for item in rest.split():
                name, _, hosts = item.partition("=")
                hosts = hosts.split(",") if hosts else ["n1.example."]
                self.lines += ["%s MX %d %s" % (name, 10 * (i + 1), host)
                               for i, host in enumerate(hosts)]
                self.lines += [
                    '_mta-sts.%s TXT "v=STSv1; id=1;"' % name,
                    "mta-sts.%s A %s" % (name, POLICY_HOST)]
        elif verb == "tlsrpt":
            self.lines += ['_smtp._tls.%s TXT "v=TLSRPTv1; '
                           'rua=mailto:reports@post.example"' % name
                           for name in rest.split()]
        elif verb == "keys":
            # further keys that sign nothing, each another one
            self.lines += ["@ DNSKEY 256 3 13 %s" % base64.b64encode(
                bytes([number + 1]) * 64).decode()
                for number in range(int(rest))]
        elif verb == "repeat":
            numbers, line = rest.split(None, 1)
            first, last = numbers.split("-")
            for number in range(int(first), int(last) + 1):
                self.lines.append(line.replace("$", "%03d" % number))
        elif verb == "tlsa":
            self.tlsa.append(rest.split())
        else:
            raise SystemExit("zones/%s: what is ;@ %s?" % (self.name, verb))

    def tlsa_lines(self, keys):
        """records that match what the build's certificates hold: KEY.der is
        a public key (SubjectPublicKeyInfo), the only selector here is 1"""
        lines = []
        for *hosts, usage, selector, matching, key in self.tlsa:
            if selector != "1" or matching not in ("1", "2"):
                raise SystemExit("zones/%s: tlsa %s %s: not made here"
                                 % (self.name, selector, matching))
            with open("%s/%s.der" % (keys, key), "rb") as file:
                digest = hashlib.new("sha256" if matching == "1" else "sha512",
                                     file.read()).hexdigest()
            lines += ["_25._tcp.%s TLSA %s 1 %s %s"
                      % (host, usage, matching, digest) for host in hosts]
        return lines


def load(directory):
    zones = {}
    for path in sorted(glob.glob(os.path.join(directory, "*"))):
        with open(path, encoding="utf-8") as file:
            zone = Zone(os.path.basename(path), file.read())
        zones[zone.name] = zone
    return zones


def parent_of(zone):
    _, _, parent = zone.name.partition(".")
    return parent or "root"


def make_key(zone, directory):
    """a single key that signs everything; its DS goes to the parent"""
    base = subprocess.run(
        ["ldns-keygen", "-a", zone.algorithm, "-b", "2048", "-k", "-r", "/dev/urandom",
         zone.origin], cwd=directory, check=True, capture_output=True,
        text=True).stdout.strip()
    for suffix in ("key", "private", "ds"):
        os.rename(os.path.join(directory, base + "." + suffix),
                  os.path.join(directory, zone.name + "." + suffix))


def ds_lines(zone, directory):
    if not zone.sign or zone.ds == "none":
        return []
    with open(os.path.join(directory, zone.name + ".ds")) as file:
        text = file.read().strip()
    if zone.ds == "wrong":
        digest = text.split()[-1]
        wrong = ("1" if digest[0] == "0" else "0") + digest[1:]
        text = text.replace(digest, wrong)
    return [text]


def spoil(line):
    """alter a signature: still the right length, never right"""
    head, _, signature = line.rstrip("\n").rpartition(" ")
    letter = "A" if signature[20] != "A" else "B"
    return head + " " + signature[:20] + letter + signature[21:] + "\n"


def write(zone, children, keys, target, key_names=None):
    """sign a zone, with the key of its name unless others are named, and put
    it at target, by rename"""
    draft = target + ".text"
    done = target + ".new"
    lines = zone.lines + zone.tlsa_lines(keys)
    for child in children:
        lines += ds_lines(child, keys)
    with open(draft, "w") as file:
        file.write("\n".join(lines) + "\n")
    if not zone.sign:
        os.rename(draft, target)
        return
    now = int(time.time())
    start, end = now - DAY, now + 30 * DAY
    if zone.expired:
        start, end = now - 60 * DAY, now - 30 * DAY
    command = ["ldns-signzone", "-i", str(start), "-e", str(end),
               "-o", zone.origin, "-f", done]
    if zone.sign != "nsec":
        command += ["-n", "-a", "1", "-t", zone.iterations]
    if zone.sign == "optout":
        command.append("-p")
    result = subprocess.run(
        command + [draft] + [os.path.join(keys, name)
                             for name in key_names or [zone.name]],
        capture_output=True, text=True)
    if result.returncode:
        raise SystemExit("zones/%s: %s" % (zone.name, result.stderr))
    missing = set(zone.bogus)
    with open(done) as file:
        signed = file.readlines()
    with open(done, "w") as file:
        for line in signed:
            words = line.split()
            if len(words) > 4 and words[3] == "RRSIG" and (
                    words[0], words[4]) in zone.bogus:
                missing.discard((words[0], words[4]))
                line = spoil(line)
            file.write(line)
    if missing:
        raise SystemExit("zones/%s: nothing to spoil at %s"
                         % (zone.name, sorted(missing)))
    os.unlink(draft)
    os.rename(done, target)


def set_serial(zone, serial):
    zone.lines = [re.sub(r"(\sSOA\s+\S+\s+\S+\s+)\d+", r"\g<1>%d" % serial,
                         line) for line in zone.lines]
