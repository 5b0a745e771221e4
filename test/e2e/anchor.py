# anchor: which keys of the root are trusted, and a root that rolls its key.
# SPDX-License-Identifier: MIT
import os
import subprocess
import harness as h

FOUND = "/etc/unbound/root.key"  # where a distribution keeps it
KEY = "all-u.example"
# the root's key of 2017, alone: a file from before October 2026
OLD = (". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457"
       "104237C7F8EC8D\n")
WORLD = os.environ["WORLD_ANCHOR"]


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def read(path):
    with open(path) as f:
        return f.read()


def ask(anchor, key=KEY):
    """The reply, and what is logged."""
    with h.Session("", "trust-anchor=" + anchor, "resolve-socket=",
                   stderr=subprocess.PIPE) as s:
        reply = s.ask(key)
        s.socket.close()
        s.process.wait()
        return reply, s.process.stderr.read().decode()


def refused(name, anchor, *words):
    """TEMP for everything, unsigned domains too, and the log says why."""
    for key in (KEY, "none.plain"):
        reply, log = ask(anchor, key)
        h.check("%s: TEMP for %s" % (name, key),
                reply.startswith("TEMP ") and all(w in reply for w in words),
                reply)
        h.check(name + ": logged", all(w in log for w in words), log)


def found_by_itself():
    """A file that is found counts beside the built-in keys, which are not
    those of the world: only the file can make its domains valid."""
    put(FOUND, read(WORLD))
    h.same("a file that is found", ask("")[0], "OK dane-only")
    put(FOUND, OLD + read(WORLD))
    h.same("with an older key in it", ask("")[0], "OK dane-only")
    put(FOUND, "")
    refused("an empty file is no anchor", "", "root's DNSKEY", "validate")
    put(FOUND, OLD)
    refused("an old file", "", "root's DNSKEY", "validate")
    put(FOUND, ". IN DS 20326 8 2 nonsense\n")
    reply, log = ask("")
    h.check("a damaged file is named, and does not count",
            FOUND + " is damaged" in log and "built-in" in log, log)
    os.unlink(FOUND)


def configured(scratch):
    path = scratch.file("anchor")
    refused("a file that is not there", path, path)
    put(path, "")
    refused("a configured file that is empty", path, path,
            "has no key of the root")
    put(path, "; nothing\n")
    refused("one with a comment", path, path, "has no key of the root")
    put(path, "example. IN DS 1 8 2 " + 64 * "0" + "\n")
    refused("one with another zone's key", path, path,
            "has no key of the root")
    put(path, "<html>\n")
    refused("one that is something else", path, path)
    put(path, OLD)
    refused("one with an old key", path, "root's DNSKEY", "validate")


def tool(name, *args):
    subprocess.run([h.world_tool(name), *args], check=True)


def roll(scratch):
    """Two keys in the file, as the two that are built in; and one."""
    both, new = scratch.file("both"), os.path.join(h.WORLD, "anchor.new")
    old = read(WORLD)
    tool("root-roll", "both")
    put(both, old + read(new))
    h.same("both keys sign: the old one is trusted", ask(WORLD)[0],
           "OK dane-only")
    h.same("both keys sign: both are trusted", ask(both)[0], "OK dane-only")
    h.same("both keys sign: the new one is trusted", ask(new)[0],
           "OK dane-only")
    tool("root-roll", "new")
    put(WORLD, old + read(new))
    tool("server", "start", "unbound")  # it has kept the keys, and trusts both
    put(WORLD, old)
    h.same("the new key signs: both are trusted", ask(both)[0],
           "OK dane-only")
    h.same("the new key signs: it is trusted", ask(new)[0], "OK dane-only")
    refused("the new key signs: the old one is trusted", WORLD,
            "root's DNSKEY", "validate")
    put(FOUND, old + read(new))
    h.same("a file that is found has both", ask("")[0], "OK dane-only")


with h.Scratch() as scratch:
    found_by_itself()
    configured(scratch)
    roll(scratch)
h.done()
