# grafana: the queries of contrib/grafana/mxpolicy.json, and data for them.
# SPDX-License-Identifier: MIT
import json
import os
import subprocess

import harness as h

PATH = os.path.join(h.SOURCE, "contrib", "grafana", "mxpolicy.json")
KEYS = ("all-u.example", "some-n.example", "all-n-sts.example",
        "all-n.example", "bogus.example", "wrong-name.example",
        ".all-u.example", "all-u.example")
MORE_KEYS = ("u512-mx.example", "x-ta-mx.example", "good.example",
             "none.plain", "expired.example", "notfound.example",
             ".all-u.example", "u512-mx.example")


def queries():
    """Title and expression, as the variables leave them by default."""
    with open(PATH, encoding="utf-8") as f:
        dashboard = json.load(f)
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace(
                "$__rate_interval", "10m").replace("$instance", ".+")
    for variable in dashboard["templating"]["list"]:
        definition = variable.get("definition")
        if definition:
            yield variable["name"], definition


def traffic(cache, keys, *settings):
    """One question for each key, and a run of prefetch."""
    with h.Session(cache, *settings, stderr=subprocess.DEVNULL) as s:
        for key in keys:
            s.ask(key)
    subprocess.run([h.PREFETCH] + h.options(cache, *settings) +
                   ["--within", "86400"],
                   stderr=subprocess.DEVNULL, check=True)
