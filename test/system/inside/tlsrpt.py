# In the container: did the collector get each policy as it is published?
# SPDX-License-Identifier: MIT
import json
import os
import ssl
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
from harness import check, done, same, wait_until

TLSA, STS, NONE = 1, 2, 9
# domain, type; as many lines of the policy as the report has, or all
EXPECTED = [
    ("dane", TLSA, None), ("dane-wrong", TLSA, None), ("sts", STS, None),
    ("sts-name", STS, None), ("sts-self", STS, None), ("sts-notls", STS, None),
    ("sts-wild", STS, None), ("sts-big", STS, 1), ("sts-over", NONE, None),
    ("sts-testing", NONE, None), ("none", NONE, None)]


def published(domain):
    """the lines of the policy, as its host sends them"""
    context = ssl.create_default_context()
    url = "https://mta-sts.%s/.well-known/mta-sts.txt" % domain
    with urllib.request.urlopen(url, timeout=10, context=context) as reply:
        return reply.read().decode().splitlines()


def reports():
    found = {}
    with open("/var/log/tlsrpt.json", encoding="utf-8") as file:
        for line in file:
            report = json.loads(line)
            found.setdefault(report["d"], []).append(report)
    return found


def judge(domain, kind, limit, report):
    policies = report["policies"]
    if not same(domain + ": one policy", len(policies), 1):
        return
    policy = policies[0]
    same(domain + ": its type", policy["policy-type"], kind)
    if kind != STS:
        return
    lines = published(domain)
    same(domain + ": its domain", policy["policy-domain"], domain)
    same(domain + ": its lines in their order", policy["policy-string"],
         lines[:limit] if limit else lines)
    same(domain + ": its patterns", policy["mx-host"],
         [line[4:] for line in lines if line.startswith("mx: ")])


def main():
    names = {name + ".post.example" for name, _, _ in EXPECTED}
    wait_until(lambda: names <= set(reports()), 20)
    found = reports()
    for name, kind, limit in EXPECTED:
        domain = name + ".post.example"
        if not check(domain + ": a report came", domain in found):
            continue
        for report in found[domain]:
            judge(domain, kind, limit, report)
    print("%d reports; that of sts-wild: %s" % (
        sum(map(len, found.values())),
        json.dumps(found.get("sts-wild.post.example", [{}])[0])))
    done()


main()
