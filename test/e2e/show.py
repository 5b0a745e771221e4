# show: what each verb prints on a terminal of 80 columns, for a good, a broken
# and an attacked domain. No test: test/world/run test/e2e/show.py, in the
# directory of the build. SPDX-License-Identifier: MIT
import os
import harness as h
import verifyhosts

DOMAINS = (("good", "sts.post.example"),
           ("broken: the policy demands another host", "sts-rogue.post.example"),
           ("attacked: another key than the domain's", "dane-wrong.post.example"),
           ("attacked: forged DNS", "mx-bogus-sts.example"))
VERBS = ("query", "explain", "verify", "lint", "cache show")
ENV = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm", NO_COLOR="1")


def show(cache, *words):
    print("$ mxpolicy " + " ".join(words))
    print(h.on_terminal([h.MXPOLICY] + h.options(cache) + list(words), ENV))


verifyhosts.start()
with h.Scratch() as scratch:
    cache = scratch.file("cache.tdb")
    with h.Session(cache, "log-level=error") as session:
        for _, domain in DOMAINS:
            session.ask(domain)
    for what, domain in DOMAINS:
        print("--- " + what)
        for verb in VERBS:
            show(cache, *verb.split(), domain)
    print("--- the cache")
    show(cache, "cache", "list")
    show(cache, "cache", "export")
    show(cache, "cache", "stats")
