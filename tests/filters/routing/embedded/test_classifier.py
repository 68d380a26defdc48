import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from filters.routing.classifier import Prompt, Route
from filters.routing.embedded import classifier, model
from filters.routing.embedded.classifier import DEFAULT_THRESHOLD, BoundEmbedded

REASONING = Route(
    "complex_reasoning",
    "complex reasoning tasks, multi-step analysis, or detailed explanations",
    ("openai/gpt-4o",),
)
CODE = Route(
    "code_generation",
    "generating new code, writing functions, or creating boilerplate",
    ("anthropic/claude-sonnet-4-20250514",),
)
SEARCH = "Write a Python function that implements binary search on a sorted array"
TRADE_OFFS = (
    "Explain the trade-offs between microservices and monolithic architectures, considering scalability, "
    "team structure, and operational complexity"
)
CAPITAL = "What is the capital of France?"
ENDPOINT = "Create a REST API endpoint in Rust using actix-web that handles user registration"
PROTOCOLS = "Summarize the key differences between TCP and UDP"
SEED = [REASONING, CODE]


def fast(routes, threshold=DEFAULT_THRESHOLD):
    return BoundEmbedded(model.load(), routes, threshold)


@pytest.fixture(scope="module")
def seed():
    return fast(SEED)


def decide(bound, text, previous=""):
    return bound.decide(Prompt(text, previous))


@pytest.mark.parametrize(
    ("text", "route"),
    [
        (SEARCH, CODE),
        (TRADE_OFFS, REASONING),
        (CAPITAL, None),
        (ENDPOINT, CODE),
        ("hi", None),
        (PROTOCOLS, REASONING),
    ],
)
def test_the_seeds_prompts_are_decided_clear_of_the_threshold(seed, text, route):
    verdict = decide(seed, text)
    assert verdict.route is route
    assert verdict.decided_by == "embedded"
    assert abs(max(verdict.scores) - DEFAULT_THRESHOLD) > 0.15
    assert verdict.thresholds == (DEFAULT_THRESHOLD, DEFAULT_THRESHOLD)
    assert list(verdict.elapsed_us) == ["fast"]


def test_scores_are_in_the_order_of_the_routes():
    forward = decide(fast([REASONING, CODE]), SEARCH).scores
    backward = decide(fast([CODE, REASONING]), SEARCH).scores
    assert forward == pytest.approx(backward[::-1])


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_a_blank_prompt_matches_nothing_and_nobody_decided(seed, text):
    verdict = decide(seed, text, previous=SEARCH)
    assert (verdict.route, verdict.decided_by, verdict.scores) == (None, "none", (0.0, 0.0))


def test_a_bound_classifier_names_its_routes_in_order(seed):
    assert tuple(seed.routes) == (REASONING, CODE)


def test_without_routes_nothing_matches():
    verdict = decide(fast([]), SEARCH)
    assert (verdict.route, verdict.decided_by, verdict.scores) == (None, "none", ())


def test_equal_routes_go_to_the_first():
    twin = Route("code_generation", CODE.description, ("openai/gpt-4o",))
    assert decide(fast([CODE, twin]), SEARCH).route is CODE
    assert decide(fast([twin, CODE]), SEARCH).route is twin


def test_the_classifiers_threshold_is_the_default_of_every_route():
    assert decide(fast(SEED, 0.99), TRADE_OFFS).route is None
    assert decide(fast(SEED, 0.02), CAPITAL).route is REASONING


def test_a_routes_own_threshold_overrides_the_default():
    strict = Route("complex_reasoning", REASONING.description, REASONING.models, threshold=0.999)
    verdict = decide(fast([strict, CODE], 0.5), TRADE_OFFS)
    assert verdict.route is None
    assert verdict.thresholds == (0.999, 0.5)


def test_a_better_route_below_its_threshold_leaves_the_prompt_to_one_that_reaches_its_own():
    strict = Route("coding", "generating code, writing functions", ("a/b",), threshold=1.0)
    verdict = decide(fast([strict, CODE]), SEARCH)
    assert verdict.route is CODE


@pytest.mark.parametrize(("threshold", "matches"), [(0.0, True), (1.0, False)])
def test_thresholds_of_zero_and_one_take_everything_and_nothing(threshold, matches):
    verdict = decide(fast(SEED, threshold), CAPITAL)
    assert (verdict.route is not None) is matches


def test_the_turn_before_counts_a_little(seed):
    alone = decide(seed, "now make it shorter")
    after_code = decide(seed, "now make it shorter", previous=SEARCH)
    assert after_code.scores[1] > alone.scores[1]
    assert decide(seed, TRADE_OFFS, previous=SEARCH).route is REASONING


def test_examples_decide_what_the_description_leaves_open():
    vague = Route("ops", "what team seven takes care of", ("a/b",))
    taught = Route(
        "ops",
        vague.description,
        vague.models,
        examples=(
            "the pod restarts every minute",
            "disk full on the database host",
            "rotate the certificates of the ingress",
            "why was the alert silent last night",
        ),
    )
    text = "the database pod restarts and the alert stays silent"
    assert decide(fast([vague, CODE]), text).route is None
    assert decide(fast([taught, CODE]), text).route is taught


def test_the_nearest_example_is_named_by_its_place():
    first = Route("a", "sailing boats", (), examples=("reef the mainsail", "which knot holds a fender"))
    second = Route("b", "roses and tomatoes", (), examples=("cut back roses", "brown tomato leaves", "soil for roses"))
    bound = fast([CODE, first, second])
    nearest = bound.nearest_example(Prompt("brown tomato leaves"))
    assert (nearest.route, nearest.example) == (2, 1)
    assert nearest.similarity == pytest.approx(1.0, abs=1e-4)
    nearest = bound.nearest_example(Prompt("a knot for my fender"))
    assert (nearest.route, nearest.example) == (1, 1)
    assert 0 < nearest.similarity < 1


def test_without_examples_none_is_nearest(seed):
    assert seed.nearest_example(Prompt(SEARCH)) is None
    assert fast([]).nearest_example(Prompt(SEARCH)) is None


def test_a_blank_turn_before_counts_nothing(seed):
    assert decide(seed, SEARCH, previous=" \n").scores == decide(seed, SEARCH).scores


async def test_classify_says_what_decide_says(seed):
    for prompt in (Prompt(SEARCH), Prompt("word " * 9_000, "word " * 9_000), Prompt(CAPITAL, SEARCH)):
        verdict = await seed.classify(prompt)
        assert (verdict.route, verdict.scores) == (seed.decide(prompt).route, seed.decide(prompt).scores)


async def test_a_short_prompt_is_decided_on_the_event_loop_and_a_long_conversation_in_a_thread(seed, monkeypatch):
    threads = []
    request = type(seed).request

    def spy(self, prompt):
        threads.append(threading.current_thread())
        return request(self, prompt)

    monkeypatch.setattr(type(seed), "request", spy)
    await seed.classify(Prompt(SEARCH, TRADE_OFFS))
    await seed.classify(Prompt("word " * 9_000))
    await seed.classify(Prompt("word " * 9_000, "word " * 9_000))
    here = threading.current_thread()
    assert [thread is here for thread in threads] == [True, True, False]


def development():
    """Each set of routes in training/development, with its prompts."""
    for path in sorted(Path("training/development").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            known = json.loads(line)
            routes = [Route(route["name"], route["description"], ()) for route in known["routes"]]
            yield routes, [Prompt(each["text"], each.get("previous") or "") for each in known["prompts"]]


def one_by_one(bound, prompt):
    """The scores of a prompt by the steps of the model card, each in 64 bits."""
    read = bound.model.read([bound.request(prompt)])[0]
    if read is None:
        return np.zeros(len(bound.routes))
    return 1 / (1 + np.exp(-(bound.head.matrix.astype(np.float64) @ read.astype(np.float64) + bound.head.bias)))


def test_together_prompts_get_the_scores_that_they_get_alone():
    asked = [(bound, prompt) for routes, prompts in development() for bound in [fast(routes)] for prompt in prompts]
    assert len(asked) > 250
    for (bound, prompt), verdict in zip(asked, classifier.decide(asked), strict=True):
        alone = bound.decide(prompt)
        assert list(verdict.scores) == pytest.approx(list(alone.scores), abs=1e-5)
        assert list(verdict.scores) == pytest.approx(list(one_by_one(bound, prompt)), abs=1e-5)
        assert verdict.route is alone.route
        assert verdict.thresholds is bound.thresholds


async def test_prompts_that_come_together_are_read_together_each_over_its_own_routes(monkeypatch):
    together = classifier.decided_together()
    bounds = [BoundEmbedded(model.load(), routes, 0.35, together) for routes in (SEED, [CODE], SEED[::-1])]
    batches = []
    read = type(model.load()).read

    def spy(self, prompts):
        batches.append(len(prompts))
        return read(self, prompts)

    monkeypatch.setattr(type(model.load()), "read", spy)
    verdicts = await asyncio.gather(*(bound.classify(Prompt(SEARCH)) for bound in bounds))
    assert batches == [3]
    assert [verdict.route for verdict in verdicts] == [CODE, CODE, CODE]
    assert [len(verdict.scores) for verdict in verdicts] == [2, 1, 2]
    assert list(verdicts[0].scores) == pytest.approx(list(verdicts[2].scores)[::-1])


async def test_what_comes_together_holds_the_event_loop_no_longer_than_one_long_prompt(seed, monkeypatch):
    sizes = []
    monkeypatch.setattr(type(seed), "verdicts", lambda _, queries, __: sizes.append(len(queries)) or list(queries))
    await asyncio.gather(*(seed.classify(Prompt("a b c d " * 100)) for _ in range(5)))
    assert sizes == [2, 2, 1]


async def test_a_blank_prompt_keeps_nobody_waiting(seed):
    verdicts = await asyncio.gather(*(seed.classify(Prompt(text)) for text in (" ", SEARCH, "")))
    assert [verdict.decided_by for verdict in verdicts] == ["none", "embedded", "none"]


async def test_many_requests_at_once_do_not_disturb_one_another(seed):
    texts = [SEARCH, TRADE_OFFS, CAPITAL, "word " * 4_000 + SEARCH] * 20
    expected = [decide(seed, text, previous=text).scores for text in texts]
    with ThreadPoolExecutor(8) as pool:
        threaded = list(pool.map(lambda text: decide(seed, text, previous=text).scores, texts))
    concurrent = await asyncio.gather(*(seed.classify(Prompt(text, text)) for text in texts))
    assert threaded == expected
    assert [verdict.route for verdict in concurrent] == [decide(seed, text, previous=text).route for text in texts]
    for verdict, scores in zip(concurrent, expected, strict=True):
        assert list(verdict.scores) == pytest.approx(list(scores), abs=1e-5)


@pytest.mark.parametrize("text", ["🙂🙂", "\ud800", "\x00" * 3_000, "中文" * 2_000, "a" * 100_000, "\u0301" * 500])
def test_no_text_is_refused(seed, text):
    verdict = decide(seed, text, previous=text)
    assert all(0 <= score <= 1 for score in verdict.scores)


def test_many_vectors_get_the_probabilities_that_their_prompts_would():
    bound = fast([REASONING, replace(CODE, examples=("write a loop", "add a test"))])
    probabilities = bound.probabilities(bound.examples.vectors)
    expected = [decide(bound, text).scores for text in ("write a loop", "add a test")]
    assert probabilities == pytest.approx(np.array(expected), abs=1e-5)  # vectors are of 32 bits
    assert bound.thresholds == (DEFAULT_THRESHOLD, DEFAULT_THRESHOLD)


@pytest.mark.parametrize("previous", ["", "a poem about autumn"])
def test_what_was_read_of_a_prompt_tells_its_scores(previous):
    bound = fast([Route("code", "writing code", ()), Route("poems", "writing poems", ())])
    verdict = bound.decide(Prompt("a function that sorts a list", previous))
    reading = verdict.reading
    logits = bound.head.matrix @ reading.vector + reading.weight * bound.head.bias
    assert list(verdict.scores) == pytest.approx((1 / (1 + np.exp(-logits))).tolist())
    assert reading.matrix is bound.head.matrix
