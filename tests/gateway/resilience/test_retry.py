import pytest

from filters.errors import UpstreamError
from gateway.resilience.retry import RetryBudget, RetryPolicy, is_retriable


def failure(retryable=True, retry_after=None):
    return UpstreamError(502, "no", retryable=retryable, retry_after=retry_after)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_retried(status):
    assert is_retriable(status)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_would_be_the_same_again_is_not(status):
    assert not is_retriable(status)


def test_back_off_doubles_up_to_a_cap_with_full_jitter():
    policy = RetryPolicy(base=0.1, cap=0.5, rand=lambda: 1.0)
    assert [policy.delay(tries, failure(), 9) for tries in (1, 2, 3, 4)] == [0.1, 0.2, 0.4, 0.5]
    assert RetryPolicy(rand=lambda: 0.0).delay(3, failure(), 9) == 0


def test_a_provider_is_given_up_after_its_retries():
    policy = RetryPolicy()
    assert policy.delay(2, failure(), 2) is not None
    assert policy.delay(3, failure(), 2) is None
    assert policy.delay(1, failure(), 0) is None
    assert policy.delay(1, failure(retryable=False), 2) is None


def test_retry_after_is_kept_up_to_a_bound():
    policy = RetryPolicy(max_retry_after=5)
    assert policy.delay(1, failure(retry_after=4), 2) == 4
    assert policy.delay(1, failure(retry_after=6), 2) is None


def test_the_budget_bounds_the_retries_that_wait_at_once():
    budget = RetryBudget(ratio=0.5, least=1)
    with budget.request(), budget.retry() as first:
        with budget.retry() as second:
            assert (first, second) == (True, False)
        with budget.request(), budget.request(), budget.request(), budget.retry() as with_more_in_flight:
            assert with_more_in_flight
    with budget.retry() as later:
        assert later
