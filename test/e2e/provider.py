# provider: no more than a few policies at a time from one host.
# SPDX-License-Identifier: MIT
import os
import subprocess
import time
import harness as h

AT_ONCE = 4
DELAY = 0.4
rows = [r for r in h.cases() if r[1].endswith("-sts.example") and
        r[2].startswith(("OK", "TEMP")) and "silent" not in r[1]]
names = [r[1] for r in rows if "null" not in r[1] and "[" not in r[1]][:12]
names = [n for n in names if "mx-bogus" not in n]
POLICY = "version: STSv1\nmode: enforce\nmx: n1.example\nmax_age: 604800\n"

for name in names:
    path = os.path.join(h.WORLD, "https.d", "mta-sts." + name)
    with open(path, "w") as f:
        f.write("!delay %s\n%s" % (DELAY, POLICY))

p = subprocess.Popen([h.RESOLVE] + h.options(), stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE)
began = time.monotonic()
for i, name in enumerate(names):
    p.stdin.write(h.netstring("question 2 %d mx 25 s - %s" % (i + 1, name)))
p.stdin.close()
out = p.stdout.read().decode()
took = time.monotonic() - began
p.wait()
h.check("there are enough domains to see it", len(names) > 2 * AT_ONCE,
        names)
h.same("each policy is fetched", out.count(" policy "), len(names))
# All at once they would take one delay.
waves = (len(names) + AT_ONCE - 1) // AT_ONCE
h.check("in waves of %d" % AT_ONCE, took >= waves * DELAY * 0.9,
        (took, waves))
for name in names:
    os.unlink(os.path.join(h.WORLD, "https.d", "mta-sts." + name))
h.done()
