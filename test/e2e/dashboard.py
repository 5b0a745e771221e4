# dashboard: contrib/grafana/mxpolicy.json asks for nothing but what there is.
# SPDX-License-Identifier: MIT
import json
import re

import exposition
import grafana
import harness as h

# Labels that Prometheus adds to what it scrapes.
ADDED = {"instance", "job"}


def check_form():
    with open(grafana.PATH, encoding="utf-8") as f:
        dashboard = json.load(f)
    panels = dashboard["panels"]
    ids = [p["id"] for p in panels]
    h.same("each panel has an id of its own", len(set(ids)), len(ids))
    taken = set()
    for p in panels:
        g = p["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"])
                 for y in range(g["y"], g["y"] + g["h"])}
        h.check("panel \"%s\" has a place of its own" % p["title"],
                not cells & taken and g["x"] + g["w"] <= 24)
        taken |= cells
        for t in p.get("targets", []):
            h.same("its data source is the one that is chosen",
                   t["datasource"]["uid"], "${datasource}")
            used = set(re.findall(r"\{\{(\w+)\}\}", t["legendFormat"]))
            kept = set(re.findall(r"\w+", " ".join(
                re.findall(r"by \(([^)]*)\)", t["expr"])))) or ADDED
            h.check("its legend has labels that are left: " + t["expr"],
                    used <= kept, used)


def check_names(m):
    known = {}
    for name, labels in m.samples:
        known.setdefault(name, set()).update(dict(labels))
    values = {}
    for name, labels in m.samples:
        for label, value in labels:
            values.setdefault((name, label), set()).add(value)
    used = set()
    for title, expr in grafana.queries():
        names = re.findall(r"\bmxpolicy_\w+", expr)
        h.check("%s: asks for something of ours" % title, names, expr)
        for name in names:
            h.check("%s: %s is there" % (title, name), name in known)
            used.add(name)
        for name, matchers in re.findall(r"(mxpolicy_\w+)\{([^}]*)\}", expr):
            for label, how, value in re.findall(
                    r'(\w+)(=~|=)"([^"]*)"', matchers):
                h.check("%s: %s has %s" % (title, name, label),
                        label in known.get(name, set()) | ADDED)
                if label not in ADDED:
                    h.check("%s: %s %s" % (title, label, value),
                            set(value.split("|")) <=
                            values.get((name, label), set()))
        for grouped in re.findall(r"by \(([^)]*)\)", expr):
            labels = set(re.findall(r"\w+", grouped))
            h.check("%s: grouped by what there is" % title,
                    labels <= known.get(names[0], set()) | ADDED, labels)
    families = {n for n in m.families if not (
        {n, n + "_bucket", n + "_count"} & used)}
    h.same("what no panel shows", families, {
        "mxpolicy_build_info", "mxpolicy_library_info",
        "mxpolicy_counters_start_time_seconds",
        "mxpolicy_cache_max_file_bytes", "mxpolicy_prefetch_runs_total",
        "mxpolicy_prefetch_repacks_total", "mxpolicy_prefetch_last_run_due",
        "mxpolicy_prefetch_last_run_records",
        "mxpolicy_prefetch_saved_records_total"} - used)


with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    check_form()
    grafana.traffic(cache, grafana.KEYS)
    check_names(exposition.read(cache))
h.done()
