import os
import threading

import pytest

from gateway.storage.decision_log.aside import HERE_SECONDS, SLOW_SECONDS, Aside
from tests.support.clock import Clock


class Bench:
    """Notes for each piece of work which policy its thread has, and whether that is the calling one."""

    def __init__(self):
        self.clock, self.done = Clock(), []
        self.aside = Aside(self.clock)

    def work(self, seconds=0.0):
        def work():
            self.clock.now += seconds
            self.done.append((os.sched_getscheduler(0), threading.current_thread() is threading.main_thread()))

        self.aside.run(work)
        return self.done[-1]


@pytest.fixture
def bench():
    return Bench()


ASIDE, HERE = (os.SCHED_IDLE, False), (os.SCHED_OTHER, True)


def test_work_is_done_on_a_thread_that_gives_way_to_every_other_and_the_calling_one_stays_as_it_was(bench):
    assert [bench.work(), bench.work()] == [ASIDE, ASIDE]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_after_work_that_took_long_the_calling_thread_does_it_for_a_while(bench):
    assert bench.work(SLOW_SECONDS) == ASIDE
    assert bench.work() == HERE
    bench.clock.now += HERE_SECONDS
    assert bench.work() == ASIDE


def test_work_that_did_not_take_long_changes_nothing(bench):
    assert [bench.work(SLOW_SECONDS * 0.9), bench.work()] == [ASIDE, ASIDE]


def test_what_the_work_raises_is_raised(bench):
    with pytest.raises(OSError, match="no space"):
        bench.aside.run(lambda: (_ for _ in ()).throw(OSError(28, "no space")))


@pytest.mark.parametrize("refusal", ["refused", "missing"])
def test_a_system_without_that_policy_does_the_work_all_the_same(bench, monkeypatch, refusal):
    if refusal == "missing":
        monkeypatch.delattr(os, "SCHED_IDLE")
    else:
        monkeypatch.setattr(os, "sched_setscheduler", lambda *_: (_ for _ in ()).throw(PermissionError("no")))
    assert bench.work() == (os.SCHED_OTHER, False)
