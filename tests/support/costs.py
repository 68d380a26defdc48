"""What work costs in processor time, against other work: no figure of its own holds on every machine."""

import time


def took(work, tries=3):
    """Return the least of a few tries, in seconds of processor time."""

    def once():
        started = time.process_time()
        work()
        return time.process_time() - started

    return min(once() for _ in range(tries))


def assert_linear(work, size):
    """Check that four times as much takes about four times as long, where what is quadratic takes sixteen times."""
    assert took(lambda: work(4 * size)) < 8 * took(lambda: work(size)) + 0.005
