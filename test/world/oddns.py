# DNS servers that misbehave, each on its own address; see README.
# SPDX-License-Identifier: MIT
import asyncio
import struct
from concurrent.futures import ThreadPoolExecutor

import dnsmsg
import rules

DOMAINS = "198.51.100.2"
RESOLVER = "127.1.0.53"


def reply_head(query, rcode, tc=0):
    """an empty reply to a query"""
    flags = 0x8000 | (query[2] & 1) << 8 | (0x200 if tc else 0) | rcode
    return query[:2] + struct.pack(">HHHHH", flags, 1, 0, 0, 0) \
        + query[12:dnsmsg.question_end(query)]


def question_type(query):
    return struct.unpack_from(">H", query, dnsmsg.question_end(query) - 4)[0]


async def pass_on(query, upstream, tcp):
    loop = asyncio.get_running_loop()
    ask = dnsmsg.ask_tcp if tcp else dnsmsg.ask_udp
    return await loop.run_in_executor(None, ask, upstream, query, 20)


async def silent(query, tcp):
    return None


async def servfail(query, tcp):
    return reply_head(query, 2)


async def refused(query, tcp):
    return reply_head(query, 5)


async def truncate(query, tcp):
    if not tcp:
        return reply_head(query, 0, tc=1)
    return await pass_on(query, DOMAINS, tcp)


async def aaaafail(query, tcp):
    if question_type(query) == dnsmsg.TYPES["AAAA"]:
        return reply_head(query, 2)
    return await pass_on(query, DOMAINS, tcp)


async def strip(query, tcp):
    """a forwarder that knows nothing of EDNS and DNSSEC"""
    bare = query[:2] + struct.pack(">HHHHH", 0x100, 1, 0, 0, 0) \
        + query[12:dnsmsg.question_end(query)]
    reply = await pass_on(bare, RESOLVER, tcp)
    flags = struct.unpack_from(">H", reply, 2)[0] & ~0x30
    return reply[:2] + struct.pack(">H", flags) + reply[4:]


SERVERS = {"198.51.100.3": truncate, "198.51.100.4": aaaafail,
           "198.51.100.5": silent, "198.51.100.6": servfail,
           "198.51.100.7": refused, "127.1.0.54": strip, "127.1.0.56": silent,
           **rules.SERVERS}


class Udp(asyncio.DatagramProtocol):
    def __init__(self, behave):
        self.behave = behave

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        asyncio.ensure_future(self.reply(data, peer))

    async def reply(self, data, peer):
        try:
            reply = await self.behave(data, False)
        except (OSError, IndexError, struct.error):
            return
        if reply:
            self.transport.sendto(reply, peer)


def tcp_server(behave):
    async def serve(reader, writer):
        try:
            while True:
                length = struct.unpack(">H", await reader.readexactly(2))[0]
                query = await reader.readexactly(length)
                reply = await behave(query, True)
                if reply is None:
                    await asyncio.sleep(3600)
                writer.write(struct.pack(">H", len(reply)) + reply)
                await writer.drain()
        except (OSError, IndexError, EOFError, struct.error):
            writer.close()
    return serve


async def main():
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(64))
    for address, behave in SERVERS.items():
        await loop.create_datagram_endpoint(
            lambda behave=behave: Udp(behave), local_addr=(address, 53))
        await asyncio.start_server(tcp_server(behave), address, 53)
    await asyncio.Event().wait()

asyncio.run(main())
