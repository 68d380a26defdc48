"""Has coverage note, where it is measured, for which test file each line ran: see scripts/own_coverage.py."""

import coverage
import pytest

MEASURED_FOR = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Name the test file to coverage, where that has changed."""
    measured, file = coverage.Coverage.current(), item.nodeid.partition("::")[0]
    if measured and item.config.stash.get(MEASURED_FOR, "") != file:
        item.config.stash[MEASURED_FOR] = file
        measured.switch_context(file)
    return (yield)
