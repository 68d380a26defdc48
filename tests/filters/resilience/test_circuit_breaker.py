import pytest

from filters.resilience.circuit_breaker import BreakerPolicy, CircuitBreaker
from tests.support.clock import Clock


@pytest.fixture
def clock():
    return Clock(100.0)


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(BreakerPolicy(3, 30.0, 100.0), clock)


def fail(breaker, times):
    for _ in range(times):
        breaker.failed(breaker.admit())


def test_calls_are_admitted_until_enough_failed_in_a_row(breaker):
    fail(breaker, 2)
    assert breaker.state == "closed"
    fail(breaker, 1)
    assert breaker.state == "open"
    assert breaker.admit() is None


def test_a_success_between_failures_starts_the_count_anew(breaker):
    fail(breaker, 2)
    breaker.succeeded(breaker.admit())
    fail(breaker, 2)
    assert breaker.state == "closed"


def test_an_abandoned_call_counts_neither_way(breaker):
    fail(breaker, 2)
    breaker.abandoned(breaker.admit())
    assert breaker.state == "closed"
    fail(breaker, 1)
    assert breaker.state == "open"


def test_after_the_cool_down_one_probe_is_admitted_at_a_time(breaker, clock):
    fail(breaker, 3)
    clock.now += 29.9
    assert breaker.admit() is None
    clock.now += 0.1
    assert breaker.admit() is not None
    assert breaker.state == "half-open"
    assert breaker.admit() is None


def test_a_probe_that_succeeds_closes_the_circuit(breaker, clock):
    fail(breaker, 3)
    clock.now += 30
    breaker.succeeded(breaker.admit())
    assert breaker.state == "closed"
    fail(breaker, 2)
    assert breaker.state == "closed"


def test_a_probe_that_fails_opens_it_for_twice_as_long(breaker, clock):
    fail(breaker, 3)
    clock.now += 30
    assert breaker.failed(breaker.admit())
    assert breaker.state == "open"
    clock.now += 59.9
    assert breaker.admit() is None
    clock.now += 0.1
    assert breaker.admit() is not None


def test_an_abandoned_probe_is_owed_again_at_once(breaker, clock):
    fail(breaker, 3)
    clock.now += 30
    breaker.abandoned(breaker.admit())
    assert breaker.admit() is not None
    assert breaker.admit() is None


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "abandoned"])
def test_a_call_from_before_the_circuit_opened_says_nothing_any_more(breaker, clock, outcome):
    old = breaker.admit()
    fail(breaker, 3)
    clock.now += 20
    getattr(breaker, outcome)(old)
    assert breaker.state == "open"
    clock.now += 10
    assert breaker.admit() is not None
    getattr(breaker, outcome)(old)
    assert breaker.state == "half-open"


def test_cool_downs_grow_up_to_a_bound_until_a_call_succeeds(breaker, clock):
    fail(breaker, 3)
    lengths = []
    for _ in range(4):
        lengths.append(breaker.seconds_left)
        clock.now += breaker.seconds_left
        breaker.failed(breaker.admit())
    assert lengths == [30.0, 60.0, 100.0, 100.0]
    clock.now += 100
    breaker.succeeded(breaker.admit())
    fail(breaker, 3)
    assert breaker.seconds_left == 30.0


def test_a_forced_call_is_made_whatever_the_state_and_its_success_closes_the_circuit(breaker):
    fail(breaker, 3)
    first, second = breaker.force(), breaker.force()
    assert breaker.state == "half-open"
    breaker.succeeded(first)
    breaker.failed(second)
    assert breaker.state == "closed"


def test_of_forced_calls_that_fail_only_the_first_opens_it_again(breaker):
    fail(breaker, 3)
    first, second = breaker.force(), breaker.force()
    assert breaker.failed(first)
    assert not breaker.failed(second)
    assert breaker.seconds_left == 60.0


def test_a_rest_is_as_long_as_asked_and_no_failure(breaker, clock):
    breaker.rest(7)
    assert breaker.admit() is None
    breaker.rest(2)
    assert breaker.seconds_left == 7
    clock.now += 7
    breaker.succeeded(breaker.admit())
    fail(breaker, 3)
    assert breaker.seconds_left == 30.0


def test_what_failed_lately_or_is_open_is_remembered_and_nothing_else(breaker):
    assert breaker.idle
    fail(breaker, 1)
    assert not breaker.idle
    breaker.succeeded(breaker.admit())
    assert breaker.idle
    fail(breaker, 3)
    assert not breaker.idle
    assert breaker.seconds_left == 30.0


def test_an_answer_that_begins_closes_the_circuit_but_is_not_forgiven_yet(breaker, clock):
    fail(breaker, 3)
    clock.now += 30
    probe = breaker.admit()
    breaker.began(probe)
    assert breaker.state == "closed"
    assert not breaker.idle
    assert breaker.failed(probe)
    assert breaker.seconds_left == 60.0
