# In the container: the timer is on, and its service does its work as it is
# locked in. SPDX-License-Identifier: MIT
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
import mail
from harness import check, done, same

UNIT = "mxpolicy-prefetch.service"


def main():
    same("the timer", client.show("mxpolicy-prefetch.timer", "ActiveState"),
         "active")
    check("it will come", client.show("mxpolicy-prefetch.timer",
                                      "NextElapseUSecRealtime"))
    client.systemctl("start", UNIT)
    same("its service", client.show(UNIT, "Result"), "success")
    lines = [text for _, _, text in mail.journal("-t", "mxpolicy")
             if text.startswith("prefetch:")]
    print("\n".join(lines))
    counts = dict(re.findall(r"(\w+)=(\d+)", lines[-1] if lines else ""))
    check("it saw the cache", int(counts.get("records", 0)) > 20, counts)
    same("all that was due is fresh", counts.get("due"),
         counts.get("refreshed"))
    done()


main()
