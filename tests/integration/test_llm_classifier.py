"""The LLM classifier and the cascade against an endpoint that answers like the real ones, well and badly."""

import asyncio
import time

import aiohttp
import pytest

from filters.routing.cascade import CascadeClassifier
from filters.routing.classifier import Prompt
from filters.routing.config import CascadeConfig, LlmConfig
from filters.routing.llm.classifier import LlmClassifier
from gateway.upstream.chat_model import HttpChatModel
from tests.support.fake_classifier import FakeClassifier, answers, cut, endless, fails, never, says, slowly
from tests.support.fake_llm import CODE, ROUTES, TRAVEL, FixedClassifier

KEY = "sk-very-secret"
SECRET = "my private words"
TIMEOUT_MS = 250
SLACK_SECONDS = 0.25
UNSURE = FixedClassifier(CODE, (0.8, 0.75, 0.1), (0.7, 0.7, 0.7))

GOOD = [
    '{"route": "travel"}',
    '```json\n{"route": "travel"}\n```',
    "{'route': 'travel'}",
    "travel",
    '["travel"]',
    '{"route": ["travel", "poetry", "code_generation"]}',
    'I think this is about a trip. {"route": "Travel"} fits best.',
]
NOTHING = ['{"route": "other"}', "other", "", '{"route": []}']
BAD = {
    "names no route": says("poetry"),
    "tells a story": says("once upon a time"),
    "no text": says(None),
    "not json": answers(b"<html>"),
    "429": fails(429),
    "500": fails(500),
    "401": fails(401),
    "cut": cut,
    "never": never,
    "endless": endless,
    "too slow": slowly(5, says("travel")),
}


@pytest.fixture
async def endpoint():
    async with FakeClassifier() as fake:
        yield fake


@pytest.fixture(params=["llm", "cascade"])
async def bound(request, endpoint):
    async with aiohttp.ClientSession() as session:
        model = HttpChatModel(
            lambda: session,
            f"{endpoint.base_url}/chat/completions",
            lambda _: {"Authorization": f"Bearer {KEY}"},
            "tiny",
        )
        options = LlmConfig(model="local/tiny", timeout_ms=TIMEOUT_MS)
        llm = LlmClassifier(model, UNSURE, options)
        made = llm if request.param == "llm" else CascadeClassifier(UNSURE, llm, CascadeConfig(), TIMEOUT_MS)
        yield made.bind(ROUTES)


async def classify(bound, text=SECRET):
    started = time.monotonic()
    verdict = await bound.classify(Prompt(text))
    assert time.monotonic() - started < TIMEOUT_MS / 1000 + SLACK_SECONDS
    return verdict


@pytest.mark.parametrize("answer", GOOD)
async def test_a_good_answer_decides_in_whatever_form(bound, endpoint, answer):
    endpoint.reply = says(answer)
    verdict = await classify(bound)
    assert (verdict.route, verdict.decided_by, verdict.skipped) == (TRAVEL, "llm", ())


@pytest.mark.parametrize("answer", NOTHING)
async def test_an_endpoint_may_say_that_nothing_fits(bound, endpoint, answer):
    endpoint.reply = says(answer)
    verdict = await classify(bound)
    assert (verdict.route, verdict.decided_by) == (None, "llm")


@pytest.mark.parametrize("way", BAD)
async def test_an_endpoint_that_fails_costs_the_budget_at_most_and_never_the_request(bound, endpoint, way, log_lines):
    endpoint.reply = BAD[way]
    for _ in range(7):
        verdict = await classify(bound)
        assert (verdict.route, verdict.decided_by) == (CODE, "embedded")
        assert [skipped.stage for skipped in verdict.skipped] == ["llm"]
        told = f"{verdict} {log_lines}"
        assert SECRET not in told
        assert KEY not in told


async def test_an_endpoint_without_structured_output_is_found_out_by_the_first_call(bound, endpoint):
    endpoint.refuses_schema = True
    endpoint.reply = says("travel")
    assert [(await classify(bound)).decided_by for _ in range(3)] == ["llm"] * 3
    assert [("response_format" in body) for body in endpoint.bodies] == [True, False, False, False]


async def test_a_hundred_requests_at_once_stay_within_the_limit_and_are_all_decided(bound, endpoint):
    under_way, most = 0, 0

    async def watched(request):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return await says("travel")(request)

    endpoint.reply = watched
    verdicts = await asyncio.gather(*(bound.classify(Prompt(f"prompt {number}")) for number in range(100)))
    assert {verdict.decided_by for verdict in verdicts} <= {"llm", "embedded"}
    assert sum(verdict.decided_by == "llm" for verdict in verdicts) > 10
    assert 1 < most <= LlmConfig().max_concurrency


async def test_a_hundred_identical_requests_are_one_call(bound, endpoint):
    endpoint.reply = slowly(0.05, says("travel"))
    verdicts = await asyncio.gather(*(bound.classify(Prompt(SECRET)) for _ in range(100)))
    assert {verdict.route for verdict in verdicts} == {TRAVEL}
    assert len(endpoint.bodies) == 1
