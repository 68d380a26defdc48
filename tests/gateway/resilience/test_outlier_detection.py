import pytest

from filters.resilience.circuit_breaker import BreakerPolicy
from gateway.resilience.outlier_detection import MOST_NAMES, OutlierDetector
from tests.support.clock import Clock

POLICY = BreakerPolicy(failures=3, cool_down=30, max_cool_down=100)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def detector(clock):
    return OutlierDetector(clock)


def fail(detector, times, name="p"):
    return [detector.failed(name, detector.force(name), POLICY) for _ in range(times)]


def test_so_many_failures_in_a_row_eject(detector):
    assert fail(detector, 3) == [False, False, True]
    assert detector.admit("p") is None
    assert detector.admit("other") is not None


def test_ejections_are_counted_over_all_names(detector):
    fail(detector, 3)
    fail(detector, 3, "q")
    fail(detector, 2, "r")
    assert detector.ejections == 2


def test_what_is_left_out_can_be_looked_at(detector, clock):
    fail(detector, 3)
    clock.now = 10
    assert detector.ejected() == {"p": 20.0}
    clock.now = 30
    assert detector.ejected() == {}


def test_an_answer_in_between_starts_the_count_anew(detector):
    fail(detector, 2)
    detector.succeeded("p", detector.admit("p"))
    assert fail(detector, 2) == [False, False]


def test_it_comes_back_by_itself_with_one_call_that_decides(detector, clock):
    fail(detector, 3)
    clock.now = 29.9
    assert detector.admit("p") is None
    clock.now = 30
    permit = detector.admit("p")
    assert detector.admit("p") is None
    detector.succeeded("p", permit)
    assert detector.admit("p") is not None


def test_a_call_that_says_nothing_is_followed_by_another(detector, clock):
    fail(detector, 3)
    clock.now = 30
    detector.abandoned("p", detector.admit("p"))
    assert detector.admit("p") is not None


def test_an_answer_that_begins_lets_others_in_and_one_failure_more_ejects_again(detector, clock):
    fail(detector, 3)
    clock.now = 30
    permit = detector.admit("p")
    detector.began("p", permit)
    assert detector.admit("p") is not None
    assert detector.failed("p", permit, POLICY)
    assert detector.ejected() == {"p": 60.0}


def test_failures_of_calls_from_before_do_not_make_it_longer(detector, clock):
    old = detector.admit("p")
    fail(detector, 3)
    clock.now = 10
    assert not detector.failed("p", old, POLICY)
    assert detector.ejected() == {"p": 20.0}


def test_a_rest_is_as_long_as_was_asked_for(detector, clock):
    detector.rest("p", 7)
    assert detector.admit("p") is None
    clock.now = 7
    assert detector.admit("p") is not None


def test_one_that_is_well_is_not_remembered_and_those_that_fail_are_bounded(detector):
    fail(detector, 1, "well again")
    detector.succeeded("well again", detector.admit("well again"))
    for number in range(MOST_NAMES + 10):
        detector.failed(f"made up {number}", 0, POLICY)
    assert len(detector._breakers) == MOST_NAMES


@pytest.mark.parametrize("say", ["began", "succeeded", "abandoned"])
def test_of_a_name_that_never_failed_there_is_nothing_to_note(detector, say):
    getattr(detector, say)("p", detector.force("p"))
    assert detector.ejected() == {}
    assert len(detector._breakers) == 0
