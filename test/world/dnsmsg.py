# DNS messages: just enough to ask a question and read what comes back.
# SPDX-License-Identifier: MIT
import os
import socket
import struct
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16,
         "AAAA": 28, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48,
         "NSEC3": 50, "TLSA": 52}
NAMES = {number: name for name, number in TYPES.items()}
RCODES = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}


class Answer:
    """rcode and flags as words, answer as a list of (name, type, rdata)"""
    def __init__(self, message):
        (self.id, flags, questions, answers,
         authority, _) = struct.unpack_from(">6H", message)
        self.rcode = RCODES.get(flags & 15, str(flags & 15))
        self.aa = bool(flags & 0x400)
        self.tc = bool(flags & 0x200)
        self.ad = bool(flags & 0x20)
        self.size = len(message)
        at = 12
        for _ in range(questions):
            _, at = read_name(message, at)
            at += 4
        self.answer, at = read_records(message, at, answers)
        self.authority, at = read_records(message, at, authority)

    def types(self):
        return [record[1] for record in self.answer + self.authority]

    def values(self, rrtype):
        return [data for _, what, data in self.answer if what == rrtype]


def wire_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode("ascii")
    return out + b"\0"


def read_name(message, at):
    labels, end, hops = [], None, 0
    while True:
        length = message[at]
        if length >= 0xC0:
            if end is None:
                end = at + 2
            at = struct.unpack_from(">H", message, at)[0] & 0x3FFF
            hops += 1
            if hops > 100:
                raise ValueError("compression loop")
        elif length == 0:
            return ".".join(labels) + ".", end or at + 1
        else:
            labels.append(message[at + 1:at + 1 + length].decode("latin-1"))
            at += 1 + length


def read_records(message, at, count):
    records = []
    for _ in range(count):
        name, at = read_name(message, at)
        number, _, _, length = struct.unpack_from(">HHIH", message, at)
        at += 10
        what = NAMES.get(number, "TYPE%d" % number)
        if what in ("NS", "CNAME"):
            data = read_name(message, at)[0]
        elif what == "SOA":
            _, serial = read_name(message, read_name(message, at)[1])
            data = struct.unpack_from(">I", message, serial)[0]
        elif what in ("A", "AAAA"):
            family = socket.AF_INET if what == "A" else socket.AF_INET6
            data = socket.inet_ntop(family, message[at:at + length])
        else:
            data = message[at:at + length]
        records.append((name, what, data))
        at += length
    return records, at


def question_end(message):
    """the offset just behind the one question of a message"""
    return read_name(message, 12)[1] + 4


def query(name, rrtype, rd=True, do=True, cd=False):
    flags = (0x100 if rd else 0) | (0x10 if cd else 0)
    head = struct.pack(">6H", struct.unpack(">H", os.urandom(2))[0], flags,
                       1, 0, 0, 1)
    edns = b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000 if do else 0, 0)
    return (head + wire_name(name) + struct.pack(">HH", TYPES[rrtype], 1)
            + edns)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def read_exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise OSError("closed early")
        data += more
    return data


def ask_tcp(address, message, timeout):
    with socket.socket(family_of(address)) as sock:
        sock.settimeout(timeout)
        sock.connect((address, 53))
        sock.sendall(struct.pack(">H", len(message)) + message)
        length = struct.unpack(">H", read_exactly(sock, 2))[0]
        return read_exactly(sock, length)


def ask_udp(address, message, timeout):
    end = time.monotonic() + timeout
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as sock:
        sock.connect((address, 53))
        sock.send(message)
        while True:
            sock.settimeout(max(0.001, end - time.monotonic()))
            reply = sock.recv(65535)
            if reply[:2] == message[:2]:
                return reply


def ask(address, name, rrtype, timeout=5, tcp=None, **flags):
    """ask one server; OSError (a time-out is one) if it does not answer"""
    message = query(name, rrtype, **flags)
    if tcp:
        return Answer(ask_tcp(address, message, timeout))
    answer = Answer(ask_udp(address, message, timeout))
    if answer.tc and tcp is None:
        answer = Answer(ask_tcp(address, message, timeout))
    return answer
