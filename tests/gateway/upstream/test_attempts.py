import asyncio

import pytest

from filters.errors import DownstreamError, UpstreamError
from filters.resilience.circuit_breaker import BreakerPolicy
from gateway.resilience.outlier_detection import OutlierDetector
from gateway.resilience.retry import CONTENT_FILTER, BackOff, RetryBudget, RetryPolicy
from gateway.telemetry.recording import Recording
from gateway.upstream.attempts import Attempts, Tried, build_attempts, noting
from gateway.upstream.candidates import Candidates
from gateway.upstream.failures import redirected
from gateway.upstream.health import Health
from tests.support.gateway import config_text, load

FIRST, SECOND, THIRD = "openai/first", "anthropic/second", "openai/third"


@pytest.fixture
def candidates(tmp_path):
    providers = [{"model": model, "max_retries": 1} for model in (FIRST, SECOND, THIRD)]
    of_name = Candidates(load(tmp_path, config_text(providers))).of_name
    return [of_name(model) for model in (FIRST, SECOND, THIRD)]


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
        return answer


def failing(status=500, provider=FIRST, *, retryable=True, **more):
    return UpstreamError(
        status, f"{provider} says {status}", provider=provider, provider_status=status, retryable=retryable, **more
    )


def attempts(budget=None, failures=2, **policy):
    policy = RetryPolicy(**{"back_off": BackOff(rand=lambda: 0.0), **policy})
    return Attempts(policy, budget or RetryBudget(), Health(OutlierDetector(), BreakerPolicy(failures)))


async def first(held, candidates, script, *more):
    return (await held.first(candidates, script, *more)).result


async def test_a_candidate_that_serves_is_the_only_one_asked(candidates):
    script = Script(first=["well"])
    assert await first(attempts(), candidates, script) == "well"
    assert script.asked == ["first"]


async def test_a_failure_is_tried_again_and_then_passed_to_the_next_candidate(candidates):
    script = Script(first=[failing()], second=[failing(provider=SECOND), "well"])
    assert await first(attempts(), candidates, script) == "well"
    assert script.asked == ["first", "first", "second", "second"]


async def test_what_would_be_the_same_everywhere_is_raised_at_once(candidates):
    error = failing(422, retryable=False)
    script = Script(first=[error])
    with pytest.raises(UpstreamError) as raised:
        await first(attempts(), candidates, script)
    assert raised.value is error
    assert script.asked == ["first"]


async def test_a_request_that_cannot_be_written_for_any_candidate_is_the_callers_fault(candidates):
    with pytest.raises(DownstreamError, match="cannot be carried"):
        await first(attempts(), candidates[:1], Script(first=[DownstreamError(400, "cannot be carried")]))


async def test_one_that_cannot_be_written_for_a_fallback_is_one_more_failure(candidates):
    script = Script(first=[failing()], second=[DownstreamError(400, "cannot be carried")], third=["well"])
    assert await first(attempts(), candidates, script) == "well"


@pytest.mark.parametrize("refusal", [DownstreamError(401, "no key"), DownstreamError(400, "cannot be carried")])
async def test_a_fallback_that_could_not_be_asked_has_no_say_in_the_status(candidates, refusal):
    script = Script(first=[failing(503)], second=[refusal])
    with pytest.raises(UpstreamError) as raised:
        await first(attempts(), candidates[:2], script)
    assert (raised.value.status, refusal.message in raised.value.message) == (503, True)


async def test_a_redirect_is_named_not_tried_again_and_left_to_the_next_candidate(candidates):
    script = Script(first=[redirected(candidates[0], 302)], second=["well"])
    assert await first(attempts(), candidates, script) == "well"
    assert script.asked == ["first", "second"]
    with pytest.raises(UpstreamError, match="openai/first: 302: answered with a redirect") as raised:
        await first(attempts(), candidates[:1], script)
    assert raised.value.status == 502


async def test_the_last_error_says_what_all_candidates_answered_and_when_to_come_back(candidates):
    script = Script(
        first=[failing(retry_after=9.0)],
        second=[failing(429, SECOND, retry_after=7.0)],
        third=[failing(503, THIRD)],
    )
    with pytest.raises(UpstreamError) as raised:
        await first(attempts(), candidates, script)
    error = raised.value
    assert (error.status, error.retry_after) == (503, 7.0)
    assert "openai/first: 500: openai/first says 500" in error.message
    assert "anthropic/second: 429" in error.message
    assert "openai/third: 503: openai/third says 503 (2 tries)" in error.message


async def test_without_room_in_the_budget_the_next_candidate_is_asked_at_once(candidates):
    script = Script(first=[failing()], second=["well"])
    assert await first(attempts(budget_ratio=0.0, budget_least=0), candidates, script) == "well"
    assert script.asked == ["first", "second"]


async def test_a_model_that_keeps_failing_is_left_out(candidates, log_lines):
    held = attempts(failures=2)
    script = Script(first=[failing()], second=["well"], third=["never asked"])
    for _ in range(2):
        assert await first(held, candidates, script) == "well"
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
        await first(held, candidates[:1], script)
    assert await first(held, candidates[:1], script) == "well"


async def test_the_last_error_names_the_models_that_were_not_asked_for_their_health(candidates):
    held = attempts(failures=2)
    script = Script(first=[failing()], second=["well", failing(404, SECOND, retryable=False, fallback=True)])
    await first(held, candidates[:2], script)
    with pytest.raises(UpstreamError) as raised:
        await first(held, candidates[:2], script)
    assert raised.value.message.endswith(
        "anthropic/second: 404: anthropic/second says 404; openai/first: out of service for now, after it failed."
    )
    assert raised.value.status == 404


@pytest.mark.parametrize("status", [408, 429])
async def test_impatience_is_no_bad_health(candidates, status):
    held = attempts(failures=1)
    script = Script(first=[failing(status)], second=["well"])
    for _ in range(2):
        await first(held, candidates, script)
    assert script.asked.count("first") == 4


async def test_answers_that_break_off_count_against_the_model(candidates, log_lines):
    held = attempts(failures=2)
    script = Script(first=["half"], second=["well"])
    for _ in range(2):
        held.ended(await held.first(candidates, script), "silence", "t1")
    assert await first(held, candidates, script) == "well"
    assert script.asked == ["first", "first", "second"]
    broke, _, ejected = log_lines
    assert (broke["event"], broke["model"], broke["reason"]) == ("upstream_broke_off", FIRST, "silence")
    assert (broke["trace_id"], ejected["event"], ejected["trace_id"]) == ("t1", "upstream_ejected", "t1")


async def test_an_answer_that_ends_well_forgives_those_that_broke_off(candidates):
    held = attempts(failures=2)
    script = Script(first=["half"])
    for broken in ("silence", None, "silence", None):
        held.ended(await held.first(candidates, script), broken)
    assert script.asked == ["first"] * 4


async def test_a_failure_is_logged_under_its_trace_by_its_cause_and_not_in_the_providers_words(candidates, log_lines):
    refused = failing(502, cause="refused")
    refused.provider_status = None
    said = failing(500, kind="api_error")
    await attempts(failures=9).first(candidates, Script(first=[refused], second=[said, "well"]), trace_id="t1")
    network, _, status = log_lines
    assert (network["cause"], network["host"], network["status"]) == ("refused", "api.openai.com:443", 502)
    assert (status["cause"], status["error"], status["status"], status["tries"]) == ("status", "api_error", 500, 1)
    assert "host" not in status
    assert {line["trace_id"] for line in log_lines} == {"t1"}
    assert "says" not in str(log_lines)


async def test_every_attempt_is_noted_with_its_outcome(candidates):
    noted = []
    error = failing(404, retryable=False, fallback=True)
    await attempts().first(candidates, Script(first=[error], second=["well"]), noted.append)
    assert [(tried.candidate.model, tried.error) for tried in noted] == [(FIRST, error), (SECOND, None)]
    assert all(tried.seconds >= 0 for tried in noted)


async def test_who_was_passed_over_is_told_with_the_answer(candidates):
    script = Script(first=[DownstreamError(401, "no key")], second=["well"])
    begun = await attempts().first(candidates, script)
    assert (begun.candidate.model, begun.result) == (SECOND, "well")
    assert [(skipped.provider, skipped.message) for skipped in begun.skipped] == [(FIRST, "no key")]


async def test_what_concerns_one_candidate_alone_is_left_to_the_next_at_once(candidates):
    script = Script(first=[failing(404, retryable=False, fallback=True)], second=["well"])
    assert await first(attempts(), candidates, script) == "well"
    assert script.asked == ["first", "second"]


@pytest.mark.parametrize(("said", "asked"), [((), ["first"]), ((CONTENT_FILTER, 422), ["first", "second"])])
@pytest.mark.parametrize("error", [{"status": 400, "code": CONTENT_FILTER}, {"status": 422}])
async def test_what_else_falls_back_is_for_the_operator_to_say(candidates, said, asked, error):
    script = Script(first=[failing(**error, retryable=False)], second=["well"])
    held = attempts(fallback_on=frozenset(said))
    if said:
        assert await first(held, candidates, script) == "well"
    else:
        with pytest.raises(UpstreamError):
            await first(held, candidates, script)
    assert script.asked == asked


async def test_a_model_that_asked_for_a_rest_is_not_asked_by_the_next_request(candidates):
    held = attempts()
    script = Script(first=[failing(429, retry_after=60.0)], second=["well"])
    assert [await first(held, candidates, script) for _ in range(4)] == ["well"] * 4
    assert script.asked == ["first", *["second"] * 4]


async def test_of_requests_at_once_one_finds_out_whether_an_ejected_model_is_back(candidates, monkeypatch):
    held = attempts(failures=1)
    script = Script(first=[failing(), failing(), "well"], second=["well"])
    await first(held, candidates, script)
    monkeypatch.setattr(held._health._outliers, "_clock", lambda: float("inf"))
    for breaker in held._health._outliers._breakers.values():
        monkeypatch.setattr(breaker, "_clock", lambda: float("inf"))
    gate = asyncio.Event()

    async def slowly(candidate):
        script.asked.append(candidate.model_id)
        await gate.wait()
        return "well"

    script.asked.clear()
    tasks = [asyncio.create_task(held.first(candidates, slowly)) for _ in range(3)]
    await asyncio.sleep(0.01)
    gate.set()
    await asyncio.gather(*tasks)
    assert sorted(script.asked) == ["first", "second", "second"]


async def test_a_caller_that_leaves_is_no_failure_and_frees_the_budget(candidates):
    budget, policy = RetryBudget(), {"budget_ratio": 0.0, "budget_least": 1}
    held = attempts(budget, failures=1, back_off=BackOff(60, 60, rand=lambda: 1.0), **policy)
    for _ in range(3):
        task = asyncio.create_task(first(held, candidates[:1], Script(first=[failing(429)])))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with budget.retry(RetryPolicy(**policy)) as room:
            assert room


async def test_the_configuration_says_how_patient_it_is(tmp_path):
    resilience = "{consecutive_failures: 1, retry_budget_percent: 0, retry_budget_min: 0, ejection_seconds: 9}"
    providers = [{"model": model, "max_retries": 5} for model in (FIRST, SECOND)]
    config = load(tmp_path, config_text(providers, resilience=resilience, fallback_on="[content_filter, 422]"))
    outliers = OutlierDetector()
    held = build_attempts(config, RetryBudget(), outliers)
    candidates = [Candidates(config).of_name(model) for model in (FIRST, SECOND)]
    script = Script(first=[failing()], second=["well"])
    await held.first(candidates, script)
    assert script.asked == ["first", "second"]
    (seconds,) = outliers.ejected().values()
    assert 8 < seconds <= 9
    assert held._policy.fallback_on == {"content_filter", 422}


def test_each_attempt_is_noted_with_its_outcome_and_its_times(candidates):
    recording = Recording()
    recording.started -= 5
    note = noting(recording)
    note(Tried(candidates[0], failing(503), 2.0))
    note(Tried(candidates[1], None, 0.0))
    failed, served = recording.attempts
    assert recording.asked
    assert (failed.model, failed.outcome, failed.status, failed.duration) == (FIRST, "status", 503, 2.0)
    assert (served.model, served.outcome, served.status) == (SECOND, "ok", 200)
    assert failed.started == pytest.approx(3.0, abs=1)
    assert served.started == pytest.approx(5.0, abs=1)


async def test_where_all_are_left_out_and_asked_none_is_said_to_be_out_of_service(candidates):
    held = attempts(failures=1)
    script = Script(first=[failing()], second=[failing(provider=SECOND)])
    for _ in range(2):
        with pytest.raises(UpstreamError) as raised:
            await first(held, candidates[:2], script)
        assert "out of service" not in raised.value.message
    assert script.asked.count("second") == script.asked.count("first") > 1


async def test_what_failed_before_another_served_is_not_among_what_could_not_be_asked(candidates):
    script = Script(first=[failing()], second=[DownstreamError(401, "no key")], third=["well"])
    begun = await attempts().first(candidates, script)
    assert script.asked == ["first", "first", "second", "third"]
    assert [skipped.provider for skipped in begun.skipped] == [SECOND]


async def test_an_answer_that_begins_shows_that_its_provider_is_reached(candidates, log_lines):
    held = attempts(failures=2)
    refused = failing(502, cause="refused")
    refused.provider_status = None
    script = Script(first=[refused, "half", refused, "half", refused, "half"])
    for _ in range(3):
        held.ended(await held.first(candidates[:1], script), None)
    assert [line["event"] for line in log_lines] == ["upstream_failed"] * 3


@pytest.mark.parametrize(("error", "asked"), [(None, True), (failing(503), False)])
def test_a_request_whose_last_attempt_failed_was_not_served(candidates, error, asked):
    recording = Recording()
    noting(recording)(Tried(candidates[0], error, 0.5))
    assert recording.asked is asked


async def test_each_retry_is_told_with_its_number(candidates, log_lines):
    script = Script(first=[failing()], second=[failing(provider=SECOND), "well"])
    await first(attempts(failures=9), candidates, script)
    assert [(line["model"], line["tries"]) for line in log_lines] == [(FIRST, 1), (FIRST, 2), (SECOND, 1)]
