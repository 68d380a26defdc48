from dataclasses import replace

import pytest
from aiohttp.test_utils import make_mocked_request

from filters.api import CHAT, DECISION, SESSION, TENANT
from filters.context import ChatRequest, Decision, Pin, Served, Session
from filters.session_pinning.filter import SessionPinningFilter
from filters.session_pinning.memory import MemoryPinStore

PATH = "/routing/v1/chat/completions"
KNOWN = Pin("openai/gpt-4o", "one")


@pytest.fixture
def store():
    return MemoryPinStore(600, 10)


def pinning(store, tenant_header=None):
    names = ("X-Session-Id",)
    return SessionPinningFilter(store, lambda model: model == KNOWN.model, names, tenant_header, ("X-Agent",))


def tell(request):
    session = request[SESSION]
    return session and {"id": session.id, "key": session.key, "model": session.pin.model if session.pin else None}


async def told(client, **headers):
    return await (await client.post(PATH, headers={k.replace("_", "-"): v for k, v in headers.items()})).json()


async def test_without_the_header_there_is_no_session(serve, store):
    client = await serve([pinning(store)], tell)
    assert await told(client) is None


async def test_a_session_comes_with_its_pin(serve, store):
    client = await serve([pinning(store)], tell)
    assert await told(client, X_Session_Id="s") == {"id": "s", "key": "s", "model": None}
    await store.claim("s", KNOWN)
    assert await told(client, X_Session_Id="s") == {"id": "s", "key": "s", "model": KNOWN.model}


async def test_a_pin_whose_model_has_left_the_configuration_is_dropped(serve, store):
    client = await serve([pinning(store)], tell)
    await store.claim("s", Pin("openai/gone", "one"))
    assert (await told(client, X_Session_Id="s"))["model"] is None
    assert await store.get("s") is None


async def test_a_pin_from_a_requests_own_routes_may_name_any_model_where_only_the_decision_is_asked_for(serve, store):
    client = await serve([pinning(store)], tell)
    await store.claim("s", Pin("any/model", "own", inline=True))
    assert (await told(client, X_Session_Id="s"))["model"] == "any/model"


async def test_where_it_must_be_served_a_pin_to_an_unknown_model_is_dropped(serve, store):
    client = await serve([pinning(store)], tell)
    await store.claim("s", Pin("any/model", "own", inline=True))
    answer = await client.post("/v1/chat/completions", headers={"X-Session-Id": "s"})
    assert (await answer.json())["model"] is None
    assert await store.get("s") is None


async def test_other_paths_have_no_sessions_and_do_not_mind_an_odd_id(serve, store):
    client = await serve([pinning(store)], tell)
    assert await (await client.get("/healthz", headers={"X-Session-Id": ""})).json() is None


async def test_a_header_that_is_there_twice_is_a_400_since_either_could_be_meant(serve, store):
    client = await serve([pinning(store, "X-Tenant")], tell)
    for name in ("X-Session-Id", "X-Tenant"):
        sent = [("X-Session-Id", "s"), ("X-Tenant", "a"), (name, "b")]
        answer = await client.post(PATH, headers=sent)
        assert answer.status == 400
        assert name in (await answer.json())["error"]["message"]


async def test_the_tenant_is_known_without_a_session_too(serve, store):
    client = await serve([pinning(store, "X-Tenant")], lambda request: request[TENANT])
    assert await told(client, X_Tenant="a") == "a"
    assert await told(client) is None


async def test_tenants_do_not_share_sessions(serve, store):
    client = await serve([pinning(store, "X-Tenant")], tell)
    one = await told(client, X_Session_Id="s", X_Tenant="a")
    other = await told(client, X_Session_Id="s", X_Tenant="b")
    assert one["key"] != other["key"]
    assert one["id"] == other["id"] == "s"


async def test_an_empty_id_is_a_400_and_so_is_a_missing_tenant(serve, store):
    client = await serve([pinning(store, "X-Tenant")], tell)
    assert (await client.post(PATH, headers={"X-Session-Id": "", "X-Tenant": "a"})).status == 400
    assert (await client.post(PATH, headers={"X-Session-Id": "s"})).status == 400
    assert (await client.post(PATH)).status == 200


async def test_a_subagent_does_not_share_its_parents_pin(serve, store):
    client = await serve([pinning(store)], tell)
    await store.claim("s", KNOWN)
    child = await told(client, X_Session_Id="s", X_Agent="child")
    assert (child["id"], child["model"]) == ("s", None)
    assert (await told(client, X_Session_Id="s"))["model"] == KNOWN.model


EXPLAIN = {"candidates": [], "decided_by": "embedded", "why": "a word"}
MATCH = Decision("one", (KNOWN.model, "openai/other"), "embedded", explain=EXPLAIN)


def request(session):
    made = make_mocked_request("POST", PATH)
    made[SESSION] = session
    return made


async def test_a_decision_of_a_session_without_a_pin_is_pinned(store):
    assert await pinning(store).on_decision(request(Session("s", "s", None)), MATCH) is MATCH
    assert await store.get("s") == KNOWN


@pytest.mark.parametrize(
    ("session", "decision"),
    [
        (None, MATCH),
        (Session("s", "s", None), Decision(None, (), "none")),
        (Session("s", "s", Pin("openai/gpt-4o", "two")), MATCH),
    ],
)
async def test_without_a_session_or_a_match_or_where_a_pin_stands_nothing_is_claimed(store, session, decision):
    assert await pinning(store).on_decision(request(session), decision) is decision
    assert len(store) == 0


@pytest.mark.parametrize(
    ("standing", "candidates"),
    [
        (Pin("openai/other", "one"), ("openai/other", KNOWN.model)),
        (Pin("openai/third", "two"), ("openai/third",)),
    ],
)
async def test_where_another_request_claimed_first_its_choice_stands(store, standing, candidates):
    await store.claim("s", standing)
    decision = await pinning(store).on_decision(request(Session("s", "s", None)), MATCH)
    assert (decision.route, decision.candidates, decision.pinned) == (standing.route, candidates, True)
    assert decision.explain == {"candidates": list(candidates), "decided_by": "pin", "why": "a word"}
    assert decision.decided_by == "pin"


@pytest.mark.parametrize(("served", "pinned"), [("openai/other", "openai/other"), (KNOWN.model, KNOWN.model)])
async def test_the_pin_follows_what_served(store, served, pinned):
    await store.claim("s", KNOWN)
    asked = request(Session("s", "s", KNOWN))
    asked[DECISION] = MATCH
    await pinning(store).on_served(asked, Served(served, 1, "openai_chat", streamed=False))
    assert (await store.get("s")).model == pinned


async def test_what_served_without_a_match_pins_nothing(store):
    asked = request(Session("s", "s", None))
    asked[DECISION] = Decision(None, (), "none")
    await pinning(store).on_served(asked, Served("openai/other", 1, "openai_chat", streamed=False))
    assert len(store) == 0


@pytest.mark.parametrize(("said", "pins"), [("quota", 0), ("Write a function", 1)])
async def test_what_an_application_asks_for_itself_pins_nothing(store, said, pins):
    asked = request(Session("s", "s", None))
    body = {"messages": [{"role": "user", "content": said}]}
    asked[CHAT] = ChatRequest("openai_chat", body, b"", decision_only=True)
    asked[DECISION] = await pinning(store).on_decision(asked, MATCH)
    await pinning(store).on_served(asked, Served("openai/other", 1, "openai_chat", streamed=False))
    assert asked[DECISION] is MATCH
    assert len(store) == pins


class Told:
    """A store that tells what is moved."""

    def __init__(self):
        self.moved = []

    async def move(self, key, pin):
        self.moved.append((key, pin))


QUOTA = {"messages": [{"role": "user", "content": "quota"}]}


def ended(session, decision, chat=None):
    asked = request(session)
    if decision is not None:
        asked[DECISION] = decision
    if chat is not None:
        asked[CHAT] = ChatRequest("openai_chat", chat, b"", decision_only=False)
    return asked


PINNED, FRESH = Session("s", "key", KNOWN), Session("s", "key", None)


@pytest.mark.parametrize(
    ("session", "decision", "chat", "served", "moves"),
    [
        (PINNED, MATCH, None, "openai/other", True),
        (FRESH, MATCH, None, "openai/other", True),
        (PINNED, MATCH, QUOTA, "openai/other", True),  # the pin is there, and its model did not serve
        (FRESH, MATCH, QUOTA, "openai/other", False),
        (FRESH, MATCH, {"messages": []}, "openai/other", True),
        (PINNED, MATCH, None, KNOWN.model, False),  # it stands already
        (None, MATCH, None, "openai/other", False),
        (PINNED, None, None, "openai/other", False),
        (PINNED, Decision(None, (), "none"), None, "openai/other", False),
    ],
)
async def test_a_pin_moves_only_where_another_model_served_what_a_session_asked_for(
    session, decision, chat, served, moves
):
    store = Told()
    answer = Served(served, 1, "openai_chat", streamed=False)
    await pinning(store).on_served(ended(session, decision, chat), answer)
    assert store.moved == ([("key", Pin("openai/other", "one"))] if moves else [])


async def test_a_pin_that_another_request_made_of_its_own_routes_stays_one(store):
    await store.claim("s", Pin("any/model", "own", inline=True))
    decision = await pinning(store).on_decision(request(Session("s", "s", None)), MATCH)
    assert (decision.model, decision.inline) == ("any/model", True)


async def test_a_decision_without_an_explanation_is_given_none(store):
    await store.claim("s", Pin("openai/third", "two"))
    decision = await pinning(store).on_decision(request(Session("s", "s", None)), replace(MATCH, explain=None))
    assert (decision.model, decision.explain) == ("openai/third", None)
