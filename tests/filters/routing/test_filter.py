import asyncio

import pytest

from filters.api import DECISION
from filters.context import Pin
from filters.format_detection.body import BodyReader
from filters.format_detection.filter import FormatDetectionFilter
from filters.routing.classifier import Route
from filters.routing.embedded.choice import EmbeddedClassifier
from filters.routing.filter import RoutingFilter
from filters.routing.inline import InlineRoutes
from filters.session_pinning.filter import SessionPinningFilter
from filters.session_pinning.memory import MemoryPinStore
from filters.tracing.filter import TracingFilter
from tests.support.classifiers import WordClassifier

ROUTES = (
    Route("reasoning", "thinking", ("openai/big", "openai/small")),
    Route("code", "coding", ("anthropic/sonnet", "openai/big")),
)
OWN = [{"name": "own", "description": "their own", "models": ["any/model"]}]


def body(text, model="gpt", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


class World:
    """The chain up to routing, its store and its classifier."""

    def __init__(self, serve):
        self.serve = serve
        self.classifier = WordClassifier()
        self.store = MemoryPinStore(600, 100)
        self.configured = {model for route in ROUTES for model in route.models}

    async def start(self, apply_to="all", rank=lambda models, _: models, *, turns=None, tenant_header=None):
        inline = InlineRoutes(self.classifier)
        routing = RoutingFilter(self.classifier.bind(ROUTES), inline, rank, apply_to, vendor_of, turns)
        pinning = SessionPinningFilter(self.store, self.configured.__contains__, ("X-Session-Id",), tenant_header)
        self.client = await self.serve([TracingFilter(), pinning, FormatDetectionFilter(BodyReader()), routing], tell)
        return self

    async def ask(self, text="code", path="/routing/v1/chat/completions", session=None, headers=None, **more):
        headers = {**(headers or {}), **({"X-Session-Id": session} if session else {})}
        answer = await self.client.post(path, json=body(text, **more), headers=headers)
        assert answer.status == 200
        return await answer.json()


def vendor_of(model):
    return {"anthropic/sonnet": "anthropic", "openai/big": "openai", "openai/small": "openai"}.get(model)


def tell(request):
    decision = request[DECISION]
    return decision and {"route": decision.route, "candidates": list(decision.candidates), "pinned": decision.pinned}


@pytest.fixture
async def world(serve):
    return await World(serve).start()


async def test_a_match_answers_with_the_first_model_of_the_route(world):
    answer = await world.ask("please code")
    assert list(answer) == ["model", "route", "trace_id"]
    assert (answer["model"], answer["route"]) == ("anthropic/sonnet", "code")


async def test_no_match_is_none_with_status_200(world):
    answer = await world.ask("hello")
    assert (answer["model"], answer["route"]) == ("none", None)


async def test_the_proxy_path_makes_the_same_decision_and_passes_it_on(world):
    told = await world.ask("please code", path="/v1/chat/completions")
    assert told == {"route": "code", "candidates": ["anthropic/sonnet", "openai/big"], "pinned": False}


async def test_other_paths_carry_no_decision(world):
    assert await (await world.client.get("/v1/models")).json() is None


async def test_a_pinned_session_keeps_its_model_and_routing_does_not_run(world):
    first = await world.ask("code", session="s")
    second = await world.ask("reasoning", session="s")
    assert (first["pinned"], second["pinned"]) == (False, True)
    assert (second["model"], second["route"], second["session_id"]) == ("anthropic/sonnet", "code", "s")
    assert first["trace_id"] != second["trace_id"]
    assert world.classifier.asked == 1


async def test_a_pin_serves_the_proxy_too_with_its_routes_other_models_as_fallbacks(world):
    await world.ask("code", session="s")
    told = await world.ask("reasoning", session="s", path="/v1/chat/completions")
    assert told == {"route": "code", "candidates": ["anthropic/sonnet", "openai/big"], "pinned": True}


async def test_a_no_match_is_not_pinned(world):
    assert (await world.ask("hi", session="s"))["pinned"] is False
    second = await world.ask("code", session="s")
    assert (second["route"], second["pinned"]) == ("code", False)


async def test_two_first_calls_at_once_agree_on_one_model(world, monkeypatch):
    both_decided = asyncio.Barrier(2)
    claim = world.store.claim

    async def claim_together(key, pin):
        await both_decided.wait()
        return await claim(key, pin)

    monkeypatch.setattr(world.store, "claim", claim_together)
    one, other = await asyncio.gather(world.ask("code", session="s"), world.ask("reasoning", session="s"))
    assert one["model"] == other["model"]
    assert one["route"] == other["route"]
    assert {one["pinned"], other["pinned"]} == {True, False}


async def test_a_pin_to_a_model_that_left_is_dropped_and_routing_runs_again(world):
    await world.store.claim("s", Pin("openai/gone", "code"))
    answer = await world.ask("reasoning", session="s")
    assert (answer["model"], answer["pinned"]) == ("openai/big", False)


async def test_a_requests_own_routes_replace_the_configured_ones(world):
    answer = await world.ask("own code", routing_preferences=OWN)
    assert (answer["model"], answer["route"]) == ("any/model", "own")
    assert (await world.ask("code", routing_preferences=OWN))["model"] == "none"
    assert (await world.ask("code", routing_preferences=[]))["model"] == "none"


async def test_a_session_pinned_by_its_own_routes_stays_pinned(world):
    await world.ask("own", session="s", routing_preferences=OWN)
    answer = await world.ask("code", session="s")
    assert (answer["model"], answer["route"], answer["pinned"]) == ("any/model", "own", True)


async def test_invalid_routes_are_a_400_also_where_the_session_is_pinned(world):
    await world.ask("code", session="s")
    answer = await world.client.post(
        "/routing/v1/chat/completions", json=body("x", routing_preferences=7), headers={"X-Session-Id": "s"}
    )
    assert answer.status == 400
    assert (await answer.json())["error"]["param"] == "routing_preferences"


@pytest.mark.parametrize(
    "how", [{"path": "/routing/v1/chat/completions?explain=true"}, {"headers": {"X-Routing-Explain": "true"}}]
)
async def test_an_explanation_is_given_on_request(world, how):
    answer = await world.ask("code", **how)
    assert list(answer) == ["model", "route", "trace_id", "explain"]
    assert answer["explain"]["decided_by"] == "embedded"
    assert answer["explain"]["candidates"] == ["anthropic/sonnet", "openai/big"]


async def test_an_explanation_names_the_nearest_example_and_repeats_neither_it_nor_the_prompt(serve):
    world = World(serve)
    world.classifier = EmbeddedClassifier()
    await world.start()
    own = [{"name": "sorting", "description": "to sort", "models": ["a/b"], "examples": ["a walk", "sort a list"]}]
    answer = await world.ask("sort my list", headers={"X-Routing-Explain": "1"}, routing_preferences=own)
    nearest = answer["explain"]["nearest_example"]
    assert (nearest["route"], nearest["index"]) == ("sorting", 1)
    assert "list" not in str(answer)


async def test_a_pinned_answer_is_explained_by_its_pin(world):
    await world.ask("code", session="s")
    answer = await world.ask("code", session="s", headers={"X-Routing-Explain": "1"})
    assert answer["explain"]["decided_by"] == "pin"


async def test_explain_off_is_off(world):
    assert "explain" not in await world.ask("code", path="/routing/v1/chat/completions?explain=false")


async def test_models_are_ranked_by_the_routes_policy(serve):
    world = await World(serve).start(rank=lambda models, _: models[::-1])
    assert (await world.ask("code"))["model"] == "openai/big"


async def test_the_fallbacks_of_a_pinned_model_are_ranked_too(serve):
    world = await World(serve).start(rank=lambda models, _: sorted(models))
    await world.store.claim("s", Pin("openai/big", "code"))
    told = await world.ask("code", session="s", path="/v1/chat/completions")
    assert told["candidates"] == ["openai/big", "anthropic/sonnet"]


@pytest.mark.parametrize("model", ["auto", "none", None, ""])
async def test_where_only_auto_is_routed_a_request_may_leave_the_choice(serve, model):
    world = await World(serve).start(apply_to="auto")
    assert (await world.ask("code", path="/v1/chat/completions", model=model))["route"] == "code"


async def test_where_only_auto_is_routed_a_named_model_is_left_alone_and_the_decision_endpoint_still_decides(serve):
    world = await World(serve).start(apply_to="auto")
    told = await world.ask("code", path="/v1/chat/completions", session="s")
    assert told == {"route": None, "candidates": [], "pinned": False}
    assert world.classifier.asked == 0
    assert (await world.ask("code"))["route"] == "code"


STEP = [
    {"role": "assistant", "content": None, "tool_calls": [{"id": "t1"}]},
    {"role": "tool", "tool_call_id": "t1", "content": "reasoning reasoning"},
]


async def loop(world, *messages, headers=None, **more):
    body = {"model": "gpt", "tools": [{"type": "function", "function": {"name": "read"}}]}
    body["messages"] = [{"role": "user", "content": "code"}, *messages]
    path = "/routing/v1/chat/completions?explain=true"
    return await (await world.client.post(path, json={**body, **more}, headers=headers)).json()


async def test_a_tool_loop_keeps_the_decision_of_its_turn_without_a_session(serve):
    world = await World(serve).start(turns=MemoryPinStore(600, 100))
    first = await loop(world)
    second = await loop(world, *STEP)
    assert world.classifier.asked == 1
    assert (second["model"], second["route"]) == (first["model"], first["route"])
    assert second["explain"]["decided_by"] == "pin"
    assert "pinned" not in second


async def test_a_turn_that_nothing_matched_stays_so_in_its_tool_loop(serve):
    world = await World(serve).start(turns=MemoryPinStore(600, 100))
    await loop(world, routing_preferences=[])
    kept = await loop(world, *STEP, routing_preferences=[])
    assert (kept["model"], kept["explain"]["decided_by"]) == ("none", "pin")


async def test_a_turn_is_remembered_for_its_own_routes_and_tenant_alone(serve):
    world = await World(serve).start(turns=MemoryPinStore(600, 100), tenant_header="X-Tenant")
    own = [{"name": "code", "description": "theirs", "models": ["evil/model"]}]
    await loop(world, routing_preferences=own)
    assert (await loop(world, *STEP))["model"] == "anthropic/sonnet"
    await loop(world, headers={"X-Tenant": "a"})
    asked = world.classifier.asked
    await loop(world, *STEP, headers={"X-Tenant": "b"})
    assert world.classifier.asked == asked + 1


async def test_without_tools_there_is_no_loop_to_remember(serve):
    turns = MemoryPinStore(600, 100)
    world = await World(serve).start(turns=turns)
    await world.ask("code")
    assert len(turns) == 0


async def test_the_users_next_words_are_decided_anew(serve):
    world = await World(serve).start(turns=MemoryPinStore(600, 100))
    await loop(world, *STEP)
    assert (await loop(world, *STEP, {"role": "user", "content": "reasoning"}))["route"] == "reasoning"


async def test_a_tool_loop_whose_turn_is_unknown_is_decided_by_its_question(serve):
    world = await World(serve).start(turns=MemoryPinStore(600, 100))
    assert (await loop(world, *STEP))["route"] == "code"


async def test_a_session_is_pinned_to_the_recalled_decision(serve):
    world = await World(serve).start(turns=MemoryPinStore(600, 100))
    await loop(world)
    assert (await loop(world, *STEP, headers={"X-Session-Id": "s"}))["pinned"] is False
    assert (await world.ask("reasoning", session="s"))["route"] == "code"


async def test_signed_reasoning_holds_the_vendor_that_made_it(world):
    thought = {"type": "thinking", "thinking": "hm", "signature": "gw1.openai.blob"}
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [thought]}]
    body = {"messages": [*messages, {"role": "user", "content": "code"}]}
    answer = await (await world.client.post("/routing/v1/messages?explain=true", json=body)).json()
    assert answer["explain"]["candidates"] == ["openai/big", "anthropic/sonnet"]
    assert answer["explain"]["skipped"] == [{"stage": "ranking", "reason": "openai signed the reasoning"}]


async def test_where_no_candidate_is_of_that_vendor_the_route_decides(world):
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gw1.anthropic.sig"}
    body = {"input": [{"role": "user", "content": "reasoning"}, item]}
    answer = await (await world.client.post("/routing/v1/responses", json=body)).json()
    assert answer["model"] == "openai/big"


@pytest.mark.parametrize("keep", [True, False])
async def test_what_the_user_said_is_handed_on_only_where_prompts_are_stored(serve, keep):
    found = []

    def note(request):
        found.append(request[DECISION].assessment.text)
        return {}

    classifier = WordClassifier()
    inline = InlineRoutes(classifier)
    routing = RoutingFilter(classifier.bind(ROUTES), inline, lambda models, _: models, keep_prompts=keep)
    client = await serve([TracingFilter(), FormatDetectionFilter(BodyReader()), routing], note)
    await client.post("/v1/chat/completions", json=body("some code"))
    assert found == [("some code", "") if keep else None]
