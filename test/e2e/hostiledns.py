# hostiledns: a name server of signed zones that says whatever a test likes, over
# UDP and TCP, with real signatures where they have to be good.
# SPDX-License-Identifier: MIT
import hashlib
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("top_srcdir", "."),
                                "test", "world"))
import dnsmsg

TYPES = dict(dnsmsg.TYPES, DNAME=39, OPT=41)
ED25519 = 15
UDP_MAX = 1232

# ---- Ed25519 (RFC 8032), for signatures of RFC 8080; points are (x, y, z, t)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P


def x_of(y):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == 0 else P - x


BASE = (x_of(BASE_Y), BASE_Y, 1, x_of(BASE_Y) * BASE_Y % P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n):
    """the base point, n times, as 32 bytes"""
    result, power = (0, 1, 1, 0), BASE
    while n:
        if n & 1:
            result = add(result, power)
        power, n = add(power, power), n >> 1
    z = pow(result[2], -1, P)
    x, y = result[0] * z % P, result[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class Key:
    """a key for zones, always the same for a name"""

    def __init__(self, name):
        digest = hashlib.sha512(name.encode()).digest()
        self.scalar = (int.from_bytes(digest[:32], "little")
                       & ~7 & (1 << 254) - 1) | 1 << 254
        self.prefix = digest[32:]
        self.public = times(self.scalar)
        self.rdata = dnskey(self.public)
        self.tag = key_tag(self.rdata)

    def sign(self, data):
        r = number(self.prefix, data) % ORDER
        point = times(r)
        k = number(point, self.public, data) % ORDER
        return point + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")


# ---- rdata


def dnskey(public, algorithm=ED25519, flags=257):
    return struct.pack(">HBB", flags, 3, algorithm) + public


def key_tag(rdata):
    """RFC 4034 appendix B"""
    total = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


def colliding(tag, seed, algorithm=ED25519):
    """a key that is not one, with that tag"""
    body = hashlib.sha256(seed.encode()).digest()[:30]
    for carry in range(20):
        bare = dnskey(body + b"\0\0", algorithm)
        total = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(bare))
        rdata = dnskey(body + struct.pack(">H", (tag - total - carry) & 0xffff),
                       algorithm)
        if key_tag(rdata) == tag:
            return rdata
    raise ValueError("no such key")


def ds(name, rdata, digest=None):
    if digest is None:
        digest = hashlib.sha256(dnsmsg.wire_name(name) + rdata).digest()
    return struct.pack(">HBB", key_tag(rdata), rdata[3], 2) + digest


def rrsig_head(kind, owner, signer, tag, labels=None, algorithm=ED25519,
               ttl=300, begin=-3600, end=86400):
    if labels is None:
        labels = len(owner.rstrip(".").split("."))
    now = int(time.time())
    return struct.pack(">HBBIIIH", TYPES.get(kind, kind), algorithm, labels,
                       ttl, now + end, now + begin, tag) \
        + dnsmsg.wire_name(signer)


def signed_data(head, owner, kind, rdatas, ttl=300):
    name = dnsmsg.wire_name(owner)
    return head + b"".join(
        name + struct.pack(">HHIH", TYPES.get(kind, kind), 1, ttl, len(r)) + r
        for r in sorted(set(rdatas)))


def bitmap(*kinds):
    """of NSEC (RFC 4034 section 4.1.2); all in the first window"""
    bits = bytearray(32)
    for kind in kinds:
        bits[TYPES[kind] // 8] |= 0x80 >> TYPES[kind] % 8
    bits = bytes(bits).rstrip(b"\0")
    return bytes([0, len(bits)]) + bits


def record(owner, kind, rdata, ttl=300):
    if isinstance(owner, str):
        owner = dnsmsg.wire_name(owner)
    return owner + struct.pack(">HHIH", TYPES.get(kind, kind), 1, ttl,
                               len(rdata)) + rdata


class Zone:
    """Signed, with one MX host that has an address and a TLSA record. The
    hooks of a test replace what it says: ds, keys, signatures(zone, owner,
    kind, rdatas), answer(zone, name, kind) as a list of sections, and
    spoil(message, kind)."""

    def __init__(self, name, **hooks):
        self.name = name
        self.key = Key(name)
        self.hooks = hooks
        self.made = {}
        self.data = {
            (name, "MX"): [b"\0\x0a" + dnsmsg.wire_name("mx." + name)],
            ("mx." + name, "A"): [bytes([192, 0, 2, 1])],
            ("_25._tcp.mx." + name, "TLSA"): [
                b"\3\1\1" + hashlib.sha256(b"mx").digest()],
            (name, "SOA"): [dnsmsg.wire_name("ns." + name) * 2 +
                            struct.pack(">5I", 1, 3600, 900, 86400, 60)],
            (name, "NS"): [dnsmsg.wire_name("ns." + name)],
            ("ns." + name, "A"): [bytes([198, 51, 100, 8])]}
        self.data.update(hooks.get("data", lambda zone: {})(self))

    def ds(self):
        return self.hooks.get("ds", lambda zone: [
            ds(zone.name, zone.key.rdata)])(self)

    def sign(self, owner, kind, rdatas):
        head = rrsig_head(kind, owner, self.name, self.key.tag)
        return head + self.key.sign(signed_data(head, owner, kind, rdatas))

    def section(self, owner, kind, rdatas):
        """a set with its signatures, made once"""
        made = self.made.get((owner, kind))
        if made is None:
            sign = self.hooks.get("signatures")
            signatures = sign(self, owner, kind, rdatas) if sign else None
            if signatures is None:
                signatures = [self.sign(owner, kind, rdatas)]
            made = [record(owner, kind, r) for r in rdatas] + [
                record(owner, "RRSIG", r) for r in signatures]
            self.made[owner, kind] = made
        return made

    def nothing(self, name):
        """no such type: a denial that is right for this name alone"""
        types = [kind for owner, kind in self.data if owner == name]
        return self.section(self.name, "SOA", self.data[self.name, "SOA"]) + \
            self.section(name, "NSEC", [
                b"\1\0" + dnsmsg.wire_name(name) +
                bitmap("RRSIG", "NSEC", *types)])

    def reply(self, name, kind):
        """rcode, answer, authority"""
        special = self.hooks.get("answer", lambda *_: None)(self, name, kind)
        if special is not None:
            return special
        if kind == "DNSKEY" and name == self.name:
            keys = self.hooks.get("keys", lambda zone: [zone.key.rdata])(self)
            return 0, self.section(name, kind, keys), []
        if (name, kind) in self.data:
            return 0, self.section(name, kind, self.data[name, kind]), []
        return 0, [], self.nothing(name)


class Parent(Zone):
    """which delegates to them, and is a good one itself"""

    def __init__(self, name, zones):
        super().__init__(name)
        self.data.update({(zone.name, "DS"): zone.ds() for zone in zones})

    def lines(self):
        """its own delegation, in a zone file"""
        label = self.name.split(".")[0]
        tag, algorithm, kind = struct.unpack_from(">HBB", self.ds()[0])
        return ("{0} NS ns.{0}\nns.{0} A 198.51.100.8\n{0} DS {1} {2} {3} {4}"
                "\n".format(label, tag, algorithm, kind,
                            self.ds()[0][4:].hex()))


class Server:
    """on one address, for zones; what it does not know goes to another server,
    if there is one, else it is refused"""

    def __init__(self, address, zones, upstream=None):
        self.zones = {zone.name: zone for zone in zones}
        self.upstream = upstream
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, 53))
        self.tcp = socket.create_server((address, 53), backlog=256)
        for target in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=target, daemon=True).start()

    def zone_of(self, name):
        labels = name.split(".")
        for at in range(len(labels)):
            if ".".join(labels[at:]) in self.zones:
                return self.zones[".".join(labels[at:])]
        return None

    def answer(self, query, tcp):
        name, end = dnsmsg.read_name(query, 12)
        name = name.rstrip(".").lower()
        kind = struct.unpack_from(">H", query, end)[0]
        kind = dnsmsg.NAMES.get(kind, kind)
        # the parent has the DS
        zone = self.zone_of(name.partition(".")[2] if kind == "DS" else name)
        if zone is None:
            if self.upstream:
                ask = dnsmsg.ask_tcp if tcp else dnsmsg.ask_udp
                return ask(self.upstream, query, 20)
            return query[:2] + b"\x80\5\0\1\0\0\0\0\0\0" + query[12:end + 4]
        rcode, found, authority = zone.reply(name, kind)
        flags = 0x8400 | (0x80 if self.upstream else 0) | rcode
        message = query[:2] + struct.pack(
            ">5H", flags, 1, len(found) & 0xffff, len(authority), 1) + \
            query[12:end + 4] + b"".join(found + authority) + \
            b"\0" + struct.pack(">HHIH", 41, UDP_MAX, 0x8000, 0)
        message = zone.hooks.get("spoil", lambda _, m, k: m)(
            zone, message, kind)
        if not tcp and len(message) > UDP_MAX:
            return query[:2] + struct.pack(">5H", flags | 0x200, 1, 0, 0, 0) \
                + query[12:end + 4]
        return message[:65535]

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            threading.Thread(target=self.one_udp, args=(query, peer),
                             daemon=True).start()

    def one_udp(self, query, peer):
        try:
            self.udp.sendto(self.answer(query, False), peer)
        except (OSError, IndexError, struct.error):
            pass

    def serve_tcp(self):
        while True:
            connection = self.tcp.accept()[0]
            threading.Thread(target=self.one_tcp, args=(connection,),
                             daemon=True).start()

    def one_tcp(self, connection):
        with connection:
            try:
                while True:
                    size = struct.unpack(
                        ">H", dnsmsg.read_exactly(connection, 2))[0]
                    reply = self.answer(
                        dnsmsg.read_exactly(connection, size), True)
                    connection.sendall(struct.pack(">H", len(reply)) + reply)
            except (OSError, IndexError, struct.error):
                pass
