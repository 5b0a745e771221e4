# In the container: mxpolicy-unix.socket in place of the port, as mxpolicy check
# recommends it where other people have accounts; mail goes through it with and
# without the chroot, and nobody but Postfix can connect.
# SPDX-License-Identifier: MIT
import json
import os
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
import client
import mail
from harness import check, done, same, wait_until

QUEUE = "/var/spool/postfix"
SOCKET = "/mxpolicy/socket"
OTHER = "/etc/postfix-other"
OTHER_QUEUE = "/var/spool/postfix-other"
OWN = "inline:{{ nobody.post.example = encrypt }}"
PORT = "socketmap:inet:127.0.0.1:8461:QUERYwithTLSRPT"
UNIX = "socketmap:unix:mxpolicy/socket:QUERYwithTLSRPT"
DROP_IN = "/etc/systemd/system/mxpolicy-unix.socket.d"
PEOPLE = ("alice", "bob")
# recipient, what the log says of the connection, host
MAIL = [("dane.post.example", "Verified TLS connection established to d1.",
         "d1"),
        ("sts.post.example", "Verified TLS connection established to s1.",
         "s1")]

# Connects to a path, asks on it, and prints the reply or the error.
ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
try:
    s.connect(sys.argv[1])
    s.sendall(b"23:QUERY dane.post.example,")
    print(s.recv(4096).decode())
except OSError as error:
    print(type(error).__name__)
"""


def ask_as(user, path):
    return mail.run("setpriv", "--reuid=" + user, "--regid=" + user,
                    "--init-groups", "/usr/bin/python3", "-c", ASK, path,
                    capture_output=True).stdout.strip()


def items(name):
    """of mxpolicy check"""
    out = subprocess.run(["mxpolicy", "check", "--json"],
                         capture_output=True, text=True).stdout
    found = [json.loads(line) for line in out.splitlines()]
    bad = [o["text"] for o in found if o["state"] == "bad"]
    same("nothing is bad", bad, [])
    return [o for o in found if o["item"] == name]


def paste(fix):
    print("# " + fix.replace("\n", "\n# "))
    mail.run("sh", "-e", "-c", fix, capture_output=True)


def maps(directory="/etc/postfix"):
    return mail.run("postconf", "-c", directory, "-h", "smtp_tls_policy_maps",
                    capture_output=True).stdout.strip()


def recommend():
    """the lines of check, as a person would paste them, and no more"""
    client.switch("nowait")
    mail.run("postconf", "-e", "smtp_tls_policy_maps = %s, %s" % (OWN, PORT))
    same("nobody else has an account", items("accounts"), [])
    for name in PEOPLE:
        mail.run("useradd", "-m", "-s", "/bin/bash", name)
    found = items("accounts")
    same("others have accounts", [o["state"] for o in found], ["warning"])
    paste(found[0]["fix"])
    same("main.cf asks the unix socket, after its own table", maps(),
         "%s, %s" % (OWN, UNIX))
    found = items("accounts")
    check("the port is still open", len(found) == 1 and
          found[0]["fix"] == "systemctl disable --now mxpolicy.socket", found)
    paste(found[0]["fix"])
    same("then there is nothing to recommend", items("accounts"), [])
    for unit, state in (("mxpolicy.socket", "inactive"),
                        ("mxpolicy-unix.socket", "active"),
                        ("mxpolicy-resolve.socket", "active")):
        same(unit, client.show(unit, "ActiveState"), state)
    try:
        socket.create_connection(("127.0.0.1", client.PORT), 5).close()
        check("nobody listens on the port", False)
    except ConnectionRefusedError:
        check("nobody listens on the port", True)


def only_postfix():
    path = QUEUE + SOCKET
    check("postfix is answered", "OK dane-only" in ask_as("postfix", path))
    for user in (*PEOPLE, "daemon", "mxpolicy-resolve"):
        same(user + " cannot connect", ask_as(user, path), "PermissionError")
    status = os.stat(path)
    same("its mode", status.st_mode & 0o777, 0o660)
    check("nobody else can put a socket there",
          os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o755 and
          os.stat(os.path.dirname(path)).st_uid == 0)


def deliver(tag, chroot):
    """mail with a policy, through smtp(8) in its chroot or not"""
    mail.run("postconf", "-F", "smtp/unix/chroot=" + chroot)
    mail.run("systemctl", "restart", "postfix.service")
    since = int(time.time()) - 1
    recipients = ["%s@%s" % (tag, domain) for domain, _, _ in MAIL]
    check("Postfix listens again", wait_until(listens))
    mail.send_all(recipients)
    found = mail.wait_for(recipients, since)
    for recipient, (domain, words, _) in zip(recipients, MAIL):
        attempt = (found.get(recipient) or [("no line", [])])[0]
        check("%s to %s: sent" % (tag, domain), attempt[0] == "sent" and
              any(words in line for line in attempt[1]), attempt)
    end = [(r, host) for r, (_, _, host) in zip(recipients, MAIL)]
    check(tag + ": received by TLS", wait_until(lambda: all(
        [place[:2] for place in mail.received().get(r, [])] == [(host, "tls")]
        for r, host in end), 10), mail.received())
    log = "\n".join(text for _, _, text in mail.journal(
        "-t", "postfix/smtp", "--since", "@%d" % since))
    check(tag + ": Postfix has no trouble with the socket",
          "socketmap" not in log and "warning" not in log, log)


def listens():
    try:
        socket.create_connection(("127.0.0.1", 25), 5).close()
        return True
    except OSError:
        return False


def other_queue():
    """another instance of Postfix, with a queue of its own"""
    mail.run("postmulti", "-e", "init", capture_output=True)
    mail.run("postmulti", "-I", "postfix-other", "-e", "create",
             capture_output=True)
    mail.run("postconf", "-c", OTHER, "-e", "smtp_dns_support_level = dnssec",
             "smtp_tls_security_level = dane", "mydestination =",
             "smtp_tls_dane_insecure_mx_policy = dane",
             "smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt",
             "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4",
             "authorized_submit_users = static:all",
             "smtp_tls_policy_maps = " + PORT, "master_service_disable =")
    mail.run("postconf", "-c", OTHER, "-MX", "smtp/inet")
    mail.run("postconf", "-c", OTHER, "-F", "smtp/unix/chroot=n")
    mail.run("postmulti", "-i", "postfix-other", "-e", "enable",
             capture_output=True)
    mail.run("systemctl", "start", "mxpolicy.socket")
    mail.run("postmulti", "-i", "postfix-other", "-p", "start",
             capture_output=True)
    found = [o for o in items("accounts") if o.get("where") == OTHER]
    check("the other queue gets a drop-in", len(found) == 1 and
          "ListenStream=%s%s" % (OTHER_QUEUE, SOCKET) in found[0]["fix"],
          found)
    paste(found[0]["fix"])
    same("its main.cf", maps(OTHER), UNIX)
    mail.run("systemctl", "stop", "mxpolicy.socket")
    for queue in (QUEUE, OTHER_QUEUE):
        check(queue + " is served", "OK dane-only" in ask_as(
            "postfix", queue + SOCKET))
    same("not for others", ask_as("alice", OTHER_QUEUE + SOCKET),
         "PermissionError")
    mail.run("sendmail", "-C", OTHER, "-f", "probe@sender.example",
             "uo@sts.post.example", input="Subject: a test\n\nhello\n")
    check("and mail goes out from there", wait_until(
        lambda: mail.received().get("uo@sts.post.example") ==
        [("s1", "tls", "s1.post.example")], 30),
        mail.received().get("uo@sts.post.example"))
    same("nothing is left to do", items("accounts"), [])


def restore(chroot):
    mail.run("postmulti", "-i", "postfix-other", "-p", "stop",
             capture_output=True)
    mail.run("postmulti", "-i", "postfix-other", "-e", "disable",
             capture_output=True)
    mail.run("postmulti", "-i", "postfix-other", "-e", "destroy",
             capture_output=True)
    mail.run("postconf", "-X", "multi_instance_directories",
             "multi_instance_enable", "multi_instance_wrapper")
    mail.run("systemctl", "disable", "-q", "--now", "mxpolicy-unix.socket")
    mail.run("rm", "-r", DROP_IN)
    mail.run("systemctl", "daemon-reload")
    check("a socket that is stopped leaves nothing there",
          not os.path.exists(QUEUE + SOCKET))
    client.switch("nowait")
    for name in PEOPLE:
        mail.run("userdel", "-r", name, capture_output=True)
    mail.run("postconf", "-F", "smtp/unix/chroot=" + chroot)
    mail.run("postconf", "-e", "smtp_tls_policy_maps = " + PORT)
    mail.run("systemctl", "restart", "postfix.service")
    check("Postfix listens as before", wait_until(listens))


def main():
    # of the distribution
    chroot = mail.run("postconf", "-F", "-h", "smtp/unix/chroot",
                      capture_output=True).stdout.strip()
    recommend()
    only_postfix()
    deliver("uy", "y")
    deliver("un", "n")
    other_queue()
    restore(chroot)
    done()


main()
