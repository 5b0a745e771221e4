# prometheus: a real one scrapes us and answers each query of the dashboard.
# SPDX-License-Identifier: MIT
import json
import math
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import fleet
import grafana
import harness as h

API = "http://127.0.0.1:9090/api/v1/"
# A scrape starts a process.  If one takes longer than Prometheus waits, the
# metrics are not to blame.
CONFIG = """
global: {scrape_interval: 2s}
scrape_configs:
- job_name: mxpolicy
  static_configs: [{targets: ["127.0.0.1:8462"]}]
"""
for tool, package in (("prometheus", "prometheus"),
                      ("systemd-socket-activate", "systemd")):
    if shutil.which(tool) is None:
        print("%s is missing (package %s)" % (tool, package))
        sys.exit(77)


def ask(path, **parameters):
    url = API + path + "?" + urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(url, timeout=10) as r:
            return json.load(r)["data"]
    except urllib.error.HTTPError as e:
        return {"result": [], "error": e.read().decode()}
    except OSError:
        return None


def scraped(number, since):
    """Does Prometheus have so many newer samples of us?"""
    data = ask("query", query="mxpolicy_build_info[10m]")
    return data and data["result"] and sum(
        float(at) > since for at, _ in data["result"][0]["values"]) >= number


def answers(expr):
    """Numbers, none of which is NaN?"""
    data = ask("query", query=expr) or {"result": []}
    numbers = [float(r["value"][1]) for r in data["result"]]
    return numbers and not any(math.isnan(n) for n in numbers)


def healthy():
    """The last scrape was good, as each will be, but for one that is late."""
    data = ask("targets") or {"activeTargets": []}
    return [(t["health"], t["lastError"])
            for t in data["activeTargets"]] == [("up", "")]


def check_prometheus(scratch, cache, settings):
    config = scratch.file("prometheus.yml")
    with open(config, "w") as f:
        f.write(CONFIG)
    activate = subprocess.Popen(
        [shutil.which("systemd-socket-activate"), "--inetd", "-a", "-l",
         "127.0.0.1:8462", h.MXPOLICY] + h.options(cache) +
        ["metrics", "--http"], stderr=subprocess.DEVNULL)
    with open(scratch.file("prometheus.log"), "w") as log:
        prometheus = subprocess.Popen(
            [shutil.which("prometheus"), "--config.file=" + config,
             "--storage.tsdb.path=" + scratch.file("data"),
             "--web.listen-address=127.0.0.1:9090"], stdout=log, stderr=log)
    try:
        if not h.check("Prometheus scrapes",
                       h.wait_until(lambda: scraped(3, 0), 180, 0.3)):
            with open(log.name) as f:
                print(f.read()[-2000:])
            return
        grafana.traffic(cache, grafana.MORE_KEYS, *settings)
        traffic_end = time.time()
        h.check("it scrapes on", h.wait_until(
            lambda: scraped(2, traffic_end), 180, 0.3))
        for title, expr in grafana.queries():
            if expr.startswith("label_values("):
                data = ask("label/instance/values")
                h.same(title, data, ["127.0.0.1:8462"])
                continue
            h.check("%s: data for %s" % (title, expr), h.wait_until(
                lambda: answers(expr), 20, 0.5), ask("query", query=expr))
        h.check("its scrapes succeed", h.wait_until(healthy, 60, 0.5),
                ask("targets"))
    finally:
        prometheus.send_signal(signal.SIGTERM)
        activate.send_signal(signal.SIGTERM)
        prometheus.wait()
        activate.wait()


fleet.need_share()
with h.Scratch() as scratch, fleet.Redis(scratch) as redis:
    cache = scratch.file("cache.tdb")
    settings = ("shared-cache=" + redis.url(),
                "shared-cache-key=" + fleet.key_file(scratch),
                "share-socket=" + scratch.file("share"))
    with fleet.Share(scratch.file("share"), *settings):
        grafana.traffic(cache, grafana.KEYS, *settings)
        check_prometheus(scratch, cache, settings)
h.done()
