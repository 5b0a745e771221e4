# In the container: sends the mail of the table deliveries, and compares what
# became of it; prints the table with the lines of the log.
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import mail
from harness import check, done, same


def read_table(old):
    """rows of four, and commands; old: those of Postfix 3.7"""
    rows = []
    with open(HERE + "/../deliveries", encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("#"):
                continue
            if line.startswith("!"):
                if old:
                    # the world's servers are in the other container, and
                    # the rest is not about the version of Postfix
                    break
                rows.append(line[1:].split())
            elif not line.startswith(">"):
                rows.append(tuple(line.split("\t")))
            elif old:
                rows[-1] = (rows[-1][0], *line.split("\t")[1:])
    return rows


def check_old():
    """the map for older versions has nothing that they do not know"""
    for key, reply in (
            ("sts.post.example",
             "secure match=s1.post.example servername=hostname"),
            ("sts-wild.post.example", "secure match=backup.post.example:"
             ".post.example:other.example servername=hostname")):
        done = subprocess.run(
            ["postmap", "-q", key, "socketmap:inet:127.0.0.1:8461:QUERY"],
            capture_output=True, text=True)
        same("QUERY " + key, done.stdout.strip(), reply)
    with open("/etc/postfix/main.cf", encoding="utf-8") as file:
        check("main.cf names the plain map", ":8461:QUERY\n" in file.read())


def groups(rows):
    """what can go at once, and the commands between"""
    some = []
    for row in rows:
        if isinstance(row, list):
            yield some
            yield row
            some = []
        else:
            some.append(row)
    yield some


def judge(row, found, stored, report):
    sentence, recipient, status, pattern, host = row
    attempts = found.get(recipient, [])
    seen = attempts[0][0] if attempts else "no line in the log"
    lines = [line for attempt in attempts for line in attempt[1]]
    where = ["/".join(place) for place in stored.get(recipient, [])] or ["-"]
    good = (len(attempts) == 1 and seen == status
            and any(re.search(pattern, line) for line in lines)
            and where == [host])
    report.append("%s %s <%s>\n    %s, received by: %s\n" % (
        "ok  " if good else "FAIL", sentence, recipient, seen, ", ".join(where))
        + "".join("        %s\n" % line[:400] for line in lines))
    check(sentence, good, "%s %s\n%s" % (seen, where, "\n".join(lines)))


def main():
    # TAG LEVEL [old]: what the recipients begin with, the default in main.cf
    tag, level, old = sys.argv[1], sys.argv[2], sys.argv[3:] == ["old"]
    since = int(time.time()) - 1
    rows, report = read_table(old), []
    mail.run("postconf", "-e", "smtp_tls_security_level = " + level)
    mail.run("postfix", "reload", capture_output=True)
    rows = [row if isinstance(row, list) else (row[0], tag + row[1], *row[2:])
            for row in rows]
    for group in groups(rows):
        if isinstance(group, list) and group and isinstance(group[0], str):
            subprocess.run(group, check=True)
            continue
        mail.send_all([row[1] for row in group])
        found = mail.wait_for([row[1] for row in group], since)
        end = time.monotonic() + 10
        wanted = sum(row[4] != "-" for row in group)
        while time.monotonic() < end:
            stored = mail.received()
            if sum(row[1] in stored for row in group) >= wanted:
                break
            time.sleep(0.2)
        for row in group:
            judge(row, found, stored, report)
    if old:
        check_old()
    print("".join(report))
    done()


if __name__ == "__main__":
    main()
