"""The decision log of a gateway that serves: what it keeps, and what it never does."""

import asyncio
import sqlite3
from pathlib import Path

import aiohttp
import orjson
import pytest

from bench.logged import wait_for_writers
from devtools.fake_provider.server import FakeProvider
from tests.support.gateway import CODE, config_text, load, running
from tests.support.processes import start

MARK = "planted-word-7c2d"
SONNET, MINI = "anthropic/claude-sonnet-4-20250514", "openai/gpt-4o-mini"


def text(url, **section):
    providers = [{"model": model, "base_url": url, "access_key": "k"} for model in (SONNET, MINI)]
    providers[1]["default"] = "true"
    return config_text(providers, [SONNET, MINI], decision_log=orjson.dumps(section).decode())


def rows(folder, statement="SELECT * FROM requests ORDER BY seq"):
    (path,) = Path(folder).glob("*.db")
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    found = [dict(each) for each in database.execute(statement)]
    database.close()
    return found


async def ask(gateway, path="/v1/chat/completions", said=CODE, **more):
    body = {"messages": [{"role": "user", "content": f"{said} {MARK}"}], "max_tokens": 9, "model": "auto", **more}
    status, headers, _ = await gateway.post(path, body)
    assert status == 200
    return headers


async def test_each_request_is_a_row_with_its_decision_usage_and_cost(tmp_path):
    async with FakeProvider() as provider, running(load(tmp_path, text(provider.url))) as gateway:
        await ask(gateway)
        await ask(gateway, stream=True)
        await ask(gateway, "/v1/messages")
        await ask(gateway, "/routing/v1/chat/completions")
        await ask(gateway, said="What is the capital of France?")
    found = rows(tmp_path / "decisions")
    assert [each["route"] for each in found] == ["code_generation"] * 4 + [None]
    assert [each["model"] for each in found] == [SONNET] * 4 + [MINI]
    assert [each["stream"] for each in found] == [0, 1, 0, 0, 0]
    assert all(each["cost"] > 0 and each["baseline_cost"] > 0 for each in found[:3])
    assert all(each["cost"] > each["baseline_cost"] for each in found[:3]), "the baseline is the default, mini"
    assert found[4]["cost"] == found[4]["baseline_cost"] > 0
    assert (found[3]["decision_only"], found[3]["cost"], found[3]["input_tokens"]) == (1, None, None)
    assert all(each["margin"] > 0 for each in found)


@pytest.mark.parametrize("kind", ["sqlite", "jsonl"])
async def test_nothing_of_a_prompt_is_in_a_file_unless_storage_was_switched_on_by_name(tmp_path, kind):
    async with FakeProvider() as provider:
        for store in (False, True):
            folder = tmp_path / str(store)
            async with running(
                load(tmp_path, text(provider.url, path=str(folder), type=kind, store_prompts=store))
            ) as it:
                await ask(it)
                await ask(it, "/v1/messages", stream=True)
                await ask(it, "/routing/v1/chat/completions")
            stored = b"".join(path.read_bytes() for path in folder.iterdir())
            assert (MARK.encode() in stored) is store


async def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder can be below it")
    path = str(tmp_path / "file" / "decisions")
    async with FakeProvider() as provider, running(load(tmp_path, text(provider.url, path=path))) as gateway:
        for _ in range(3):
            await ask(gateway)


async def test_a_gateway_that_is_killed_under_load_leaves_a_log_that_lacks_a_second_at_most(tmp_path):
    folder = tmp_path / "log"
    (tmp_path / "config.yaml").write_text(text("http://127.0.0.1:9", path=str(folder)))
    body = {"messages": [{"role": "user", "content": CODE}]}
    for _ in range(2):
        gateway = await start(tmp_path / "config.yaml")
        await gateway.listening()
        answered = []
        async with aiohttp.ClientSession() as session:
            while len(answered) < 300:
                async with session.post(f"{gateway.url}/routing/v1/chat/completions", json=body) as answer:
                    answered.append((await answer.json())["trace_id"])
                if len(answered) == 200:
                    await asyncio.sleep(1.0)  # what is older than this has to be there
            gateway.process.kill()
            await gateway.ended()
        await asyncio.to_thread(wait_for_writers, folder)
        assert rows(folder, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        logged = {each["trace_id"] for each in rows(folder, "SELECT trace_id FROM requests")}
        assert set(answered[:200]) <= logged


async def test_a_request_that_is_bound_to_a_decision_says_so_in_the_log(tmp_path):
    async with FakeProvider() as provider, running(load(tmp_path, text(provider.url))) as gateway:
        body = {"messages": [{"role": "user", "content": CODE}]}
        _, headers, decided = await gateway.post("/routing/v1/chat/completions", body, {"x-pointsman-bind": "true"})
        ident = headers["x-pointsman-decision-id"]
        assert decided["decision_id"] == ident
        other = {"model": "auto", "messages": [{"role": "user", "content": "zzz"}]}
        status, headers, _ = await gateway.post("/v1/chat/completions", other, {"x-pointsman-decision-id": ident})
        assert (status, headers["x-pointsman-model"]) == (200, SONNET)
        status, _, refused = await gateway.post("/v1/chat/completions", other, {"x-pointsman-decision-id": "0" * 20})
        assert (status, refused["error"]["param"]) == (400, "x-pointsman-decision-id")
    made, bound = rows(tmp_path / "decisions")
    assert (made["id"], made["binding"]) == (ident, None)
    assert (bound["binding"], bound["route"], bound["decided_by"]) == (ident, "code_generation", "pin")
    assert bound["id"] != ident
