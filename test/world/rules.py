# A forwarder whose faults are written in a file; see README. It is read for
# each question. SPDX-License-Identifier: MIT
import asyncio
import os
import struct

import dnsmsg

RESOLVER = "127.1.0.53"
ADDRESSES = ["127.1.0.57", "127.1.0.58", "127.1.0.59"]
AD = 0x20
TC = 0x200
OPT = 41


def header(query, rcode, bits=0):
    """an empty reply to a query"""
    flags = 0x8080 | (query[2] & 1) << 8 | bits | rcode
    return query[:2] + struct.pack(">HHHHH", flags, 1, 0, 0, 0) \
        + query[12:dnsmsg.question_end(query)]


class Rules:
    """lines "VERB WORD...", of which those about names end in
    "[SUFFIX|. [TYPE]]" """

    def __init__(self, address):
        self.lines = []
        try:
            path = os.path.join(os.environ["WORLD"], "dns.d", address)
            with open(path) as file:
                self.lines = [line.split() for line in file if line.strip()]
        except OSError:
            pass

    def has(self, *words):
        return list(words) in self.lines

    def value(self, verb, fallback):
        for line in self.lines:
            if line[0] == verb and len(line) > 1:
                return line[1]
        return fallback

    def match(self, verb, query, values=0):
        """the words of the first such line that is about this question"""
        name, end = dnsmsg.read_name(query, 12)
        rrtype = struct.unpack_from(">H", query, end)[0]
        for line in self.lines:
            rest = line[1 + values:]
            if line[0] == verb and \
                    (not rest or rest[0] == "." or
                     ("." + name.lower()).endswith("." + rest[0] + ".")) and \
                    (len(rest) < 2 or dnsmsg.TYPES[rest[1]] == rrtype):
                return line
        return None


def has_edns(query):
    return struct.unpack_from(">H", query, 10)[0] > 0


def without_edns(query):
    return query[:10] + b"\0\0" + query[12:dnsmsg.question_end(query)]


def set_flags(reply, clear, bits):
    flags = struct.unpack_from(">H", reply, 2)[0]
    return reply[:2] + struct.pack(">H", flags & ~clear | bits) + reply[4:]


def refusal(rules, query, tcp):
    """what is answered without asking anybody; None, silence; False, ask"""
    if rules.match("silent", query) or (tcp and rules.has("tcp", "none")):
        return None
    for verb, rcode in (("servfail", 2), ("refused", 5), ("empty", 0)):
        if rules.match(verb, query):
            return header(query, rcode)
    if has_edns(query) and rules.has("edns", "drop"):
        return None
    if has_edns(query) and rules.has("edns", "formerr"):
        return header(query, 1)
    return False


def change(rules, query, reply, tcp):
    rcode = reply[3] & 15
    if rcode == 3 and rules.has("nxdomain", "servfail"):
        return header(query, 2)
    if rules.has("ad", "copy"):
        reply = set_flags(reply, AD, query[3] & AD)
    if rules.has("ad", "set"):
        reply = set_flags(reply, AD, AD)
    if rules.has("ad", "none"):
        reply = set_flags(reply, AD, 0)
    size = int(rules.value("size", 65535))
    return header(query, 0, TC) if not tcp and len(reply) > size else reply


async def released(address, query):
    """the rules, once they hold the question no longer"""
    rules = Rules(address)
    if rules.match("hold", query):
        name, end = dnsmsg.read_name(query, 12)
        rrtype = struct.unpack_from(">H", query, end)[0]
        with open(os.path.join(os.environ["WORLD"], "held.log"), "a") as log:
            log.write("%s %d\n" % (name.lower(), rrtype))
    while rules.match("hold", query):
        await asyncio.sleep(0.02)
        rules = Rules(address)
    return rules


def behaviour(address):
    async def behave(query, tcp):
        rules = await released(address, query)
        reply = refusal(rules, query, tcp)
        late = rules.match("delay", query, 1)
        if late:
            await asyncio.sleep(float(late[1]))
        if reply is not False:
            return reply
        asked = without_edns(query) if rules.has("edns", "strip") else query
        reply = await asyncio.get_running_loop().run_in_executor(
            None, dnsmsg.ask_tcp if tcp else dnsmsg.ask_udp,
            rules.value("upstream", RESOLVER), asked, 20)
        return change(rules, query, reply, tcp)
    return behave


SERVERS = {address: behaviour(address) for address in ADDRESSES}
