import pytest

from filters.context import Pin
from filters.session_pinning.key import pin_key
from filters.session_pinning.memory import MemoryPinStore
from gateway.admin.sessions import sessions_routes
from tests.support.admin import ports, served
from tests.support.gateway import config_text, load

PIN = Pin("openai/gpt", "code")
AGENT = "x-claude-code-agent-id"


@pytest.fixture
def store():
    return MemoryPinStore(60, 10)


KEYS = f"[{{name: ann, hash: 'sha256:{'a' * 64}'}}]"


def routes(tmp_path, store, api_keys="", **routing):
    keys = {"api_keys": api_keys} if api_keys else {}
    text = config_text([{"model": "openai/gpt"}], routing=str(routing) if routing else "{}", **keys)
    return sessions_routes(ports(load(tmp_path, text), store=store))


async def test_a_pin_is_looked_up_and_dropped(tmp_path, store):
    await store.claim("s", PIN)
    async with served(routes(tmp_path, store)) as client:
        found = await client.get("/sessions", params={"id": "s"})
        assert await found.json() == {"model": "openai/gpt", "route": "code", "inline": False}
        assert await (await client.delete("/sessions", params={"id": "s"})).json() == {"dropped": True}
        assert await (await client.delete("/sessions", params={"id": "s"})).json() == {"dropped": False}
        assert (await client.get("/sessions", params={"id": "s"})).status == 404


async def test_a_tenants_session_is_found_by_its_tenant_alone(tmp_path, store):
    await store.claim(pin_key("s", "acme", ("", "")), PIN)
    async with served(routes(tmp_path, store, tenant_header="X-Tenant")) as client:
        assert (await client.get("/sessions", params={"id": "s"})).status == 400
        assert (await client.get("/sessions", params={"id": "s", "tenant": "other"})).status == 404
        assert (await client.get("/sessions", params={"id": "s", "tenant": "acme"})).status == 200


async def test_a_callers_session_is_found_and_dropped_by_its_name(tmp_path, store):
    await store.claim(pin_key("s", "ann", ("", "")), PIN)
    await store.claim(pin_key("s", "ann", ("a1", "")), Pin("openai/other", "code"))
    ann = {"id": "s", "tenant": "ann"}
    async with served(routes(tmp_path, store, KEYS)) as client:
        assert (await client.get("/sessions", params=ann | {"tenant": "bob"})).status == 404
        assert (await (await client.get("/sessions", params=ann)).json())["model"] == PIN.model
        assert (await (await client.get("/sessions", params=ann | {AGENT: "a1"})).json())["model"] == "openai/other"
        assert await (await client.delete("/sessions", params=ann | {AGENT: "a1"})).json() == {"dropped": True}
    assert len(store) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"api_keys": KEYS}, "per caller here: /sessions?id=...&tenant=..., with the caller's name in api_keys"),
        ({"tenant_header": "X-Org"}, "per tenant here: /sessions?id=...&tenant=..., with what X-Org says"),
        ({"api_keys": KEYS, "tenant_header": "X-Org"}, "with what X-Org says"),
    ],
)
@pytest.mark.parametrize("named", [{}, {"tenant": ""}])
async def test_who_does_not_say_whose_is_told_what_to_give(tmp_path, store, options, said, named):
    await store.claim("s", PIN)
    async with served(routes(tmp_path, store, **options)) as client:
        for ask in (client.get, client.delete):
            answer = await ask("/sessions", params={"id": "s", **named})
            assert answer.status == 400
            assert said in (await answer.json())["error"]["message"]
    assert len(store) == 1


async def test_an_empty_tenant_is_none(tmp_path, store):
    await store.claim("s", PIN)
    async with served(routes(tmp_path, store)) as client:
        assert (await client.get("/sessions", params={"id": "s", "tenant": ""})).status == 200
        assert (await client.get("/sessions", params={"id": "s", "tenant": "ann"})).status == 404


async def test_a_subagents_session_is_its_own(tmp_path, store):
    await store.claim(pin_key("s", None, ("a1", "")), PIN)
    async with served(routes(tmp_path, store)) as client:
        assert (await client.get("/sessions", params={"id": "s"})).status == 404
        assert (await client.get("/sessions", params={"id": "s", AGENT: "a1"})).status == 200


async def test_without_an_id_there_are_figures_and_nothing_is_dropped(tmp_path, store):
    await store.claim("s", PIN)
    async with served(routes(tmp_path, store)) as client:
        assert await (await client.get("/sessions")).json() == {"entries": 1}
        assert (await client.delete("/sessions")).status == 400
    assert len(store) == 1
