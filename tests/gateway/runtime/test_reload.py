"""A configuration that is read again: taken where it is right, refused where it is not."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.config.load import load_config
from gateway.runtime.app import build_app
from gateway.runtime.gateway import GATEWAY
from gateway.runtime.reload import Reloader
from tests.support.gateway import CODE, config_text

PROVIDERS = [
    {"model": "openai/one", "base_url": "http://127.0.0.1:9", "access_key": "k"},
    {"model": "openai/two", "base_url": "http://127.0.0.1:9", "access_key": "k"},
]
PATH = "/routing/v1/chat/completions"
CHAT = {"messages": [{"role": "user", "content": CODE}]}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(config_text(PROVIDERS, ("openai/one",)))
    return file


@pytest.fixture
async def served(path):
    app = build_app(load_config(path, {}).config)
    async with TestClient(TestServer(app)) as client:
        yield client, Reloader(lambda: load_config(path, {}), app[GATEWAY])


async def decided(client, **headers):
    return (await (await client.post(PATH, json=CHAT, headers=headers)).json())["model"]


async def test_a_changed_file_decides_the_next_request(served, path):
    client, reloader = served
    path.write_text(config_text(PROVIDERS, ("openai/two",)))
    result = await reloader.reload()
    assert (result.outcome, result.generation) == ("changed", 2)
    assert await decided(client) == "openai/two"


async def test_a_file_that_says_the_same_changes_nothing(served, path):
    _, reloader = served
    path.write_text("# a comment\n" + path.read_text())
    result = await reloader.reload()
    assert (result.outcome, result.generation) == ("unchanged", 1)


async def test_the_text_of_what_comes_into_service_is_told_and_no_other(served, path):
    client, _ = served
    told = []
    reloader = Reloader(lambda: load_config(path, {}), client.app[GATEWAY], taken=told.append)
    await reloader.reload()
    path.write_text("model_provders: []")
    await reloader.reload()
    assert told == []
    path.write_text("# äöü\n" + config_text(PROVIDERS, ("openai/two",)))
    await reloader.reload()
    assert told == [path.read_text()]


async def test_a_wrong_file_is_refused_with_its_errors_and_the_old_one_stays(served, path, log_lines):
    client, reloader = served
    path.write_text("model_provders: []")
    for _ in range(2):
        result = await reloader.reload()
        assert result.outcome == "refused"
        assert "did you mean 'model_providers'" in result.errors
    assert reloader.last is result
    assert await decided(client) == "openai/one"
    assert [line["event"] for line in log_lines].count("configuration_refused") == 1


async def test_a_file_that_is_put_back_after_a_refusal_is_told_once(served, path, log_lines):
    _, reloader = served
    before = path.read_text()
    await reloader.reload()
    for text in ("model_provders: []", before, before):
        path.write_text(text)
        await reloader.reload()
    told = [line for line in log_lines if line["event"].startswith("configuration_")]
    assert [line["event"] for line in told] == ["configuration_refused", "configuration_unchanged"]
    assert (told[-1]["log_level"], told[-1]["generation"]) == ("info", 1)


async def test_what_is_opened_at_start_only_is_said_to_wait(served, path):
    _, reloader = served
    path.write_text(path.read_text() + "\nlisteners: [{port: 13000}]\n")
    result = await reloader.reload()
    assert result.warnings[-1] == "listeners: has changed, which takes effect at the next start"
    assert (await reloader.reload()).warnings == result.warnings  # as long as it waits


@pytest.mark.parametrize("section", ["admin: {port: 0, token: another}", "decision_log: {path: elsewhere}"])
async def test_a_section_that_waits_is_named_until_it_is_as_it_was_at_the_start(served, path, section):
    _, reloader = served
    before = path.read_text()
    path.write_text(f"{before}\n{section}\n")
    name = section.partition(":")[0]
    assert f"{name}: has changed, which takes effect at the next start" in (await reloader.reload()).warnings
    path.write_text(before.replace("openai/one]", "openai/two]"))
    assert "takes effect at the next start" not in str((await reloader.reload()).warnings)


async def test_while_it_is_reloaded_again_and_again_no_request_fails_and_no_pin_is_lost(served, path):
    client, reloader = served
    stopped = asyncio.Event()
    assert await decided(client, **{"X-Session-Id": "s"}) == "openai/one"

    async def ask():
        answers = []
        while not stopped.is_set():
            answers.append((await decided(client), await decided(client, **{"X-Session-Id": "s"})))
        return answers

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    for turn in range(10):
        path.write_text(config_text(PROVIDERS, (f"openai/{('two', 'one')[turn % 2]}",)))
        assert (await reloader.reload()).outcome == "changed"
        await asyncio.sleep(0.05)
    stopped.set()
    answers = [answer for task in asking for answer in await task]
    assert {free for free, _ in answers} == {"openai/one", "openai/two"}
    assert {pinned for _, pinned in answers} == {"openai/one"}
