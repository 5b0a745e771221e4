# metrics: the counters of all processes, as text, as JSON, over HTTP.
# SPDX-License-Identifier: MIT
import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time

import exposition
import harness as h

PORT = 8462
OWN_MAP = "map mine.tlsrpt=yes"
# key, reply
GOOD = [("all-u.example", "dane-only"), ("some-n.example", "dane"),
        ("all-n-sts.example", "secure"), ("all-n.example", "NOTFOUND"),
        ("bogus.example", "TEMP"), (".all-u.example", "NOTFOUND")]
TIMES = 3
MAPS = ("QUERY", "QUERYwithTLSRPT", "postfix", "mine")


def traffic(cache):
    """Known traffic; how many replies there were of each kind."""
    replies = {}
    with h.Session(cache, OWN_MAP, stderr=subprocess.DEVNULL) as s:
        for _ in range(TIMES):
            for map_name in MAPS:
                for key, reply in GOOD:
                    s.ask(key, map_name)
                    replies[map_name, reply] = \
                        replies.get((map_name, reply), 0) + 1
        for request in ("rubbish", "nosuchmap all-u.example"):
            s.send(h.netstring(request))
            assert s.receive().startswith("PERM"), request
            replies["other", "PERM"] = replies.get(("other", "PERM"), 0) + 1
        s.socket.shutdown(socket.SHUT_WR)
        assert s.closed()
    with h.Session(cache, stderr=subprocess.DEVNULL) as s:
        s.send(b"no netstring")
        assert s.closed()
    return replies


def check_sums(m, replies):
    total = sum(replies.values())
    for (map_name, reply), number in replies.items():
        h.same("replies of %s: %s" % (map_name, reply), m.sum(
            "mxpolicy_replies_total", map=map_name, reply=reply), number)
    h.same("all replies", m.sum("mxpolicy_replies_total"), total)
    h.same("each was a hit, a miss or neither",
           m.sum("mxpolicy_cache_requests_total"), total)
    h.same("neither: parent domains and malformed requests",
           m.sum("mxpolicy_cache_requests_total", result="bypass"),
           TIMES * len(MAPS) + 2)
    misses = m.sum("mxpolicy_cache_requests_total", result="miss")
    h.check("misses: each domain once, and what is not stored",
            len(GOOD) - 1 <= misses < total / 4, misses)
    h.same("each miss was timed", m.sum("mxpolicy_reply_wait_seconds_count"),
           misses)
    h.same("TEMP has a reason", m.sum("mxpolicy_temp_replies_total"),
           m.sum("mxpolicy_replies_total", reply="TEMP"))
    h.same("which is DNSSEC", m.sum(
        "mxpolicy_temp_replies_total", reason="dnssec"),
        m.sum("mxpolicy_replies_total", reply="TEMP"))
    for branch, outcome, least in (
            ("dane", "tlsa", 2), ("dane", "no-tlsa", 2), ("dane", "failed", 1),
            ("sts", "policy", 1), ("sts", "absent", 3)):
        h.check("lookups of %s: %s" % (branch, outcome), m.sum(
            "mxpolicy_lookup_duration_seconds_count", branch=branch,
            outcome=outcome) >= least, m.samples)
    h.check("they took some time",
            m.sum("mxpolicy_lookup_duration_seconds_sum") > 0)
    h.check("bogus is counted as dnssec-invalid", m.sum(
        "mxpolicy_failures_total", result_type="dnssec-invalid") >= 1)
    h.same("two connections", m.sum("mxpolicy_connections_total"), 2)
    h.same("one closed", m.sum("mxpolicy_connection_ends_total",
                               end="closed"), 1)
    h.same("one broken", m.sum("mxpolicy_connection_ends_total",
                               end="broken"), 1)
    for kind in ("netstring", "request", "map"):
        h.same("malformed requests: " + kind,
               m.sum("mxpolicy_bad_requests_total", kind=kind), 1)
    h.same("records", m.sum("mxpolicy_cache_records"), len(GOOD) - 1)
    h.check("their bytes are in the file",
            0 < m.sum("mxpolicy_cache_record_bytes") <
            m.sum("mxpolicy_cache_file_bytes"))
    h.same("bounds", m.sum("mxpolicy_cache_max_records"), 100000)
    h.same("readable", (m.sum("mxpolicy_cache_up"),
                        m.sum("mxpolicy_counters_up")), (1, 1))
    h.check("since when", abs(m.sum("mxpolicy_counters_start_time_seconds") -
                              time.time()) < 600)


def check_json(cache):
    p = subprocess.run([h.MXPOLICY] + h.options(cache) +
                       ["metrics", "--json"], stdout=subprocess.PIPE,
                       check=True)
    m = exposition.read(cache)
    families, samples = {}, {}
    for line in p.stdout.decode().splitlines():
        o = json.loads(line)
        h.same("the schema", o["schema"], "metrics-1")
        h.check("words of help for " + o["name"], len(o["help"]) > 10)
        families[o["name"]] = o["type"]
        for s in o["samples"]:
            samples[s["name"], frozenset(s["labels"].items())] = s["value"]
    h.same("JSON has the same families", families, m.families)
    h.same("and the same samples", samples, m.samples)


def check_prefetch(cache):
    p = subprocess.run([h.PREFETCH] + h.options(cache) +
                       ["--within", "86400"], stderr=subprocess.DEVNULL)
    h.same("prefetch runs", p.returncode, 0)
    m = exposition.read(cache)
    h.same("a run is counted",
           m.sum("mxpolicy_prefetch_runs_total", result="done"), 1)
    h.same("no run failed",
           m.sum("mxpolicy_prefetch_runs_total", result="failed"), 0)
    due = m.sum("mxpolicy_prefetch_last_run_due")
    h.check("domains were due", due >= 2, due)
    h.same("and looked up", m.sum("mxpolicy_prefetch_lookups_total"), due)
    h.same("with success", m.sum("mxpolicy_prefetch_lookup_failures_total"), 0)
    h.same("the records", m.sum("mxpolicy_prefetch_last_run_records"),
           m.sum("mxpolicy_cache_records"))
    h.same("the policies", m.sum("mxpolicy_prefetch_last_run_policies"), 1)
    h.check("just now", abs(m.sum(
        "mxpolicy_prefetch_last_run_timestamp_seconds") - time.time()) < 600)
    h.check("in no time", 0 < m.sum(
        "mxpolicy_prefetch_last_run_duration_seconds") < 600)
    subprocess.run([h.PREFETCH] + h.options(cache, "resolver=127.1.0.55") +
                   ["--within", "86400"], stderr=subprocess.DEVNULL)
    m = exposition.read(cache)
    due = m.sum("mxpolicy_prefetch_last_run_due")
    h.check("domains were due again", due >= 2, due)
    h.same("without name servers all fail",
           m.sum("mxpolicy_prefetch_lookup_failures_total"), due)
    before = m.samples
    subprocess.run([h.PREFETCH] + h.options(cache) + ["--dry-run"],
                   stdout=subprocess.DEVNULL, check=True)
    h.same("a dry run counts nothing", exposition.read(cache).samples, before)
    subprocess.run([h.MXPOLICY] + h.options(cache) + ["query", "all-u.example"],
                   stdout=subprocess.DEVNULL)
    h.same("nor does a question that a person asks",
           exposition.read(cache).sum("mxpolicy_replies_total"),
           sum(v for (n, _), v in before.items()
               if n == "mxpolicy_replies_total"))


def check_failures(scratch):
    """TEMP for other reasons, and what RFC 8460 has a name for."""
    cache = scratch.file("failures.tdb")
    with open(scratch.file("resolve"), "w") as f:
        f.write("#!/bin/sh\nexit 3\n")
    os.chmod(f.name, 0o755)
    shutil.copy(h.SOCKETMAP, scratch.file("socketmap"))
    with h.Session(cache, program=scratch.file("socketmap"),
                   stderr=subprocess.DEVNULL) as s:
        h.check("resolve crashes", s.ask("all-u.example").startswith("TEMP"))
    with h.Session(cache, "sts-failure=defer", "answer-timeout=2",
                   "resolver=127.1.0.56", stderr=subprocess.DEVNULL) as s:
        h.check("a silent name server",
                s.ask("some-n.example").startswith("TEMP"))
    with h.Session(cache, "sts-failure=defer",
                   stderr=subprocess.DEVNULL) as s:
        for key in ("servfail-zone.example", "notfound.example",
                    "only-x.example"):
            s.ask(key)
    m = exposition.read(cache)
    for reason in ("resolve", "deadline", "dns", "sts-failure"):
        h.same("TEMP because of " + reason, m.sum(
            "mxpolicy_temp_replies_total", reason=reason), 1)
    h.same("a crash of resolve is counted, and that of the second try",
           m.sum("mxpolicy_resolve_failures_total", kind="failed"), 2)
    by_cause = "mxpolicy_failures_by_cause_total"
    for cause, owner, least in (
            ("resolve-died", "local", 2), ("deadline", "none", 1),
            ("dns-servfail", "domain", 1), ("https-status", "domain", 1)):
        h.check("failures by cause: " + cause, m.sum(
            by_cause, cause=cause, owner=owner) >= least, m.samples)
    h.same("nothing of a disk", m.sum(by_cause, cause="disk"), 0)
    h.same("an unusable TLSA RRset", m.sum(
        "mxpolicy_failures_total", result_type="tlsa-invalid"), 1)


def check_policies(scratch):
    cache = scratch.file("policies.tdb")
    wanted = {}
    for key, kind in STS_FAULTS:
        with h.Session(cache, stderr=subprocess.DEVNULL) as s:
            s.ask(key)
        wanted[kind] = wanted.get(kind, 0) + 1
    m = exposition.read(cache)
    for kind, number in wanted.items():
        h.same(kind, m.sum("mxpolicy_failures_total", result_type=kind),
               number)


def hammer(scratch):
    """Eight processes at once: no count is lost."""
    cache = scratch.file("hammer.tdb")
    each = 2000
    asks = h.netstring("QUERY .all-u.example") * each

    def one():
        with h.Session(cache) as s:
            threading.Thread(target=s.send, args=(asks,)).start()
            for _ in range(each):
                assert s.receive() == "NOTFOUND "
    threads = [threading.Thread(target=one) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    m = exposition.read(cache)
    h.same("eight processes count together", m.sum(
        "mxpolicy_replies_total", map="QUERY", reply="NOTFOUND"), 8 * each)
    h.same("eight connections", m.sum("mxpolicy_connections_total"), 8)


def check_broken(scratch):
    """An unusable file of counters affects nothing but the counts."""
    cache = scratch.file("broken.tdb")
    counters = cache + ".counters"

    def serve():
        with h.Session(cache, stderr=subprocess.PIPE) as s:
            h.same("served", s.ask(".all-u.example"), "NOTFOUND ")
            s.socket.shutdown(socket.SHUT_WR)
            h.same("without a word", s.process.stderr.read(), b"")
    os.mkdir(counters)
    serve()
    m = exposition.read(cache)
    h.same("no counters", m.sum("mxpolicy_counters_up"), 0)
    h.same("nothing counted", m.sum("mxpolicy_replies_total"), 0)
    os.rmdir(counters)
    with open(counters, "wb") as f:
        f.write(b"somebody else's file")
    serve()
    with open(counters, "rb") as f:
        h.same("it is left alone", f.read(), b"somebody else's file")
    os.unlink(counters)
    # It is removed and truncated while a process has it mapped.
    with h.Session(cache) as s:
        h.same("before", s.ask(".all-u.example"), "NOTFOUND ")
        os.truncate(counters, 0)
        h.same("cut short", s.ask(".all-u.example"), "NOTFOUND ")
        os.unlink(counters)
        h.same("gone", s.ask(".all-u.example"), "NOTFOUND ")
    serve()
    h.same("a new one is made", exposition.read(cache).sum(
        "mxpolicy_replies_total"), 1)
    # A scrape changes nothing before anything has been served.
    empty = scratch.file("empty.tdb")
    m = exposition.read(empty)
    h.same("no cache yet", (m.sum("mxpolicy_cache_up"),
                            m.sum("mxpolicy_counters_up")), (0, 0))
    h.check("and none is made", not [n for n in os.listdir(scratch.path)
                                     if n.startswith("empty")])


def scraped(cache):
    """mxpolicy metrics --http as mxpolicy-metrics.socket starts it."""
    return h.Server(cache, address="127.0.0.1:%d" % PORT, program=h.MXPOLICY,
                    verb=("metrics", "--http"))


def exchange(data, close=False):
    """All that comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", PORT), h.PATIENCE) as c:
        got = b""
        try:
            c.sendall(data)
            if close:
                c.shutdown(socket.SHUT_WR)
            while True:
                more = c.recv(65536)
                if not more:
                    break
                got += more
        except ConnectionError:
            got += b" reset"
        return got


def check_http(cache):
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=h.PATIENCE)
    c.request("GET", "/metrics", headers={"Accept": "text/plain"})
    r = c.getresponse()
    body = r.read()
    h.same("GET", (r.status, r.getheader("Content-Type"),
                   r.getheader("Connection")),
           (200, "text/plain; version=0.0.4; charset=utf-8", "close"))
    h.same("the whole of it", int(r.getheader("Content-Length")), len(body))
    h.same("it is what the verb prints",
           exposition.Metrics(body.decode("ascii")).samples,
           exposition.read(cache).samples)
    c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=h.PATIENCE)
    c.request("HEAD", "/metrics?a=b")
    r = c.getresponse()
    h.same("HEAD", (r.status, int(r.getheader("Content-Length")), r.read()),
           (200, len(body), b""))
    for path in ("/", "/metric", "/metrics/", "/../metrics"):
        c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=h.PATIENCE)
        c.request("GET", path)
        h.same("GET " + path, c.getresponse().status, 404)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=h.PATIENCE)
        c.request(method, "/metrics", body=b"x" * 50000)
        r = c.getresponse()
        h.same(method, (r.status, r.getheader("Allow")), (405, "GET, HEAD"))
        c.close()
    for name, data, close in (
            ("half a request", b"GET /metr", True),
            ("rubbish", b"\0\1\2\xff\n", False),
            ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\n", False),
            ("a header without end", b"GET / HTTP/1.0\r\n" +
             b"X: " + b"x" * 100000, False),
            ("many header lines", b"GET / HTTP/1.0\r\n" + b"X: x\r\n" * 5000,
             False),
            ("a long target", b"GET /" + b"m" * 9000 + b" HTTP/1.0\r\n\r\n",
             False),
            ("HTTP/1.1 without Host", b"GET /metrics HTTP/1.1\r\n\r\n", False),
            ("a blank in front", b" GET /metrics HTTP/1.0\r\n\r\n", False)):
        got = exchange(data, close)
        h.check(name, got.startswith(b"HTTP/1.1 400 Bad Request\r\n") and
                got.endswith(b"\r\n\r\n400 Bad Request\n"), got)
    got = exchange(b"GET /metrics HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n")
    h.same("a second request is not answered", got.count(b"HTTP/1.1 "), 1)
    h.same("who says nothing gets nothing", exchange(b"", close=True), b"")
    with socket.create_connection(("127.0.0.1", PORT), h.PATIENCE) as slow:
        slow.sendall(b"GET /metrics HT")
        got = slow.recv(100)
    h.check("a slow client gets an error in the end",
            got.startswith(b"HTTP/1.1 400 "), got)


def check_promtool(cache):
    tool = shutil.which("promtool")
    if tool is None:
        print("promtool is missing (package prometheus): not asked")
        return
    text = subprocess.run([h.MXPOLICY] + h.options(cache) + ["metrics"],
                          stdout=subprocess.PIPE, check=True).stdout
    p = subprocess.run([tool, "check", "metrics"], input=text,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    h.same("promtool finds nothing", (p.returncode, p.stdout), (0, b""))
    p = subprocess.run([tool, "check", "rules", os.path.join(
        h.SOURCE, "contrib/prometheus/mxpolicy.rules.yml")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    h.check("nor in the alerts", p.returncode == 0, p.stdout.decode())


def usage(*arguments):
    return subprocess.run([h.MXPOLICY] + h.options() + ["metrics"] +
                          list(arguments), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode


STS_FAULTS = [line.split() for line in """
notfound.example sts-policy-fetch-error
refuses.example sts-policy-fetch-error
digits11.example sts-policy-invalid
wrong-name.example sts-webpki-invalid
""".strip().splitlines()]

with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    replies = traffic(cache)
    check_sums(exposition.read(cache, OWN_MAP), replies)
    check_json(cache)
    check_promtool(cache)
    check_prefetch(cache)
    check_failures(scratch)
    check_policies(scratch)
    hammer(scratch)
    check_broken(scratch)
    h.same("an argument is none too few", usage("x"), 64)
    h.same("--http and --json", usage("--http", "--json"), 64)
    with scraped(cache):
        check_http(cache)
h.done()
