import asyncio

import pytest

from filters.resilience.circuit_breaker import BreakerPolicy
from filters.routing.cascade import CascadeClassifier, lead, unsure
from filters.routing.classifier import Prompt, Skipped, Verdict
from filters.routing.config import CascadeConfig, LlmConfig
from filters.routing.llm.classifier import LlmClassifier
from tests.support.fake_llm import CODE, ROUTES, TRAVEL, FixedClassifier, ScriptedModel, unavailable
from tests.support.virtual_time import elapsed, virtual_time

OPTIONS = CascadeConfig(low=0.3, high=0.9, margin=0.2)
THRESHOLDS = (0.7, 0.7, 0.7)
SURE = (0.95, 0.2, 0.1)
UNSURE = (0.8, 0.75, 0.1)
PROMPT = Prompt("book me a flight")


def cascade(model, embedded, budget_ms=2000, options=OPTIONS, llm=LlmConfig(model="tiny")):  # noqa: B008 - it is frozen
    return CascadeClassifier(embedded, LlmClassifier(model, embedded, llm), options, budget_ms).bind(ROUTES)


def embedded(scores, route=CODE, seconds=0.0):
    return FixedClassifier(route, scores, THRESHOLDS, seconds)


async def test_a_sure_answer_is_the_embedded_one_and_nobody_else_is_asked():
    model = ScriptedModel("travel")
    verdict = await cascade(model, embedded(SURE)).classify(PROMPT)
    assert (verdict.route, verdict.decided_by) == (CODE, "embedded")
    assert verdict.skipped == (Skipped("llm", "the embedded classifier is sure"),)
    assert model.bodies == []


async def test_an_unsure_answer_is_left_to_the_llm():
    verdict = await cascade(ScriptedModel('["travel", "code_generation"]'), embedded(UNSURE)).classify(PROMPT)
    assert (verdict.route, verdict.decided_by, verdict.others) == (TRAVEL, "llm", ("code_generation",))
    assert verdict.skipped == ()
    assert (verdict.scores, verdict.thresholds) == (UNSURE, THRESHOLDS)
    assert set(verdict.elapsed_us) == {"embedded", "llm"}


async def test_the_llm_may_say_that_nothing_fits():
    verdict = await cascade(ScriptedModel("other"), embedded(UNSURE)).classify(PROMPT)
    assert (verdict.route, verdict.decided_by) == (None, "llm")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(unavailable("500"), "500"), (KeyError("x"), "defect: KeyError"), ("well", "the answer names no route")],
)
async def test_an_llm_that_fails_leaves_the_embedded_answer_standing(failure, reason):
    verdict = await cascade(ScriptedModel(failure), embedded(UNSURE)).classify(PROMPT)
    assert (verdict.route, verdict.decided_by) == (CODE, "embedded")
    assert verdict.skipped == (Skipped("llm", reason),)


@virtual_time
async def test_the_best_so_far_wins_when_the_budget_is_spent_waiting():
    model = ScriptedModel("travel")
    model.gate = asyncio.Event()
    verdict = await cascade(model, embedded(UNSURE), budget_ms=50).classify(PROMPT)
    assert elapsed() == pytest.approx(0.05, abs=0.04)  # a stage before it took some of it, by the real clock
    assert (verdict.route, verdict.decided_by) == (CODE, "embedded")
    (skipped,) = verdict.skipped
    assert skipped.reason.startswith("timeout after")


async def test_the_llm_is_not_asked_when_the_budget_is_spent_before():
    model = ScriptedModel("travel")
    verdict = await cascade(model, embedded(UNSURE, seconds=0.03), budget_ms=20).classify(PROMPT)
    assert verdict.route == CODE
    assert verdict.skipped == (Skipped("llm", "the budget of 20 ms is spent"),)
    assert model.bodies == []


async def test_the_embedded_classifier_takes_from_the_budget():
    model = ScriptedModel("travel")
    await cascade(model, embedded(UNSURE, seconds=0.1), budget_ms=1000).classify(PROMPT)
    assert model.timeouts[0] < 0.91


async def test_the_llms_own_timeout_holds_in_a_larger_budget():
    model = ScriptedModel("travel")
    await cascade(model, embedded(UNSURE), budget_ms=5000, llm=LlmConfig(model="tiny", timeout_ms=300)).classify(PROMPT)
    assert model.timeouts[0] <= 0.3


async def test_an_llm_too_slow_for_the_budget_is_left_alone_in_the_end():
    model = ScriptedModel("travel")
    model.gate = asyncio.Event()
    bound = cascade(model, embedded(UNSURE), budget_ms=10)
    for _ in range(BreakerPolicy().failures + 1):
        verdict = await bound.classify(PROMPT)
    assert verdict.skipped == (Skipped("llm", "circuit open"),)


async def test_the_routes_are_learnt_once_for_both():
    first = embedded(SURE)
    assert cascade(ScriptedModel(), first).routes == ROUTES
    assert first.bindings == 1


async def test_the_callers_cancellation_is_the_callers():
    model = ScriptedModel()
    model.gate = asyncio.Event()
    task = asyncio.create_task(cascade(model, embedded(UNSURE)).classify(PROMPT))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_where_the_embedded_classifier_decided_nothing_there_is_nothing_to_ask():
    model, nothing = ScriptedModel("travel"), FixedClassifier()
    nothing.verdict = Verdict(None, "none", (0.0, 0.0, 0.0), THRESHOLDS)
    assert await cascade(model, nothing).classify(Prompt("")) is nothing.verdict
    assert model.bodies == []


@pytest.mark.parametrize(
    ("scores", "thresholds", "expected"),
    [
        ((0.29, 0.1), (0.7, 0.7), False),  # below the band: a sure no-match
        ((0.30, 0.1), (0.7, 0.7), True),  # in the band, below the threshold
        ((0.75, 0.1), (0.7, 0.7), True),  # in the band, above the threshold
        ((0.90, 0.1), (0.7, 0.7), False),  # above the band: a sure match
        ((0.95, 0.93), (0.7, 0.7), True),  # above it, with the runner-up close
        ((0.93, 0.95), (0.7, 0.7), True),  # the same, the other way round
        ((0.95, 0.80), (0.7, 0.7), False),  # above it, with the runner-up well behind
        ((0.999, 0.99), (0.7, 0.7), False),  # ten times as likely
        ((0.9995, 0.9994), (0.7, 0.7), True),
        ((1.0, 1.0), (0.7, 0.7), True),
        ((1.0, 0.99), (0.7, 0.7), False),
        ((0.95, 0.95), (0.7, 0.7), True),  # two alike
        ((0.29, 0.28), (0.7, 0.7), False),  # two alike that both do not match
        ((0.25, 0.1), (0.2, 0.7), True),  # a threshold below the band stretches it
        ((0.19, 0.1), (0.2, 0.7), False),
        ((0.93, 0.1), (0.95, 0.7), True),  # a threshold above the band stretches it
        ((0.95, 0.1), (0.95, 0.7), False),
        ((0.28, 0.25), (0.7, 0.2), True),  # the route that matches counts, not one that scores more in vain
        ((0.95, 0.92), (0.99, 0.7), True),  # (the same: here it is far behind, which is no certainty either)
        ((0.95,), (0.7,), False),  # a single route has no runner-up
        ((), (), True),  # no scores, no certainty
    ],
)
def test_what_is_unsure(scores, thresholds, expected):
    assert unsure(Verdict(None, "embedded", scores, thresholds), OPTIONS) is expected


@pytest.mark.parametrize(
    ("score", "other", "expected"),
    [
        (0.5, 0.5, 0.0),
        (1.0, 1.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.9, 0.0, 1.0),
        (0.75, 0.5, 0.5),
        (0.5, 0.75, -0.5),
        (1.0, 0.9, 1.0),
    ],
)
def test_a_lead_is_the_difference_of_the_two_probabilities_where_one_of_the_two_is_right(score, other, expected):
    assert lead(score, other) == pytest.approx(expected)
