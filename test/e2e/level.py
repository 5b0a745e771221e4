# level: default-level, where main.cf is stricter than dane.
# SPDX-License-Identifier: MIT
import subprocess
import harness as h

STS = "OK secure match=n1.example servername=hostname"
# a domain; the reply where what publishes nothing is opportunistic, and where it
# is not; "*" is any text
ROWS = (("all-u.example", "OK dane-only", "OK dane-only"),
        ("some-n.example", "OK dane", "OK dane-only"),
        ("some-x.example", "OK dane", "OK dane-only"),
        ("some-e.example", "OK dane", "OK dane-only"),
        ("only-x.example", "OK dane", "NOTFOUND "),
        ("x-and-n.example", "OK dane", "NOTFOUND "),
        ("x-and-e.example", "OK dane", "TEMP *"),
        ("only-e.example", "OK dane", "TEMP *"),
        ("n-and-e.example", "OK dane", "TEMP *"),
        ("all-n.example", "NOTFOUND ", "NOTFOUND "),
        ("any-u.plain", "OK dane", "NOTFOUND "),
        ("any-x.plain", "OK dane", "NOTFOUND "),
        ("any-e.plain", "NOTFOUND ", "NOTFOUND "),
        ("nullmx.example", "NOTFOUND ", "NOTFOUND "),
        ("mx-bogus.example", "TEMP *", "TEMP *"),
        ("all-n-sts.example", STS, STS), ("some-n-sts.example",
                                          "OK dane-only", "OK dane-only"))

with h.Session("", "map QUERY.default-level=may",
               "map strict.default-level=encrypt",
               "map secure.default-level=secure",
               stderr=subprocess.DEVNULL) as s:
    for key, usual, strict in ROWS:
        for name, wanted in (("QUERY", usual), ("postfix", usual),
                             ("strict", strict), ("secure", strict)):
            reply = s.ask(key, name)
            h.check("%s on the map %s" % (key, name),
                    h.matches(reply, wanted), reply)
h.done()
