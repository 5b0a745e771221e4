# Makes what the world serves and keeps it in a state directory: keys, signed
# zones, certificates. SPDX-License-Identifier: MIT
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import zonefile

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_AGE = 7 * 86400
CN_ONLY = "mta-sts.cn-only.example"
# zones whose policy hosts have a certificate to themselves, of that name;
# certtool takes no more than 128 names for one
OWN_CERT = ("bulk.example", "post.example")
# zones each of whose policy hosts has one to itself, as most have
CERT_EACH = ("load.example",)
# a thousand hosts in ten certificates
MANY = ["mta-sts.m%03d.many.plain" % number for number in range(1000)]
FOREVER = "2049-12-31 00:00:00"
# tests put these below live.example as they like
LIVE_HOSTS = ["mta-sts.%slive.example" % (letter + "." if letter else "")
              for letter in ["", *"abcdefgh"]]


def sources_hash():
    digest = hashlib.sha256()
    for path in sorted(glob.glob(HERE + "/zones/*")) + [
            HERE + "/policies", HERE + "/build.py", HERE + "/zonefile.py"]:
        with open(path, "rb") as file:
            digest.update(path.encode() + b"\0" + file.read())
    return digest.hexdigest()


def is_fresh(stamp):
    try:
        with open(stamp) as file:
            made, digest = file.read().split()
    except (OSError, ValueError):
        return False
    age = time.time() - float(made)
    return 0 <= age < MAX_AGE and digest == sources_hash()


def build(state):
    """state/material, made anew unless it is fresh; one build at a time"""
    os.makedirs(state, exist_ok=True)
    with open(state + "/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = state + "/material/stamp"
        if is_fresh(stamp):
            return
        draft = tempfile.mkdtemp(prefix="draft.", dir=state)
        for name in ("keys", "zones", "certs"):
            os.makedirs(draft + "/" + name)
        make_keys(draft)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            zones = zonefile.load(HERE + "/zones")
            for job in [pool.submit(build_certs, draft + "/certs", zones),
                        *build_zones(pool, zones, draft)]:
                job.result()
        shutil.copy(HERE + "/policies", draft + "/policies")
        with open(draft + "/stamp", "w") as file:
            file.write("%d %s\n" % (time.time(), sources_hash()))
        # nobody else's directory of that name
        if os.path.exists(stamp):
            shutil.rmtree(state + "/material")
        os.rename(draft, state + "/material")


def copy(state, target):
    """a copy of what was built, which a later build cannot take away"""
    with open(state + "/lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        shutil.copytree(state + "/material", target, dirs_exist_ok=True)


def build_zones(pool, zones, draft):
    keys = draft + "/keys"
    list(pool.map(lambda zone: zonefile.make_key(zone, keys),
                  [zone for zone in zones.values() if zone.sign]))
    jobs = []
    for zone in zones.values():
        children = [child for child in zones.values() if child is not zone
                    and zonefile.parent_of(child) == zone.name]
        jobs.append(pool.submit(zonefile.write, zone, children, keys,
                                draft + "/zones/" + zone.name))
    with open(keys + "/root.key") as key, open(keys + "/root.ds") as ds:
        with open(draft + "/anchor", "w") as file:
            file.write(ds.read() + key.read())
    return jobs


def certtool(directory, *arguments):
    result = subprocess.run(["certtool", *arguments], cwd=directory,
                            capture_output=True, text=True)
    if result.returncode:
        raise SystemExit("certtool %s: %s" % (arguments, result.stderr))


def make_keys(draft):
    """the private keys, and their public halves for TLSA records"""
    for name, file in (("ca", "ca.priv"), ("other", "other.priv"),
                       ("key", "key.pem")):
        certtool(draft + "/certs", "--generate-privkey", "--key-type=ecdsa",
                 "--curve=secp256r1", "--outfile", file)
        certtool(draft + "/certs", "--pubkey-info", "--outder",
                 "--load-privkey", file,
                 "--outfile", "%s/keys/%s.der" % (draft, name))


def make_ca(directory, name):
    with open("%s/%s.tmpl" % (directory, name), "w") as file:
        file.write('cn = "%s of the test world"\nca\ncert_signing_key\n'
                   'expiration_date = "%s"\n' % (name, FOREVER))
    certtool(directory, "--generate-self-signed", "--template", name + ".tmpl",
             "--load-privkey", name + ".priv", "--outfile", name + ".pem")


def make_cert(directory, name, hosts, ca="ca", lines=(), cn=None,
              purpose="tls_www_server", key="key"):
    """ca None: signed by itself; cn None: the first of the hosts"""
    template = ['cn = "%s"' % (cn or (hosts[0] if hosts else CN_ONLY)),
                "signing_key", purpose]
    template += ['dns_name = "%s"' % host for host in hosts]
    template += list(lines) or ['expiration_date = "%s"' % FOREVER]
    with open("%s/%s.tmpl" % (directory, name), "w") as file:
        file.write("\n".join(template) + "\n")
    common = ["--template", name + ".tmpl", "--load-privkey", key + ".pem",
              "--outfile", name + ".pem"]
    if ca is None:
        certtool(directory, "--generate-self-signed", *common)
    else:
        certtool(directory, "--generate-certificate", *common,
                 "--load-ca-certificate", ca + ".pem",
                 "--load-ca-privkey", ca + ".priv")


def policy_hosts(zones):
    """every mta-sts.* name of the zones"""
    hosts = set()
    for zone in zones.values():
        for line in zone.lines:
            if line.startswith("mta-sts"):
                hosts.add(zone.full(line.split()[0]).rstrip("."))
    return sorted(hosts)


def many_cert(host):
    """the name of the certificate that a host of MANY is in"""
    return "many-" + host.split(".")[1][1]


def make_mail_certs(directory):
    """of the mail hosts in post.example, whom test/system starts"""
    make_cert(directory, "mail", ["%s.post.example" % host for host in
                                  ("d1", "d2", "p1", "load", "load-plain",
                                   "deep.s2")])
    make_cert(directory, "mail-sni", ["s1.post.example", "s2.post.example"])
    make_cert(directory, "mail-wrong", ["somebody-else.post.example"])
    # names a host that the policy lists, beside its own
    make_cert(directory, "mail-rogue", ["rogue.post.example",
                                        "s1.post.example"])
    make_cert(directory, "mail-self", ["self.post.example"], None)


def build_certs(directory, zones):
    hosts = policy_hosts(zones)
    many = {zone: [host for host in hosts if host.endswith("." + zone)]
            for zone in OWN_CERT}
    each = [host for host in hosts if host.endswith(
        tuple("." + zone for zone in CERT_EACH))]
    plain = sorted(set(hosts).difference(each, *many.values()) |
                   set(LIVE_HOSTS))
    make_ca(directory, "ca")
    make_ca(directory, "other")
    make_cert(directory, "good", plain)
    for zone, names in many.items():
        make_cert(directory, zone, names)
    for host in each:
        make_cert(directory, host, [host])
    for start in range(0, len(MANY), 100):
        make_cert(directory, many_cert(MANY[start]), MANY[start:start + 100])
    make_mail_certs(directory)
    make_cert(directory, "expired", ["mta-sts.expired-cert.example"], lines=[
        'activation_date = "2020-01-01 00:00:00"',
        'expiration_date = "2020-04-01 00:00:00"'])
    make_cert(directory, "selfsigned", ["mta-sts.self-signed.example"], None)
    make_cert(directory, "wrongname", ["mta-sts.somebody-else.example"])
    make_cert(directory, "wildcard", ["*.wild-cert.example"])
    make_cert(directory, "otherca", ["mta-sts.other-ca.example"], "other")
    make_cert(directory, "cnonly", [], lines=[
        'expiration_date = "%s"' % FOREVER])
    make_cert(directory, "resolver", ["resolver.example"], lines=[
        'expiration_date = "%s"' % FOREVER, 'ip_address = "127.1.0.53"',
        'ip_address = "fd00::53"'])
