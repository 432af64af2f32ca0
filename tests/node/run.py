#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Runs the root tests: `run.py [-k FILTER]... [FILE]...`. One line a test, the details of failures after them, and a last
line with the sums. Exit code 1 if one failed."""
import argparse
import fnmatch
import pathlib
import sys
import time
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import rig  # noqa: E402  (after the path is set)


class Result(unittest.TestResult):
    """Prints as it goes: a run that hangs shows where."""

    def __init__(self):
        super().__init__()
        self.counts = {"ok": 0, "FAIL": 0, "SKIP": 0}
        self.begun, self.bad = {}, {}
        self.details = []

    def say(self, word, test, more=""):
        seconds = time.monotonic() - self.begun.setdefault(test.id(), time.monotonic())
        self.counts[word] += 1
        print(f"{word:4} {name_of(test)} ({seconds:.1f} s){': ' + more if more else ''}", flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.begun[test.id()] = time.monotonic()

    def failed(self, test, error):
        """A test may fail in several subtests, or once more in its cleanup: it is one failure."""
        self.details.append((name_of(test), self._exc_info_to_string(error, test)))
        if test.id() not in self.bad:
            self.bad[test.id()] = True
            self.say("FAIL", test)

    def addSuccess(self, test):
        super().addSuccess(test)
        if test.id() not in self.bad:
            self.say("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("SKIP", test, reason)

    def addError(self, test, err):
        super().addError(test, err)
        self.failed(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed(test, err)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.failed(test, (AssertionError, AssertionError("unexpected success"), None))


def name_of(test):
    return test.id().removeprefix("test_")


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def wanted(test, filters):
    """A filter is a part of the name, or a pattern with stars."""
    return not filters or any(part in test.id() or fnmatch.fnmatch(name_of(test), part) for part in filters)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", dest="filters", action="append", default=[], metavar="FILTER", help="only tests whose name has this")
    parser.add_argument("-l", dest="only_list", action="store_true", help="list the tests")
    parser.add_argument("files", nargs="*", help="only these test files")
    options = parser.parse_args()
    rig.exit_on_signals()
    modules = [pathlib.Path(name).stem for name in options.files] or sorted(path.stem for path in HERE.glob("test_*.py"))
    found = list(cases(unittest.defaultTestLoader.loadTestsFromNames(modules)))
    chosen = [test for test in found if wanted(test, options.filters)]
    if options.only_list:
        print("\n".join(name_of(test) for test in chosen))
        return 0
    if not chosen:
        print("no test has such a name", file=sys.stderr)
        return 1
    result = Result()
    start = time.monotonic()
    try:
        unittest.TestSuite(chosen).run(result)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    finally:
        for name, text in result.details:
            print(f"\n--- {name}\n{text}")
    print(f"{time.monotonic() - start:.0f} s")
    print(f"{result.counts['ok']} passed, {result.counts['FAIL']} failed, {result.counts['SKIP']} skipped")
    return 1 if result.counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
