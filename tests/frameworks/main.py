"""Runs the tests of this folder with pytest; the last line counts them."""
import sys
import tempfile
from pathlib import Path

import pytest


class Counts:
    """A pytest plugin: a test that fails and then breaks in its end is one failed test."""

    def __init__(self):
        self.passed, self.failed, self.skipped = set(), set(), set()

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)


def main() -> int:
    counts = Counts()
    here = str(Path(__file__).resolve().parent)
    with tempfile.TemporaryDirectory(prefix="weightmark-frameworks-") as scratch:
        # The models of a whole run would take gigabytes: each goes with its test.
        options = ["-q", "-p", "no:cacheprovider", "--rootdir", here, "--no-header", "--tb=short", "-rs",
                   "--basetemp", f"{scratch}/tests", "-o", "tmp_path_retention_policy=none"]
        what = sys.argv[1:] or [here, f"--ignore={here}/more"]
        status = pytest.main([*options, *what], plugins=[counts])
    passed = counts.passed - counts.failed
    print(f"{len(passed)} passed, {len(counts.failed)} failed, {len(counts.skipped)} skipped")
    return 1 if status or counts.failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
