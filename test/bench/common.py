# common: what the benchmarks of the programs share.
# SPDX-License-Identifier: MIT
import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.environ.get("top_srcdir", os.getcwd()), "test", "e2e"))
import harness as h  # noqa: E402  (test/e2e)

BUILT = os.environ["BENCH_BUILT"]  # where run put the C programs


def row(what, figure, ratio=None, against=""):
    """One line of the table."""
    print("%s\t%s\t%s\t%s" % (
        what, figure, "" if ratio is None else "%.2f" % ratio, against),
        flush=True)


def fill(cache, *arguments):
    subprocess.run([os.path.join(BUILT, "fill"), cache] +
                   [str(a) for a in arguments], check=True)


def cpu_of(command, **more):
    """CPU seconds of a command and of what it started; its result."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime -
            before.ru_utime - before.ru_stime), done


def median(values):
    return sorted(values)[len(values) // 2]


def quick(values):
    """A quarter of them are less: the others waited for a processor."""
    return sorted(values)[len(values) // 4]
