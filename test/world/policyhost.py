# The HTTPS policy host: serves the policies file with all its faults, and
# $WORLD/https.d/HOST before it; of addresses that are named, these alone.
# SPDX-License-Identifier: MIT
import asyncio
import gzip
import os
import re
import socket
import ssl
import sys
import time

from build import CERT_EACH, MANY, OWN_CERT, many_cert

WORLD = sys.argv[1]
MAIN = ["203.0.113.10"]
MAIN6 = ["fd00:113::10"]
OLD_TLS = "203.0.113.11"
NO_TLS = "203.0.113.4"
BLACK_HOLE = "203.0.113.3"	# 203.0.113.2 and fd00:113::2 just refuse
PATH = "/.well-known/mta-sts.txt"


def read_blocks(text):
    """host -> (instructions, body lines)"""
    blocks, current = {}, None
    for line in text.splitlines():
        if line.startswith("["):
            current = blocks[line[1:line.index("]")]] = ({}, [])
        elif current is None or line.startswith("# "):
            continue
        else:
            read_line(current, line)
    for _, body in blocks.values():
        while body and not body[-1]:
            body.pop()
    return blocks


def read_line(block, line):
    options, body = block
    if line.startswith("!mxlist "):
        body += ["mx: mx%05d.a-long-list.example" % number
                 for number in range(int(line.split()[1]))]
    elif line.startswith("!"):
        verb, _, value = line[1:].partition(" ")
        options[verb] = value
    else:
        body.append(line)


def zone_of(host):
    return ".".join(host.split(".")[-2:])


def block_of(host):
    with open(WORLD + "/policies", encoding="utf-8") as file:
        blocks = read_blocks(file.read())
    options, body = blocks.get(host) or blocks.get(
        "*." + zone_of(host)) or ({}, [])
    try:
        with open(WORLD + "/https.d/" + os.path.basename(host)) as file:
            block = ({}, [])
            for line in file.read().splitlines():
                read_line(block, line)
            options, body = block
    except OSError:
        pass
    return options, body or blocks["*"][1]


def body_bytes(options, lines):
    eol = "\n" if options.get("eol") == "lf" else "\r\n"
    text = eol.join(lines) + ("" if "noeol" in options else eol)
    body = re.sub(rb"\\x([0-9a-fA-F]{2})",
                  lambda m: bytes([int(m.group(1), 16)]), text.encode())
    if "pad" in options:
        body = pad(body, int(options["pad"]))
    if "utf16" in options:
        body = body.decode("latin-1").encode("utf-16")
    return body


def pad(body, size):
    """fill up with extension lines to exactly that size"""
    while len(body) < size:
        left = size - len(body)
        length = left if left <= 1000 else 900
        body += b"x-filler: " + b"x" * (length - 12) + b"\r\n"
    return body


BOMB = []


def encode(options, body):
    how = options.get("encoding")
    if how in ("gzip", "X-GZip"):
        return gzip.compress(body)
    if how in ("gzip-cut", "br"):
        # what is not of the name's kind, and what is half of it
        packed = gzip.compress(body, mtime=0)
        return packed[:len(packed) // 2] if how == "gzip-cut" else packed
    if how == "bomb":
        if not BOMB:
            BOMB.append(gzip.compress(body + b"x" * (32 << 20), 9))
        return BOMB[0]
    return body


def note(host, path, status):
    with open(WORLD + "/https.log", "a") as file:
        file.write("%.3f %s %s %s\n" % (time.time(), host, path, status))


async def read_request(reader):
    line = (await reader.readline()).decode("latin-1").split()
    path = line[1] if len(line) > 1 else "-"
    host = "-"
    while True:
        header = (await reader.readline()).decode("latin-1").strip()
        if not header:
            return host, path
        name, _, value = header.partition(":")
        if name.lower() == "host":
            host = re.sub(r":\d+$", "", value.strip()).lower()


async def answer(reader, writer):
    host, path = await read_request(reader)
    options, lines = block_of(host)
    status = options.get("status", "200") if path == PATH else "404"
    note(host, path, status)
    if "delay" in options:
        await asyncio.sleep(float(options["delay"]))
    if "hang" in options:
        await asyncio.sleep(3600)
    if options.get("close") == "before":
        return
    body = encode(options, body_bytes(options, lines))
    head = ["HTTP/1.1 %s %s" % (status, "OK" if status == "200" else "Other"),
            "Content-Type: " + options.get("type", "text/plain"),
            "Connection: close"]
    if "encoding" in options:
        how = options["encoding"]
        head.append("Content-Encoding: " + (
            "gzip" if how in ("bomb", "gzip-cut") else how))
    if "location" in options:
        head.append("Location: " + options["location"])
    if "chunked" in options:
        head.append("Transfer-Encoding: chunked")
        body = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part) for part in
                        (body[:7], body[7:])) + b"0\r\n\r\n"
    else:
        head.append("Content-Length: " + options.get("length",
                                                     str(len(body))))
    writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
    if options.get("close") == "middle":
        body = body[:len(body) // 2]
    if "drip" in options:
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(float(options["drip"] or 1))
    else:
        writer.write(body)
    await writer.drain()


async def serve(reader, writer):
    try:
        await asyncio.wait_for(answer(reader, writer), 3600)
    except (OSError, asyncio.TimeoutError, ValueError, ssl.SSLError):
        pass
    writer.close()


def context_of(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("%s/certs/%s.pem" % (WORLD, name),
                            WORLD + "/certs/key.pem")
    context.set_alpn_protocols(["http/1.1"])
    return context


class Contexts(dict):
    """by the name of the certificate, loaded when it is first asked for"""

    def __missing__(self, name):
        self[name] = context_of(name)
        return self[name]


def own_cert(host):
    """of a host for which the policies name none"""
    if host in MANY:
        return many_cert(host)
    zone = zone_of(host)
    if zone in CERT_EACH and os.path.exists("%s/certs/%s.pem" % (WORLD, host)):
        return host
    return zone if zone in OWN_CERT else "good"


def make_context():
    contexts = Contexts()

    def choose(sock, server_name, _):
        host = (server_name or "").lower()
        sock.context = contexts[block_of(host)[0].get("cert") or
                                own_cert(host)]
    context = context_of("good")
    context.sni_callback = choose
    return context


async def swallow(reader, writer):
    """accept, and never say a word of TLS"""
    await asyncio.sleep(3600)


def black_hole():
    """a listener whose backlog is full: the kernel drops further SYNs"""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((BLACK_HOLE, 443))
    sock.listen(0)
    keep = [sock]
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex((BLACK_HOLE, 443))
        keep.append(filler)
    return keep


async def main():
    context = make_context()
    if sys.argv[3:]:
        server = await asyncio.start_server(serve, sys.argv[3:], 443,
                                            ssl=context, backlog=500)
        await server.serve_forever()
    keep = black_hole()
    old = context_of("good")
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    main_addresses = MAIN + (MAIN6 if sys.argv[2] == "yes" else [])
    servers = [await asyncio.start_server(serve, main_addresses, 443,
                                          ssl=context, backlog=500),
               await asyncio.start_server(serve, OLD_TLS, 443, ssl=old),
               await asyncio.start_server(swallow, NO_TLS, 443)]
    await asyncio.gather(*(server.serve_forever() for server in servers))
    return keep

asyncio.run(main())
