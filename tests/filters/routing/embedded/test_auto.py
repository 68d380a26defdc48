import asyncio
from dataclasses import replace

import pytest

from filters.routing.classifier import Prompt, Route
from filters.routing.embedded import accurate, model
from filters.routing.embedded.auto import BoundAuto
from filters.routing.embedded.batches import Batches, OverloadedError
from filters.routing.embedded.classifier import BoundEmbedded

CODE = Route("code_generation", "generating new code, writing functions, or creating boilerplate", ())
POEMS = Route("poems", "poems and other verse", ())
ROUTES = (CODE, POEMS)
CLEAR = "Write a Python function that implements binary search on a sorted array"
FOREIGN = "schreib mir bitte ein Gedicht über den Herbst"


@pytest.fixture(scope="module")
def fast():
    return BoundEmbedded(model.load(), ROUTES, 0.4)


def second():
    return BoundEmbedded(accurate.load(), ROUTES, 0.4)


def matches(verdict):
    return None if verdict.route is CODE else "unsure: it is no code"


def always(_):
    return "the accurate one decides all"


class Never(Batches):
    async def run(self, asks, prompt):
        raise AssertionError("nobody was to be asked")


class Late(Batches):
    async def run(self, asks, prompt):
        await asyncio.sleep(60)


class Full(Batches):
    async def run(self, asks, prompt):
        raise OverloadedError("256 prompts are waiting for it")


async def test_what_the_fast_encoder_is_sure_of_nobody_else_is_asked_about(fast):
    verdict = await BoundAuto(fast, second, Never(), matches).classify(Prompt(CLEAR))
    assert verdict.route is CODE
    assert list(verdict.elapsed_us) == ["fast"]
    assert [(one.stage, one.reason) for one in verdict.skipped] == [("accurate", "the fast encoder is sure")]


async def test_the_rest_is_the_accurate_encoders(fast):
    verdict = await BoundAuto(fast, second, Batches(), matches).classify(Prompt(FOREIGN))
    assert (verdict.route, verdict.decided_by) == (POEMS, "embedded")
    assert list(verdict.elapsed_us) == ["fast", "accurate"]
    assert [(one.stage, one.reason) for one in verdict.skipped] == [("fast", "unsure: it is no code")]


async def test_where_there_is_always_a_doubt_the_accurate_encoder_decides_all(fast):
    verdict = await BoundAuto(fast, second, Batches(), always).classify(Prompt(CLEAR))
    assert list(verdict.elapsed_us) == ["fast", "accurate"]


@pytest.mark.parametrize(
    ("batches", "reason"), [(Late(), "no answer within 1 ms"), (Full(), "256 prompts are waiting for it")]
)
async def test_where_the_accurate_encoder_has_no_answer_the_fast_ones_stands(fast, batches, reason):
    verdict = await BoundAuto(fast, second, batches, always, budget_ms=1).classify(Prompt(FOREIGN))
    expected = fast.decide(Prompt(FOREIGN))
    assert (verdict.route, verdict.scores) == (expected.route, expected.scores)
    assert [(one.stage, one.reason) for one in verdict.skipped] == [("accurate", reason)]


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_a_blank_prompt_is_decided_by_nobody(fast, text):
    verdict = await BoundAuto(fast, second, Never(), matches).classify(Prompt(text))
    assert (verdict.route, verdict.decided_by, verdict.skipped) == (None, "none", ())


async def test_deciding_here_and_classifying_agree(fast):
    auto = BoundAuto(fast, second, Batches(), matches)
    for text in (CLEAR, FOREIGN, "hi", "👍"):
        here, there = auto.decide(Prompt(text)), await auto.classify(Prompt(text))
        assert here.route is there.route
        assert here.scores == pytest.approx(there.scores, abs=1e-4)
        assert list(here.elapsed_us) == list(there.elapsed_us)


def test_the_accurate_encoder_learns_the_routes_when_it_is_first_asked_and_once(fast):
    made = []
    auto = BoundAuto(fast, lambda: made.append(1) or second(), Batches(), always)
    assert made == []
    assert auto.deciding is auto.deciding
    assert made == [1]
    assert auto.deciding.routes == auto.routes == ROUTES


def test_examples_are_compared_by_the_accurate_encoder():
    routes = (replace(POEMS, examples=("a sonnet for my mother", "verses on the sea")),)
    auto = BoundAuto(
        BoundEmbedded(model.load(), routes, 0.4), lambda: BoundEmbedded(accurate.load(), routes, 0.4), Batches(), always
    )
    assert auto.nearest_example(Prompt("Verse über das Meer")).example == 1
