# In the container: what a person sees of it. verify has to say of each domain
# what has become of its mail. SPDX-License-Identifier: MIT
import json
import os
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from deliver import read_table
from harness import check, done, same

# as transport_maps in mail.py has them
SMART = {"smart-dane.invalid": "[d1.post.example]",
         "smart-none.invalid": "[p1.post.example]",
         "smart-port.invalid": "[d1.post.example]:25"}
METRICS = "http://127.0.0.1:8462/metrics"


def run(*arguments):
    return subprocess.run(["mxpolicy", *arguments], capture_output=True,
                          text=True)


def test_verify(name, old):
    """map name against the fates of mail in the table"""
    rows = []
    for row in read_table(old):
        if isinstance(row, list):
            break
        rows.append(row)
    hops = [row[1].partition("@")[2] for row in rows]
    hops = [SMART.get(hop, hop) for hop in hops]
    output = run("verify", "--json", "--map", name, *hops).stdout
    found = [json.loads(line) for line in output.splitlines()]
    same("verify answers for each", [o["next_hop"] for o in found], hops)
    for row, o in zip(rows, found):
        check("verify as the mail went, %s: %s" % (name, row[0]),
              (o["delivered"] is True) == (row[2] == "sent"), o)
    print("%s: %d next hops, %d would be delivered" % (
        name, len(found), sum(o["delivered"] is True for o in found)))


def test_journal():
    """a domain's history, by the fields of its lines"""
    output = subprocess.run(
        ["journalctl", "-q", "-o", "json", "MXPOLICY_DOMAIN=sts.post.example",
         "MXPOLICY_REPLY=secure"], capture_output=True, text=True).stdout
    entries = [json.loads(line) for line in output.splitlines()]
    if check("its lookups are in the journal", len(entries) > 0):
        entry = entries[0]
        same("with the mode of its policy", entry["MXPOLICY_STS"], "enforce")
        same("from the program", entry["MXPOLICY_PROGRAM"], "socketmap")
        print(entry["MESSAGE"])


def test_metrics():
    client.systemctl("enable", "--now", "mxpolicy-metrics.socket")
    with urllib.request.urlopen(METRICS, timeout=30) as reply:
        text = reply.read().decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines()
                  if line and not line.startswith("#"))
    check("the unit serves the counters", float(
        values['mxpolicy_replies_total{map="QUERYwithTLSRPT",'
               'reply="secure"}']) > 0, text[:500])
    same("and the cache", values["mxpolicy_cache_up"], "1")
    client.systemctl("disable", "--now", "mxpolicy-metrics.socket")


def test_verbs():
    found = run("cache", "list", "--match", "*.post.example")
    check("cache list knows the domains", found.returncode == 0 and
          "sts.post.example" in found.stdout, found.stdout[:300])
    found = run("query", "--map", "QUERY", "sts.post.example")
    same("query", found.stdout,
         "OK secure match=s1.post.example servername=hostname\n")
    found = run("lint", "sts.post.example")
    same("lint", found.stdout, "sts.post.example: no problems found\n")
    found = subprocess.run(
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
         "mxpolicy", "cache", "drop", "--force", "sts.post.example"],
        capture_output=True, text=True)
    same("nobody may not drop", found.returncode, 77)


def main():
    test_verify("QUERYwithTLSRPT", False)
    test_verify("QUERY", True)
    test_journal()
    test_metrics()
    test_verbs()
    done()


main()
