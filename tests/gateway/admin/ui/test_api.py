import asyncio

import orjson
import pytest

from filters.context import Decision
from filters.record import RequestRecord
from gateway.admin.ui.api import api_routes
from gateway.storage.decision_log.jsonl import JsonLinesLog
from gateway.storage.decision_log.sqlite import SqliteLog
from gateway.telemetry.live import MAX_WATCHERS, LiveFeed
from tests.support.admin import ports, served
from tests.support.gateway import config_text, load
from tests.support.logged import HOUR, entries, record

PROVIDERS = [{"model": "openai/gpt", "base_url": "http://127.0.0.1:9", "access_key": "k", "default": "true"}]
RECORD = RequestRecord(
    at=1.0,
    method="POST",
    path="/",
    status=200,
    duration=0.1,
    decision=Decision("code_generation", ("openai/gpt",), "pin"),
)


@pytest.fixture
def live():
    return LiveFeed()


@pytest.fixture
async def client(tmp_path, live):
    config = load(tmp_path, config_text(PROVIDERS, ("openai/gpt",)))
    async with served(api_routes(ports(config, live=live))) as client:
        yield client


async def test_the_last_requests_come_newest_first(client, live):
    live.emit([RECORD])
    live.emit([RequestRecord(at=2.0, method="GET", path="/", status=404, duration=0.1)])
    answer = await (await client.get("/api/requests")).json()
    assert [each["at"] for each in answer["requests"]] == [2.0, 1.0]


async def earlier(config, **more):
    async with served(api_routes(ports(config, **more))) as client:
        answer = await client.get("/api/earlier")
        return [each["caller"] for each in (await answer.json())["requests"]]


@pytest.mark.parametrize("kind", [SqliteLog, JsonLinesLog])
async def test_what_was_decided_before_the_process_began_comes_from_the_log(tmp_path, kind):
    config = load(tmp_path, config_text(PROVIDERS, ("openai/gpt",)))
    file = kind(tmp_path / f"a-0.{'db' if kind is SqliteLog else 'jsonl'}", 1e9, 100_000_000)
    file.append(entries([record(HOUR + 1, caller="first"), record(HOUR + 2, caller="last")]))
    file.close()
    found = await earlier(config, log=tmp_path, json_lines=kind is JsonLinesLog)
    assert found == ["last", "first"]


async def test_nothing_was_earlier_where_no_log_is_on_or_none_has_begun(tmp_path):
    config = load(tmp_path, config_text(PROVIDERS, ("openai/gpt",)))
    assert await earlier(config) == []
    assert await earlier(config, log=tmp_path / "nothing") == []


@pytest.mark.parametrize("path", ["traffic", "routes", "uncertain", "providers", "callers"])
async def test_what_the_views_read_is_served(client, path):
    assert (await client.get(f"/api/{path}")).status == 200


async def test_the_playground_decides_before_and_after_an_edit(client):
    asked = {"prompt": "some code_generation", "edits": [{"name": "code_generation", "threshold": 0.9}]}
    answer = await (await client.post("/api/playground", json=asked)).json()
    assert answer["now"]["route"] == answer["edited"]["route"] == "code_generation"
    answer = await (await client.post("/api/playground", json={"prompt": "hello"})).json()
    assert (answer["now"]["route"], answer["edited"]) == (None, None)


async def test_the_playground_decides_about_several_prompts_at_once(client):
    asked = {"prompts": ["some code_generation", "hello"]}
    answer = await (await client.post("/api/playground", json=asked)).json()
    assert answer["prompts"] == [{"now": "code_generation", "edited": "code_generation"}, {"now": None, "edited": None}]


@pytest.mark.parametrize(("body", "said"), [(b"{", "not JSON"), (b"{}", "either a prompt, or prompts, or a body")])
async def test_a_wrong_question_is_a_400(client, body, said):
    answer = await client.post("/api/playground", data=body)
    assert (answer.status, said in (await answer.json())["error"]["message"]) == (400, True)


async def test_each_request_is_streamed_as_it_ends(client, live):
    async with client.get("/api/live") as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        assert await answer.content.readuntil(b"\n\n") == b": watching\n\n"
        live.emit([RECORD])
        frame = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 10)
    data = orjson.loads(frame.split(b"data: ")[1])
    assert (data["missed"], data["requests"][0]["at"]) == (0, 1.0)


async def test_requests_that_come_together_are_sent_together(client, live):
    async with client.get("/api/live") as answer:
        await answer.content.readuntil(b"\n\n")
        live.emit([RECORD])
        await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 10)
        for _ in range(5):
            live.emit([RECORD])
            await asyncio.sleep(0)
        frame = await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 10)
    assert len(orjson.loads(frame.split(b"data: ")[1])["requests"]) == 5


async def test_a_quiet_feed_is_kept_alive(client, monkeypatch):
    monkeypatch.setattr("gateway.admin.ui.api._KEEPALIVE_SECONDS", 0.05)
    async with client.get("/api/live") as answer:
        await answer.content.readuntil(b"\n\n")
        assert await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 10) == b": still here\n\n"


async def test_too_many_watchers_are_refused(client, live):
    live._watchers.update(range(MAX_WATCHERS))
    answer = await client.get("/api/live")
    assert (answer.status, "watchers" in (await answer.json())["error"]["message"]) == (503, True)
    live._watchers.clear()
