# In the container: mail as a busy relay sends it, 200 smtp(8) processes, 2000
# recipients in 500 domains; with "restart", while mxpolicy is installed anew
# and restarted. SPDX-License-Identifier: MIT
import os
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
import mail
from harness import check, done, same

PROCESSES = 200
DOMAINS = ["%s%03d.load.example" % (kind, number)
           for kind, count in (("d", 200), ("m", 100), ("n", 200))
           for number in range(count)]


def hand_in(tag, count):
    """all mail waits in the queue first; returns the recipients"""
    subprocess.run(["postconf", "-e", "defer_transports = smtp",
                    "default_process_limit = %d" % PROCESSES,
                    "smtp_destination_concurrency_limit = 20",
                    "maximal_backoff_time = 4000s"], check=True)
    subprocess.run(["postfix", "reload"], check=True, capture_output=True)
    recipients = ["%s%d@%s" % (tag, number // len(DOMAINS),
                               DOMAINS[number % len(DOMAINS)])
                  for number in range(count)]
    parts = [recipients[start::4] for start in range(4)]
    threads = [threading.Thread(target=mail.send_all, args=(part,))
               for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return recipients


def release():
    subprocess.run(["postconf", "-X", "defer_transports"], check=True)
    subprocess.run(["postfix", "reload"], check=True, capture_output=True)
    subprocess.run(["postqueue", "-f"], check=True)


def smtp_processes():
    done = subprocess.run(["ps", "-C", "smtp", "-o", "pid="],
                          capture_output=True, text=True)
    return len(done.stdout.split())


def connections():
    """held open to the policy server at this moment"""
    done = subprocess.run(["ss", "-Htn", "state", "established",
                           "dport = :8461"], capture_output=True, text=True)
    return len(done.stdout.splitlines())


def watch(recipients, since, seconds):
    """until all have a final line; the most processes and connections"""
    most, held = 0, 0
    end = time.monotonic() + seconds
    while True:
        most, held = max(most, smtp_processes()), max(held, connections())
        found = mail.deliveries(since)
        if (all(r in found for r in recipients) or time.monotonic() > end):
            return found, most, held
        time.sleep(0.5)


# A socket unit that is restarted, which no upgrade needs, closes the port for
# a millisecond (mxpolicy-socketmap(8)): who connects then tries again later.
# A service that is restarted costs nobody anything.
UPGRADED = {"nowait": "mxpolicy.socket", "wait": "mxpolicy-wait.service"}


def restarts(manner, stop, log):
    """what an upgrade does, again and again"""
    unit = UPGRADED[manner]
    while not stop.is_set():
        for command in (["make", "install"], ["systemctl", "daemon-reload"],
                        ["systemctl", "restart", unit]):
            if stop.is_set():
                return
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                log.append("%s: %s" % (command, done.stderr[-300:]))
        log.append("done")
        stop.wait(1)


def main():
    manner, tag = sys.argv[1:3]
    restart = sys.argv[3:] == ["restart"]
    client.switch(manner)
    count = 1000 if restart else 2000
    recipients = hand_in(tag, count)
    since, start = int(time.time()), time.monotonic()
    stop, log = threading.Event(), []
    thread = threading.Thread(target=restarts, args=(manner, stop, log))
    release()
    if restart:
        thread.start()
    found, most, held = watch(recipients, since, 240)
    stop.set()
    if restart:
        thread.join()
        same("each upgrade succeeds", [x for x in log if x != "done"], [])
        check("there was more than one", len(log) > 1, len(log))
    took = time.monotonic() - start
    if restart and manner == "nowait":
        found = second_try(recipients, found, since)
    report(recipients, found)
    print("%s: %d mails in %.1f s, at most %d smtp processes, %d connections"
          ", %d upgrades" % (manner, count, took, most, held, len(log)))
    if not restart:
        check("%d smtp processes at once" % PROCESSES, most >= PROCESSES, most)
    # a service that finds its program just being replaced fails, and Postfix
    # asks the next one
    words = ["too many incoming", "trigger limit", "start-limit"]
    if not restart:
        words.append("failed with result")
    complaints = [text for _, _, text in mail.journal(
        "--since", "@%d" % since, "_PID=1")
        if any(word in text.lower() for word in words)]
    same("systemd refuses nothing", complaints[:3], [])
    done()


# what Postfix logs of who came then, of who was not yet accepted, and of
# others for the same destination
CLOSED = ("127.0.0.1:8461: Connection refused",
          "QUERYwithTLSRPT lookup error: unexpected disconnect",
          "delivery temporarily suspended: client TLS configuration problem")


def second_try(recipients, found, since):
    """for those whose only fault was to come in that millisecond"""
    late = [r for r in recipients
            if [status for status, _ in found.get(r, [])] == ["deferred"]
            and any(text in line for line in found[r][0][1]
                    for text in CLOSED)]
    print("%d mails came while the socket was restarted" % len(late))
    if not late:
        return found
    subprocess.run(["postqueue", "-f"], check=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = mail.deliveries(since)
        if all(len(found[r]) > 1 for r in late):
            break
        time.sleep(0.5)
    return {r: tries[1:] if r in late else tries
            for r, tries in found.items()}


def report(recipients, found):
    deferred = {}
    for recipient in recipients:
        for status, lines in found.get(recipient, [("no line", [])]):
            if status != "sent":
                deferred[recipient] = [status] + lines
    same("%d recipients: each is sent" % len(recipients),
         (len(deferred), list(deferred.items())[:2]), (0, []))
    secure = sum(any("Verified TLS" in line for line in lines)
                 for recipient in recipients
                 for _, lines in found.get(recipient, []))
    wanted = sum(recipient.split("@")[1][0] in "dm"
                 for recipient in recipients)
    same("all to domains with DANE or MTA-STS are verified", secure, wanted)


main()
