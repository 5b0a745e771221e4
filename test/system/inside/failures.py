# In the container: a policy that cannot be fetched is told to the collector,
# once, by the units as they are locked in and through libtlsrpt.
# SPDX-License-Identifier: MIT
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
from harness import check, done, same, wait_until

COLLECTOR = "/var/spool/postfix/tlsrpt/collector"
LOG = "/var/log/tlsrpt.json"
CONF = "/etc/mxpolicy/mxpolicy.conf"
# RFC 8460 4.3, by the numbers of libtlsrpt
CODES = {"fail-fetch": 301, "fail-invalid": 302, "fail-webpki": 303}
QUIET = "fail-quiet"	# it publishes no TLSRPT


def domain(name):
    return name + ".post.example"


def reports():
    """{domain: [its reports]}, of those that tell of a policy fetch"""
    found = {}
    with open(LOG, encoding="utf-8") as file:
        for line in file:
            report = json.loads(line)
            if report["d"].startswith("fail-"):
                found.setdefault(report["d"], []).append(report)
    return found


def ask_all():
    for name in [*CODES, QUIET]:
        same(domain(name), client.question(domain(name)), "NOTFOUND ")


def test_reports(manner):
    client.switch(manner)
    # It would answer from what it has looked up in the last seconds.
    client.systemctl("stop", "mxpolicy-resolve.service")
    subprocess.run(["mxpolicy", "cache", "drop", "--force",
                    *map(domain, [*CODES, QUIET])], check=False)
    before = {name: len(list_) for name, list_ in reports().items()}

    def new(name):
        return reports().get(domain(name), [])[before.get(domain(name), 0):]

    ask_all()
    check(manner + ": each is told", wait_until(
        lambda: all(new(name) for name in CODES), 20), reports())
    ask_all()
    for name, code in CODES.items():
        list_ = new(name)
        if not same("%s: %s once" % (manner, name), len(list_), 1):
            continue
        policy = list_[0]["policies"][0]
        same("%s: %s of type sts" % (manner, name), (
            policy["policy-type"], policy["policy-domain"],
            policy["t"], policy["f"]), (2, domain(name), 1, 1))
        detail = policy["failure-details"]
        same("%s: %s has its class" % (manner, name),
             [d["c"] for d in detail], [code])
        print("%s: %s" % (name, json.dumps(list_[0])))
    same(manner + ": nobody hears of who wants no reports", new(QUIET), [])


def main():
    library = subprocess.run(["ldd", "/usr/libexec/mxpolicy/resolve"],
                             capture_output=True, text=True).stdout
    check("resolve uses libtlsrpt", "libtlsrpt.so" in library, library)
    with open(CONF, encoding="utf-8") as file:
        conf = file.read()
    with open(CONF, "w", encoding="utf-8") as file:
        file.write("tlsrpt-socket = %s\n%s" % (COLLECTOR, conf))
    try:
        test_reports("nowait")
        test_reports("wait")
    finally:
        with open(CONF, "w", encoding="utf-8") as file:
            file.write(conf)
        client.switch("nowait")
    done()


main()
