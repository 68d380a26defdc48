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


def routes(tmp_path, store, **routing):
    text = config_text([{"model": "openai/gpt"}], routing=str(routing) if routing else "{}")
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
