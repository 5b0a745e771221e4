# hostilecases: what a zone can say that is not as it should be, after what is
# published of faults in validators, and what may be answered then.
# SPDX-License-Identifier: MIT
import base64
import hashlib
import random
import struct
from hostiledns import (bitmap, colliding, dnskey, dnsmsg, ds, key_tag, record,
                        rrsig_head)

RIGHT = "OK dane-only"
MANY = 200


def noise(size, seed):
    return random.Random(seed).randbytes(size)


# ---- keys and signatures


def invalid(zone, owner, kind, tag=None, seed="", **more):
    """a signature that verifies with no key"""
    return rrsig_head(kind, owner, zone.name,
                      zone.key.tag if tag is None else tag, **more) + \
        noise(64, "%s %s %s" % (zone.name, kind, seed))


def many_keys(zone):
    return [colliding(zone.key.tag, "%s %d" % (zone.name, n))
            for n in range(MANY)]


def odd_keys(algorithm):
    """of lengths that are none, and of RSA with an exponent that is longer
    than the key, or nothing else (RFC 3110 section 2)"""
    return [dnskey(noise(size, size), algorithm)
            for size in (0, 1, 2, 3, 31, 70)] + [
        dnskey(b"\0\xff\xff\1", algorithm), dnskey(b"\xff\1", algorithm),
        dnskey(b"\0\0\0" + noise(64, 1), algorithm),
        dnskey(b"\1\3", algorithm)]


def on(wanted, make):
    """signatures of another kind for one type, made by make(zone, owner,
    kind, rdatas)"""
    def signatures(zone, owner, kind, rdatas):
        return make(zone, owner, kind, rdatas) if kind == wanted else None
    return signatures


def jam(zone, owner, kind, rdatas):
    return [invalid(zone, owner, kind, seed=n) for n in range(MANY)]


def jam_then_right(zone, owner, kind, rdatas):
    return jam(zone, owner, kind, rdatas)[:MANY // 2] + [
        zone.sign(owner, kind, rdatas)]


def with_head(**more):
    """a good signature's place taken by one whose fields are odd"""
    def make(zone, owner, kind, rdatas):
        return [invalid(zone, owner, kind, **more)]
    return on("MX", make)


def literal(*rdatas):
    return on("MX", lambda zone, owner, kind, _: [
        r(zone) if callable(r) else r for r in rdatas])


def head(zone):
    return rrsig_head("MX", zone.name, zone.name, zone.key.tag)


# ---- denials that are well signed, and strange


def denial(kind, *rdatas, owner=None):
    """no MX record, by these NSEC or NSEC3 records"""
    def answer(zone, name, asked):
        if asked != "MX" or name != zone.name:
            return None
        place = owner(zone) if owner else name
        return 0, [], zone.section(
            name, "SOA", zone.data[name, "SOA"]) + zone.section(
                place, kind, [r(zone) if callable(r) else r for r in rdatas])
    return answer


def nsec(bits):
    return lambda zone: dnsmsg.wire_name("\x7f." + zone.name) + bits


def nsec3(iterations, salt=b"", digest=b"\xff" * 20, flags=0, algorithm=1,
          bits=bitmap("A", "RRSIG")):
    return struct.pack(">BBHB", algorithm, flags, iterations, len(salt)) + \
        salt + bytes([len(digest) & 0xff]) + digest + bits


def hash_owner(zone):
    return "0" * 32 + "." + zone.name


BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
                       "0123456789abcdefghijklmnopqrstuv")


def hash_label(name, iterations, salt):
    """RFC 5155 section 5"""
    digest = dnsmsg.wire_name(name)
    for _ in range(iterations + 1):
        digest = hashlib.sha1(digest + salt).digest()
    return base64.b32encode(digest).decode().translate(BASE32), digest


def encloser(iterations):
    """a host of a hundred labels, which many NSEC3 records deny: each of its
    ancestors has to be hashed to find the closest that there is"""
    salt = b"\xaa" * 255

    def data(zone):
        return {(zone.name, "MX"): [
            b"\0\x0a" + dnsmsg.wire_name("a." * 90 + zone.name)]}

    def answer(zone, name, kind):
        if not name.endswith("a." + zone.name):
            return None
        authority = zone.section(zone.name, "SOA", zone.data[zone.name, "SOA"])
        label, digest = hash_label(zone.name, iterations, salt)
        authority = authority + zone.section(
            "%s.%s" % (label, zone.name), "NSEC3",
            [nsec3(iterations, salt, digest, bits=bitmap("SOA", "NS"))])
        for n in range(16):
            authority = authority + zone.section(
                "%032d.%s" % (n, zone.name), "NSEC3",
                [nsec3(iterations, salt)])
        return 3, [], authority
    return {"data": data, "answer": answer}


# ---- names, lengths and options


def instead(make):
    """other records in place of the MX record"""
    def answer(zone, name, kind):
        if kind != "MX" or name != zone.name:
            return None
        return 0, make(zone), []
    return answer


def chain(count):
    """CNAME records that lead from one name to the next"""
    def answer(zone, name, kind):
        if kind != "MX":
            return None
        labels = name.split(".")
        at = int(labels[0][1:]) if labels[0][1:].isdigit() and \
            name != zone.name else 0
        return 0, [record(name if n == at else "n%d.%s" % (n, zone.name),
                          "CNAME", dnsmsg.wire_name("n%d.%s" % (
                              (n + 1) % count, zone.name)))
                   for n in range(at, at + 12)], []
    return answer


def dname(zone):
    """a target that makes names of more than 255 octets"""
    target = ".".join(["x" * 63] * 3 + ["y" * 20])
    owner = zone.name
    return [record(owner, "DNAME", dnsmsg.wire_name(target)),
            record("a." + owner, "CNAME", dnsmsg.wire_name(target)),
            record(owner, "CNAME", dnsmsg.wire_name("z." + owner))]


def spoil_mx(change):
    def spoil(zone, message, kind):
        return change(message) if kind == "MX" else message
    return spoil


def behind_question(message, tail, answers=1):
    """the question, and then this"""
    end = dnsmsg.question_end(message)
    return message[:6] + struct.pack(">3H", answers, 0, 0) + \
        message[12:end] + tail


def pointer(at):
    return struct.pack(">H", 0xc000 | at)


def to_itself(message):
    at = dnsmsg.question_end(message)
    return behind_question(message, record(pointer(at), "MX", b"\0\1" +
                                           pointer(at)))


def loop_of_two(message):
    at = dnsmsg.question_end(message)
    return behind_question(message, record(
        b"\1a" + pointer(at + 4) + b"\1b" + pointer(at), "MX", b"\0\1\0"))


def many_pointers(message):
    """each points to the one before it"""
    at = dnsmsg.question_end(message)
    body, chain_of = record(pointer(12), "TXT", b""), b""
    start = at + len(body)
    rdata = b"".join(pointer(start + 12 - 2 + 2 * n) if n else pointer(12)
                     for n in range(1000))
    chain_of = record(pointer(12), "TXT", rdata)
    return behind_question(message, body + chain_of + record(
        pointer(12), "MX", b"\0\1" + pointer(start + 12 + 1998)), 3)


def compressed(message):
    """sixty kilobytes of names that end in each other"""
    at = dnsmsg.question_end(message)
    parts, size = [], 0
    while size < 60000:
        part = record(pointer(12), "MX", struct.pack(">H", len(parts)) +
                      b"\1a" * 60 + pointer(12))
        parts.append(part)
        size += len(part)
    return behind_question(message, b"".join(parts), len(parts)) if at else b""


def option(*options, size=None, count=1):
    """OPT records at the end, in place of ours"""
    data = b"".join(options)
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000,
                              len(data) if size is None else size) + data

    def change(message):
        return message[:10] + struct.pack(">H", count) + message[12:-11] + \
            opt * count
    return spoil_mx(change)


def opt(code, data, size=None):
    return struct.pack(">HH", code, len(data) if size is None else size) + data


def flipped(seed):
    """a few bits of a good reply, or its end"""
    def change(message):
        dice = random.Random(seed)
        data = bytearray(message)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(2, len(data))] ^= 1 << dice.randrange(8)
        if seed % 4 == 0:
            del data[dice.randrange(12, len(data)):]
        return bytes(data)
    return spoil_mx(change)


ANY = ("TEMP*", "NOTFOUND *", "OK dane*")  # the zone itself may say so
BOGUS = ("TEMP*",)
MAYBE = (RIGHT, "TEMP*")
INSECURE = ("TEMP*", "NOTFOUND *")

# What it is, what may be answered, and how it is made.
CASES = [
    ("no fault", (RIGHT,), {}),
    # CVE-2023-50387: keys of one tag, each tried with each signature
    ("200 keys, 200 signatures of the keys", BOGUS, {
        "keys": many_keys, "signatures": on("DNSKEY", jam),
        "ds": lambda z: [ds(z.name, k) for k in many_keys(z)[:8]]}),
    ("200 keys, 200 signatures of an answer", BOGUS, {
        "keys": lambda z: [z.key.rdata] + many_keys(z),
        "signatures": on("MX", jam)}),
    ("a right signature behind 100 others", MAYBE, {
        "keys": lambda z: [z.key.rdata] + many_keys(z)[:50],
        "signatures": on("MX", jam_then_right)}),
    ("200 keys, 60 DS records that match none", BOGUS, {
        "keys": many_keys, "ds": lambda z: [
            ds(z.name, z.key.rdata, noise(32, n)) for n in range(60)]}),
    # CVE-2023-50868: the closest encloser of NSEC3
    ("NSEC3, 150 iterations", ANY, encloser(150)),
    ("NSEC3, 2500 iterations", ANY, encloser(2500)),
    ("NSEC3, 65535 iterations", ANY, {"answer": denial(
        "NSEC3", nsec3(65535), owner=hash_owner)}),
    ("NSEC3, an empty hash", ANY, {"answer": denial(
        "NSEC3", nsec3(1, digest=b""), owner=hash_owner)}),
    ("NSEC3, a hash of 255 octets", ANY, {"answer": denial(
        "NSEC3", nsec3(1, digest=b"\1" * 255), owner=hash_owner)}),
    ("NSEC3, no hash that is known", ANY, {"answer": denial(
        "NSEC3", nsec3(1, algorithm=255, flags=255), owner=hash_owner)}),
    ("NSEC3, a salt beyond its end", ANY, {"answer": denial(
        "NSEC3", b"\1\0\0\1\xff\1", owner=hash_owner)}),
    ("NSEC3, a hash beyond its end", ANY, {"answer": denial(
        "NSEC3", b"\1\0\0\1\0\xff\1", owner=hash_owner)}),
    ("NSEC3, four octets", ANY, {"answer": denial(
        "NSEC3", b"\1\0\0\1", owner=hash_owner)}),
    # keys and digests of odd lengths
    ("a DS digest of one octet", ANY, {"ds": lambda z: [
        ds(z.name, z.key.rdata, b"\1")]}),
    ("DS digests of 31 and 33 octets", ANY, {"ds": lambda z: [
        ds(z.name, z.key.rdata, noise(31, 1)),
        ds(z.name, z.key.rdata, noise(33, 2))]}),
    ("a DS digest of 2000 octets", ANY, {"ds": lambda z: [
        ds(z.name, z.key.rdata, noise(2000, 1))]}),
]
for n in (0, 1, 3, 5, 7, 8, 10, 12, 13, 14, 15, 16, 17, 253, 255):
    CASES.append(("keys of algorithm %d of 0 to 70 octets" % n, ANY, {
        "keys": lambda z, n=n: [z.key.rdata] + odd_keys(n),
        "ds": lambda z, n=n: [ds(z.name, key) for key in odd_keys(n)],
        "signatures": lambda z, owner, kind, _, n=n: [
            invalid(z, owner, kind, key_tag(key), n, algorithm=n) + more
            for key in odd_keys(n) for more in (b"", noise(64, n))]}))
CASES += [
    ("a DNSKEY of 3 octets", BOGUS, {"keys": lambda z: [
        z.key.rdata[:3]]}),
    ("a DNSKEY without a byte", BOGUS, {"keys": lambda z: [b""]}),
    ("a DNSKEY of 60000 octets", BOGUS, {"keys": lambda z: [
        z.key.rdata + noise(60000, 1)]}),
    # signatures
    ("more labels than the owner has", BOGUS, {
        "signatures": with_head(labels=9)}),
    ("255 labels", BOGUS, {"signatures": with_head(labels=255)}),
    ("no labels", BOGUS, {"signatures": with_head(labels=0)}),
    ("over before it began", BOGUS, {
        "signatures": with_head(begin=86400, end=-86400)}),
    ("an RRSIG without a byte", BOGUS, {"signatures": literal(b"")}),
    ("an RRSIG of 17 octets", BOGUS, {
        "signatures": literal(lambda z: head(z)[:17])}),
    ("an RRSIG with half a signer", BOGUS, {
        "signatures": literal(lambda z: head(z)[:22])}),
    ("an RRSIG with an endless signer", BOGUS, {
        "signatures": literal(lambda z: head(z)[:18] + b"\x3f" * 200)}),
    ("an empty signature", BOGUS, {"signatures": literal(head)}),
    ("a signature of 60000 octets", BOGUS, {
        "signatures": literal(lambda z: head(z) + noise(60000, 1))}),
    ("500 signatures", BOGUS, {"signatures": on("MX", lambda z, o, k, r: [
        invalid(z, o, k, seed=n) for n in range(500)])}),
    ("signed by somebody else", BOGUS, {"signatures": on(
        "MX", lambda z, o, k, r: [rrsig_head(k, o, "example", z.key.tag) +
                                  noise(64, 1)])}),
]
# type bitmaps of NSEC (RFC 4034 section 4.1.2)
for what, bits in (
        ("of no octets", b"\0\0"), ("of 33 octets", b"\0\x21" + b"\xff" * 33),
        ("of 255 octets", b"\0\xff" + b"\xff" * 255),
        ("beyond its end", b"\0\x20\xff"), ("of one octet", b"\0"),
        ("with windows twice", b"\0\1\xff" * 100),
        ("with windows backwards", b"".join(
            bytes([n, 1, 255]) for n in range(255, -1, -1))),
        ("that is not there", b"")):
    CASES.append(("a type bitmap " + what, ANY, {
        "answer": denial("NSEC", nsec(bits))}))
CASES += [
    ("an NSEC record without a byte", ANY, {"answer": denial("NSEC", b"")}),
    ("an NSEC record with half a name", ANY, {
        "answer": denial("NSEC", b"\x3fabc")}),
    # names
    ("300 CNAME records in a row", INSECURE, {"answer": chain(300)}),
    ("CNAME records in a circle", INSECURE, {"answer": chain(3)}),
    ("DNAME to more than 255 octets", INSECURE, {"answer": instead(dname)}),
    ("a name that points to itself", BOGUS, {"spoil": spoil_mx(to_itself)}),
    ("names that point to each other", BOGUS, {
        "spoil": spoil_mx(loop_of_two)}),
    ("a thousand pointers", BOGUS, {"spoil": spoil_mx(many_pointers)}),
    ("60 kB of compressed names", BOGUS, {"spoil": spoil_mx(compressed)}),
    ("a pointer beyond the end", BOGUS, {"spoil": spoil_mx(
        lambda m: behind_question(m, record(b"\xff\xff", "MX", b"\0\1\0")))}),
    ("a label of no kind", BOGUS, {"spoil": spoil_mx(
        lambda m: behind_question(m, record(b"\x80a\0", "MX", b"\0\1\0")))}),
    ("a name of 400 octets", BOGUS, {"spoil": spoil_mx(
        lambda m: behind_question(m, record(b"\1a" * 200 + b"\0", "MX",
                                            b"\0\1\0")))}),
    ("65535 records that are not there", BOGUS, {"spoil": spoil_mx(
        lambda m: m[:6] + b"\xff" * 6 + m[12:])}),
    ("an MX record of one octet", BOGUS, {"spoil": spoil_mx(
        lambda m: behind_question(m, record(pointer(12), "MX", b"\0")))}),
    ("rdata beyond the end", BOGUS, {"spoil": spoil_mx(
        lambda m: behind_question(m, record(pointer(12), "MX", b"\0\1\0")[:-3]
                                  + b"\xff"))}),
    ("no question", BOGUS, {"spoil": spoil_mx(
        lambda m: m[:4] + b"\0\0\0\0\0\0\0\0")}),
    ("half a header", BOGUS, {"spoil": spoil_mx(lambda m: m[:7])}),
    # EDNS
    ("an option beyond the end", MAYBE, {
        "spoil": option(opt(15, b"\0\1x", 60000))}),
    ("options beyond the end", MAYBE, {
        "spoil": option(opt(8, b"\0"), size=40000)}),
    ("an extended error of no octets", MAYBE, {"spoil": option(opt(15, b""))}),
    ("an extended error of 30 kB", MAYBE, {
        "spoil": option(opt(15, b"\0\6" + b"%s\0\xff" * 7500))}),
    ("a client subnet of 255 bits", MAYBE, {
        "spoil": option(opt(8, b"\0\1\xff\xff" + b"\1" * 40))}),
    ("nine OPT records", MAYBE, {"spoil": option(opt(10, b"x"), count=9)}),
    ("a cookie of 1000 octets", MAYBE, {
        "spoil": option(opt(10, b"x" * 1000))}),
]
for n in range(40):
    CASES.append(("flipped bits, %d" % n, MAYBE, {"spoil": flipped(n)}))
