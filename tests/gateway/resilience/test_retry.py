from contextlib import ExitStack

import pytest

from filters.errors import UpstreamError
from gateway.resilience.retry import CONTENT_FILTER, BackOff, RetryBudget, RetryPolicy


def failure(retryable=True, retry_after=None, **more):
    return UpstreamError(502, "no", retryable=retryable, retry_after=retry_after, **more)


def test_back_off_doubles_up_to_a_cap_with_full_jitter():
    back_off = BackOff(base=0.1, cap=0.5, rand=lambda: 1.0)
    assert [back_off.delay(tries) for tries in (1, 2, 3, 4, 5000)] == [0.1, 0.2, 0.4, 0.5, 0.5]
    assert BackOff(rand=lambda: 0.0).delay(3) == 0


def test_a_candidate_is_given_up_after_its_retries():
    policy = RetryPolicy()
    assert policy.delay(2, failure(), 2) is not None
    assert policy.delay(3, failure(), 2) is None
    assert policy.delay(1, failure(), 0) is None
    assert policy.delay(1, failure(retryable=False), 2) is None


def test_retry_after_is_kept_up_to_a_bound():
    policy = RetryPolicy(max_retry_after=5)
    assert policy.delay(1, failure(retry_after=4), 2) == 4
    assert policy.delay(1, failure(retry_after=6), 2) is None
    assert policy.delay(1, failure(retry_after=5), 2) == 5
    assert policy.delay(1, failure(retry_after=0), 2) == 0
    assert policy.delay(3, failure(retry_after=4), 2) is None, "it has had its retries"


@pytest.mark.parametrize(
    ("error", "falls"),
    [
        (failure(), True),
        (failure(retryable=False, fallback=True), True),
        (failure(retryable=False), False),
        (failure(retryable=False, provider_status=422), True),
        (failure(retryable=False, provider_status=400, code="content_filter"), True),
        (failure(retryable=False, provider_status=400, code="content_policy_violation"), True),
        (failure(retryable=False, provider_status=400, code="invalid_value"), False),
    ],
)
def test_the_next_candidate_is_asked_where_it_may_help_and_where_the_operator_says_so(error, falls):
    assert RetryPolicy(fallback_on={422, CONTENT_FILTER}).falls_back(error) is falls


def test_a_content_filter_is_final_unless_the_operator_says_otherwise():
    assert not RetryPolicy().falls_back(failure(retryable=False, provider_status=400, code="content_filter"))


def test_the_budget_bounds_the_retries_that_wait_at_once():
    budget, policy = RetryBudget(), RetryPolicy(budget_ratio=0.5, budget_least=1)
    with budget, budget.retry(policy) as first:
        with budget.retry(policy) as second:
            assert (first, second) == (True, False)
        with budget, budget, budget, budget.retry(policy) as with_more_in_flight:
            assert with_more_in_flight
    with budget.retry(policy) as later:
        assert later


def test_without_a_word_of_the_provider_the_back_off_says_how_long():
    policy = RetryPolicy(BackOff(base=1, cap=3, rand=lambda: 1.0))
    assert [policy.delay(tries, failure(), 9) for tries in (1, 2, 3)] == [1, 2, 3]


def test_waits_are_spread_evenly_up_to_the_bound():
    waits = [BackOff(base=1, cap=8).delay(4) for _ in range(500)]
    assert 0 <= min(waits) < 1
    assert 7 < max(waits) <= 8


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation", "content_policy", "moderation_blocked"])
def test_each_vendors_word_for_its_filter_is_known(code):
    refused = failure(retryable=False, provider_status=400, code=code)
    assert RetryPolicy(fallback_on={CONTENT_FILTER}).falls_back(refused)
    assert not RetryPolicy(fallback_on={422}).falls_back(refused)


def test_a_retry_for_which_there_was_no_room_gives_none_back():
    budget, policy = RetryBudget(), RetryPolicy(budget_ratio=0.0, budget_least=1)
    with budget.retry(policy) as first:
        for _ in range(3):
            with budget.retry(policy) as other:
                assert not other
        assert first
    with budget.retry(policy) as later:
        assert later


@pytest.mark.parametrize(("in_flight", "retries"), [(0, 2), (10, 2), (11, 3), (20, 4), (50, 10)])
def test_so_many_may_wait_for_a_retry_as_a_share_of_what_is_in_flight_and_never_less_than_a_few(in_flight, retries):
    budget, policy = RetryBudget(), RetryPolicy(budget_ratio=0.2, budget_least=2)
    with ExitStack() as held:
        for _ in range(in_flight):
            held.enter_context(budget)
        rooms = [held.enter_context(budget.retry(policy)) for _ in range(in_flight + 3)]
    assert rooms == [True] * retries + [False] * (in_flight + 3 - retries)


def test_what_fails_gives_its_place_in_the_budget_back():
    budget, policy = RetryBudget(), RetryPolicy(budget_ratio=0.0, budget_least=1)

    def fail():
        with budget, budget.retry(policy):
            raise OSError("gone")

    for _ in range(3):
        with pytest.raises(OSError, match="gone"):
            fail()
    assert (budget._active, budget._retrying) == (0, 0)
