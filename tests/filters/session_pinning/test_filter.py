import pytest

from filters.api import PINS, SESSION
from filters.context import Pin
from filters.session_pinning.filter import SessionPinningFilter
from filters.session_pinning.memory import MemoryPinStore

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
    return await (await client.get("/", headers={k.replace("_", "-"): v for k, v in headers.items()})).json()


async def test_without_the_header_there_is_no_session_but_there_is_a_store(serve, store):
    client = await serve([pinning(store)], lambda request: [request[SESSION], request[PINS] is store])
    assert await told(client) == [None, True]


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


async def test_a_pin_from_a_requests_own_routes_may_name_any_model(serve, store):
    client = await serve([pinning(store)], tell)
    await store.claim("s", Pin("any/model", "own", inline=True))
    assert (await told(client, X_Session_Id="s"))["model"] == "any/model"


async def test_tenants_do_not_share_sessions(serve, store):
    client = await serve([pinning(store, "X-Tenant")], tell)
    one = await told(client, X_Session_Id="s", X_Tenant="a")
    other = await told(client, X_Session_Id="s", X_Tenant="b")
    assert one["key"] != other["key"]
    assert one["id"] == other["id"] == "s"


async def test_an_empty_id_is_a_400_and_so_is_a_missing_tenant(serve, store):
    client = await serve([pinning(store, "X-Tenant")], tell)
    assert (await client.get("/", headers={"X-Session-Id": "", "X-Tenant": "a"})).status == 400
    assert (await client.get("/", headers={"X-Session-Id": "s"})).status == 400
    assert (await client.get("/")).status == 200


async def test_a_subagent_does_not_share_its_parents_pin(serve, store):
    client = await serve([pinning(store)], tell)
    await store.claim("s", KNOWN)
    child = await told(client, X_Session_Id="s", X_Agent="child")
    assert (child["id"], child["model"]) == ("s", None)
    assert (await told(client, X_Session_Id="s"))["model"] == KNOWN.model
