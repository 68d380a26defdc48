import pytest

from gateway.resilience.outlier_detection import OutlierDetector


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def detector(clock):
    return OutlierDetector(consecutive_failures=3, base_ejection=30, max_ejection=100, clock=clock)


def fail(detector, times):
    return [detector.failed("p") for _ in range(times)]


def test_so_many_failures_in_a_row_eject(detector):
    assert fail(detector, 3) == [False, False, True]
    assert detector.is_ejected("p")
    assert not detector.is_ejected("other")


def test_what_is_left_out_can_be_looked_at(detector, clock):
    fail(detector, 3)
    clock.now = 10
    assert detector.ejected() == {"p": 20.0}
    clock.now = 30
    assert detector.ejected() == {}


def test_an_answer_in_between_starts_the_count_anew(detector):
    fail(detector, 2)
    detector.succeeded("p")
    fail(detector, 2)
    assert not detector.is_ejected("p")


def test_it_comes_back_by_itself(detector, clock):
    fail(detector, 3)
    clock.now = 29.9
    assert detector.is_ejected("p")
    clock.now = 30
    assert not detector.is_ejected("p")


def test_one_that_fails_again_at_once_is_ejected_for_longer_up_to_a_bound(detector, clock):
    fail(detector, 3)
    durations = []
    for _ in range(3):
        clock.now += 1000
        assert detector.failed("p")
        durations.append(next(seconds for seconds in (30, 60, 100) if not ejected_after(detector, clock, seconds)))
    assert durations == [60, 100, 100]


def ejected_after(detector, clock, seconds):
    now, clock.now = clock.now, clock.now + seconds
    try:
        return detector.is_ejected("p")
    finally:
        clock.now = now


def test_failures_while_ejected_do_not_make_it_longer(detector, clock):
    fail(detector, 10)
    clock.now = 30
    assert not detector.is_ejected("p")


def test_one_that_came_back_well_is_forgiven(detector, clock):
    fail(detector, 3)
    clock.now = 30
    detector.succeeded("p")
    assert fail(detector, 2) == [False, False]
