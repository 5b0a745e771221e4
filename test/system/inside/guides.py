# In the container: a guide of contrib/guides, typed as it stands, and the way
# back. SPDX-License-Identifier: MIT
#
# postfix-mta-sts-resolver is that of Debian. postfix-tlspol is in no Debian: a
# unit of its name has our program on its port, so that what is tried of it is
# the guide's lines alone.
import os
import re
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../../e2e")
from harness import check, done, same, wait_until

GUIDE, FOLDER = sys.argv[1:]
UNIT = "postfix-" + GUIDE
# of images and snaps, which are not here
ELSEWHERE = ("docker ", "snap ")
SERVICE = """[Service]
StandardInput=fd:postfix-tlspol.socket
ExecStart=/usr/libexec/mxpolicy/socketmap
[Install]
WantedBy=multi-user.target
"""
SOCKET = """[Socket]
ListenStream=127.0.0.1:8642
"""


def run(command):
    p = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, env={**os.environ,
                                       "DEBIAN_FRONTEND": "noninteractive"})
    return p.returncode, p.stdout


def must(command):
    code, out = run(command)
    same("# " + command, code, 0)
    if code:
        print(out)
    return out


def commands(title):
    """the command lines below a title of the guide: indented by eight blanks,
    or by four and a word that is typed; without what is said behind them"""
    with open("contrib/guides/from-" + UNIT, encoding="utf-8") as file:
        text = file.read()
    part = text[text.index("\n%s\n" % title) + 1:].split("\n", 1)[1]
    found = []
    for line in part.split("\n"):
        if line and not line.startswith(" "):
            break
        if re.match(r"( {8}| {4}| {4}\d\. )(systemctl|postconf|postfix|"
                    r"postmap|printf|mxpolicy|docker|snap) ", line):
            line = re.sub(r"^ *(\d\. )?", "", line)
            found.append(re.sub(r" {3,}\(.*\)$", "", line))
    return found


def is_new():
    version = run("postconf -h mail_version")[1].split(".")
    return (int(version[0]), int(version[1])) >= (3, 10)


def type_in(lines):
    for line in lines:
        if line.startswith(ELSEWHERE):
            continue
        # of two maps one is for this Postfix
        if line.startswith("postconf -e 'smtp_tls_policy_maps") and (
                "8461:QUERY'" in line or "withTLSRPT" in line):
            if ("withTLSRPT" in line) != is_new():
                continue
        if line.startswith("mxpolicy check"):
            continue  # judged apart: there is no name server
        print("# " + line)
        # this network has no domain that both could be asked for
        if "example.com" in line:
            line = line.replace("example.com", "'[127.0.0.1]'") + \
                " || [ $? = 1 ]"
        must(line)


def answers(port, map_name):
    """by a real Postfix: an address has no policy, and that is no error"""
    code, out = run("postmap -q '[127.0.0.1]' socketmap:inet:127.0.0.1:%d:%s"
                    % (port, map_name))
    return code == 1 and not out.strip()


def maps():
    return run("postconf -h smtp_tls_policy_maps")[1].strip()


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def is_active(unit):
    return run("systemctl is-active " + unit)[1].strip() == "active"


def items():
    return run("mxpolicy check")[1]


def install():
    code, out = run("dpkg -i %s/mxpolicy.deb" % FOLDER)
    same("mxpolicy is installed", code, 0)
    return out


def tlspol():
    install()
    for name, text in (("service", SERVICE), ("socket", SOCKET)):
        with open("/etc/systemd/system/postfix-tlspol." + name, "w") as file:
            file.write(text)
    must("systemctl daemon-reload")
    must("systemctl enable --now postfix-tlspol.socket postfix-tlspol.service")
    before = "socketmap:inet:127.0.0.1:8642:" + (
        "QUERYwithTLSRPT" if is_new() else "QUERY")
    must("postconf -e 'smtp_tls_policy_maps = %s'" % before)
    type_in(commands("Switch"))
    check("its port is in main.cf no longer", "8642" not in maps() and
          "8461" in maps(), maps())
    check("mxpolicy is asked", "smtp_tls_policy_maps asks mxpolicy" in items())
    check("the other is stopped", not is_active("postfix-tlspol.service"))
    for name in ("query", "QueryWithTlsRpt", "POSTFIX"):
        check("map names in any case: " + name, answers(8461, name))
    lines = commands("Go back")
    # it was stopped, so what is said of that comes first
    type_in(sorted(lines, key=lambda line: "enable" not in line))
    if not is_new():
        must("postconf -e 'smtp_tls_policy_maps = %s'" % before)
    same("and back", maps(), before)
    check("where it answers", is_active("postfix-tlspol.service") and
          answers(8642, "QUERY"))


def resolver():
    must("systemctl enable --now " + UNIT)
    check("it listens", wait_until(lambda: listens(8461)))
    must("postconf -e 'smtp_tls_policy_maps = hash:/etc/postfix/tls_policy, "
         "socketmap:inet:127.0.0.1:8461:postfix'")
    must("touch /etc/postfix/tls_policy && postmap hash:/etc/postfix/tls_policy")
    out = install()
    check("the package leaves the port to it, and says so",
          is_active(UNIT) and not is_active("mxpolicy.socket") and
          "8461" in out, out)
    # it is silent, for want of a name server
    check("check knows that it is not mxpolicy", any(
        words in items() for words in ("answered by another server",
                                       "mxpolicy does not answer")), items())
    type_in(commands("Switch"))
    check("the port has changed hands", not is_active(UNIT) and
          is_active("mxpolicy.socket"))
    check("mxpolicy is asked, after the table", is_new() != maps().endswith(
        ":postfix") and maps().startswith("hash:") and
        "smtp_tls_policy_maps asks mxpolicy" in items(), maps())
    check("the map of the example is there", answers(8461, "stsmap"))
    check("one that nobody has named is not", not answers(8461, "another"))
    for name in ("Postfix", "postfix", "query", "STSMAP"):
        check("map names in any case: " + name, answers(8461, name))
    type_in(commands("Go back"))
    check("and back", is_active(UNIT) and not is_active("mxpolicy.socket") and
          maps() == "socketmap:inet:127.0.0.1:8461:postfix", maps())
    check("where it answers", wait_until(lambda: listens(8461)))


must("systemctl start postfix.service")
{"tlspol": tlspol, "mta-sts-resolver": resolver}[GUIDE]()
done()
