import asyncio

import pytest

from filters.errors import DownstreamError, UpstreamError
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import RetryBudget, RetryPolicy
from gateway.upstream.attempts import Attempts
from gateway.upstream.candidates import Candidates
from gateway.upstream.failures import RedirectedError
from tests.support.gateway import config_text, load

FIRST, SECOND, THIRD = "openai/first", "anthropic/second", "openai/third"


@pytest.fixture
def candidates(tmp_path):
    providers = [{"model": model, "max_retries": 1} for model in (FIRST, SECOND, THIRD)]
    of_name = Candidates(load(tmp_path, config_text(providers))).of_name
    return [of_name(model) for model in (FIRST, SECOND, THIRD)]


class Said(str):
    """An answer; `broken` is why it broke off."""

    __slots__ = ()
    broken = None


class Broken(Said):
    __slots__ = ()
    broken = "silence"


class Script:
    """What each model does in turn: returns a text or raises; the last goes on for ever."""

    def __init__(self, **says):
        self.says = {model: list(said) for model, said in says.items()}
        self.asked = []

    async def __call__(self, candidate):
        name = candidate.model_id
        self.asked.append(name)
        said = self.says[name]
        answer = said.pop(0) if len(said) > 1 else said[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Said) else Said(answer)


def failing(status=500, provider=FIRST, *, retryable=True, **more):
    return UpstreamError(
        status, f"{provider} says {status}", provider=provider, provider_status=status, retryable=retryable, **more
    )


def attempts(budget=None, failures=2, policy=None):
    policy = policy or RetryPolicy(rand=lambda: 0.0)
    return Attempts(policy, budget or RetryBudget(), OutlierDetector(failures))


async def test_a_candidate_that_serves_is_the_only_one_asked(candidates):
    script = Script(first=["well"])
    assert await attempts().first(candidates, script) == "well"
    assert script.asked == ["first"]


async def test_a_failure_is_tried_again_and_then_passed_to_the_next_candidate(candidates):
    script = Script(first=[failing()], second=[failing(provider=SECOND), "well"])
    assert await attempts().first(candidates, script) == "well"
    assert script.asked == ["first", "first", "second", "second"]


async def test_what_would_be_the_same_everywhere_is_raised_at_once(candidates):
    error = failing(422, retryable=False)
    script = Script(first=[error])
    with pytest.raises(UpstreamError) as raised:
        await attempts().first(candidates, script)
    assert raised.value is error
    assert script.asked == ["first"]


async def test_a_request_that_cannot_be_written_for_the_first_candidate_is_the_callers_fault(candidates):
    with pytest.raises(DownstreamError, match="cannot be carried"):
        await attempts().first(candidates, Script(first=[DownstreamError(400, "cannot be carried")]))


async def test_one_that_cannot_be_written_for_a_fallback_is_one_more_failure(candidates):
    script = Script(first=[failing()], second=[DownstreamError(400, "cannot be carried")], third=["well"])
    assert await attempts().first(candidates, script) == "well"


@pytest.mark.parametrize("refusal", [DownstreamError(401, "no key"), DownstreamError(400, "cannot be carried")])
async def test_a_fallback_that_could_not_be_asked_has_no_say_in_the_status(candidates, refusal):
    script = Script(first=[failing(503)], second=[refusal])
    with pytest.raises(UpstreamError) as raised:
        await attempts().first(candidates[:2], script)
    assert (raised.value.status, refusal.message in raised.value.message) == (503, True)


async def test_a_redirect_is_named_not_tried_again_and_left_to_the_next_candidate(candidates):
    script = Script(first=[RedirectedError(candidates[0], 302)], second=["well"])
    assert await attempts().first(candidates, script) == "well"
    assert script.asked == ["first", "second"]
    with pytest.raises(UpstreamError, match="openai/first: 302: answered with a redirect") as raised:
        await attempts().first(candidates[:1], script)
    assert raised.value.status == 502


async def test_the_last_error_says_what_all_candidates_answered_and_when_to_come_back(candidates):
    script = Script(
        first=[failing(retry_after=9.0)],
        second=[failing(429, SECOND, retry_after=7.0)],
        third=[failing(503, THIRD)],
    )
    with pytest.raises(UpstreamError) as raised:
        await attempts().first(candidates, script)
    error = raised.value
    assert (error.status, error.retry_after) == (503, 7.0)
    assert "openai/first: 500: openai/first says 500" in error.message
    assert "anthropic/second: 429" in error.message
    assert "openai/third: 503: openai/third says 503 (2 tries)" in error.message


async def test_without_room_in_the_budget_the_next_candidate_is_asked_at_once(candidates):
    script = Script(first=[failing()], second=["well"])
    assert await attempts(RetryBudget(ratio=0.0, least=0)).first(candidates, script) == "well"
    assert script.asked == ["first", "second"]


async def test_a_provider_that_keeps_failing_is_left_out_with_all_its_models(candidates, log_lines):
    held = attempts(failures=2)
    script = Script(first=[failing()], second=["well"], third=["never asked"])
    for _ in range(2):
        assert await held.first(candidates, script) == "well"
    assert script.asked == ["first", "first", "second", "second"]
    assert [(line["event"], line["model"]) for line in log_lines] == [
        ("upstream_failed", FIRST),
        ("upstream_failed", FIRST),
        ("upstream_ejected", FIRST),
    ]


async def test_with_all_left_out_all_are_tried(candidates):
    held = attempts(failures=1)
    script = Script(first=[failing(), failing(), "well"])
    with pytest.raises(UpstreamError):
        await held.first(candidates[:1], script)
    assert await held.first(candidates[:1], script) == "well"


@pytest.mark.parametrize("status", [408, 429])
async def test_impatience_is_no_bad_health(candidates, status):
    held = attempts(failures=1)
    script = Script(first=[failing(status)], second=["well"])
    for _ in range(2):
        await held.first(candidates, script)
    assert script.asked.count("first") == 4


async def test_answers_that_break_off_count_against_the_provider(candidates, log_lines):
    held = attempts(failures=2)
    script = Script(first=[Broken("half")], second=["well"])
    said = [await held.first(candidates, script, "t1") for _ in range(3)]
    assert said == ["half", "half", "well"]
    assert script.asked == ["first", "first", "second"]
    broke, _, ejected = log_lines
    assert (broke["event"], broke["model"], broke["reason"]) == ("upstream_broke_off", FIRST, "silence")
    assert (broke["trace_id"], ejected["event"], ejected["trace_id"]) == ("t1", "upstream_ejected", "t1")


async def test_a_failure_is_logged_under_its_trace(candidates, log_lines):
    await attempts().first(candidates, Script(first=[failing(), "well"]), "t1")
    assert [(line["event"], line["trace_id"]) for line in log_lines] == [("upstream_failed", "t1")]


async def test_a_caller_that_leaves_is_no_failure_and_frees_the_budget(candidates):
    budget = RetryBudget(ratio=0.0, least=1)
    held = attempts(budget, failures=1, policy=RetryPolicy(base=60, cap=60, rand=lambda: 1.0))
    for _ in range(3):
        task = asyncio.create_task(held.first(candidates[:1], Script(first=[failing(429)])))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with budget.retry() as room:
            assert room
