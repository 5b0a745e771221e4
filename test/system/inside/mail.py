# In the container: the sending Postfix of the distribution, a second one that
# receives on all hosts of post.example, and what their logs say.
# SPDX-License-Identifier: MIT
import glob
import json
import os
import re
import smtplib
import subprocess
import time

CERTS = os.environ["WORLD"] + "/certs/"
RECEIVE = "/etc/receiver"	# not /etc/postfix-*, which postfix.service starts
# seen by all containers
RECEIVE_LOG = "/result/receive.log"
STORE = "/result/received"
# host, address, certificate
HOSTS = [
    ("d1", "198.18.0.1", "mail"), ("d2", "198.18.0.2", "mail"),
    ("wrongkey", "198.18.0.3", "mail"), ("unusable", "198.18.0.4", "mail"),
    ("p1", "198.18.0.5", "mail"), ("s1", "198.18.0.6", "mail-sni"),
    ("wrongname", "198.18.0.7", "mail-wrong"),
    ("self", "198.18.0.8", "mail-self"), ("notls", "198.18.0.9", None),
    ("rogue", "198.18.0.10", "mail-rogue"), ("e1", "198.18.0.11", "mail"),
    ("s2", "198.18.0.13", "mail-sni"), ("deep", "198.18.0.14", "mail"),
    ("load", "198.18.0.20", "mail"), ("load-plain", "198.18.0.21", "mail")]
OTHERS = {"mail-sni": "mail-wrong"}	# for who sends no name
SLOW = ("load", "load-plain")


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, **more)


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def service(name, kind="unix", private="-", unpriv="-", wakeup="-",
            limit="-", command=None):
    return "%s %s %s %s n %s %s %s\n" % (
        name, kind, private, unpriv, wakeup, limit, command or name)


def receiver_master():
    text = "".join([
        service("pickup", private="n", wakeup="60", limit="1"),
        service("cleanup", private="n", limit="0"),
        service("qmgr", private="n", wakeup="300", limit="1"),
        service("showq", private="n"),
        service("tlsmgr", wakeup="1000?", limit="1"),
        service("rewrite", command="trivial-rewrite"),
        service("bounce", limit="0"),
        service("defer", limit="0", command="bounce"),
        service("trace", limit="0", command="bounce"),
        service("flush", private="n", wakeup="1000?", limit="0"),
        service("proxymap"), service("error"),
        service("retry", command="error"),
        service("virtual", unpriv="n"),
        service("anvil", limit="1"),
        service("postlog", kind="unix-dgram", private="n", limit="1",
                command="postlogd")])
    for host, address, certificate in HOSTS:
        text += service(address + ":25", kind="inet", private="n",
                        command="smtpd")
        options = {"syslog_name": "receive/" + host,
                   "myhostname": host + ".post.example"}
        if certificate is None:
            options["smtpd_tls_security_level"] = "none"
        else:
            # whoever sends the name has it in the log, and gets this
            options["tls_server_sni_maps"] = "texthash:%s/%s.sni" % (
                RECEIVE, certificate)
            options["smtpd_tls_chain_files"] = "%s/%s.chain" % (
                RECEIVE, OTHERS.get(certificate, certificate))
        if host in SLOW:
            options["smtpd_client_restrictions"] = "sleep,2"
        text += "".join("  -o %s=%s\n" % item for item in options.items())
    return text


RECEIVER = """compatibility_level = 3.6
queue_directory = /var/spool/receiver
data_directory = /var/lib/receiver
mail_owner = postfix
maillog_file = %s
maillog_file_prefixes = /result
inet_protocols = ipv4
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:mail/
virtual_mailbox_base = %s
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_client_connection_count_limit = 0
default_process_limit = 500
""" % (RECEIVE_LOG, STORE)


def start_receiver():
    """all mail hosts, on their addresses"""
    run("ip", "addr", "add", "198.18.0.0/24", "dev", "lo")
    for path in (RECEIVE, STORE, "/var/spool/receiver",
                 "/var/lib/receiver"):
        os.makedirs(path)
    run("chown", "65534:65534", STORE)
    run("chown", "postfix", "/var/lib/receiver")
    with open(CERTS + "key.pem") as key, open(CERTS + "ca.pem") as ca:
        key, ca = key.read(), ca.read()
    for name in ("mail", "mail-sni", "mail-wrong", "mail-rogue", "mail-self"):
        with open(CERTS + name + ".pem") as own:
            put("%s/%s.chain" % (RECEIVE, name), key + own.read() + ca)
        put("%s/%s.sni" % (RECEIVE, name), ".post.example %s/%s.chain\n"
            % (RECEIVE, name))
    put(RECEIVE + "/main.cf", RECEIVER)
    put(RECEIVE + "/master.cf", receiver_master())
    run("postconf", "-e", "alternate_config_directories = " + RECEIVE)
    run("systemd-run", "-q", "--unit=receiver", "-p", "Type=forking",
        "postfix", "-c", RECEIVE, "start")


def readme_settings(tlsrpt):
    """what README says for main.cf, without the map for other versions"""
    other = ":QUERY" if tlsrpt else ":QUERYwithTLSRPT"
    with open("README", encoding="utf-8") as file:
        found = re.findall(r"^        postconf -e '(smtp_\w+ = [^']*)'$",
                           file.read(), re.M)
    return [setting for setting in found if not setting.endswith(other)]


def start_sender(tlsrpt):
    """the Postfix of the distribution, as README has it"""
    settings = readme_settings(tlsrpt) + [
        "smtp_tls_loglevel = 1", "inet_interfaces = 127.0.0.1",
        "inet_protocols = ipv4", "myhostname = sender.example",
        "mydestination =", "smtputf8_enable = yes",
        "transport_maps = inline:{ "
        "{ smart-dane.invalid = smtp:[d1.post.example] }, "
        "{ smart-none.invalid = smtp:[p1.post.example] }, "
        "{ smart-port.invalid = smtp:[d1.post.example]:25 } }"]
    if tlsrpt:
        settings += ["smtp_tlsrpt_enable = yes",
                     "smtp_tlsrpt_socket_name = tlsrpt/collector"]
    run("postconf", "-e", *settings)
    run("systemctl", "restart", "postfix.service")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            smtplib.SMTP("127.0.0.1", 25, timeout=5).quit()
            return settings
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the sending Postfix does not listen")


def send_all(recipients):
    """hand in mail, one for each"""
    with smtplib.SMTP("127.0.0.1", 25, timeout=60) as smtp:
        smtp.ehlo("localhost")
        for recipient in recipients:
            options = [] if recipient.isascii() else ["SMTPUTF8"]
            text = "From: <probe@sender.example>\r\nTo: <%s>\r\n" \
                "Subject: a test\r\n\r\nhello\r\n" % recipient
            smtp.sendmail("probe@sender.example", [recipient],
                          text.encode(), options)


def journal(*match):
    """entries as (time, pid, message)"""
    done = run("journalctl", "-q", "--no-pager", "-o", "json", *match,
               capture_output=True)
    entries = []
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        message = entry.get("MESSAGE")
        if isinstance(message, list):
            message = bytes(message).decode("utf-8", "replace")
        entries.append((int(entry["__REALTIME_TIMESTAMP"]) / 1e6,
                        entry.get("SYSLOG_PID") or entry.get("_PID"),
                        message or ""))
    return entries


DELIVERY = re.compile(r"^([0-9A-Za-z]+): to=<([^>]*)>.* status=(\w+) \((.*)\)$")


def deliveries(since):
    """recipient -> list of (status, lines of the process for that delivery)"""
    found, groups = {}, {}
    for _, pid, message in journal("-t", "postfix/smtp", "--since",
                                   "@%d" % since):
        groups.setdefault(pid, []).append(message)
        match = DELIVERY.match(message)
        if match:
            found.setdefault(match.group(2), []).append(
                (match.group(3), groups.pop(pid)))
    return found


def wait_for(recipients, since, seconds=90):
    """deliveries(), once each recipient has a status"""
    end = time.monotonic() + seconds
    while True:
        found = deliveries(since)
        if all(r in found for r in recipients) or time.monotonic() > end:
            return found
        time.sleep(0.3)


def received():
    """recipient -> list of (host, tls or plain, name sent by SNI or -)"""
    with open(RECEIVE_LOG, encoding="utf-8", errors="replace") as file:
        log = file.read()
    names, current = {}, {}
    for match in re.finditer(
            r"receive/([\w-]+)/smtpd\[(\d+)\]: (.*)", log):
        host, pid, text = match.groups()
        if text.startswith("connect from"):
            current[pid] = "-"
        tls = re.search(r"TLS connection established from \S+?"
                        r"(?: to (\S+))?: TLSv", text)
        if tls:
            current[pid] = tls.group(1) or "-"
        queued = re.match(r"(\w+): client=", text)
        if queued:
            names[queued.group(1)] = current.get(pid, "-")
    found = {}
    for path in glob.glob(STORE + "/mail/new/*"):
        with open(path, encoding="utf-8", errors="replace") as file:
            head = file.read().partition("\n\n")[0]
        # ours is the first of the Received lines
        trace = re.search(r"^Received: (.*(?:\n\s.*)*)", head, re.M).group(1)
        recipient = re.search(r"^Delivered-To: (.*)", head, re.M).group(1)
        host = re.search(r"by ([\w-]+)\.post\.example", trace).group(1)
        number = re.search(r"\bid (\w+)", trace).group(1)
        found.setdefault(recipient, []).append(
            (host, "tls" if "using TLS" in trace else "plain",
             names.get(number, "-")))
    return found
